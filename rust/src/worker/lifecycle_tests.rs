//! The cells of connection/LIFECYCLE.md in which the worker decides: readiness, resets, records
//! that are gone, the end of the worker. Real sockets, a clock that the test sets, no threads.

use super::connections::Connections;
use super::event_loop::{Setup, add_timer};
use super::tokens::{self, Source};
use super::transport::Plain;
use super::turn::{Fate, Start, Turn};
use super::{Handle, WAKER};
use crate::config::{Config, Settings};
use crate::connection::{Buffers, Context, Key, Machine, Next, Ready, State};
use crate::http::DateLine;
use crate::log::{Limiter, Log};
use crate::responder::deferred::{Delivery, Post};
use crate::responder::{Action, Deferred, Exchange, Request, Responder, Response};
use crate::stats::Snapshot;
use crate::sys::eventfd::EventFd;
use arc_swap::ArcSwap;
use mio::{Events, Poll, Waker};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const GET_LARGE: &[u8] = b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n";
const GET_LATER: &[u8] = b"GET /later HTTP/1.1\r\nHost: a\r\n\r\n";
const BAD: &[u8] = b"nonsense\r\n\r\n";

/// Octets of the answer to `/large`: more than any socket takes at once.
const LARGE: usize = 4 << 20;

/// A worker without its thread.
struct Bench {
    connections: Connections,
    setup: Setup,
    deferred: Arc<Mutex<Vec<Deferred>>>,
    now: u64,
}

/// A connection's other end.
struct Client {
    stream: UnixStream,
}

impl Bench {
    fn new() -> Self {
        Bench::with_options(&[])
    }

    fn with_options(options: &[(&str, &str)]) -> Self {
        let mut config = Config::new();
        let usual = [("default_answers", "off"), ("log_level", "off"), ("max_connections", "4")];
        for (name, value) in usual.iter().chain(options) {
            config.set(name, value).unwrap();
        }
        let settings = Arc::new(config.resolve().unwrap());
        let deferred = Arc::new(Mutex::new(Vec::new()));
        let poll = Poll::new().unwrap();
        let waker = Waker::new(poll.registry(), WAKER).unwrap();
        let setup = Setup {
            server: 0,
            index: 0,
            capacity: settings.max_connections,
            turned_away: 1,
            evicts_slow: false,
            responder: Arc::new(ArcSwap::from_pointee(responder(&settings, &deferred))),
            clients: Arc::new(crate::clients::Clients::new(Log::new(settings.log_level))),
            proxied: settings.proxy_protocol.iter().map(|_| true).collect(),
            handle: Arc::new(Handle::new(waker, 1000)),
            timer: add_timer(&poll).unwrap(),
            poll,
            layers: Arc::new([]),
            tls: None,
            listeners: Vec::new(),
            leaving: None,
            access_log: Default::default(),
            supervisor: Arc::new(EventFd::new().unwrap()),
            log: Log::new(settings.log_level),
            settings,
        };
        setup.clients.prepare(&setup.settings.clients).unwrap();
        let connections = Connections::new(&setup, false);
        Bench { now: connections.now(), connections, setup, deferred }
    }

    /// A new connection, whose client has sent `octets` already.
    fn connect(&mut self, octets: &[u8]) -> Client {
        let (ours, stream) = UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        stream.set_nonblocking(true).unwrap();
        let mut client = Client { stream };
        client.send(octets);
        self.connections.adopt(ours.into(), 0, self.setup.poll.registry());
        self.turn();
        client
    }

    /// Hands out what the poll announces, once, as the event loop does.
    fn turn(&mut self) {
        let mut events = Events::with_capacity(64);
        self.setup.poll.poll(&mut events, Some(Duration::ZERO)).unwrap();
        for event in &events {
            if let Source::Connection { index, generation } = tokens::source(event.token()) {
                self.connections.on_event(index, generation, event);
            }
        }
        self.connections.go_on();
    }

    /// Time passes, deadlines are looked at.
    fn pass(&mut self, milliseconds: u64) {
        self.now += milliseconds;
        self.connections.set_time(self.now);
        self.connections.sweep();
    }

    fn taken_deferred(&self) -> Deferred {
        self.deferred.lock().unwrap().pop().expect("a deferred request")
    }

    /// Takes what was posted, as the event loop does.
    fn deliver(&mut self) {
        let mut messages = std::collections::VecDeque::new();
        self.setup.handle.take_messages(&mut messages);
        for message in messages {
            if let super::Message::Delivery(key, delivery) = message {
                self.connections.deliver(key, delivery);
            }
        }
    }

    fn stats(&self) -> Snapshot {
        self.setup.handle.stats.snapshot()
    }

    /// Asserts that of all connections just one is in each of `states`.
    #[track_caller]
    fn assert_states(&self, states: &[State]) {
        let stats = self.stats();
        assert_eq!(stats.connections_open, states.len() as u64);
        for state in State::ALL {
            let expected = states.iter().filter(|&&s| s == state).count() as u64;
            if let Some(gauge) = state.gauge(&self.setup.handle.stats) {
                assert_eq!(gauge.get(), expected, "{state:?}");
            }
        }
        if states.is_empty() {
            assert!(self.connections.is_empty());
            assert!(!self.connections.has_deadlines());
            assert_eq!((stats.buffers_lent, stats.body_memory), (0, 0));
        }
    }
}

impl Client {
    fn send(&mut self, octets: &[u8]) {
        self.stream.write_all(octets).unwrap();
    }

    fn end(&mut self) {
        self.stream.shutdown(std::net::Shutdown::Write).unwrap();
    }

    /// What has come so far; whether the stream has ended.
    fn receive(&mut self) -> (String, bool) {
        let mut octets = Vec::new();
        let ended = match self.stream.read_to_end(&mut octets) {
            Ok(_) => true,
            Err(error) => error.kind() != ErrorKind::WouldBlock,
        };
        (String::from_utf8(octets).unwrap(), ended)
    }
}

fn responder(settings: &Settings, deferred: &Arc<Mutex<Vec<Deferred>>>) -> Responder {
    let deferred = deferred.clone();
    let later = move |_: &Request<'_>, exchange: &mut Exchange<'_>| {
        deferred.lock().unwrap().push(exchange.defer().unwrap());
        Action::Done
    };
    Responder::new(settings)
        .with_rule(None, "/", ok("hello"))
        .and_then(|r| r.with_rule(None, "/large", ok(&"x".repeat(LARGE))))
        .and_then(|r| r.with_route(None, "/later", Arc::new(later)))
        .unwrap()
}

fn ok(body: &str) -> Response {
    Response::builder(200).body(body).build().unwrap()
}

fn responses(text: &str) -> usize {
    text.matches("HTTP/1.1 ").count()
}

mod busy;
mod clients;
mod gone;
mod known;
mod quiet;
mod turns;
