//! The life of a server: started once, waited for, stopped from anywhere without a hang.

mod promise;

use http_responder::{Action, ErrorCode, Server, ServerState};
use promise::*;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[test]
fn a_server_goes_through_its_states() {
    let server = built(&[]);
    assert_eq!(server.state(), ServerState::Built);
    server.start().unwrap();
    assert_eq!(server.state(), ServerState::Running);
    server.stop().unwrap();
    assert_eq!(server.state(), ServerState::Stopped);
}

#[test]
fn it_is_started_once() {
    let server = started(&[]);
    assert_eq!(server.start().unwrap_err().code(), ErrorCode::State);
    assert_eq!(server.listen("127.0.0.1:0").unwrap_err().code(), ErrorCode::State);
    assert_eq!(Client::new(&server).get("/").status, 200);
    server.stop().unwrap();
    assert_eq!(server.start().unwrap_err().code(), ErrorCode::State);
}

#[test]
fn one_that_was_never_started_cannot_be_waited_for_or_drained_but_stopped() {
    let server = built(&[]);
    assert_eq!(server.wait(None).unwrap_err().code(), ErrorCode::State);
    assert_eq!(server.drain(None).unwrap_err().code(), ErrorCode::State);
    server.stop().unwrap();
    assert_eq!(server.state(), ServerState::Stopped);
    assert_eq!(server.start().unwrap_err().code(), ErrorCode::State);
}

#[test]
fn stopping_again_and_waiting_for_what_has_stopped_return_at_once() {
    let server = started(&[]);
    server.stop().unwrap();
    server.stop().unwrap();
    server.wait(None).unwrap();
    server.drain(None).unwrap();
}

#[test]
fn waiting_ends_with_the_time_given() {
    let server = started(&[]);
    for timeout in [Duration::ZERO, Duration::from_millis(5)] {
        assert_eq!(server.wait(Some(timeout)).unwrap_err().code(), ErrorCode::Timeout);
    }
    assert_eq!(Client::new(&server).get("/").status, 200, "it runs on");
}

#[test]
fn all_who_wait_are_woken_when_it_stops() {
    let server = Arc::new(started(&[]));
    let waiting: Vec<_> = (0..4)
        .map(|_| {
            let server = server.clone();
            std::thread::spawn(move || server.wait(Some(PATIENCE)))
        })
        .collect();
    server.stop().unwrap();
    waiting.into_iter().for_each(|thread| thread.join().unwrap().unwrap());
}

#[test]
fn two_servers_of_one_process_know_nothing_of_each_other() {
    let (one, two) = (started(&[]), started(&[]));
    assert_eq!(Client::new(&one).get("/").status, 200);
    one.stop().unwrap();
    assert_eq!(Client::new(&two).get("/").status, 200);
    assert_eq!((one.stats().requests_handled, two.stats().requests_handled), (1, 1));
}

#[test]
fn stopping_from_its_own_handler_is_an_error_and_no_hang_and_still_stops() {
    let server = Arc::new(built(&[]));
    let (sender, result) = channel();
    let (own, sender) = (Arc::downgrade(&server), Mutex::new(sender));
    route(&server, "/stop", move |_, exchange| {
        let server = own.upgrade().unwrap();
        let said = (server.wait(None).unwrap_err().code(), server.stop().unwrap_err().code());
        sender.lock().unwrap().send(said).unwrap();
        exchange.respond(&ok("stopping")).unwrap();
        Action::Done
    });
    server.start().unwrap();
    let mut client = Client::new(&server);
    client.ask("/stop");
    assert_eq!(result.recv_timeout(PATIENCE).unwrap(), (ErrorCode::State, ErrorCode::State));
    server.wait(Some(PATIENCE)).unwrap();
}

#[test]
fn one_server_may_stop_another_from_a_handler() {
    let other = Arc::new(started(&[]));
    let server = built(&[]);
    let told = other.clone();
    route(&server, "/stop", move |_, exchange| {
        told.stop().unwrap();
        exchange.respond(&ok("stopped")).unwrap();
        Action::Done
    });
    server.start().unwrap();
    assert_eq!(Client::new(&server).get("/stop").text(), "stopped");
    assert_eq!(other.state(), ServerState::Stopped);
}

#[test]
fn dropping_a_server_in_its_own_handler_does_not_hang() {
    let place: Arc<Mutex<Option<Server>>> = Arc::default();
    let server = built(&[]);
    let (sender, dropped) = channel();
    let (own, sender) = (place.clone(), Mutex::new(sender));
    route(&server, "/drop", move |_, _| {
        drop(own.lock().unwrap().take());
        sender.lock().unwrap().send(()).unwrap();
        Action::Decline
    });
    server.start().unwrap();
    let mut client = Client::new(&server);
    *place.lock().unwrap() = Some(server);
    client.ask("/drop");
    dropped.recv_timeout(PATIENCE).unwrap();
    // The threads end by themselves, and with them the connection.
    while !client.is_ended() {
        client.reply();
    }
}

#[test]
fn dropping_a_running_server_closes_its_connections() {
    let server = started(&[]);
    let mut client = Client::new(&server);
    client.get("/");
    drop(server);
    assert!(client.is_ended());
}

#[test]
fn starting_where_an_address_is_taken_fails_and_may_be_tried_again() {
    let taken = started(&[]);
    let address = taken.address(0).unwrap();
    let port = address.rsplit(':').next().unwrap();
    let server = built(&[("port", port)]);
    let error = server.start().unwrap_err();
    assert_eq!(error.code(), ErrorCode::Bind);
    assert!(error.message().contains(&address), "{error}");
    assert_eq!((server.state(), server.listeners()), (ServerState::Built, 0));
    drop(taken);
    server.start().unwrap();
    assert_eq!(Client::new(&server).get("/").status, 200);
}
