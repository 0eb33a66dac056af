//! Answers larger than the socket takes: whole, in order, within bounds, others served meanwhile.

mod promise;

use http_responder::Response;
use promise::*;

const LARGE: usize = 8 << 20;

fn pattern(seed: usize) -> Vec<u8> {
    (0..LARGE).map(|at| ((at * 7 + seed) % 251) as u8).collect()
}

#[test]
fn large_answers_arrive_whole_and_in_order_with_others_between() {
    let server = built(&[]);
    for seed in 0..3 {
        server.rule(None, &format!("/large/{seed}"), ok(pattern(seed))).unwrap();
    }
    server.start().unwrap();
    let mut client = Client::new(&server);
    for path in ["/large/0", "/", "/large/1", "/large/2", "/"] {
        client.ask(path);
    }
    wait_until("writing", || server.stats().connections_writing == 1);
    assert!(client.reply().body == pattern(0));
    assert_eq!(client.reply().text(), "hello");
    assert!(client.reply().body == pattern(1));
    assert!(client.reply().body == pattern(2));
    assert_eq!(client.reply().text(), "hello");
    assert_eq!(client.get("/").text(), "hello");
}

#[test]
fn who_does_not_read_holds_up_nobody_else() {
    let server = built(&[("workers", "1")]);
    server.rule(None, "/large", ok(pattern(0))).unwrap();
    server.start().unwrap();
    let mut slow: Vec<_> = (0..10).map(|_| Client::new(&server)).collect();
    slow.iter_mut().for_each(|client| client.ask("/large"));
    wait_until("all are writing", || server.stats().connections_writing == 10);
    let mut quick = Client::new(&server);
    for _ in 0..100 {
        assert_eq!(quick.get("/").status, 200);
    }
    assert!(slow.pop().unwrap().reply().body == pattern(0));
}

#[test]
fn who_does_not_read_is_closed_by_the_deadline_of_writing() {
    let server = built(&[("write_timeout", "50ms")]);
    server.rule(None, "/large", ok(pattern(0))).unwrap();
    server.start().unwrap();
    let mut client = Client::new(&server);
    client.ask("/large");
    wait_until("closed", || server.stats().timeouts_write == 1);
    wait_until("gone", || server.stats().connections_open == 0);
}

#[test]
fn a_flood_of_pipelined_requests_is_answered_in_order_and_within_bounds() {
    let server = built(&[("workers", "1")]);
    for number in 0..10 {
        let body = format!("{number}").repeat(20_000);
        server.rule(None, &format!("/{number}"), ok(body)).unwrap();
    }
    server.start().unwrap();
    let address = server.address(0).unwrap();
    let stream = tcp(&address);
    let mut sending = stream.try_clone().unwrap();
    let thread = std::thread::spawn(move || {
        use std::io::Write;
        for number in 0..2000 {
            let number = number % 10;
            write!(sending, "GET /{number} HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
        }
    });
    let mut client = Client::over(stream);
    for number in 0..2000 {
        let reply = client.reply();
        let digit = b'0' + (number % 10) as u8;
        assert!(reply.body.len() == 20_000 && reply.body.iter().all(|&b| b == digit), "{number}");
    }
    thread.join().unwrap();
    wait_until("all is sent", || server.stats().connections_keepalive == 1);
}

#[test]
fn an_answer_to_head_of_a_large_one_has_no_body_and_the_next_follows_at_once() {
    let server = built(&[]);
    server.rule(None, "/large", ok(pattern(0))).unwrap();
    server.start().unwrap();
    let mut client = Client::new(&server);
    client.send("HEAD /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    let expected = format!("Content-Length: {LARGE}\r\n");
    let mut all = Vec::new();
    while !client.is_ended() {
        all.extend(client.take());
    }
    let head = String::from_utf8(all).unwrap();
    assert!(head.contains(&expected) && head.ends_with("\r\n\r\n"), "{head}");
}

#[test]
fn a_last_large_answer_is_read_to_its_end_although_the_client_sent_more() {
    let server = built(&[]);
    let large = Response::builder(200).header("Connection", "close").body(pattern(1));
    server.rule(None, "/last", large.build().unwrap()).unwrap();
    server.start().unwrap();
    let mut client = Client::new(&server);
    client.ask("/last");
    // Unread when the server is done: an immediate close would be a reset.
    client.send(vec![b'x'; 100_000]);
    assert!(client.reply().body == pattern(1));
    assert!(client.is_ended());
    assert_eq!(server.stats().requests_handled, 1);
}
