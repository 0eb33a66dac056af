//! Handlers: added while running, declining, panicking, silent, slow.

mod promise;

use http_responder::Action;
use promise::*;
use std::panic::panic_any;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::mpsc::channel;

#[test]
fn the_next_request_sees_a_route_that_was_added_meanwhile() {
    let server = started(&[("workers", "3")]);
    let mut clients: Vec<_> = (0..6).map(|_| Client::new(&server)).collect();
    for number in 0..20 {
        let path = format!("/new/{number}");
        for client in &mut clients {
            assert_eq!(client.get(&path).status, 404);
        }
        server.rule(None, &path, ok(path.clone())).unwrap();
        for client in &mut clients {
            assert_eq!(client.get(&path).text(), path);
        }
    }
}

#[test]
fn a_handler_that_declines_leaves_the_request_to_the_next_route_and_then_to_the_fallback() {
    let server = built(&[]);
    route(&server, "/a", |request, exchange| {
        if request.query() != Some("mine") {
            return Action::Decline;
        }
        exchange.respond(&ok("first")).unwrap();
        Action::Done
    });
    route(&server, "/{name}", |request, exchange| {
        if request.query() != Some("yours") {
            return Action::Decline;
        }
        exchange.respond(&ok(request.param("name").unwrap())).unwrap();
        Action::Done
    });
    server.fallback(Arc::new(
        |_: &http_responder::Request<'_>, exchange: &mut http_responder::Exchange<'_>| {
            exchange.respond(&ok("fallback")).unwrap();
            Action::Done
        },
    ));
    server.start().unwrap();
    let mut client = Client::new(&server);
    for (target, text) in [("/a?mine", "first"), ("/a?yours", "a"), ("/a", "fallback")] {
        assert_eq!(client.get(target).text(), text, "{target}");
    }
}

#[test]
fn a_handler_that_panics_becomes_a_500_and_the_connection_lives_on() {
    let server = built(&[("workers", "1")]);
    /// A payload whose drop panics too.
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("once more");
        }
    }
    route(&server, "/panic", |_, _| panic!("on purpose"));
    route(&server, "/bomb", |_, _| panic_any(Bomb));
    server.start().unwrap();
    let mut client = Client::new(&server);
    for path in ["/panic", "/bomb", "/panic"] {
        assert_eq!(client.get(path).status, 500, "{path}");
        assert_eq!(client.get("/").status, 200);
    }
    let stats = server.stats();
    assert_eq!((stats.handler_panics, stats.worker_restarts), (3, 0));
}

#[test]
fn a_handler_that_panics_after_it_answered_does_not_spoil_the_answer() {
    let server = built(&[]);
    route(&server, "/", |_, _| Action::Decline);
    route(&server, "/answered", |_, exchange| {
        exchange.respond(&ok("answered")).unwrap();
        panic!("on purpose");
    });
    server.start().unwrap();
    let mut client = Client::new(&server);
    assert_eq!(client.get("/answered").text(), "answered");
    assert_eq!(client.get("/").status, 200);
    assert_eq!(server.stats().handler_panics, 1);
}

#[test]
fn a_handler_that_says_nothing_becomes_a_500_and_is_counted() {
    let server = built(&[]);
    route(&server, "/silent", |_, _| Action::Done);
    server.start().unwrap();
    let mut client = Client::new(&server);
    assert_eq!(client.get("/silent").status, 500);
    assert_eq!(client.get("/").status, 200);
    assert_eq!(server.stats().handler_silences, 1);
}

#[test]
fn a_handler_that_blocks_holds_up_its_own_worker_only() {
    let server = built(&[("workers", "2")]);
    let (begun_sender, begun) = channel();
    let (release, released) = channel::<()>();
    let (begun_sender, released) = (Mutex::new(begun_sender), Mutex::new(released));
    route(&server, "/block", move |_, exchange| {
        begun_sender.lock().unwrap().send(()).unwrap();
        released.lock().unwrap().recv_timeout(PATIENCE).unwrap();
        exchange.respond(&ok("released")).unwrap();
        Action::Done
    });
    server.start().unwrap();
    // Dealt in turn: one connection on each worker.
    let (mut blocked, mut free) = (Client::new(&server), Client::new(&server));
    blocked.get("/");
    free.get("/");
    blocked.ask("/block");
    begun.recv_timeout(PATIENCE).unwrap();
    for _ in 0..10 {
        assert_eq!(free.get("/").status, 200);
    }
    release.send(()).unwrap();
    assert_eq!(blocked.reply().text(), "released");
}

#[test]
fn a_worker_that_stalls_gets_no_new_connections_until_it_moves() {
    let server = built(&[("workers", "2"), ("worker_stall", "100ms")]);
    let (release, released) = channel::<()>();
    let released = Mutex::new(released);
    route(&server, "/block", move |_, exchange| {
        released.lock().unwrap().recv_timeout(PATIENCE).unwrap();
        exchange.respond(&ok("released")).unwrap();
        Action::Done
    });
    server.start().unwrap();
    let mut blocked = Client::new(&server);
    blocked.ask("/block");
    wait_until("the stall is noticed", || server.stats().workers_stalled == 1);
    let mut others: Vec<_> = (0..6).map(|_| Client::new(&server)).collect();
    for client in &mut others {
        assert_eq!(client.get("/").status, 200, "all of them are with the other worker");
    }
    release.send(()).unwrap();
    assert_eq!(blocked.reply().text(), "released");
    let counts = |worker| server.worker_stats(worker).unwrap().connections_handled;
    assert_eq!((counts(0), counts(1)), (1, 6));
    wait_until("it gets connections again", || {
        Client::new(&server).get("/");
        counts(0) > 1
    });
}
