//! What the tests of the engine's promises share: servers, clients that speak raw bytes, and
//! waiting for a condition.

#![allow(dead_code, unreachable_pub, reason = "each test program uses a part of it")]

use http_responder::{Action, Config, Deferred, Exchange, Request, Response, Server};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How long anything may take before a test gives up.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// A server with `options` that is not started and has no default answers.
pub fn built(options: &[(&str, &str)]) -> Server {
    let mut config = Config::new();
    let usual = [("default_answers", "off"), ("log_level", "off"), ("workers", "2")];
    for (name, value) in usual.iter().chain(options) {
        config.set(name, value).expect("a known option and a good value");
    }
    let server = Server::new(&config).expect("a server");
    server.rule(None, "/", ok("hello")).expect("a rule");
    server
}

/// A server with `options` that answers `/` with `hello` on a port of its own.
pub fn started(options: &[(&str, &str)]) -> Server {
    let server = built(options);
    server.start().expect("started");
    server
}

pub fn ok(body: impl Into<Vec<u8>>) -> Response {
    Response::builder(200).body(body).build().expect("a response")
}

/// Adds a route for any method.
pub fn route(
    server: &Server,
    pattern: &str,
    handler: impl Fn(&Request<'_>, &mut Exchange<'_>) -> Action + Send + Sync + 'static,
) {
    server.route(None, pattern, Arc::new(handler)).expect("a route");
}

/// Adds a route that defers its answers; what can answer them comes out of the receiver.
pub fn route_deferred(server: &Server, pattern: &str) -> Receiver<Deferred> {
    let (sender, receiver) = channel();
    let sender = Mutex::new(sender);
    route(server, pattern, move |_, exchange| {
        let _ = sender.lock().unwrap().send(exchange.defer().expect("open"));
        Action::Done
    });
    receiver
}

/// Waits until `condition` holds.
#[track_caller]
pub fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < end, "{what}: not within {PATIENCE:?}");
        // Two cores: let the server have them.
        std::thread::park_timeout(Duration::from_millis(1));
    }
}

/// A whole response.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn closes(&self) -> bool {
        self.head.contains("\r\nConnection: close\r\n")
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("text")
    }
}

trait Stream: Read + Write + Send {}
impl<T: Read + Write + Send> Stream for T {}

/// A client that speaks raw bytes over one connection.
pub struct Client {
    stream: Box<dyn Stream>,
    received: Vec<u8>,
}

impl Client {
    /// Connects to the first listener of `server`.
    pub fn new(server: &Server) -> Self {
        Client::to(&server.address(0).expect("a listener"))
    }

    /// Connects to `address`, in the form that `Server::address` gives.
    pub fn to(address: &str) -> Self {
        let stream: Box<dyn Stream> = match address.strip_prefix("unix:") {
            Some(path) => {
                let stream = UnixStream::connect(path).expect("connect");
                stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
                Box::new(stream)
            }
            None => Box::new(tcp(address)),
        };
        Client { stream, received: Vec::new() }
    }

    /// Speaks over `stream`.
    pub fn over(stream: TcpStream) -> Self {
        Client { stream: Box::new(stream), received: Vec::new() }
    }

    pub fn send(&mut self, octets: impl AsRef<[u8]>) {
        self.stream.write_all(octets.as_ref()).expect("send");
    }

    /// Asks for `path` without waiting for the answer.
    pub fn ask(&mut self, path: &str) {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n"));
    }

    /// Asks for `path` and returns the answer.
    pub fn get(&mut self, path: &str) -> Reply {
        self.ask(path);
        self.reply()
    }

    /// The next answer.
    #[track_caller]
    pub fn reply(&mut self) -> Reply {
        let head = loop {
            if let Some(at) = self.received.windows(4).position(|w| w == b"\r\n\r\n") {
                break at + 4;
            }
            assert!(self.receive(), "the connection ended within a head: {}", self.so_far());
        };
        let text = String::from_utf8(self.received[..head].to_vec()).expect("a head of text");
        let length = text.lines().find_map(|line| line.strip_prefix("Content-Length: "));
        let end = head + length.map_or(0, |length| length.parse().expect("a length"));
        while self.received.len() < end {
            assert!(self.receive(), "the connection ended within a body");
        }
        let body = self.received[head..end].to_vec();
        self.received.drain(..end);
        let status = text[9..12].parse().expect("a status");
        Reply { status, head: text, body }
    }

    /// What was received and not yet looked at.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.received)
    }

    /// Whether the server ends the connection without another octet.
    pub fn is_ended(&mut self) -> bool {
        self.received.is_empty() && !self.receive()
    }

    fn so_far(&self) -> String {
        self.received.escape_ascii().to_string()
    }

    /// Receives some octets; `false` at the end of the stream.
    #[track_caller]
    fn receive(&mut self) -> bool {
        let mut octets = [0; 16 * 1024];
        match self.stream.read(&mut octets) {
            Ok(count) => {
                self.received.extend_from_slice(&octets[..count]);
                count > 0
            }
            Err(error) if error.kind() == ErrorKind::ConnectionReset => false,
            Err(error) => panic!("receive: {error}; so far: {}", self.so_far()),
        }
    }
}

/// A TCP connection to `address` that does not wait for ever.
pub fn tcp(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).expect("connect");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    stream.set_write_timeout(Some(PATIENCE)).expect("a timeout");
    stream.set_nodelay(true).expect("an option");
    stream
}
