//! Deferred answers: from any thread, once, in the order of the requests, never to a stranger.

mod promise;

use http_responder::{Action, ErrorCode, Response};
use promise::*;
use std::sync::{Arc, Barrier};

#[test]
fn another_thread_answers() {
    let server = built(&[]);
    let deferred = route_deferred(&server, "/later");
    server.start().unwrap();
    let answering = std::thread::spawn(move || {
        for number in 0..100 {
            let deferred = deferred.recv_timeout(PATIENCE).unwrap();
            deferred.respond(&ok(format!("answer {number}"))).unwrap();
        }
    });
    let mut client = Client::new(&server);
    for number in 0..100 {
        assert_eq!(client.get("/later").text(), format!("answer {number}"));
    }
    answering.join().unwrap();
    assert_eq!(server.stats().deferred_answers, 100);
}

#[test]
fn the_handler_itself_may_answer_what_it_has_deferred() {
    let server = built(&[]);
    route(&server, "/now", |_, exchange| {
        exchange.defer().unwrap().respond(&ok("now")).unwrap();
        Action::Done
    });
    server.start().unwrap();
    let mut client = Client::new(&server);
    for _ in 0..3 {
        assert_eq!(client.get("/now").text(), "now");
    }
}

#[test]
fn requests_behind_a_deferred_one_are_answered_after_it_and_in_order() {
    let server = built(&[]);
    let deferred = route_deferred(&server, "/later");
    route(&server, "/n/{number}", |request, exchange| {
        let number = request.param("number").unwrap();
        exchange.respond_bytes(200, "text/plain", number.as_bytes()).unwrap();
        Action::Done
    });
    server.start().unwrap();
    let mut client = Client::new(&server);
    let ask = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");
    client.send(["/n/1", "/later", "/n/2", "/later", "/n/3"].map(ask).concat());
    assert_eq!(client.reply().text(), "1");
    for (late, next) in [("first", "2"), ("second", "3")] {
        let deferred = deferred.recv_timeout(PATIENCE).unwrap();
        deferred.respond(&ok(late)).unwrap();
        assert_eq!(client.reply().text(), late);
        assert_eq!(client.reply().text(), next);
    }
}

#[test]
fn what_comes_while_an_answer_is_deferred_is_answered_after_it() {
    let server = built(&[]);
    let deferred = route_deferred(&server, "/later");
    server.start().unwrap();
    let mut client = Client::new(&server);
    client.ask("/later");
    let deferred = deferred.recv_timeout(PATIENCE).unwrap();
    client.ask("/");
    deferred.respond(&ok("late")).unwrap();
    assert_eq!(client.reply().text(), "late");
    assert_eq!(client.reply().text(), "hello");
}

#[test]
fn an_answer_to_a_client_that_has_left_is_gone_and_reaches_no_other() {
    let server = built(&[("workers", "1")]);
    let deferred = route_deferred(&server, "/later");
    server.start().unwrap();
    let mut client = Client::new(&server);
    client.ask("/later");
    let first = deferred.recv_timeout(PATIENCE).unwrap();
    drop(client);
    wait_until("the client is seen to have left", || first.is_gone());
    let mut next = Client::new(&server);
    next.ask("/later");
    let second = deferred.recv_timeout(PATIENCE).unwrap();
    assert_eq!(first.respond(&ok("for another")).unwrap_err().code(), ErrorCode::Gone);
    drop(first);
    second.respond(&ok("for you")).unwrap();
    assert_eq!(next.reply().text(), "for you");
}

#[test]
fn a_second_answer_is_an_error_and_reaches_nobody() {
    let server = built(&[]);
    let deferred = route_deferred(&server, "/later");
    server.start().unwrap();
    let mut client = Client::new(&server);
    client.ask("/later");
    let deferred = deferred.recv_timeout(PATIENCE).unwrap();
    deferred.respond(&ok("once")).unwrap();
    assert_eq!(deferred.respond(&ok("twice")).unwrap_err().code(), ErrorCode::State);
    drop(deferred);
    assert_eq!(client.reply().text(), "once");
    assert_eq!(client.get("/").text(), "hello", "neither a second answer nor a 500 comes");
}

#[test]
fn of_many_threads_that_answer_one_wins() {
    let server = built(&[]);
    let deferred = route_deferred(&server, "/later");
    server.start().unwrap();
    let mut client = Client::new(&server);
    for _ in 0..50 {
        client.ask("/later");
        let deferred = Arc::new(deferred.recv_timeout(PATIENCE).unwrap());
        let together = Arc::new(Barrier::new(4));
        let threads: Vec<_> = (0..4)
            .map(|number| {
                let (deferred, together) = (deferred.clone(), together.clone());
                std::thread::spawn(move || {
                    together.wait();
                    deferred.respond(&ok(format!("{number}"))).is_ok().then_some(number)
                })
            })
            .collect();
        let won: Vec<_> = threads.into_iter().filter_map(|t| t.join().unwrap()).collect();
        let [winner] = won[..] else { panic!("{won:?} all won") };
        assert_eq!(client.reply().text(), winner.to_string());
    }
}

#[test]
fn a_request_that_is_dropped_unanswered_gets_500_and_the_connection_lives_on() {
    let server = built(&[]);
    let deferred = route_deferred(&server, "/later");
    server.start().unwrap();
    let mut client = Client::new(&server);
    client.ask("/later");
    drop(deferred.recv_timeout(PATIENCE).unwrap());
    assert_eq!(client.reply().status, 500);
    assert_eq!(client.get("/").status, 200);
}

#[test]
fn answering_after_the_server_was_freed_is_gone() {
    let server = built(&[]);
    let deferred = route_deferred(&server, "/later");
    server.start().unwrap();
    let mut client = Client::new(&server);
    client.ask("/later");
    let deferred = deferred.recv_timeout(PATIENCE).unwrap();
    drop(server);
    assert!(client.is_ended());
    assert!(deferred.is_gone());
    assert_eq!(deferred.respond(&ok("late")).unwrap_err().code(), ErrorCode::Gone);
}

#[test]
fn a_request_is_deferred_or_answered_but_not_both() {
    let server = built(&[]);
    route(&server, "/both", |_, exchange| {
        let deferred = exchange.defer().unwrap();
        assert_eq!(exchange.respond(&ok("now")).unwrap_err().code(), ErrorCode::State);
        assert_eq!(exchange.defer().err().map(|e| e.code()), Some(ErrorCode::State));
        deferred.respond(&Response::builder(202).build().unwrap()).unwrap();
        Action::Done
    });
    server.start().unwrap();
    assert_eq!(Client::new(&server).get("/both").status, 202);
    assert_eq!(server.stats().handler_panics, 0);
}

#[test]
fn a_large_deferred_answer_arrives_whole() {
    let server = built(&[]);
    let deferred = route_deferred(&server, "/later");
    server.start().unwrap();
    let mut client = Client::new(&server);
    client.ask("/later");
    client.ask("/");
    let large: Vec<u8> = (0..6 << 20).map(|at: u32| (at % 251) as u8).collect();
    deferred.recv_timeout(PATIENCE).unwrap().respond(&ok(large.clone())).unwrap();
    assert!(client.reply().body == large);
    assert_eq!(client.reply().text(), "hello");
}
