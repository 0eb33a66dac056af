//! In a steady state a worker allocates nothing: 100,000 requests, pipelined and one by one.

mod promise;

use http_responder::{Action, Server};
use promise::*;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The system's allocator, which counts the calls of each thread.
struct Counting;

thread_local! {
    static CALLS: Cell<u64> = const { Cell::new(0) };
}

fn count() {
    // A thread that is ending has no counter any more.
    let _ = CALLS.try_with(|calls| calls.set(calls.get() + 1));
}

// SAFETY: every call is passed on unchanged to the system's allocator; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: as the caller promises.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: as the caller promises.
        unsafe { System.realloc(block, layout, size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A server of one worker; asked for `/count` it says how often that worker has allocated.
fn server(options: &[(&str, &str)]) -> (Server, Arc<AtomicU64>) {
    let server = built(&[&[("workers", "1"), ("default_answers", "on")], options].concat());
    let counted = Arc::new(AtomicU64::new(0));
    let told = counted.clone();
    let answer = ok("");
    route(&server, "/count", move |_, exchange| {
        told.store(CALLS.get(), Ordering::SeqCst);
        exchange.respond(&answer).unwrap();
        Action::Done
    });
    let greeting = ok("greeting");
    route(&server, "/handler/{name}", move |request, exchange| {
        assert!(request.param("name").is_some());
        exchange.respond(&greeting).unwrap();
        Action::Done
    });
    server.start().unwrap();
    (server, counted)
}

/// A client that asks the same again and again, and knows how long the answers are.
struct Repeating {
    stream: TcpStream,
    requests: Vec<u8>,
    answers: Vec<u8>,
}

impl Repeating {
    /// `batch` requests for `target` at a time.
    fn new(server: &Server, target: &str, batch: usize) -> Self {
        let address = server.address(0).unwrap();
        let request = format!("GET {target} HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n");
        let mut probe = tcp(&address);
        probe
            .write_all(request.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n").as_bytes())
            .unwrap();
        let mut answer = Vec::new();
        probe.read_to_end(&mut answer).unwrap();
        let length = answer.len() - "Connection: close\r\n".len();
        let (requests, answers) = (request.repeat(batch).into(), vec![0; length * batch]);
        Repeating { stream: tcp(&address), requests, answers }
    }

    fn ask(&mut self, times: usize) {
        for _ in 0..times {
            self.stream.write_all(&self.requests).unwrap();
            self.stream.read_exact(&mut self.answers).unwrap();
        }
        assert!(self.answers.starts_with(b"HTTP/1.1 200 "));
    }
}

#[test]
fn a_worker_allocates_nothing_for_a_hundred_thousand_requests() {
    allocates_nothing(&[]);
}

#[test]
fn nor_where_kinds_times_and_hosts_are_counted() {
    allocates_nothing(&[("admin", "127.0.0.1:0")]);
}

#[test]
fn nor_does_it_with_an_access_log() {
    allocates_nothing(&[("access_log", "/dev/null"), ("access_log_format", "json")]);
}

fn allocates_nothing(options: &[(&str, &str)]) {
    let (server, counted) = server(options);
    let mut counting = Client::new(&server);
    let mut count = || {
        assert_eq!(counting.get("/count").status, 200);
        counted.load(Ordering::SeqCst)
    };
    let targets = ["/", "/handler/x", "/ad.gif?x=1", "/page"];
    let mut batches = targets.map(|target| Repeating::new(&server, target, 100));
    let mut singles = targets.map(|target| Repeating::new(&server, target, 1));
    let mut round = |batches_of_each: usize, singles_of_each: usize| {
        batches.iter_mut().for_each(|client| client.ask(batches_of_each));
        singles.iter_mut().for_each(|client| client.ask(singles_of_each));
    };
    round(5, 50);
    let before = count();
    let handled = server.stats().requests_handled;
    round(225, 2500);
    let after = count();
    assert!(server.stats().requests_handled - handled >= 100_000);
    assert!(before > 0, "the worker is the thread that is counted");
    assert_eq!(after - before, 0);
}

#[test]
fn requests_cut_into_pieces_allocate_nothing_once_warm() {
    let (server, counted) = server(&[]);
    let mut counting = Client::new(&server);
    let mut client = Client::new(&server);
    let mut count = || {
        assert_eq!(counting.get("/count").status, 200);
        counted.load(Ordering::SeqCst)
    };
    let received = || server.stats().bytes_received;
    let mut one = |pieces: [&str; 2]| {
        for piece in pieces {
            let before = received();
            client.send(piece);
            wait_until("the piece is received", || received() >= before + piece.len() as u64);
        }
        assert_eq!(client.reply().status, 200);
    };
    let get = ["GET / HTTP/1.1\r\nHo", "st: a\r\n\r\n"];
    for _ in 0..10 {
        one(get);
    }
    let before = count();
    for _ in 0..100 {
        one(get);
    }
    assert_eq!(count() - before, 0);
}
