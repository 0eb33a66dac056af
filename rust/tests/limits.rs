//! Limits: of a body, of the memory for bodies, of the pool, of requests on one connection.

mod promise;

use http_responder::Action;
use promise::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A server whose `/body` answers with the length of the body, and how often it was called.
fn server(options: &[(&str, &str)]) -> (http_responder::Server, Arc<AtomicUsize>) {
    let server = built(options);
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    route(&server, "/body", move |request, exchange| {
        counted.fetch_add(1, Ordering::SeqCst);
        let text = request.body().len().to_string();
        exchange.respond_bytes(200, "text/plain", text.as_bytes()).unwrap();
        Action::Done
    });
    server.start().unwrap();
    (server, calls)
}

fn post(length: usize) -> String {
    format!("POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n")
}

#[test]
fn a_body_of_just_the_limit_is_taken_and_one_more_octet_is_413() {
    let (server, calls) = server(&[("max_body", "1000")]);
    let mut client = Client::new(&server);
    client.send(post(1000));
    client.send(vec![b'x'; 1000]);
    assert_eq!(client.reply().text(), "1000");
    client.send(post(1001));
    let reply = client.reply();
    assert_eq!((reply.status, reply.closes()), (413, true));
    assert!(client.is_ended());

    let mut chunked = Client::new(&server);
    chunked.send("POST /body HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    chunked.send("3e8\r\n");
    chunked.send(vec![b'x'; 1000]);
    chunked.send("\r\n1\r\n");
    assert_eq!(chunked.reply().status, 413);
    assert!(chunked.is_ended());
    assert_eq!(server.stats().refused_body_too_large, 2);
    assert_eq!(calls.load(Ordering::SeqCst), 1);
}

#[test]
fn bodies_beyond_the_memory_for_them_are_503_and_the_memory_comes_back() {
    let (server, calls) =
        server(&[("workers", "1"), ("max_body", "100k"), ("max_body_memory", "100k")]);
    let mut first = Client::new(&server);
    first.send(post(80_000));
    first.send(vec![b'x'; 70_000]);
    wait_until("it is held", || server.stats().body_memory == 70_000);
    let mut second = Client::new(&server);
    second.send(post(60_000));
    second.send(vec![b'x'; 60_000]);
    let reply = second.reply();
    assert_eq!((reply.status, reply.closes()), (503, true));
    assert_eq!(server.stats().refused_memory, 1);

    first.send(vec![b'x'; 10_000]);
    assert_eq!(first.reply().text(), "80000");
    wait_until("it comes back", || server.stats().body_memory == 0);
    let mut third = Client::new(&server);
    third.send(post(60_000));
    third.send(vec![b'x'; 60_000]);
    assert_eq!(third.reply().text(), "60000");
    assert_eq!(calls.load(Ordering::SeqCst), 2);
}

#[test]
fn a_body_that_nobody_wants_costs_no_memory_however_many_send_one() {
    let (server, _) = server(&[("workers", "1"), ("max_body", "1m"), ("max_body_memory", "1m")]);
    let mut clients: Vec<_> = (0..5).map(|_| Client::new(&server)).collect();
    for client in &mut clients {
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
        client.send(vec![b'x'; 900_000]);
    }
    wait_until("all is received", || server.stats().bytes_received > 4_500_000);
    assert_eq!(server.stats().body_memory, 0);
    for client in &mut clients {
        client.send(vec![b'x'; 100_000]);
        assert_eq!(client.reply().text(), "hello");
    }
}

#[test]
fn memory_of_a_client_that_leaves_in_the_middle_of_its_body_comes_back() {
    let (server, calls) = server(&[]);
    let mut client = Client::new(&server);
    client.send(post(5000));
    client.send(vec![b'x'; 4000]);
    wait_until("it is held", || server.stats().body_memory == 4000);
    drop(client);
    wait_until("it comes back", || server.stats().body_memory == 0);
    assert_eq!(calls.load(Ordering::SeqCst), 0);
    assert_eq!(server.stats().disconnects_early, 1);
}

#[test]
fn who_expects_100_gets_it_before_the_body_and_not_for_one_that_is_refused() {
    let (server, _) = server(&[("max_body", "1000")]);
    let expecting =
        |length: usize| post(length).replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n");
    let mut client = Client::new(&server);
    client.send(expecting(5));
    assert_eq!(client.reply().status, 100);
    client.send("12345");
    assert_eq!(client.reply().text(), "5");
    client.send(expecting(1001));
    assert_eq!(client.reply().status, 413);
    assert_eq!(server.stats().responses_1xx, 1);
}

#[test]
fn the_last_of_max_requests_says_so_and_ends_the_connection() {
    let (server, _) = server(&[("max_requests", "3")]);
    let mut client = Client::new(&server);
    for number in 1..=3 {
        assert_eq!(client.get("/").closes(), number == 3);
    }
    assert!(client.is_ended());
    assert_eq!(server.stats().connections_max_requests, 1);
}

#[test]
fn a_full_pool_gives_up_an_idle_connection_and_never_a_busy_one() {
    let (server, _) = server(&[("workers", "1"), ("max_connections", "2")]);
    let mut busy = Client::new(&server);
    busy.send("POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab");
    wait_until("busy", || server.stats().body_memory == 2);
    let mut idle = Client::new(&server);
    idle.get("/");
    let mut new = Client::new(&server);
    assert_eq!(new.get("/").status, 200);
    assert!(idle.is_ended());
    busy.send("cd");
    assert_eq!(busy.reply().text(), "4");
    assert_eq!(server.stats().connections_evicted, 1);
}

#[test]
fn a_pool_full_of_busy_connections_says_503_and_closes() {
    let (server, _) = server(&[("workers", "1"), ("max_connections", "1")]);
    let mut busy = Client::new(&server);
    busy.send("GET / HT");
    wait_until("busy", || server.stats().bytes_received == 8);
    let mut turned_away = Client::new(&server);
    let reply = turned_away.reply();
    assert_eq!((reply.status, reply.closes()), (503, true));
    assert!(turned_away.is_ended());
    assert_eq!((server.stats().refused_full, server.stats().connections_shed), (1, 1));
    busy.send("TP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(busy.reply().status, 200);
}
