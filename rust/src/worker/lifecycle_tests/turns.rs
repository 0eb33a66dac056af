//! Turns that are cut off, and what may come before they go on.

use super::*;
use crate::clients::Guests;
use crate::connection::{Alarms, Repeats, Watchers};
use crate::stats::Cells;

/// One connection and its turns, with as small a buffer as the test wants.
struct Single {
    settings: Settings,
    responder: Responder,
    stats: Cells,
    date: DateLine,
    buffers: Buffers,
    alarms: Alarms,
    out: Vec<u8>,
    handle: Arc<Handle>,
    limiter: Limiter,
    guests: Guests,
    socket: std::os::fd::OwnedFd,
    machine: Machine,
    scratch: Vec<u8>,
    deferred: Arc<Mutex<Vec<Deferred>>>,
    _poll: Poll,
}

impl Single {
    fn new(scratch: usize) -> (Self, Client) {
        let Bench { setup, deferred, .. } = Bench::new();
        let (ours, stream) = UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        stream.set_nonblocking(true).unwrap();
        let settings = Settings::clone(&setup.settings);
        let single = Single {
            responder: responder(&settings, &deferred),
            stats: Cells::default(),
            date: DateLine::new(0),
            buffers: Buffers::new(settings.max_body_memory, u64::MAX),
            alarms: Alarms::default(),
            out: Vec::new(),
            handle: setup.handle.clone(),
            limiter: Limiter::default(),
            guests: Guests::nobody(),
            socket: ours.into(),
            machine: Machine::new(0),
            scratch: vec![0; scratch],
            settings,
            deferred,
            _poll: setup.poll,
        };
        (single, Client { stream })
    }

    fn run(&mut self, ready: Ready) -> Fate {
        let post: Arc<dyn Post> = self.handle.clone();
        let cx = Context {
            settings: &self.settings,
            responder: &self.responder,
            stats: &self.stats,
            date: &self.date,
            buffers: &mut self.buffers,
            alarms: &mut self.alarms,
            out: &mut self.out,
            post: &post,
            key: Key { index: 0, generation: 0 },
            client: Key { index: 0, generation: 0 },
            peer: None,
            secured: None,
            guests: &mut self.guests,
            draining: false,
            limiter: &self.limiter,
            watchers: &mut Watchers::default(),
            repeats: &mut Repeats::default(),
        };
        let (machine, scratch) = (&mut self.machine, &mut self.scratch[..]);
        let transport = Plain::new(&self.socket);
        let mut turn = Turn { transport, machine, scratch, cx, moved: false, exhaust: false };
        turn.run(Start::Ready(ready)).expect("a turn")
    }
}

const READABLE: Ready = Ready { readable: true, read_closed: false, next: None };

/// A body that keeps a connection with a small buffer busy for more than one turn.
fn upload(octets: usize) -> Vec<u8> {
    let head = format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {octets}\r\n\r\n");
    [head.into_bytes(), vec![b'b'; octets]].concat()
}

/// Goes on until the connection waits or ends; how many turns were cut off.
fn run_to_the_end(single: &mut Single, mut ready: Ready) -> (Fate, u32) {
    let mut cut_off = 0;
    loop {
        match single.run(ready) {
            Fate::Yield(rest) => ready = rest,
            fate => return (fate, cut_off),
        }
        cut_off += 1;
    }
}

#[test]
fn a_turn_is_bounded_and_goes_on_later() {
    let (mut single, mut client) = Single::new(64);
    client.send(&upload(2000));
    let (fate, cut_off) = run_to_the_end(&mut single, READABLE);
    assert_eq!(fate, Fate::Stay { moved: true });
    assert!(cut_off >= 3, "{cut_off}");
    assert_eq!(responses(&client.receive().0), 1);
}

#[test]
fn an_end_of_stream_that_came_before_a_turn_was_cut_off_is_still_seen() {
    let (mut single, mut client) = Single::new(64);
    client.send(&upload(2000));
    client.end();
    let (fate, cut_off) = run_to_the_end(&mut single, Ready { read_closed: true, ..READABLE });
    assert!(cut_off > 0);
    assert_eq!(fate, Fate::Close, "no event will announce it again");
    assert_eq!(responses(&client.receive().0), 1);
}

#[test]
fn what_comes_before_a_refused_connection_lingers_is_not_parsed() {
    let (mut single, mut client) = Single::new(1024);
    // The turn was cut off between the refusal and the half-close.
    let post: Arc<dyn Post> = single.handle.clone();
    let mut cx = Context {
        settings: &single.settings,
        responder: &single.responder,
        stats: &single.stats,
        date: &single.date,
        buffers: &mut single.buffers,
        alarms: &mut single.alarms,
        out: &mut single.out,
        post: &post,
        key: Key { index: 0, generation: 0 },
        client: Key { index: 0, generation: 0 },
        peer: None,
        secured: None,
        guests: &mut single.guests,
        draining: false,
        limiter: &single.limiter,
        watchers: &mut Watchers::default(),
        repeats: &mut Repeats::default(),
    };
    assert_eq!(single.machine.received(BAD, BAD.len(), &mut cx), Next::Linger);
    single.out.clear();
    client.send(GET);
    assert_eq!(single.run(READABLE), Fate::Stay { moved: true });
    assert_eq!(client.receive(), (String::new(), true));
    assert_eq!(single.machine.state(), State::Closing);
    assert_eq!(single.stats.requests_handled.get(), 0);
}

#[test]
fn the_rest_of_a_turn_does_not_pass_a_request_that_is_held_meanwhile() {
    let (mut single, mut client) = Single::new(1024);
    client.send(&[GET_LATER, GET].concat());
    assert_eq!(single.run(READABLE), Fate::Stay { moved: true });
    assert_eq!(single.machine.state(), State::Processing);
    client.send(GET);
    for next in [Next::Again, Next::Receive] {
        let fate = single.run(Ready { next: Some(next), ..READABLE });
        assert_eq!(fate, Fate::Stay { moved: false });
    }
    assert_eq!(single.deferred.lock().unwrap().len(), 1);
    assert_eq!(client.receive(), (String::new(), false), "answers keep their order");
    assert_eq!(single.machine.state(), State::Processing);
}
