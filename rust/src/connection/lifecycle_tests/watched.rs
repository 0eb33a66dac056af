//! What those who watch see of each kind of answer.

use super::*;

fn watched() -> Bench {
    Bench { watchers: Watchers::watching(), ..Bench::new() }
}

fn seen(bench: &mut Bench) -> Vec<String> {
    std::mem::take(&mut bench.watchers.seen)
}

#[test]
fn each_pipelined_request_is_seen_once_in_its_order() {
    let mut bench = watched();
    bench.receive(b"GET / HTTP/1.1\r\nHost: a\r\n\r\nHEAD /?x HTTP/1.1\r\nHost: a\r\n\r\n");
    bench.receive(b"GET /none HTTP/1.1\r\nHost: a\r\n\r\nBREW /none HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(
        seen(&mut bench),
        [
            "GET /: 200 5 with a head route other 0",
            "HEAD /?x: 200 0 with a head route other 0",
            "GET /none: 404 14 with a head default other 0",
            "BREW /none: 501 20 with a head refusal other 0",
        ]
    );
}

#[test]
fn a_body_that_is_not_copied_counts() {
    let mut bench = watched();
    bench.receive(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(seen(&mut bench), ["GET /large: 200 200000 with a head route other 0"]);
}

#[test]
fn a_request_whose_body_comes_later_is_seen_when_it_is_answered() {
    let mut bench = watched();
    bench.receive(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab");
    assert_eq!(seen(&mut bench), [""; 0]);
    bench.receive(b"cd");
    assert_eq!(seen(&mut bench), ["POST /echo: 200 4 with a head handler other 0"]);
}

#[test]
fn a_deferred_answer_is_seen_when_it_comes() {
    let mut bench = watched();
    bench.receive(GET_LATER);
    assert_eq!(seen(&mut bench), [""; 0]);
    bench.with(|machine, cx| machine.answered(Response::plain(404), cx));
    assert_eq!(seen(&mut bench), ["GET /later: 404 14 with a head handler other 0"]);
}

#[test]
fn a_request_whose_client_leaves_before_the_answer_is_seen_without_one() {
    let mut bench = watched();
    bench.receive(GET_LATER);
    let (socket, _other) = std::os::unix::net::UnixStream::pair().unwrap();
    let key = Key { index: 7, generation: 3 };
    let Bench { machine, watchers, .. } = &mut bench;
    for _ in 0..2 {
        let peer = crate::clients::Peer::Socket(std::os::fd::AsFd::as_fd(&socket));
        machine.tell_forsaken(key, peer, watchers);
    }
    assert_eq!(seen(&mut bench), ["GET /later: 0 0 without one handler other 0"], "once");
}

#[test]
fn a_refusal_is_seen_with_as_much_of_the_request_as_is_known() {
    for (octets, expected) in [
        (&b"nonsense\r\n\r\n"[..], "? nonsense: 400"),
        (b"GET / HTTP/1.1\r\n\r\n", "? GET / HTTP/1.1: 400"),
        (
            b"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "POST /x: 400",
        ),
        (b"POST /y HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n", "POST /y: 413"),
    ] {
        let mut bench = watched();
        bench.receive(octets);
        let seen = seen(&mut bench);
        assert_eq!(seen.len(), 1);
        assert!(seen[0].starts_with(expected) && seen[0].contains(" refusal "), "{seen:?}");
    }
}

#[test]
fn a_head_that_does_not_come_in_time_is_seen() {
    let mut bench = watched();
    bench.receive(b"GET /slow HT");
    bench.with(|machine, cx| machine.expired(Deadline::Head, cx));
    let seen = seen(&mut bench);
    assert!(seen[0].starts_with("? GET /slow HT: 408 "), "{seen:?}");
}
