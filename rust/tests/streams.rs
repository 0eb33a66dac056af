//! Streamed answers: framed as the client can read them, in order, bounded by the marks, never taken
//! for whole when they are not.

mod promise;

use http_responder::{Deferred, ErrorCode, Response, Server, Writer};
use promise::*;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

fn streaming(options: &[(&str, &str)]) -> (Server, Receiver<Deferred>) {
    let server = built(options);
    let deferred = route_deferred(&server, "/stream");
    server.start().unwrap();
    (server, deferred)
}

fn begun(deferred: &Receiver<Deferred>, length: Option<u64>) -> Writer {
    let deferred = deferred.recv_timeout(PATIENCE).unwrap();
    deferred.stream(&ok(""), length).unwrap()
}

/// Asks with a request of its own and reads to the end of the connection.
fn all_of(stream: &mut TcpStream) -> std::io::Result<String> {
    let mut all = Vec::new();
    stream.read_to_end(&mut all)?;
    Ok(String::from_utf8(all).unwrap())
}

fn asked(server: &Server, request: &str) -> TcpStream {
    let mut stream = tcp(&server.address(0).unwrap());
    stream.write_all(request.as_bytes()).unwrap();
    stream
}

const LAST: &str = "GET /stream HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

fn code<T>(result: http_responder::Result<T>) -> Option<ErrorCode> {
    result.err().map(|error| error.code())
}

#[test]
fn without_a_length_it_comes_in_chunks_and_the_connection_goes_on() {
    let (server, deferred) = streaming(&[]);
    let mut stream = asked(&server, "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
    // It waits its turn behind the stream.
    stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
    let writer = begun(&deferred, None);
    writer.send(b"hello, ").unwrap();
    writer.send(b"").unwrap();
    wait_until("sent", || server.stats().bytes_sent > 90);
    writer.send(b"stream of seventeen").unwrap();
    writer.finish().unwrap();
    drop(writer);
    let said = all_of(&mut stream).unwrap();
    let (head, rest) = said.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK\r\nDate: "), "{head}");
    assert!(head.ends_with("\r\nTransfer-Encoding: chunked"), "{head}");
    assert!(!head.contains("Content-Length") && !head.contains("Connection"), "{head}");
    let (body, next) = rest.split_once("\r\n0\r\n\r\n").unwrap();
    assert_eq!(body, "7\r\nhello, \r\n13\r\nstream of seventeen");
    assert!(next.starts_with("HTTP/1.1 200 OK\r\n") && next.ends_with("hello"), "{next}");
    let stats = server.stats();
    assert_eq!((stats.streams_begun, stats.streams_cut, stats.requests_handled), (1, 0, 2));
    assert_eq!((stats.deferred_answers, stats.deferred_gone), (1, 0));
}

#[test]
fn with_a_length_it_comes_as_it_is() {
    let (server, deferred) = streaming(&[]);
    let mut client = Client::new(&server);
    client.ask("/stream");
    let writer = begun(&deferred, Some(10));
    writer.send(b"01234").unwrap();
    let too_long = writer.send(b"567890").unwrap_err();
    assert_eq!(too_long.code(), ErrorCode::State);
    assert_eq!(too_long.message(), "octets: expected at most 5, as was announced, got 6");
    writer.send(b"56789").unwrap();
    assert_eq!(code(writer.trailer("Digest", "x")), Some(ErrorCode::State));
    writer.finish().unwrap();
    assert_eq!(code(writer.finish()), Some(ErrorCode::State));
    assert_eq!(code(writer.send(b"x")), Some(ErrorCode::State));
    let reply = client.reply();
    assert_eq!(reply.text(), "0123456789");
    assert!(!reply.head.contains("Transfer-Encoding"));
    assert_eq!(client.get("/").text(), "hello");
}

#[test]
fn to_http_1_0_it_comes_up_to_the_close_or_with_its_length() {
    let (server, deferred) = streaming(&[]);
    let mut stream = asked(&server, "GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    let writer = begun(&deferred, None);
    writer.send(b"until the end").unwrap();
    assert_eq!(code(writer.trailer("Digest", "x")), Some(ErrorCode::State));
    writer.finish().unwrap();
    let said = all_of(&mut stream).unwrap();
    assert!(said.contains("\r\nConnection: close\r\n"), "{said}");
    assert!(said.ends_with("\r\n\r\nuntil the end"), "{said}");
    assert!(!said.contains("Transfer-Encoding"), "{said}");

    let mut client = Client::new(&server);
    client.send("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    let writer = begun(&deferred, Some(4));
    writer.send(b"four").unwrap();
    writer.finish().unwrap();
    let reply = client.reply();
    assert!(reply.head.contains("\r\nConnection: keep-alive\r\n"), "{}", reply.head);
    assert_eq!(reply.text(), "four");
    assert_eq!(client.get("/").text(), "hello");
}

#[test]
fn where_there_is_no_body_octets_are_forgotten() {
    let (server, deferred) = streaming(&[]);
    let mut client = Client::new(&server);
    client.send("HEAD /stream HTTP/1.1\r\nHost: a\r\n\r\n");
    let writer = begun(&deferred, None);
    assert!(!writer.has_body());
    writer.send(b"not for HEAD").unwrap();
    writer.finish().unwrap();
    assert!(client.reply().head.contains("Transfer-Encoding: chunked\r\n"));
    for status in [204, 304] {
        client.ask("/stream");
        let deferred = deferred.recv_timeout(PATIENCE).unwrap();
        let head = Response::builder(status).build().unwrap();
        let writer = deferred.stream(&head, Some(5)).unwrap();
        assert!(!writer.has_body());
        writer.send(b"nothing").unwrap();
        writer.finish().unwrap();
        let reply = client.reply();
        assert_eq!(reply.status, status);
        assert!(!reply.head.contains("Length") && !reply.head.contains("Transfer"));
    }
    assert_eq!(client.get("/").text(), "hello");
}

#[test]
fn a_head_with_a_body_or_one_that_must_not_have_one_is_an_error_and_the_right_stays() {
    let (server, deferred) = streaming(&[]);
    let mut client = Client::new(&server);
    client.ask("/stream");
    let deferred = deferred.recv_timeout(PATIENCE).unwrap();
    let reset = Response::builder(205).build().unwrap();
    for head in [ok("body"), reset] {
        assert_eq!(code(deferred.stream(&head, None)), Some(ErrorCode::InvalidArgument));
    }
    let writer = deferred.stream(&ok(""), Some(0)).unwrap();
    assert_eq!(code(deferred.stream(&ok(""), None)), Some(ErrorCode::State));
    assert_eq!(code(deferred.respond(&ok(""))), Some(ErrorCode::State));
    writer.finish().unwrap();
    assert_eq!(client.reply().text(), "");
}

#[test]
fn what_is_not_finished_is_not_taken_for_whole() {
    let (server, deferred) = streaming(&[]);
    // In chunks the last one is missing, with a length octets are.
    for (length, missing) in [(None, false), (Some(6), false), (Some(6), true)] {
        let mut stream = asked(&server, "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
        let writer = begun(&deferred, length);
        writer.send(b"half").unwrap();
        if missing {
            let error = writer.finish().unwrap_err();
            assert_eq!(error.code(), ErrorCode::State);
            let expected = "the stream ends 2 octets before the length that was announced";
            assert_eq!(error.message(), expected);
        }
        drop(writer);
        let said = all_of(&mut stream).unwrap();
        assert!(said.contains("half"), "what was sent goes out: {said}");
        assert!(!said.ends_with("0\r\n\r\n"), "{said}");
    }
    // Up to the close there is only the reset to tell.
    let mut stream = asked(&server, "GET /stream HTTP/1.0\r\n\r\n");
    let writer = begun(&deferred, None);
    writer.send(b"half").unwrap();
    drop(writer);
    assert_eq!(all_of(&mut stream).unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert_eq!(server.stats().streams_cut, 4);
}

#[test]
fn trailers_follow_the_last_chunk() {
    let (server, deferred) = streaming(&[]);
    let mut stream = asked(&server, LAST);
    let writer = begun(&deferred, None);
    writer.trailer("Digest", "sha-256=abc").unwrap();
    writer.send(b"x").unwrap();
    assert_eq!(code(writer.trailer("Content-Length", "1")), Some(ErrorCode::InvalidArgument));
    assert_eq!(code(writer.trailer("X", "a\r\nb")), Some(ErrorCode::InvalidArgument));
    writer.trailer("X-Time", "5").unwrap();
    writer.finish().unwrap();
    let said = all_of(&mut stream).unwrap();
    let expected = "\r\n\r\n1\r\nx\r\n0\r\nDigest: sha-256=abc\r\nX-Time: 5\r\n\r\n";
    assert!(said.ends_with(expected), "{said}");
}

const MARKS: [(&str, &str); 2] = [("stream_high_water", "64k"), ("stream_low_water", "16k")];

#[test]
fn a_writer_has_to_wait_for_a_client_that_does_not_read_and_is_told_when_it_does() {
    let (server, deferred) = streaming(&MARKS);
    let mut stream = asked(&server, LAST);
    let writer = begun(&deferred, None);
    let (sender, ready) = channel();
    writer.on_ready(move || sender.send(()).unwrap());
    let piece = [b'x'; 1000];
    // The sockets' buffers have to be full before anything waits.
    loop {
        // A second question could already find room again.
        let full = loop {
            if let Err(error) = writer.send(&piece) {
                break error;
            }
        };
        assert_eq!(full.code(), ErrorCode::Again);
        match writer.wait(Some(Duration::from_millis(200))) {
            Ok(()) => ready.recv_timeout(PATIENCE).unwrap(),
            Err(error) => break assert_eq!(error.code(), ErrorCode::Timeout),
        }
    }
    assert_eq!(server.stats().connections_writing, 1);
    assert!(ready.try_recv().is_err(), "told once for each time");
    let mut octets = vec![0; 1 << 20];
    while ready.try_recv().is_err() {
        assert!(stream.read(&mut octets).unwrap() > 0);
    }
    writer.wait(None).unwrap();
    writer.send(&piece).unwrap();
    writer.finish().unwrap();
    assert_eq!(code(writer.wait(None)), Some(ErrorCode::State));
    stream.read_to_end(&mut Vec::new()).unwrap();
}

/// Sends `total` octets as the callback says.
struct Producer {
    writer: Option<Writer>,
    left: usize,
}

impl Producer {
    fn produce(own: &Arc<Mutex<Self>>) {
        let mut own = own.lock().unwrap();
        let piece = [b'p'; 8192];
        while own.left > 0 {
            let count = own.left.min(piece.len());
            match own.writer.as_ref().unwrap().send(&piece[..count]) {
                Ok(()) => own.left -= count,
                Err(error) if error.code() == ErrorCode::Again => return,
                Err(error) => panic!("{error}"),
            }
        }
        own.writer.take().unwrap().finish().unwrap();
    }
}

#[test]
fn a_producer_may_live_in_the_callback_alone() {
    let (server, deferred) = streaming(&[]);
    let mut streams: Vec<_> = (0..4).map(|_| asked(&server, LAST)).collect();
    for _ in 0..streams.len() {
        let writer = begun(&deferred, Some(32 << 20));
        let producer = Arc::new(Mutex::new(Producer { writer: None, left: 32 << 20 }));
        let weak = Arc::downgrade(&producer);
        let strong = Mutex::new(Some(producer.clone()));
        writer.on_ready(move || {
            let Some(producer) = weak.upgrade() else { return };
            Producer::produce(&producer);
            if producer.lock().unwrap().left == 0 {
                strong.lock().unwrap().take();
            }
        });
        producer.lock().unwrap().writer = Some(writer);
        Producer::produce(&producer);
    }
    let readers = streams.drain(..).map(|mut stream| {
        std::thread::spawn(move || {
            let mut all = Vec::new();
            stream.read_to_end(&mut all).unwrap();
            let head = all.windows(4).position(|w| w == b"\r\n\r\n").unwrap() + 4;
            assert!(all[head..].iter().all(|&octet| octet == b'p'));
            all.len() - head
        })
    });
    for reader in readers.collect::<Vec<_>>() {
        assert_eq!(reader.join().unwrap(), 32 << 20);
    }
    wait_until("told apart", || server.stats().connections_open == 0);
    assert_eq!(server.stats().streams_cut, 0);
}

#[test]
fn several_threads_share_a_writer_and_no_piece_is_torn() {
    let (server, deferred) = streaming(&MARKS);
    let mut stream = asked(&server, LAST);
    let writer = begun(&deferred, None);
    let reader = std::thread::spawn(move || all_of(&mut stream).unwrap());
    std::thread::scope(|scope| {
        for digit in b'1'..=b'4' {
            let writer = &writer;
            scope.spawn(move || {
                for _ in 0..500 {
                    while let Err(error) = writer.send(&[digit; 99]) {
                        assert_eq!(error.code(), ErrorCode::Again);
                        writer.wait(Some(PATIENCE)).unwrap();
                    }
                }
            });
        }
    });
    writer.finish().unwrap();
    let said = reader.join().unwrap();
    let body = said.split_once("\r\n\r\n").unwrap().1.strip_suffix("0\r\n\r\n").unwrap();
    let pieces: Vec<&str> = body.split_terminator("\r\n").collect();
    assert_eq!(pieces.len(), 4000);
    for piece in pieces.chunks(2) {
        assert_eq!(piece[0], "63");
        let digit = piece[1].as_bytes()[0];
        assert!(piece[1].len() == 99 && piece[1].bytes().all(|octet| octet == digit));
    }
}

#[test]
fn who_leaves_is_gone_and_the_writer_is_told() {
    let (server, deferred) = streaming(&[]);
    let stream = asked(&server, LAST);
    let writer = begun(&deferred, None);
    let (sender, told) = channel();
    writer.on_ready(move || sender.send(()).unwrap());
    writer.send(b"x").unwrap();
    assert!(!writer.is_gone());
    drop(stream);
    told.recv_timeout(PATIENCE).unwrap();
    assert!(writer.is_gone());
    assert_eq!(code(writer.send(b"x")), Some(ErrorCode::Gone));
    assert_eq!(code(writer.send(b"")), Some(ErrorCode::Gone));
    assert_eq!(code(writer.wait(None)), Some(ErrorCode::Gone));
    assert_eq!(code(writer.finish()), Some(ErrorCode::Gone));
    drop(writer);
    wait_until("closed", || server.stats().connections_open == 0);
}

#[test]
fn who_reads_nothing_is_closed_by_the_deadline_of_writing() {
    let (server, deferred) = streaming(&[("write_timeout", "50ms")]);
    let _stream = asked(&server, LAST);
    let writer = begun(&deferred, None);
    let piece = [0; 64 << 10];
    loop {
        match writer.send(&piece) {
            Ok(()) => {}
            Err(error) if error.code() == ErrorCode::Again => drop(writer.wait(Some(PATIENCE))),
            Err(error) => break assert_eq!(error.code(), ErrorCode::Gone),
        }
    }
    assert_eq!(server.stats().timeouts_write, 1);
}

#[test]
fn a_drain_waits_for_the_end_of_a_stream_but_not_for_ever() {
    let (server, deferred) = streaming(&[]);
    let mut stream = asked(&server, "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
    let writer = begun(&deferred, None);
    writer.send(b"before").unwrap();
    server.drain(None).unwrap();
    writer.send(b"behind").unwrap();
    writer.finish().unwrap();
    let said = all_of(&mut stream).unwrap();
    assert!(said.ends_with("6\r\nbefore\r\n6\r\nbehind\r\n0\r\n\r\n"), "{said}");
    server.wait(Some(PATIENCE)).unwrap();

    let (server, deferred) = streaming(&[]);
    let _stream = asked(&server, "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
    let writer = begun(&deferred, None);
    server.drain(Some(Duration::from_millis(30))).unwrap();
    server.wait(Some(PATIENCE)).unwrap();
    assert!(writer.is_gone());
    assert_eq!(server.stats().timeouts_drain, 1);
}

#[test]
fn a_stop_is_told_to_the_writer_and_an_opening_that_comes_late_too() {
    let (server, deferred) = streaming(&[]);
    let _streams = [asked(&server, LAST), asked(&server, LAST)];
    let writer = begun(&deferred, None);
    let late = deferred.recv_timeout(PATIENCE).unwrap();
    drop(server);
    assert_eq!(code(writer.send(b"x")), Some(ErrorCode::Gone));
    assert_eq!(code(late.stream(&ok(""), None)), Some(ErrorCode::Gone));
}

#[test]
fn a_stream_as_fast_as_its_client_starves_nobody() {
    let (server, deferred) = streaming(&[("workers", "1")]);
    let mut stream = asked(&server, LAST);
    let writer = begun(&deferred, None);
    let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let stopped = stop.clone();
    let reader = std::thread::spawn(move || {
        let mut octets = vec![0; 1 << 20];
        while stream.read(&mut octets).unwrap() > 0 {}
    });
    let producer = std::thread::spawn(move || {
        let piece = [0; 16 << 10];
        while !stopped.load(std::sync::atomic::Ordering::Relaxed) {
            if writer.send(&piece).is_err() {
                writer.wait(Some(PATIENCE)).unwrap();
            }
        }
        writer.finish().unwrap();
    });
    let mut client = Client::new(&server);
    for _ in 0..100 {
        assert_eq!(client.get("/").text(), "hello");
    }
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    producer.join().unwrap();
    reader.join().unwrap();
}
