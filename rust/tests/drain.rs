//! Draining: idle connections end, requests in progress are finished and are the last, then the
//! server stops.

mod promise;

use http_responder::{Notice, ServerState};
use promise::*;
use std::net::TcpStream;
use std::time::{Duration, Instant};

#[test]
fn an_idle_connection_is_closed_and_the_server_stops() {
    let server = started(&[]);
    let mut idle = Client::new(&server);
    assert_eq!(idle.get("/").status, 200);
    server.drain(None).unwrap();
    assert!(idle.is_ended());
    server.wait(Some(PATIENCE)).unwrap();
    assert_eq!(server.state(), ServerState::Stopped);
    assert_eq!(server.stats().timeouts_drain, 0);
}

#[test]
fn a_request_in_progress_is_finished_and_says_connection_close() {
    let server = built(&[]);
    let deferred = route_deferred(&server, "/later");
    server.start().unwrap();
    let mut busy = Client::new(&server);
    busy.ask("/later");
    let deferred = deferred.recv_timeout(PATIENCE).unwrap();
    server.drain(None).unwrap();
    wait_until("draining", || server.state() == ServerState::Draining);
    deferred.respond(&ok("late")).unwrap();
    let reply = busy.reply();
    assert_eq!(reply.text(), "late");
    assert!(reply.closes(), "{}", reply.head);
    assert!(busy.is_ended());
    drop(busy);
    server.wait(Some(PATIENCE)).unwrap();
}

#[test]
fn a_request_of_which_a_part_has_come_is_still_taken() {
    let server = started(&[]);
    let mut slow = Client::new(&server);
    slow.send("GET / HT");
    wait_until("a part is received", || server.stats().bytes_received == 8);
    server.drain(None).unwrap();
    wait_until("draining", || server.state() == ServerState::Draining);
    slow.send("TP/1.1\r\nHost: a\r\n\r\n");
    let reply = slow.reply();
    assert_eq!((reply.status, reply.closes()), (200, true));
    assert!(slow.is_ended());
    drop(slow);
    server.wait(Some(PATIENCE)).unwrap();
}

#[test]
fn nobody_new_is_let_in_once_it_has_drained() {
    let server = started(&[]);
    let address = server.address(0).unwrap();
    server.drain(None).unwrap();
    server.wait(Some(PATIENCE)).unwrap();
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn who_is_not_done_by_the_deadline_is_closed_and_counted() {
    let server = built(&[("drain_timeout", "60s")]);
    let deferred = route_deferred(&server, "/later");
    server.start().unwrap();
    let mut busy = Client::new(&server);
    busy.ask("/later");
    let deferred = deferred.recv_timeout(PATIENCE).unwrap();
    let begun = Instant::now();
    server.drain(Some(Duration::from_millis(100))).unwrap();
    server.wait(Some(PATIENCE)).unwrap();
    assert!(begun.elapsed() >= Duration::from_millis(90), "not before the grace is over");
    assert!(busy.is_ended());
    assert!(deferred.is_gone());
    assert_eq!(server.stats().timeouts_drain, 1);
}

#[test]
fn a_second_drain_changes_nothing_and_stop_ends_it_at_once() {
    let server = built(&[("drain_timeout", "off")]);
    let deferred = route_deferred(&server, "/later");
    server.start().unwrap();
    let mut busy = Client::new(&server);
    busy.ask("/later");
    let _deferred = deferred.recv_timeout(PATIENCE).unwrap();
    server.notify(Notice::Drain);
    wait_until("draining", || server.state() == ServerState::Draining);
    server.drain(None).unwrap();
    assert_eq!(
        server.wait(Some(Duration::ZERO)).unwrap_err().code(),
        http_responder::ErrorCode::Timeout
    );
    server.stop().unwrap();
    assert!(busy.is_ended());
}

#[test]
fn a_large_answer_to_a_slow_reader_is_finished() {
    let server = built(&[]);
    server.rule(None, "/large", ok(vec![b'x'; 8 << 20])).unwrap();
    server.start().unwrap();
    let mut slow = Client::new(&server);
    slow.ask("/large");
    wait_until("writing", || server.stats().connections_writing == 1);
    server.drain(None).unwrap();
    wait_until("draining", || server.state() == ServerState::Draining);
    assert_eq!(slow.reply().body.len(), 8 << 20);
    assert!(slow.is_ended());
    drop(slow);
    server.wait(Some(PATIENCE)).unwrap();
    assert_eq!(server.stats().timeouts_drain, 0);
}

#[test]
fn a_server_without_connections_stops_at_once_with_every_way_of_accepting() {
    for accept in ["dispatch", "reuseport"] {
        for workers in ["1", "3"] {
            let server = started(&[("accept", accept), ("workers", workers)]);
            server.drain(None).unwrap();
            server.wait(Some(PATIENCE)).unwrap();
        }
    }
}
