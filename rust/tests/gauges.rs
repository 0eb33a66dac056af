//! Statistics: gauges say what is there and return to zero, counters add up.

mod promise;

use http_responder::Server;
use http_responder::stats::{Kind, Snapshot, TABLE};
use promise::*;

/// Asserts that every gauge but the pool's size is zero.
#[track_caller]
fn assert_nothing_left(stats: &Snapshot) {
    for row in TABLE.iter().filter(|row| row.kind == Kind::Gauge && row.name != "pool_capacity") {
        assert_eq!(stats.get(row.name), Some(0), "{}", row.name);
    }
}

fn wait_until_all_are_gone(server: &Server) {
    wait_until("all connections are gone", || server.stats().connections_open == 0);
}

#[test]
fn each_state_is_counted_and_every_gauge_returns_to_zero() {
    let server = built(&[("keep_alive_timeout", "off")]);
    server.rule(None, "/large", ok(vec![b'x'; 8 << 20])).unwrap();
    let deferred = route_deferred(&server, "/later");
    let wants_body = route_deferred(&server, "/body");
    server.start().unwrap();

    let mut clients: Vec<_> = (0..6).map(|_| Client::new(&server)).collect();
    clients[0].send("GET / HT");
    clients[1].ask("/later");
    clients[2].ask("/large");
    clients[3].get("/");
    clients[4].send("nonsense\r\n\r\n");
    clients[5].send("POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf");
    let is = |name: &str, value: u64| server.stats().get(name) == Some(value);
    for (name, value) in [
        ("connections_open", 6),
        ("connections_reading", 2),
        ("connections_processing", 1),
        ("connections_writing", 1),
        ("connections_keepalive", 1),
        ("connections_closing", 1),
        ("body_memory", 4),
        ("buffers_lent", 4),
    ] {
        wait_until(name, || is(name, value));
    }
    drop(clients);
    wait_until_all_are_gone(&server);
    wait_until("buffers are back", || is("buffers_lent", 0));
    assert_nothing_left(&server.stats());
    assert!(deferred.recv().unwrap().is_gone());
    assert!(wants_body.try_recv().is_err(), "half a body is never handled");
    assert_eq!(server.stats().disconnects_early, 3);
    server.stop().unwrap();
    assert_nothing_left(&server.stats());
}

#[test]
fn every_gauge_is_zero_after_a_stop_in_the_middle_of_everything() {
    let server = built(&[]);
    let deferred = route_deferred(&server, "/later");
    server.rule(None, "/large", ok(vec![b'x'; 8 << 20])).unwrap();
    server.start().unwrap();
    let mut clients: Vec<_> = (0..20).map(|_| Client::new(&server)).collect();
    for (number, client) in clients.iter_mut().enumerate() {
        client.ask(["/", "/later", "/large", "/none"][number % 4]);
    }
    let _held: Vec<_> = (0..5).map(|_| deferred.recv_timeout(PATIENCE).unwrap()).collect();
    server.stop().unwrap();
    assert_nothing_left(&server.stats());
    assert_eq!(server.stats().pool_capacity, 0);
    assert_eq!(server.stats().connections_handled, 20, "counters stay");
}

#[test]
fn the_workers_add_up_to_the_total() {
    let server = started(&[("workers", "3")]);
    for number in 0..30 {
        let mut client = Client::new(&server);
        client.get(if number % 3 == 0 { "/none" } else { "/" });
    }
    wait_until_all_are_gone(&server);
    let mut sum = Snapshot::default();
    (0..3).for_each(|worker| sum.add(&server.worker_stats(worker).unwrap()));
    assert_eq!(sum, server.stats());
    assert_eq!((sum.connections_handled, sum.requests_handled), (30, 30));
    assert_eq!((sum.responses_2xx, sum.responses_4xx), (20, 10));
}

#[test]
fn octets_are_counted_as_they_go_over_the_wire() {
    let server = started(&[]);
    let mut client = Client::new(&server);
    let (mut sent, mut received) = (0, 0);
    for _ in 0..10 {
        let reply = client.get("/");
        sent += reply.head.len() + reply.body.len();
        received += "GET / HTTP/1.1\r\nHost: a\r\n\r\n".len();
    }
    // A send is counted after it is done: the client may have read it by then.
    wait_until("all is counted", || server.stats().bytes_sent == sent as u64);
    assert_eq!(server.stats().bytes_received, received as u64);
}

#[test]
fn a_reset_in_the_middle_of_an_answer_is_counted_as_one() {
    let server = built(&[]);
    server.rule(None, "/large", ok(vec![b'x'; 8 << 20])).unwrap();
    server.start().unwrap();
    let mut client = Client::new(&server);
    client.ask("/large");
    wait_until("writing", || server.stats().connections_writing == 1);
    drop(client);
    wait_until_all_are_gone(&server);
    assert_eq!(server.stats().disconnects_reset, 1);
}

#[test]
fn before_the_start_all_is_zero() {
    assert_eq!(built(&[]).stats(), Snapshot::default());
}
