//! The shortest way, for requests that came before.

use super::*;

/// Statistics that say how many came and went.
fn counted(bench: &Bench) -> [u64; 4] {
    let stats = bench.stats();
    [stats.requests_handled, stats.responses_2xx, stats.bytes_received, stats.bytes_sent]
}

#[test]
fn a_known_request_is_answered_and_counted_as_any_other() {
    let mut bench = Bench::new();
    let mut client = bench.connect(GET);
    let (first, _) = client.receive();
    let once = counted(&bench);
    for times in 2..5 {
        client.send(GET);
        bench.turn();
        assert_eq!(client.receive(), (first.clone(), false));
        assert_eq!(counted(&bench), once.map(|count| count * times));
        bench.assert_states(&[State::KeepAlive]);
    }
}

#[test]
fn what_is_not_one_known_request_alone_takes_a_whole_turn() {
    let mut bench = Bench::new();
    let mut client = bench.connect(GET);
    client.receive();
    client.send(&[GET, GET, &GET[..10]].concat());
    bench.turn();
    assert_eq!(responses(&client.receive().0), 2);
    bench.assert_states(&[State::Reading]);
    client.send(&GET[10..]);
    bench.turn();
    assert_eq!(responses(&client.receive().0), 1);
    client.send(BAD);
    bench.turn();
    assert!(client.receive().0.starts_with("HTTP/1.1 400 "));
}

#[test]
fn the_end_of_the_stream_closes_and_requests_renew_the_time_between_them() {
    let mut bench = Bench::with_options(&[("keep_alive_timeout", "10")]);
    let mut client = bench.connect(GET);
    for _ in 0..4 {
        bench.pass(8_000);
        client.send(GET);
        bench.turn();
    }
    assert_eq!(responses(&client.receive().0), 5);
    bench.pass(9_000);
    bench.connections.go_on();
    bench.assert_states(&[State::KeepAlive]);
    client.end();
    bench.turn();
    bench.assert_states(&[]);
}

#[test]
fn a_socket_that_takes_no_more_gets_the_rest_later() {
    let mut bench = Bench::new();
    let mut client = bench.connect(GET);
    let mut sent = 1;
    while bench.stats().connections_writing == 0 {
        client.send(GET);
        bench.turn();
        sent += 1;
        assert!(sent < 1_000_000, "the socket takes whatever comes");
    }
    bench.assert_states(&[State::Writing]);
    let said = busy::read_all_while_turning(&mut bench, &mut client);
    assert_eq!(responses(&said), sent);
    assert_eq!(said.matches("\r\n\r\nhello").count(), sent);
    bench.assert_states(&[State::KeepAlive]);
    let stats = bench.stats();
    assert_eq!((stats.requests_handled, stats.bytes_sent), (sent as u64, said.len() as u64));
}

#[test]
fn a_client_that_has_left_is_a_reset() {
    let mut bench = Bench::new();
    let mut client = bench.connect(GET);
    client.receive();
    client.send(GET);
    client.stream.shutdown(std::net::Shutdown::Read).unwrap();
    bench.turn();
    bench.assert_states(&[]);
    assert_eq!(bench.stats().disconnects_reset, 1);
}

#[test]
fn the_last_request_of_a_connection_ends_it() {
    let mut bench = Bench::with_options(&[("max_requests", "3")]);
    let mut client = bench.connect(GET);
    for _ in 0..2 {
        client.send(GET);
        bench.turn();
    }
    let (said, ended) = client.receive();
    assert_eq!((responses(&said), ended), (3, true));
    assert_eq!(said.matches("Connection: close").count(), 1);
}
