use super::*;

#[test]
fn reading_on_bytes_answers_whole_requests_and_keeps_a_part_of_one() {
    let mut bench = Bench::new();
    let part = b"GET / HTTP/1.1\r\nHo";
    assert_eq!(bench.receive(&[GET, GET, part].concat()), Next::Receive);
    assert_eq!(bench.state(), State::Reading);
    assert_eq!(bench.machine.deadline(), Some(Deadline::Head));
    assert_eq!(responses(&bench.sent()), 2);
    assert_eq!(bench.machine.kept(), part);

    assert_eq!(bench.receive(b"st: a\r\n\r\n"), Next::Receive);
    assert_eq!(bench.state(), State::KeepAlive);
    assert_eq!(responses(&bench.sent()), 1);
    assert_eq!(bench.machine.kept(), b"");
    assert_eq!(bench.buffers_lent(), 0, "between requests a connection holds no buffer");
}

#[test]
fn reading_on_end_of_stream_closes_and_counts_a_request_cut_short() {
    let mut silent = Bench::new();
    assert_eq!(silent.end_of_stream(), Next::Close);
    assert_eq!(silent.stats.disconnects_early.get(), 0);

    for part in [b"GE".as_slice(), b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab"]
    {
        let mut bench = Bench::new();
        assert_eq!(bench.receive(part), Next::Receive);
        assert_eq!(bench.end_of_stream(), Next::Close);
        assert_eq!(bench.stats.disconnects_early.get(), 1);
        assert_eq!(bench.stats.requests_handled.get(), 0, "half a request is never handled");
        assert_eq!(bench.sent(), "");
    }
}

#[test]
fn reading_on_some_of_the_answer_taken_queues_the_rest_and_writes() {
    let mut bench = Bench::new();
    assert_eq!(bench.receive(GET), Next::Receive);
    let whole = bench.out.clone();
    bench.block_after(10);
    assert_eq!(bench.state(), State::Writing);
    assert_eq!(bench.machine.deadline(), Some(Deadline::Write));
    assert_eq!(bench.machine.output(), &whole[10..]);
}

#[test]
fn reading_on_all_of_the_answer_taken_waits_for_the_next_request() {
    let mut bench = Bench::new();
    assert_eq!(bench.receive(GET), Next::Receive);
    bench.sent();
    assert_eq!(bench.state(), State::KeepAlive);
    assert_eq!(bench.machine.deadline(), Some(Deadline::KeepAlive));
}

#[test]
fn reading_on_an_answer_finds_nobody_waiting() {
    let mut bench = Bench::new();
    bench.receive(b"GET / HT");
    assert_eq!(bench.answer(&ok("stray")), None);
    assert_eq!(bench.sent(), "");
    assert_eq!(bench.machine.kept(), b"GET / HT");
}

#[test]
fn reading_on_its_deadline_says_408_if_a_request_has_begun() {
    let mut silent = Bench::new();
    assert_eq!(silent.expire(Deadline::Head), Next::Close);
    assert_eq!(silent.sent(), "", "nobody asked anything");
    assert_eq!(silent.stats.timeouts_head.get(), 1);

    let mut head = Bench::new();
    head.receive(b"GET / HT");
    assert_eq!(head.expire(Deadline::Head), Next::Linger);
    let said = head.sent();
    assert!(said.starts_with("HTTP/1.1 408 ") && said.contains("Connection: close\r\n"), "{said}");
    assert_eq!(head.stats.timeouts_head.get(), 1);
    assert_eq!(head.stats.responses_4xx.get(), 1);

    let mut body = Bench::new();
    body.receive(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
    assert_eq!(body.machine.deadline(), Some(Deadline::Body));
    assert_eq!(body.expire(Deadline::Body), Next::Linger);
    assert!(body.sent().starts_with("HTTP/1.1 408 "));
    assert_eq!(body.stats.timeouts_body.get(), 1);
    body.machine.linger(&mut body.buffers);
    assert_eq!(body.buffers_lent(), 0);
    assert_eq!(body.stats.body_memory.get(), 0);
}

#[test]
fn reading_on_drain_ends_a_silent_connection_and_finishes_a_request_that_has_begun() {
    let mut silent = Bench::new();
    silent.draining = true;
    assert_eq!(
        silent.with(|machine, cx| machine.drain(true, cx)),
        None,
        "its request may be on the way"
    );
    assert!(silent.alarms.left().is_some());
    assert_eq!(silent.with(|machine, cx| machine.called(cx)), Some(Next::Linger));
    let mut late = Bench::new();
    late.draining = true;
    late.with(|machine, cx| machine.drain(true, cx));
    assert_eq!(late.receive(GET), Next::Linger, "it is answered, and that was all");
    assert_eq!(late.with(|machine, cx| machine.called(cx)), None);

    let mut busy = Bench::new();
    busy.receive(&GET[..5]);
    busy.draining = true;
    assert_eq!(busy.with(|machine, cx| machine.drain(true, cx)), None);
    assert_eq!(busy.receive(&GET[5..]), Next::Linger);
    let said = busy.sent();
    assert!(said.starts_with("HTTP/1.1 200 ") && said.contains("Connection: close\r\n"), "{said}");
}

// What follows is between the cells.

#[test]
fn a_request_refused_ends_the_connection_and_what_follows_is_not_parsed() {
    let mut bench = Bench::new();
    let bad = b"GET / HTTP/1.1\r\n\r\n";
    assert_eq!(bench.receive(&[GET, bad, GET].concat()), Next::Linger);
    let said = bench.sent();
    assert_eq!(responses(&said), 2, "{said}");
    assert!(said.contains("HTTP/1.1 400 "));
}

#[test]
fn a_client_that_says_close_is_closed_after_the_answer_and_lingers_if_it_sent_more() {
    let mut bench = Bench::new();
    assert_eq!(bench.receive(LAST_GET), Next::Close);
    assert_eq!(responses(&bench.sent()), 1);

    let mut more = Bench::new();
    assert_eq!(more.receive(&[LAST_GET, GET].concat()), Next::Linger);
    assert_eq!(responses(&more.sent()), 1, "nothing behind a last request is answered");
}

#[test]
fn answers_beyond_the_bound_wait_until_those_before_are_sent() {
    let mut bench = Bench::new();
    let get = b"GET /page HTTP/1.1\r\nHost: a\r\n\r\n";
    let mut next = bench.receive(&get.repeat(7));
    for _ in 0..2 {
        assert_eq!(responses(&bench.sent()), 3);
        assert_eq!(next, Next::Again);
        next = bench.resume();
    }
    assert_eq!(responses(&bench.sent()), 1);
    assert_eq!(next, Next::Receive);
    assert_eq!(bench.state(), State::KeepAlive);
    assert_eq!(bench.buffers_lent(), 0);
}

#[test]
fn a_body_in_pieces_is_answered_once_it_is_whole() {
    let mut bench = Bench::new();
    bench.receive(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nab");
    assert_eq!(bench.machine.deadline(), Some(Deadline::Body));
    assert_eq!(bench.receive(b"cd"), Next::Receive);
    assert_eq!(bench.sent(), "");
    assert_eq!(bench.receive(&[b"ef", GET].concat()), Next::Receive);
    let said = bench.sent();
    assert!(said.contains("\r\n\r\nabcdef"), "{said}");
    assert_eq!(responses(&said), 2);
    bench.buffers.publish(&bench.stats);
    assert_eq!(bench.stats.body_memory.get(), 0);
}
