//! IDLE: what is meant for a connection that is gone reaches nobody, above all not the stranger
//! who has its record now.

use super::*;
use mio::Interest;
use mio::unix::SourceFd;
use std::os::fd::AsRawFd;

/// A stranger in the record of a connection that is gone, with a request in its socket.
struct Reused {
    bench: Bench,
    stranger: Client,
    before: Snapshot,
}

impl Reused {
    fn new() -> Self {
        let mut bench = Bench::new();
        drop(bench.connect(b""));
        bench.turn();
        bench.assert_states(&[]);
        let mut stranger = bench.connect(b"");
        stranger.send(GET);
        let before = bench.stats();
        Reused { bench, stranger, before }
    }

    /// Reports to the connection that is gone what happens to `client`'s other end.
    fn report(&mut self, happen: impl FnOnce(UnixStream)) {
        let (watched, client) = UnixStream::pair().unwrap();
        let mut poll = Poll::new().unwrap();
        let interest = Interest::READABLE | Interest::WRITABLE;
        poll.registry().register(&mut SourceFd(&watched.as_raw_fd()), WAKER, interest).unwrap();
        happen(client);
        let mut events = Events::with_capacity(1);
        poll.poll(&mut events, Some(Duration::ZERO)).unwrap();
        let event = events.iter().next().expect("an event");
        self.bench.connections.on_event(0, 0, event);
        self.bench.connections.go_on();
    }

    #[track_caller]
    fn assert_untouched(mut self) {
        assert_eq!(self.bench.stats(), self.before);
        assert_eq!(self.stranger.receive(), (String::new(), false));
        self.bench.turn();
        assert_eq!(responses(&self.stranger.receive().0), 1, "its own event is not lost");
    }
}

#[test]
fn idle_on_bytes_for_the_one_that_is_gone_reads_nothing() {
    let mut reused = Reused::new();
    let mut kept = None;
    reused.report(|mut client| {
        client.write_all(GET).unwrap();
        kept = Some(client);
    });
    reused.assert_untouched();
}

#[test]
fn idle_on_end_of_stream_of_the_one_that_is_gone_closes_nobody() {
    let mut reused = Reused::new();
    let mut kept = None;
    reused.report(|client| {
        client.shutdown(std::net::Shutdown::Write).unwrap();
        kept = Some(client);
    });
    reused.assert_untouched();
}

#[test]
fn idle_on_reset_of_the_one_that_is_gone_closes_nobody() {
    let mut reused = Reused::new();
    reused.report(drop);
    reused.assert_untouched();
}

#[test]
fn idle_on_room_for_some_octets_sends_nothing() {
    let mut reused = Reused::new();
    let mut kept = None;
    reused.report(|client| kept = Some(client));
    reused.assert_untouched();
}

#[test]
fn idle_on_all_octets_taken_in_an_empty_pool_finds_nobody() {
    let mut bench = Bench::new();
    drop(bench.connect(GET));
    bench.turn();
    bench.assert_states(&[]);
    bench.turn();
    bench.assert_states(&[]);
}

#[test]
fn idle_on_an_answer_reaches_nobody_and_is_counted() {
    let Reused { mut bench, mut stranger, .. } = Reused::new();
    let for_another = Delivery::Answer(ok("for another"));
    bench.connections.deliver(Key { index: 0, generation: 0 }, for_another);
    assert_eq!(bench.stats().deferred_gone, 1);
    bench.turn();
    let (said, _) = stranger.receive();
    assert!(said.ends_with("hello") && responses(&said) == 1, "{said}");
}

#[test]
fn idle_on_a_deadline_of_the_one_that_is_gone_closes_nobody() {
    let mut bench = Bench::with_options(&[("head_timeout", "1s")]);
    let client = bench.connect(b"");
    // It leaves between the sweep that found it and the turn that would have closed it, and
    // another one has its record.
    bench.pass(5000);
    drop(client);
    let mut events = Events::with_capacity(1);
    bench.setup.poll.poll(&mut events, Some(Duration::ZERO)).unwrap();
    bench.connections.on_event(0, 0, events.iter().next().expect("an event"));
    bench.assert_states(&[]);
    let _stranger = bench.connect(b"");
    bench.assert_states(&[State::Reading]);
    assert_eq!(bench.stats().timeouts_head, 0);
}

#[test]
fn idle_on_drain_there_is_nobody_to_wait_for() {
    let mut bench = Bench::new();
    drop(bench.connect(GET));
    bench.turn();
    bench.connections.drain();
    bench.assert_states(&[]);
}

#[test]
fn idle_on_stop_there_is_nobody_to_close() {
    let mut bench = Bench::new();
    drop(bench.connect(GET));
    bench.turn();
    assert_eq!(bench.connections.close_all(), 0);
}
