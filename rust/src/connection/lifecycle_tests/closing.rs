use super::*;

#[test]
fn closing_on_bytes_throws_them_away() {
    let mut bench = Bench::closing();
    assert_eq!(bench.receive(GET), Next::Receive);
    assert_eq!(bench.sent(), "");
    assert_eq!(bench.machine.kept(), b"");
    assert_eq!(bench.state(), State::Closing);
    assert_eq!(bench.stats.requests_handled.get(), 0);
}

#[test]
fn closing_on_end_of_stream_closes_as_expected() {
    let mut bench = Bench::closing();
    assert_eq!(bench.end_of_stream(), Next::Close);
    assert_eq!(bench.stats.disconnects_early.get(), 0);
}

#[test]
fn closing_has_nothing_of_which_some_could_be_taken() {
    let bench = Bench::closing();
    assert_eq!(bench.machine.output(), b"");
    assert_eq!(bench.buffers_lent(), 0);
}

#[test]
fn closing_on_an_answer_finds_nobody_waiting() {
    let mut bench = Bench::closing();
    assert_eq!(bench.answer(&ok("stray")), None);
    assert_eq!(bench.sent(), "");
}

#[test]
fn closing_on_its_deadline_closes() {
    let mut bench = Bench::closing();
    assert_eq!(bench.machine.deadline(), Some(Deadline::Linger));
    assert_eq!(bench.expire(Deadline::Linger), Next::Close);
    assert_eq!(bench.stats.timeouts_linger.get(), 1);
    assert_eq!(bench.sent(), "");
}

#[test]
fn closing_on_drain_goes_on_lingering() {
    assert_eq!(Bench::closing().with(|machine, cx| machine.drain(false, cx)), None);
}
