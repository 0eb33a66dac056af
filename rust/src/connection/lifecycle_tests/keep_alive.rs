use super::*;

#[test]
fn keep_alive_on_bytes_answers_the_next_request_or_begins_to_read_it() {
    let mut bench = Bench::keep_alive();
    assert_eq!(bench.receive(GET), Next::Receive);
    assert_eq!(responses(&bench.sent()), 1);
    assert_eq!(bench.state(), State::KeepAlive);

    assert_eq!(bench.receive(b"GET"), Next::Receive);
    assert_eq!(bench.state(), State::Reading);
    assert_eq!(bench.machine.deadline(), Some(Deadline::Head));
}

#[test]
fn keep_alive_on_end_of_stream_closes_as_expected() {
    let mut bench = Bench::keep_alive();
    assert_eq!(bench.end_of_stream(), Next::Close);
    assert_eq!(bench.stats.disconnects_early.get(), 0);
}

#[test]
fn keep_alive_on_some_of_the_next_answer_taken_writes() {
    let mut bench = Bench::keep_alive();
    bench.receive(GET);
    bench.block_after(1);
    assert_eq!(bench.state(), State::Writing);
}

#[test]
fn keep_alive_on_all_of_the_next_answer_taken_stays_and_holds_no_buffer() {
    let mut bench = Bench::keep_alive();
    bench.receive(GET);
    bench.sent();
    assert_eq!(bench.state(), State::KeepAlive);
    assert_eq!(bench.buffers_lent(), 0);
}

#[test]
fn keep_alive_on_an_answer_finds_nobody_waiting() {
    let mut bench = Bench::keep_alive();
    assert_eq!(bench.answer(&ok("stray")), None);
    assert_eq!(bench.sent(), "");
    assert_eq!(bench.state(), State::KeepAlive);
}

#[test]
fn keep_alive_on_its_deadline_closes_silently() {
    let mut bench = Bench::keep_alive();
    assert_eq!(bench.machine.deadline(), Some(Deadline::KeepAlive));
    assert_eq!(bench.expire(Deadline::KeepAlive), Next::Close);
    assert_eq!(bench.sent(), "");
    assert_eq!(bench.stats.timeouts_keepalive.get(), 1);
}

#[test]
fn keep_alive_on_drain_closes_unless_a_request_is_likely_on_its_way() {
    let idle = || Bench::keep_alive();
    assert_eq!(idle().with(|machine, cx| machine.drain(false, cx)), Some(Next::Close));
    let mut recent = idle();
    recent.draining = true;
    assert_eq!(recent.with(|machine, cx| machine.drain(true, cx)), None);
    assert_eq!(recent.with(|machine, cx| machine.drain(false, cx)), None, "it has its time");
    assert_eq!(recent.with(|machine, cx| machine.called(cx)), Some(Next::Close));
    let mut busy = idle();
    busy.draining = true;
    busy.with(|machine, cx| machine.drain(true, cx));
    assert_eq!(busy.receive(GET), Next::Linger);
    assert!(busy.sent().contains("Connection: close\r\n"));
    assert_eq!(busy.with(|machine, cx| machine.called(cx)), None);
}

#[test]
fn empty_lines_behind_a_request_leave_the_connection_idle() {
    let mut bench = Bench::new();
    let post = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi\r\n";
    assert_eq!(bench.receive(post), Next::Receive);
    assert_eq!(bench.state(), State::KeepAlive);
    assert_eq!(bench.receive(b"\r"), Next::Receive);
    assert_eq!(bench.receive(b"\n"), Next::Receive);
    assert_eq!(bench.state(), State::KeepAlive);
    assert_eq!(bench.buffers_lent(), 0);
    bench.sent();
    assert_eq!(bench.receive(GET), Next::Receive);
    assert_eq!(responses(&bench.sent()), 1);
}
