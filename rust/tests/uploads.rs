//! Bodies that are taken as they arrive: begun at the end of the head, paused and resumed, told of
//! their end or their abort, bounded as any other.

mod promise;

use http_responder::{Action, Deferred, Exchange, Pace, Request, Server, Upload};
use promise::*;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[derive(Debug, PartialEq, Eq)]
enum Seen {
    Chunk(Vec<u8>),
    End,
    Abort,
    Dropped,
}

/// Tells the test what it is told.
struct Teller(Sender<Seen>, Pace);

impl Upload for Teller {
    fn chunk(&mut self, octets: &[u8]) -> Pace {
        assert!(octets != b"panic", "on purpose");
        let _ = self.0.send(Seen::Chunk(octets.to_vec()));
        self.1
    }

    fn end(&mut self) {
        let _ = self.0.send(Seen::End);
    }

    fn abort(&mut self) {
        let _ = self.0.send(Seen::Abort);
    }
}

impl Drop for Teller {
    fn drop(&mut self) {
        let _ = self.0.send(Seen::Dropped);
    }
}

struct Stage {
    server: Server,
    seen: Receiver<Seen>,
    deferred: Receiver<Deferred>,
}

impl Stage {
    fn new(options: &[(&str, &str)], pace: Pace) -> Stage {
        let server = built(options);
        let ((tell, seen), (give, deferred)) = (channel(), channel());
        let both = Mutex::new((tell, give));
        let handler = move |request: &Request<'_>, exchange: &mut Exchange<'_>| {
            if request.header("x-decline").is_some() {
                return Action::Decline;
            }
            if request.header("x-refuse").is_some() {
                exchange.respond_bytes(403, "text/plain", b"no").unwrap();
                return Action::Done;
            }
            let (tell, give) = &*both.lock().unwrap();
            let upload = Teller(tell.clone(), pace);
            give.send(exchange.receive(Box::new(upload)).unwrap()).unwrap();
            Action::Done
        };
        server.route_upload(Some("POST"), "/upload", 1 << 40, Arc::new(handler)).unwrap();
        server.start().unwrap();
        Stage { server, seen, deferred }
    }

    #[track_caller]
    fn seen(&self) -> Seen {
        self.seen.recv_timeout(PATIENCE).expect("something is told")
    }

    fn deferred(&self) -> Deferred {
        self.deferred.recv_timeout(PATIENCE).expect("a request")
    }
}

const HEAD: &str = "POST /upload HTTP/1.1\r\nHost: a\r\n";

#[test]
fn a_body_comes_as_it_arrives_and_the_connection_goes_on_behind_its_answer() {
    let stage = Stage::new(&[], Pace::GoOn);
    let mut client = Client::new(&stage.server);
    client.send(format!("{HEAD}Content-Length: 8\r\n\r\n"));
    let deferred = stage.deferred();
    client.send("one");
    assert_eq!(stage.seen(), Seen::Chunk(b"one".to_vec()));
    client.send("two..GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(stage.seen(), Seen::Chunk(b"two..".to_vec()));
    assert_eq!((stage.seen(), stage.seen()), (Seen::End, Seen::Dropped));
    deferred.respond(&ok("thanks")).unwrap();
    assert_eq!(client.reply().text(), "thanks");
    assert_eq!(client.reply().text(), "hello");
    assert_eq!(stage.server.stats().body_memory, 0);
}

#[test]
fn chunks_are_joined_as_they_were_received_and_a_body_that_is_there_is_one() {
    let stage = Stage::new(&[], Pace::GoOn);
    let mut client = Client::new(&stage.server);
    client
        .send(format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n"));
    let deferred = stage.deferred();
    assert_eq!(stage.seen(), Seen::Chunk(b"abcde".to_vec()));
    assert_eq!(stage.seen(), Seen::End);
    deferred.respond(&ok("one")).unwrap();
    assert_eq!(client.reply().text(), "one");
    // Without a body it ends at once.
    client.send(format!("{HEAD}\r\n"));
    stage.deferred().respond(&ok("none")).unwrap();
    assert_eq!((stage.seen(), stage.seen()), (Seen::Dropped, Seen::End));
    assert_eq!(client.reply().text(), "none");
}

#[test]
fn continue_is_said_when_the_body_is_wanted_and_not_before() {
    let stage = Stage::new(&[], Pace::GoOn);
    let expecting = "Content-Length: 2\r\nExpect: 100-continue\r\n";
    let mut client = Client::new(&stage.server);
    client.send(format!("{HEAD}{expecting}\r\n"));
    let deferred = stage.deferred();
    assert_eq!(client.reply().status, 100);
    client.send("ok");
    assert_eq!(stage.seen(), Seen::Chunk(b"ok".to_vec()));
    deferred.respond(&ok("")).unwrap();
    assert_eq!(client.reply().status, 200);
    client.send(format!("{HEAD}{expecting}X-Refuse: yes\r\n\r\n"));
    let reply = client.reply();
    assert_eq!((reply.status, reply.closes()), (403, true));
    assert!(client.is_ended());
}

#[test]
fn who_declines_leaves_the_body_to_the_others() {
    let stage = Stage::new(&[], Pace::GoOn);
    route(&stage.server, "/upload", |request, exchange| {
        exchange.respond_bytes(200, "text/plain", request.body()).unwrap();
        Action::Done
    });
    let mut client = Client::new(&stage.server);
    client.send(format!("{HEAD}X-Decline: yes\r\nContent-Length: 5\r\n\r\n"));
    client.send("whole");
    assert_eq!(client.reply().text(), "whole");
    client.send(format!("{HEAD}X-Decline: yes\r\n\r\n"));
    assert_eq!(client.reply().text(), "");
}

#[test]
fn a_paused_body_stays_with_the_client_and_no_deadline_runs() {
    let stage = Stage::new(&[("body_timeout", "50ms"), ("workers", "1")], Pace::Pause);
    let mut client = Client::new(&stage.server);
    client.send(format!("{HEAD}Content-Length: 6\r\n\r\n"));
    let deferred = stage.deferred();
    client.send("abc");
    assert_eq!(stage.seen(), Seen::Chunk(b"abc".to_vec()));
    client.send("def");
    wait_until("paused", || stage.server.stats().connections_processing == 1);
    assert!(stage.seen.recv_timeout(Duration::from_millis(150)).is_err(), "paused");
    deferred.resume();
    assert_eq!(stage.seen(), Seen::Chunk(b"def".to_vec()));
    // The end too waits for it.
    assert!(stage.seen.recv_timeout(Duration::from_millis(50)).is_err(), "paused");
    deferred.resume();
    assert_eq!(stage.seen(), Seen::End);
    deferred.respond(&ok("done")).unwrap();
    assert_eq!(client.reply().text(), "done");
    assert_eq!(stage.server.stats().timeouts_body, 0);
}

#[test]
fn a_large_body_is_taken_in_little_memory() {
    let stage = Stage::new(&[], Pace::GoOn);
    let address = stage.server.address(0).unwrap();
    let total: usize = 256 << 20;
    let sending = std::thread::spawn(move || {
        use std::io::Write;
        let mut stream = tcp(&address);
        write!(stream, "{HEAD}Content-Length: {total}\r\n\r\n").unwrap();
        let piece = vec![b'u'; 1 << 20];
        for _ in 0..total >> 20 {
            stream.write_all(&piece).unwrap();
        }
        stream
    });
    let deferred = stage.deferred();
    let (mut taken, mut largest) = (0, 0);
    while taken < total {
        let Seen::Chunk(octets) = stage.seen() else { panic!("ended after {taken}") };
        assert!(octets.iter().all(|&octet| octet == b'u'));
        taken += octets.len();
        largest = largest.max(octets.len());
        assert_eq!(stage.server.stats().body_memory, 0);
    }
    assert!(largest <= 64 << 10, "{largest}");
    assert_eq!(stage.seen(), Seen::End);
    deferred.respond(&ok("all")).unwrap();
    assert_eq!(Client::over(sending.join().unwrap()).reply().text(), "all");
}

#[test]
fn who_leaves_who_is_too_slow_and_who_sends_nonsense_aborts() {
    let stage = Stage::new(&[("body_timeout", "50ms")], Pace::GoOn);
    let mut client = Client::new(&stage.server);
    client.send(format!("{HEAD}Content-Length: 6\r\n\r\nabc"));
    let deferred = stage.deferred();
    assert_eq!(stage.seen(), Seen::Chunk(b"abc".to_vec()));
    drop(client);
    assert_eq!((stage.seen(), stage.seen()), (Seen::Abort, Seen::Dropped));
    wait_until("gone", || deferred.is_gone());

    for (rest, status) in
        [("Content-Length: 6\r\n\r\n", 408), ("Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400)]
    {
        let mut client = Client::new(&stage.server);
        client.send(format!("{HEAD}{rest}"));
        let deferred = stage.deferred();
        assert_eq!((stage.seen(), stage.seen()), (Seen::Abort, Seen::Dropped));
        assert_eq!(client.reply().status, status);
        assert!(deferred.is_gone() && client.is_ended());
    }
}

#[test]
fn a_body_larger_than_the_route_takes_is_refused_before_anybody_is_asked() {
    let server = built(&[("max_body", "10")]);
    let asked = |_: &Request<'_>, _: &mut Exchange<'_>| -> Action { panic!("not to be asked") };
    server.route_upload(None, "/five", 5, Arc::new(asked)).unwrap();
    server.route_upload(None, "/usual", 0, Arc::new(asked)).unwrap();
    server.start().unwrap();
    for (path, length) in [("/five", 6), ("/usual", 11)] {
        let mut client = Client::new(&server);
        client.send(format!("PUT {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n"));
        assert_eq!(client.reply().status, 413);
    }
    assert_eq!(server.stats().refused_body_too_large, 2);
}

#[test]
fn an_answer_before_the_end_ends_the_connection_and_nothing_more_is_told() {
    let stage = Stage::new(&[], Pace::GoOn);
    let mut client = Client::new(&stage.server);
    client.send(format!("{HEAD}Content-Length: 600000\r\n\r\nabc"));
    assert_eq!(stage.seen(), Seen::Chunk(b"abc".to_vec()));
    stage.deferred().respond(&ok("enough")).unwrap();
    assert_eq!(stage.seen(), Seen::Dropped);
    let reply = client.reply();
    assert_eq!((reply.text(), reply.closes()), ("enough", true));
    assert!(client.is_ended());
}

#[test]
fn a_panic_is_an_answer_of_500_and_ends_the_calls() {
    let stage = Stage::new(&[], Pace::GoOn);
    let mut client = Client::new(&stage.server);
    client.send(format!("{HEAD}Content-Length: 5\r\n\r\npanic"));
    drop(stage.deferred());
    assert_eq!(stage.seen(), Seen::Dropped);
    assert_eq!(client.reply().status, 500);
    assert_eq!(stage.server.stats().handler_panics, 1);
    assert_eq!(client.get("/").text(), "hello");
}

#[test]
fn a_stop_aborts() {
    let stage = Stage::new(&[], Pace::Pause);
    let mut client = Client::new(&stage.server);
    client.send(format!("{HEAD}Content-Length: 6\r\n\r\nabc"));
    let deferred = stage.deferred();
    assert_eq!(stage.seen(), Seen::Chunk(b"abc".to_vec()));
    stage.server.stop().unwrap();
    assert_eq!((stage.seen(), stage.seen()), (Seen::Abort, Seen::Dropped));
    assert!(deferred.is_gone());
}
