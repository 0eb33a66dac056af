//! Deferred answers to which something is done.

use super::*;
use crate::responder::{Conduct, Fault, Misconduct};
use std::time::Duration;

fn spoilt(deferred: &Deferred, conduct: Conduct) {
    Misconduct::new(conduct).unwrap().spoil_later(deferred);
}

impl Bench {
    /// What was posted comes to the machine.
    fn deliver_treated(&mut self) -> Option<Next> {
        let (_, delivery) = self.posted.0.lock().unwrap().remove(0);
        let Delivery::Treated(treated) = delivery else { panic!("{delivery:?}") };
        self.with(|machine, cx| machine.treated(*treated, cx))
    }

    fn call(&mut self) -> Option<Next> {
        self.with(|machine, cx| machine.called(cx))
    }
}

#[test]
fn a_late_answer_waits_for_its_alarm_and_the_request_behind_for_it() {
    let mut bench = Bench::new();
    assert_eq!(bench.receive(&[GET_LATER, GET].concat()), Next::Wait);
    let deferred = bench.taken_deferred();
    spoilt(&deferred, Conduct { delay: Duration::from_secs(1), ..Conduct::default() });
    deferred.respond(&ok("late")).unwrap();
    assert_eq!(bench.deliver_treated(), Some(Next::Wait));
    assert_eq!((bench.sent().as_str(), bench.state()), ("", State::Processing));
    assert_eq!(bench.call(), Some(Next::Again));
    assert!(bench.sent().ends_with("late"));
    assert_eq!(bench.resume(), Next::Receive);
    assert!(bench.sent().ends_with("hello"));
    assert_eq!((bench.stats.answers_delayed.get(), bench.buffers_lent()), (1, 0));
    assert_eq!(bench.stats.deferred_answers.get(), 1);
}

#[test]
fn one_that_comes_while_an_earlier_answer_waits_goes_behind_it() {
    let mut bench = Bench::new();
    assert_eq!(bench.receive(&[GET, GET_LATER].concat()), Next::Wait);
    bench.block_after(10);
    let deferred = bench.taken_deferred();
    spoilt(&deferred, Conduct { fault: Some(Fault::Truncate(Some(2))), ..Conduct::default() });
    deferred.respond(&ok("late")).unwrap();
    assert_eq!(bench.deliver_treated(), Some(Next::Wait));
    assert_eq!(bench.state(), State::Writing);
    assert_eq!(bench.call(), None, "not before the octets that wait");
    assert_eq!(bench.take_all(), Some(Next::Wait));
    assert_eq!(bench.call(), Some(Next::Linger));
    assert!(bench.sent().ends_with("\r\n\r\nla"));
}

#[test]
fn there_may_be_no_answer_at_all() {
    for (reset, end) in [(true, Next::Reset), (false, Next::Linger)] {
        let (mut bench, deferred) = Bench::processing();
        spoilt(&deferred, Conduct { cut: Some(reset), ..Conduct::default() });
        deferred.respond(&ok("never")).unwrap();
        assert_eq!(bench.deliver_treated(), Some(end));
        assert_eq!((bench.sent().as_str(), bench.stats.faults_played.get()), ("", 1));
    }
}

#[test]
fn a_stream_is_sent_when_it_is_whole() {
    for length in [None, Some(6)] {
        let (mut bench, deferred) = Bench::processing();
        spoilt(&deferred, Conduct { statuses: vec![418], ..Conduct::default() });
        let writer = deferred.stream(&ok(""), length).unwrap();
        assert!(writer.has_body() && writer.trailer("x", "y").is_err());
        writer.send(b"one").unwrap();
        writer.send(b"two").unwrap();
        assert!(bench.posted.0.lock().unwrap().is_empty());
        writer.finish().unwrap();
        assert!(writer.send(b"more").is_err() && writer.finish().is_err());
        drop(writer);
        assert_eq!(bench.deliver_treated(), Some(Next::Again));
        let said = bench.sent();
        assert!(said.starts_with("HTTP/1.1 418 ") && said.ends_with("\r\n\r\nonetwo"), "{said}");
        assert!(said.contains("Content-Length: 6\r\n"), "{said}");
        assert!(bench.posted.0.lock().unwrap().is_empty(), "once");
    }
}

#[test]
fn a_stream_of_which_the_end_never_comes_is_an_error() {
    let (mut bench, deferred) = Bench::processing();
    spoilt(&deferred, Conduct { statuses: vec![200], ..Conduct::default() });
    let writer = deferred.stream(&ok(""), Some(5)).unwrap();
    assert!(writer.send(b"123456").is_err(), "more than was announced");
    writer.send(b"1").unwrap();
    drop(writer);
    assert_eq!(bench.deliver_treated(), Some(Next::Again));
    assert!(bench.sent().ends_with("Internal Server Error\n"));
}

#[test]
fn nothing_happens_where_chance_says_so() {
    let (mut bench, deferred) = Bench::processing();
    spoilt(&deferred, Conduct { chance: 0.0, cut: Some(true), ..Conduct::default() });
    deferred.respond(&ok("whole")).unwrap();
    let (_, delivery) = bench.posted.0.lock().unwrap().remove(0);
    let Delivery::Answer(response) = delivery else { panic!("{delivery:?}") };
    assert_eq!(bench.answer(&response), Some(Next::Again));
}
