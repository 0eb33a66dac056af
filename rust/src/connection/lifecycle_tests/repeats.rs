//! A request that came before is answered as if it had not.

use super::*;
use proptest::prelude::*;

/// Requests of all sorts; some begin with the same octets.
const REQUESTS: &[&[u8]] = &[
    GET,
    GET_LATER,
    LAST_GET,
    b"GET / HTTP/1.0\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n",
    b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /pixel.js HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /pixel.js HTTP/1.1\r\nHost: a\r\nRange: bytes=0-3\r\n\r\n",
    b"GET /pixel.js HTTP/1.1\r\nHost: a\r\nIf-None-Match: *\r\n\r\n",
    b"GET /pixel.js HTTP/1.1\r\nHost: b\r\nSec-Fetch-Dest: script\r\n\r\n",
    b"\r\nGET /pixel.js HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /pixel.js HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab",
    b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx",
    b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\ny",
    b"OPTIONS /x HTTP/1.1\r\nHost: a\r\nOrigin: http://b\r\nAccess-Control-Request-Method: PUT\r\n\r\n",
    b"BREW /x HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /page HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /x HTTP/1.1\r\n\r\n",
];

fn defaults(options: &[(&str, &str)]) -> Bench {
    Bench::with_options(&[options, &[("default_answers", "on")]].concat())
}

/// What came of `octets`: all that a client and an operator can see.
fn outcome(bench: &mut Bench, octets: &[u8]) -> (Next, String, State, u64, u64, u64) {
    let next = bench.receive(octets);
    let sent = bench.sent();
    let stats = &bench.stats;
    let counts =
        [&stats.requests_handled, &stats.responses_2xx, &stats.refused_method].map(|it| it.get());
    (next, sent, bench.state(), counts[0], counts[1], counts[2])
}

proptest! {
    /// Whatever comes in whatever order: pipelined, over second after second.
    #[test]
    fn a_repeat_is_answered_as_the_first(
        batches in proptest::collection::vec(
            (proptest::collection::vec(0..REQUESTS.len(), 1..4), 0u64..3), 1..40),
    ) {
        let (mut ours, mut fresh) = (defaults(&[]), defaults(&[]));
        for (batch, second) in batches {
            let octets: Vec<u8> = batch.iter().flat_map(|&at| REQUESTS[at]).copied().collect();
            ours.date.refresh(second);
            fresh.date.refresh(second);
            fresh.repeats = Repeats::default();
            // Another connection each time: the table is the worker's.
            (ours.machine, fresh.machine) = (Machine::new(0), Machine::new(0));
            prop_assert_eq!(outcome(&mut ours, &octets), outcome(&mut fresh, &octets));
        }
    }
}

const SCRIPT: &[u8] = b"GET /pixel.js HTTP/1.1\r\nHost: a\r\n\r\n";

fn is_known(bench: &mut Bench, octets: &[u8]) -> bool {
    let before = bench.out.len();
    let known = bench.with(|machine, cx| machine.repeat(octets, cx).is_some());
    bench.out.truncate(before);
    known
}

#[test]
fn an_answer_is_known_from_its_first_time_on() {
    let mut bench = defaults(&[]);
    assert!(!is_known(&mut bench, SCRIPT));
    let first = outcome(&mut bench, SCRIPT).1;
    assert!(is_known(&mut bench, SCRIPT));
    assert_eq!(outcome(&mut bench, SCRIPT).1, first);
    // Its first octets alone are not the request.
    assert!(!is_known(&mut bench, &SCRIPT[..SCRIPT.len() - 1]));
}

#[test]
fn another_second_or_listener_or_responder_makes_it_unknown() {
    let known = || {
        let mut bench = defaults(&[]);
        bench.receive(SCRIPT);
        assert!(is_known(&mut bench, SCRIPT));
        bench
    };
    let mut later = known();
    later.date.refresh(7);
    assert!(!is_known(&mut later, SCRIPT));

    let mut elsewhere = known();
    elsewhere.machine = Machine::new(1);
    assert!(!is_known(&mut elsewhere, SCRIPT));

    let mut changed = known();
    changed.responder = changed.responder.with_rule(None, "/pixel.js", ok("new")).unwrap();
    assert!(outcome(&mut changed, SCRIPT).1.ends_with("new"));
}

#[test]
fn handlers_are_asked_each_time() {
    let mut bench = Bench::new();
    for _ in 0..3 {
        assert_eq!(bench.receive(GET_LATER), Next::Wait);
        drop(bench.taken_deferred());
        bench.machine = Machine::new(0);
    }
}

#[test]
fn the_last_answers_say_so() {
    let mut drained = defaults(&[]);
    drained.receive(SCRIPT);
    drained.sent();
    drained.draining = true;
    assert!(outcome(&mut drained, SCRIPT).1.contains("Connection: close\r\n"));

    let mut limited = defaults(&[("max_requests", "3")]);
    let answers: Vec<String> = (0..3).map(|_| outcome(&mut limited, SCRIPT).1).collect();
    assert!(!answers[1].contains("Connection: close\r\n"));
    assert!(answers[2].contains("Connection: close\r\n"));
}

#[test]
fn where_nothing_comes_twice_little_is_kept() {
    let mut bench = defaults(&[]);
    let request = |at: u32| format!("GET /{at:08}.js HTTP/1.1\r\nHost: a\r\n\r\n").into_bytes();
    (0..1000).for_each(|at| {
        outcome(&mut bench, &request(at));
    });
    assert!(!is_known(&mut bench, &request(999)));
    // And a request that does come again is known before long.
    assert!((0..64).any(|_| {
        outcome(&mut bench, SCRIPT);
        is_known(&mut bench, SCRIPT)
    }));
}
