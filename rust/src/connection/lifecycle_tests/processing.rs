use super::*;

#[test]
fn processing_on_end_of_stream_closes_and_the_answer_is_told_that_nobody_waits() {
    let (mut bench, deferred) = Bench::processing();
    assert_eq!(bench.end_of_stream(), Next::Close);
    assert_eq!(bench.stats.disconnects_early.get(), 1);
    assert!(!deferred.is_gone());
    bench.machine.release(&mut bench.buffers);
    assert!(deferred.is_gone());
    assert_eq!(bench.buffers_lent(), 0);
}

#[test]
fn processing_on_some_of_earlier_answers_taken_writes_and_still_holds_the_request() {
    let mut bench = Bench::new();
    assert_eq!(bench.receive(&[GET, GET_LATER].concat()), Next::Wait);
    bench.block_after(10);
    assert_eq!(bench.state(), State::Writing);
    assert_eq!(bench.take_all(), Some(Next::Wait));
    assert_eq!(bench.state(), State::Processing, "back to waiting for the handler");
    assert_eq!(bench.answer(&ok("late")), Some(Next::Again));
}

#[test]
fn processing_on_all_of_earlier_answers_taken_goes_on_waiting_without_a_deadline() {
    let mut bench = Bench::new();
    assert_eq!(bench.receive(&[GET, GET_LATER].concat()), Next::Wait);
    assert_eq!(responses(&bench.sent()), 1);
    assert_eq!(bench.state(), State::Processing);
    assert_eq!(bench.machine.deadline(), None);
}

#[test]
fn processing_on_the_answer_sends_it_and_goes_on_with_the_requests_behind() {
    let mut bench = Bench::new();
    assert_eq!(bench.receive(&[GET_LATER, GET].concat()), Next::Wait);
    assert_eq!(bench.sent(), "", "answers keep the order of their requests");
    assert_eq!(bench.answer(&ok("late")), Some(Next::Again));
    let said = bench.sent();
    assert!(said.ends_with("late") && !said.contains("Connection"), "{said}");
    assert_eq!(bench.resume(), Next::Receive);
    assert!(bench.sent().ends_with("hello"), "the request behind is answered");
    assert_eq!(bench.state(), State::KeepAlive);
    assert_eq!(bench.stats.requests_handled.get(), 2);
    assert_eq!(bench.stats.deferred_answers.get(), 1);
    assert_eq!(bench.buffers_lent(), 0);
}

#[test]
fn processing_has_no_deadline_that_could_pass() {
    let (bench, _deferred) = Bench::processing();
    assert_eq!(bench.state(), State::Processing);
    assert_eq!(bench.machine.deadline(), None);
}

#[test]
fn processing_on_drain_waits_for_the_answer_which_is_then_the_last() {
    let (mut bench, _deferred) = Bench::processing();
    bench.draining = true;
    assert_eq!(bench.with(|machine, cx| machine.drain(false, cx)), None);
    assert_eq!(bench.answer(&ok("late")), Some(Next::Linger));
    let said = bench.sent();
    assert!(said.contains("Connection: close\r\n") && said.ends_with("late"), "{said}");
}

// What follows is between the cells.

#[test]
fn a_deferred_answer_to_head_has_no_body() {
    let mut bench = Bench::new();
    assert_eq!(bench.receive(b"HEAD /later HTTP/1.1\r\nHost: a\r\n\r\n"), Next::Wait);
    assert_eq!(bench.answer(&ok("late")), Some(Next::Again));
    let said = bench.sent();
    assert!(said.contains("Content-Length: 4\r\n") && said.ends_with("\r\n\r\n"), "{said}");
}

#[test]
fn a_deferred_answer_to_a_last_request_ends_the_connection() {
    let mut bench = Bench::new();
    let last = b"GET /later HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    assert_eq!(bench.receive(&[last, GET].concat()), Next::Wait);
    assert_eq!(bench.answer(&ok("late")), Some(Next::Linger));
    let said = bench.sent();
    assert!(said.contains("Connection: close\r\n"), "{said}");
    assert_eq!(responses(&said), 1);
}

#[test]
fn a_second_answer_finds_nobody_waiting() {
    let (mut bench, deferred) = Bench::processing();
    deferred.respond(&ok("once")).unwrap();
    let posted = bench.posted.0.lock().unwrap().pop();
    let Some((key, Delivery::Answer(response))) = posted else { panic!("{posted:?}") };
    assert_eq!(key, Key { index: 7, generation: 3 });
    assert_eq!(bench.answer(&response), Some(Next::Again));
    bench.sent();
    assert_eq!(bench.answer(&response), None);
    assert_eq!(bench.sent(), "");
}

#[test]
fn a_request_held_when_its_worker_is_lost_is_gone() {
    let (bench, deferred) = Bench::processing();
    // What a panic of the worker does: everything is dropped, nothing is told.
    drop(bench);
    assert!(deferred.is_gone());
}
