//! The PROXY header before the first request, and the limits of a client.

use super::*;
use crate::clients::PeerAddress;

const HEADER: &[u8] = b"PROXY TCP4 192.0.2.1 198.51.100.9 4711 80\r\n";
const LIMITED: [(&str, &str); 2] = [("rate_per_client", "1"), ("burst_per_client", "2")];

/// A connection from a proxy.
fn proxied(options: &[(&str, &str)]) -> Bench {
    let mut bench = Bench::with_options(options);
    bench.machine = Machine::with_header(3);
    bench
}

fn peer(bench: &mut Bench) -> PeerAddress {
    bench.with(|_, cx| cx.peer().address())
}

#[test]
fn requests_behind_a_header_are_answered_and_the_client_is_the_one_it_names() {
    let mut bench = proxied(&[]);
    assert_eq!(bench.receive(&[HEADER, GET, GET].concat()), Next::Receive);
    assert_eq!(responses(&bench.sent()), 2);
    assert_eq!(peer(&mut bench).to_string(), "192.0.2.1:4711");
    assert_eq!(bench.state(), State::KeepAlive);
    assert_eq!(bench.buffers_lent(), 0);
}

#[test]
fn a_header_and_a_request_may_be_cut_anywhere() {
    let all = [HEADER, GET].concat();
    for cut in 1..all.len() {
        let mut bench = proxied(&[]);
        assert_eq!(bench.receive(&all[..cut]), Next::Receive);
        assert_eq!(bench.state(), State::Reading);
        assert_eq!(bench.machine.deadline(), Some(Deadline::Head));
        assert_eq!(responses(&bench.sent()), 0);
        assert_eq!(bench.receive(&all[cut..]), Next::Receive);
        assert_eq!(responses(&bench.sent()), 1, "cut at {cut}");
        assert_eq!(bench.buffers_lent(), 0);
    }
}

#[test]
fn anything_else_ends_the_connection_without_an_answer() {
    for octets in [GET, b"PROXY TCP4 1.2.3.4 1.2.3.4 x y\r\n", b"\x16\x03\x01\x02"] {
        let mut bench = proxied(&[]);
        assert_eq!(bench.receive(octets), Next::Close);
        assert_eq!(bench.sent(), "");
        assert_eq!(bench.stats.refused_proxy_header.get(), 1);
        assert_eq!(bench.buffers_lent(), 0);
    }
}

#[test]
fn a_header_that_does_not_come_in_time_ends_the_connection_without_an_answer() {
    for octets in [&b""[..], b"PROXY TCP4"] {
        let mut bench = proxied(&[]);
        bench.receive(octets);
        assert_eq!(bench.expire(Deadline::Head), Next::Close);
        assert_eq!(bench.sent(), "");
        assert_eq!(bench.stats.timeouts_head.get(), 1);
    }
    let mut bench = proxied(&[]);
    bench.receive(HEADER);
    bench.receive(b"GET");
    assert_eq!(bench.expire(Deadline::Head), Next::Linger);
    assert!(bench.sent().starts_with("HTTP/1.1 408"), "the header had come");
}

#[test]
fn a_second_header_is_a_malformed_request() {
    let mut bench = proxied(&[]);
    assert_eq!(bench.receive(&[HEADER, HEADER].concat()), Next::Linger);
    assert!(bench.sent().starts_with("HTTP/1.1 400"));
}

#[test]
fn a_connection_of_the_proxy_itself_has_no_limit() {
    let mut bench = proxied(&LIMITED);
    let header = b"PROXY UNKNOWN\r\n";
    bench.receive(&[header, GET, GET, GET, GET].concat());
    assert_eq!(bench.sent().matches("HTTP/1.1 200").count(), 4);
    assert!(bench.guests.has_seat(7), "a place without limits");
    assert!(!peer(&mut bench).is_known(), "the header names nobody");
}

#[test]
fn the_client_of_a_header_is_limited_and_keeps_its_connection() {
    let mut bench = proxied(&LIMITED);
    assert_eq!(bench.receive(&[HEADER, GET, GET, GET].concat()), Next::Receive);
    let said = bench.sent();
    assert_eq!(said.matches("HTTP/1.1 200").count(), 2);
    let (_, refused) = said.split_once("HTTP/1.1 429").unwrap();
    assert!(refused.contains("Retry-After: 1\r\n") && !refused.contains("Connection: close"));
    assert_eq!(bench.stats.refused_client_rate.get(), 1);
    assert_eq!(bench.stats.responses_4xx.get(), 1);
    assert_eq!(bench.state(), State::KeepAlive);
    bench.alarms.now += 1000;
    bench.receive(GET);
    assert!(bench.sent().starts_with("HTTP/1.1 200"), "a second later");
}

#[test]
fn a_client_over_its_rate_that_asks_for_a_close_gets_it() {
    let mut bench = proxied(&LIMITED);
    assert_eq!(bench.receive(&[HEADER, GET, GET, LAST_GET].concat()), Next::Close);
    let said = bench.sent();
    assert!(said.split_once("HTTP/1.1 429").unwrap().1.contains("Connection: close"));
}

#[test]
fn a_client_that_a_header_names_and_that_has_too_many_connections_is_told_so() {
    let mut bench = proxied(&[("max_connections_per_client", "1")]);
    bench.receive(HEADER);
    // As if it were another one's slot.
    bench.machine = Machine::with_header(3);
    assert_eq!(bench.receive(&[HEADER, GET].concat()), Next::Linger);
    let said = bench.sent();
    assert!(said.starts_with("HTTP/1.1 429") && said.contains("Connection: close\r\n"));
    assert_eq!(bench.stats.refused_client_connections.get(), 1);
    assert_eq!(bench.stats.requests_handled.get(), 0);
}

proptest::proptest! {
    #[test]
    fn whatever_comes_before_a_header_nothing_is_answered(
        octets in proptest::collection::vec(proptest::num::u8::ANY, 1..300),
        cut in 0usize..300,
    ) {
        let mut bench = proxied(&[]);
        let (first, second) = octets.split_at(cut.min(octets.len()));
        if bench.receive(first) == Next::Receive {
            bench.receive(second);
        }
        proptest::prop_assert!(bench.machine.awaits_header());
        proptest::prop_assert_eq!(bench.sent(), "");
    }
}
