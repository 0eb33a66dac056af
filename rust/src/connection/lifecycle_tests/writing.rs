use super::*;

#[test]
fn writing_on_some_octets_taken_keeps_the_rest() {
    let mut bench = Bench::writing(GET, 0);
    let all = bench.machine.output().to_vec();
    assert_eq!(bench.take(5), None);
    assert_eq!(bench.state(), State::Writing);
    assert_eq!(bench.machine.output(), &all[5..]);
}

#[test]
fn writing_on_all_octets_taken_goes_on_with_what_was_kept() {
    let mut bench = Bench::new();
    let get = b"GET /page HTTP/1.1\r\nHost: a\r\n\r\n".repeat(3);
    assert_eq!(bench.receive(&[get.as_slice(), GET].concat()), Next::Again);
    bench.block_after(50_000);
    assert_eq!(bench.take_all(), Some(Next::Again));
    assert_eq!(bench.resume(), Next::Receive);
    assert!(bench.sent().ends_with("hello"));
    assert_eq!(bench.state(), State::KeepAlive);
    assert_eq!(bench.buffers_lent(), 0);
}

#[test]
fn writing_on_an_answer_queues_it_behind_what_waits() {
    let mut bench = Bench::new();
    assert_eq!(bench.receive(&[GET, GET_LATER].concat()), Next::Wait);
    bench.block_after(0);
    let before = bench.machine.output().len();
    assert_eq!(bench.answer(&ok("late")), Some(Next::Wait));
    assert_eq!(bench.sent(), "", "nothing overtakes the queue");
    let queued = String::from_utf8(bench.machine.output().to_vec()).unwrap();
    assert!(queued[before..].starts_with("HTTP/1.1 200 ") && queued.ends_with("late"), "{queued}");
    assert_eq!(bench.take_all(), Some(Next::Again));
    assert_eq!(bench.resume(), Next::Receive);
    assert_eq!(bench.state(), State::KeepAlive);
}

#[test]
fn writing_on_its_deadline_closes_without_another_word() {
    let mut bench = Bench::writing(GET, 3);
    assert_eq!(bench.expire(Deadline::Write), Next::Close);
    assert_eq!(bench.stats.timeouts_write.get(), 1);
    assert_eq!(bench.sent(), "", "it would stand in the middle of an answer");
}

#[test]
fn writing_on_drain_sends_the_rest_and_ends_then() {
    let mut bench = Bench::writing(GET, 3);
    bench.draining = true;
    assert_eq!(bench.with(|machine, cx| machine.drain(false, cx)), None);
    assert_eq!(bench.take_all(), Some(Next::Again));
    assert_eq!(bench.resume(), Next::Receive);
    assert_eq!(
        bench.with(|machine, cx| machine.drain(false, cx)),
        Some(Next::Close),
        "asked again at the end of the turn"
    );
}

// What follows is between the cells.

#[test]
fn a_last_answer_that_was_cut_off_still_ends_the_connection() {
    let mut closes = Bench::writing(LAST_GET, 3);
    assert_eq!(closes.take_all(), Some(Next::Close));

    let mut lingers = Bench::writing(b"nonsense\r\n\r\n", 3);
    assert_eq!(lingers.take_all(), Some(Next::Linger));
}

#[test]
fn a_deferred_last_answer_queued_behind_others_still_ends_the_connection() {
    let mut bench = Bench::new();
    assert_eq!(bench.receive(&[GET, GET_LATER].concat()), Next::Wait);
    bench.block_after(1);
    bench.draining = true;
    assert_eq!(bench.answer(&ok("late")), Some(Next::Wait));
    assert_eq!(bench.take_all(), Some(Next::Linger));
}

#[test]
fn a_body_whose_100_continue_was_cut_off_goes_on_arriving() {
    let head =
        b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n";
    let mut bench = Bench::writing(head, 4);
    assert_eq!(bench.machine.deadline(), Some(Deadline::Write));
    assert_eq!(bench.take_all(), Some(Next::Again));
    assert_eq!(bench.resume(), Next::Receive);
    assert_eq!(bench.machine.deadline(), Some(Deadline::Body));
    assert_eq!(bench.receive(b"hi"), Next::Receive);
    assert!(bench.sent().ends_with("hi"));
}

#[test]
fn a_large_body_is_sent_from_where_it_stands_behind_its_head_and_before_the_next_answer() {
    let mut bench = Bench::new();
    let get = b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n";
    assert_eq!(bench.receive(&[GET, get, GET].concat()), Next::Again);
    assert!(bench.out.len() < 1000, "it is not copied");
    bench.block_after(10);
    let mut said = bench.out.clone();
    let mut turns = 0;
    let next = loop {
        let some = bench.machine.output().len().min(70_000);
        said.extend_from_slice(&bench.machine.output()[..some]);
        turns += 1;
        if let Some(next) = bench.take(some) {
            break next;
        }
        assert_eq!(bench.state(), State::Writing);
    };
    assert_eq!((next, turns), (Next::Again, 4));
    assert_ne!(
        bench.state(),
        State::Writing,
        "the next large body would be taken for one that waits"
    );
    assert!(said.ends_with(&[b'x'; 200_000]));
    assert_eq!(bench.resume(), Next::Receive);
    assert!(bench.sent().ends_with("hello"));
    assert_eq!(bench.state(), State::KeepAlive);
    assert_eq!(bench.buffers_lent(), 0);
}

#[test]
fn a_head_request_for_a_large_body_has_no_body() {
    let mut bench = Bench::new();
    assert_eq!(bench.receive(b"HEAD /large HTTP/1.1\r\nHost: a\r\n\r\n"), Next::Receive);
    let said = bench.sent();
    assert!(said.contains("Content-Length: 200000\r\n") && said.ends_with("\r\n\r\n"), "{said}");
}
