//! A panic in a worker closes its connections and starts it afresh; nobody else notices.
//!
//! From outside a worker panics only where it drops what a caller gave it: a handler that is
//! replaced and whose drop panics.

mod promise;

use http_responder::{Action, Deferred, Exchange, Handler, Request, Server};
use promise::*;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, Weak};

/// Panics when it is dropped on a worker's thread.
struct Bomb {
    server: Weak<Server>,
}

impl Handler for Bomb {
    fn handle(&self, request: &Request<'_>, exchange: &mut Exchange<'_>) -> Action {
        if request.path() == "/replace" {
            // From here on this worker alone keeps the old responder, until it looks next.
            self.server.upgrade().unwrap().fallback(Arc::new(quiet));
        }
        exchange.respond(&ok("bomb")).unwrap();
        Action::Done
    }
}

impl Drop for Bomb {
    fn drop(&mut self) {
        let thread = std::thread::current();
        if thread.name().is_some_and(|name| name.starts_with("hr-worker")) {
            panic!("on purpose");
        }
    }
}

fn quiet(_: &Request<'_>, exchange: &mut Exchange<'_>) -> Action {
    exchange.respond(&ok("quiet")).unwrap();
    Action::Done
}

/// A server whose fallback panics when a worker drops it.
fn armed(workers: &str) -> Arc<Server> {
    let server = Arc::new(built(&[("workers", workers)]));
    server.fallback(Arc::new(Bomb { server: Arc::downgrade(&server) }));
    server
}

#[test]
fn the_worker_is_started_afresh_and_its_connections_are_closed() {
    let server = armed("1");
    server.start().unwrap();
    let mut idle = Client::new(&server);
    idle.get("/");
    let mut client = Client::new(&server);
    assert_eq!(client.get("/replace").text(), "bomb");
    assert!(idle.is_ended());
    assert!(client.is_ended());
    let mut next = Client::new(&server);
    assert_eq!(next.get("/x").text(), "quiet");
    wait_until("it is idle", || server.stats().connections_keepalive == 1);
    let stats = server.stats();
    assert_eq!((stats.worker_restarts, stats.connections_open), (1, 1));
    assert_eq!(stats.connections_handled, 3, "counters go on");
    server.stop().unwrap();
}

#[test]
fn a_request_held_by_the_worker_that_panicked_is_gone_and_no_stranger_gets_its_answer() {
    let server = armed("1");
    let deferred = route_deferred(&server, "/later");
    server.start().unwrap();
    let mut waiting = Client::new(&server);
    waiting.ask("/later");
    let first = deferred.recv_timeout(PATIENCE).unwrap();
    Client::new(&server).get("/replace");
    assert!(waiting.is_ended());
    wait_until("the request is gone", || first.is_gone());
    // The fresh worker's first connection has the same record.
    let mut stranger = Client::new(&server);
    stranger.ask("/later");
    let second = deferred.recv_timeout(PATIENCE).unwrap();
    assert!(first.respond(&ok("for another")).is_err());
    second.respond(&ok("for you")).unwrap();
    assert_eq!(stranger.reply().text(), "for you");
}

#[test]
fn an_answer_given_before_the_panic_reaches_no_stranger_in_the_same_record_after_it() {
    let server = armed("2");
    let deferred = route_deferred(&server, "/later");
    let first = Arc::new(Mutex::new(None::<Deferred>));
    let (release, released) = channel::<()>();
    let (own, late, released) = (Arc::downgrade(&server), first.clone(), Mutex::new(released));
    let (replaced_sender, replaced) = channel();
    let replaced_sender = Mutex::new(replaced_sender);
    route(&server, "/replace-later", move |_, exchange| {
        own.upgrade().unwrap().fallback(Arc::new(quiet));
        replaced_sender.lock().unwrap().send(()).unwrap();
        released.lock().unwrap().recv_timeout(PATIENCE).unwrap();
        // In the mailbox behind the message that brings the panic, and behind the stranger.
        late.lock().unwrap().take().unwrap().respond(&ok("for another")).unwrap();
        exchange.respond(&ok("bomb")).unwrap();
        Action::Done
    });
    server.start().unwrap();
    // Dealt in turn: every second one is for the other worker.
    let mut waiting = Client::new(&server);
    waiting.ask("/later");
    *first.lock().unwrap() = Some(deferred.recv_timeout(PATIENCE).unwrap());
    let _other = Client::new(&server);
    let mut client = Client::new(&server);
    client.ask("/replace-later");
    replaced.recv_timeout(PATIENCE).unwrap();
    let _other = Client::new(&server);
    let mut stranger = Client::new(&server);
    stranger.ask("/later");
    // Once this one is answered, the stranger before it is in the first worker's mailbox.
    assert_eq!(Client::new(&server).get("/").status, 200);
    release.send(()).unwrap();
    let second = deferred.recv_timeout(PATIENCE).unwrap();
    wait_until("the answer has come", || server.stats().deferred_gone == 1);
    second.respond(&ok("for you")).unwrap();
    assert_eq!(stranger.reply().text(), "for you");
    assert_eq!(server.stats().worker_restarts, 1);
}

#[test]
fn what_the_worker_was_told_before_it_panicked_is_done_afterwards() {
    for accept in ["dispatch", "reuseport"] {
        let server = Arc::new(built(&[("workers", "1"), ("accept", accept)]));
        server.fallback(Arc::new(Bomb { server: Arc::downgrade(&server) }));
        server.start().unwrap();
        let mut client = Client::new(&server);
        client.ask("/replace");
        // Whether this comes before, during or after the panic: it stops.
        server.drain(None).unwrap();
        server.wait(Some(PATIENCE)).unwrap();
    }
}

#[test]
fn many_panics_while_connections_come_and_go_lose_neither_the_worker_nor_what_it_is_told() {
    let server = armed("1");
    server.start().unwrap();
    for _ in 0..50 {
        server.fallback(Arc::new(Bomb { server: Arc::downgrade(&server) }));
        let mut clients: Vec<_> = (0..3).map(|_| Client::new(&server)).collect();
        clients[0].ask("/replace");
        for client in &mut clients[1..] {
            client.ask("/");
        }
        // Each is answered or ended, none hangs.
        for client in &mut clients {
            if !client.is_ended() {
                client.reply();
            }
        }
        assert_eq!(Client::new(&server).get("/").status, 200);
    }
    assert!(server.stats().worker_restarts >= 1);
    server.stop().unwrap();
}
