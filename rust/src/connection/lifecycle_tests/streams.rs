//! Streams, which pass through several cells of the table.

use super::*;
use crate::responder::Writer;

/// A connection in PROCESSING after `request`, whose answer is a stream that has begun.
fn streaming(request: &[u8], length: Option<u64>) -> (Bench, Writer) {
    let mut bench = Bench::new();
    assert_eq!(bench.receive(request), Next::Wait);
    let writer = bench.taken_deferred().stream(&ok(""), length).unwrap();
    (bench, writer)
}

impl Bench {
    /// What was posted comes to the machine.
    fn deliver(&mut self) -> Option<Next> {
        let (_, delivery) = self.posted.0.lock().unwrap().remove(0);
        self.with(|machine, cx| match delivery {
            Delivery::Stream(opening) => machine.opened(*opening, cx),
            Delivery::More => machine.streamed(cx),
            Delivery::Answer(response) => machine.answered(&response, cx),
            Delivery::Treated(treated) => machine.treated(*treated, cx),
        })
    }

    fn go_on(&mut self) -> Next {
        self.with(|machine, cx| machine.go_on_streaming(cx))
    }
}

#[test]
fn the_head_goes_out_with_what_there_is_and_the_rest_as_it_comes() {
    let (mut bench, writer) = streaming(&[GET_LATER, GET].concat(), None);
    writer.send(b"one").unwrap();
    assert_eq!(bench.deliver(), Some(Next::Stream));
    assert!(bench.sent().ends_with("\r\n\r\n3\r\none\r\n"));
    assert_eq!(bench.go_on(), Next::Wait);
    assert_eq!((bench.state(), bench.machine.deadline()), (State::Processing, None));
    writer.send(b"two").unwrap();
    writer.send(b"three").unwrap();
    assert_eq!(bench.posted.0.lock().unwrap().len(), 1, "told once for both");
    assert_eq!(bench.deliver(), Some(Next::Stream));
    assert_eq!(bench.sent(), "3\r\ntwo\r\n5\r\nthree\r\n");
    assert_eq!(bench.go_on(), Next::Wait);
    writer.finish().unwrap();
    assert_eq!(bench.deliver(), Some(Next::Stream));
    assert_eq!(bench.sent(), "0\r\n\r\n");
    assert_eq!(bench.go_on(), Next::Again);
    assert_eq!(bench.resume(), Next::Receive);
    assert!(bench.sent().ends_with("hello"), "the request behind is answered");
    assert_eq!((bench.state(), bench.buffers_lent()), (State::KeepAlive, 0));
}

#[test]
fn what_the_socket_does_not_take_waits_and_counts_for_the_marks() {
    let mut bench = Bench::with_options(&[("stream_high_water", "10"), ("stream_low_water", "4")]);
    assert_eq!(bench.receive(GET_LATER), Next::Wait);
    let writer = bench.taken_deferred().stream(&ok(""), Some(100)).unwrap();
    let calls = Arc::new(Mutex::new(0));
    let count = calls.clone();
    writer.on_ready(move || *count.lock().unwrap() += 1);
    assert_eq!(bench.deliver(), Some(Next::Wait));
    bench.sent();
    writer.send(b"0123456789").unwrap();
    assert!(writer.send(b"x").is_err(), "the mark is reached");
    assert_eq!(bench.deliver(), Some(Next::Stream));
    bench.machine.blocked();
    assert_eq!((bench.state(), bench.machine.deadline()), (State::Writing, Some(Deadline::Write)));
    assert_eq!(bench.take(5), None);
    assert!(writer.send(b"x").is_ok(), "below the mark, though nobody was called");
    assert_eq!(bench.deliver(), None, "it has to wait for what was before");
    assert_eq!(*calls.lock().unwrap(), 0);
    assert_eq!(bench.take(2), None);
    assert_eq!(*calls.lock().unwrap(), 1, "4 octets are left");
    assert_eq!(bench.take(3), Some(Next::Stream));
    assert_eq!(bench.go_on(), Next::Stream);
    assert_eq!(bench.sent(), "x");
    assert_eq!(bench.go_on(), Next::Wait);
    assert_eq!(*calls.lock().unwrap(), 1);
}

#[test]
fn it_begins_behind_answers_that_are_being_written() {
    let mut bench = Bench::new();
    assert_eq!(bench.receive(&[GET, GET_LATER].concat()), Next::Wait);
    bench.block_after(10);
    let writer = bench.taken_deferred().stream(&ok(""), None).unwrap();
    writer.send(b"body").unwrap();
    assert_eq!(bench.deliver(), Some(Next::Wait));
    assert_eq!((bench.state(), bench.out.len()), (State::Writing, 0));
    assert_eq!(responses(std::str::from_utf8(bench.machine.output()).unwrap()), 1);
    assert_eq!(bench.take_all(), Some(Next::Stream));
    assert_eq!(bench.go_on(), Next::Stream);
    assert_eq!(bench.sent(), "4\r\nbody\r\n");
}

#[test]
fn one_that_is_cut_off_ends_the_connection_behind_what_was_sent() {
    for (request, end) in [(GET_LATER, Next::Linger), (b"GET /later HTTP/1.0\r\n\r\n", Next::Reset)]
    {
        let (mut bench, writer) = streaming(request, None);
        writer.send(b"half").unwrap();
        drop(writer);
        assert_eq!(bench.deliver(), Some(Next::Stream));
        assert!(bench.sent().contains("half"));
        assert_eq!(bench.go_on(), end);
        assert_eq!(bench.stats.streams_cut.get(), 1);
    }
}

#[test]
fn a_drain_lets_it_end_and_the_connection_with_it() {
    let (mut bench, writer) = streaming(GET_LATER, None);
    assert_eq!(bench.deliver(), Some(Next::Wait));
    assert!(!bench.sent().contains("Connection"));
    bench.draining = true;
    assert_eq!(bench.with(|machine, cx| machine.drain(false, cx)), None);
    writer.finish().unwrap();
    assert_eq!(bench.go_on(), Next::Stream);
    bench.sent();
    assert_eq!(bench.go_on(), Next::Linger);
}

#[test]
fn who_leaves_or_is_closed_in_the_middle_is_gone() {
    let (mut bench, writer) = streaming(GET_LATER, None);
    assert_eq!(bench.deliver(), Some(Next::Wait));
    assert_eq!(bench.end_of_stream(), Next::Close);
    assert_eq!(bench.stats.disconnects_early.get(), 1);
    bench.machine.release(&mut bench.buffers);
    assert!(writer.is_gone());
    assert_eq!(bench.buffers_lent(), 0);
    // A worker that is lost tells nobody; what it held does.
    let (mut bench, writer) = streaming(GET_LATER, None);
    assert_eq!(bench.deliver(), Some(Next::Wait));
    drop(bench);
    assert!(writer.is_gone());
}

#[test]
fn it_is_seen_when_it_ends_or_is_left() {
    for (finish, body) in [(true, 11), (false, 6)] {
        let mut bench = Bench::new();
        bench.watchers = Watchers::watching();
        assert_eq!(bench.receive(GET_LATER), Next::Wait);
        let writer = bench.taken_deferred().stream(&ok(""), None).unwrap();
        writer.send(b"x").unwrap();
        if finish {
            writer.finish().unwrap();
        }
        bench.deliver();
        let octets = bench.out.len();
        bench.sent();
        assert!(bench.watchers.seen.is_empty(), "not yet");
        bench.go_on();
        if !finish {
            let (socket, _other) = std::os::unix::net::UnixStream::pair().unwrap();
            let key = Key { index: 7, generation: 3 };
            let Bench { machine, watchers, .. } = &mut bench;
            let peer = crate::clients::Peer::Socket(std::os::fd::AsFd::as_fd(&socket));
            machine.tell_forsaken(key, peer, watchers);
        }
        assert!(octets > body);
        let expected = format!("GET /later: 200 {body} with a head handler other 0");
        assert_eq!(bench.watchers.seen, [expected]);
    }
}
