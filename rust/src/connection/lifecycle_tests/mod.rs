//! The table of LIFECYCLE.md, cell by cell: here what the machine decides, without a socket; what
//! the worker decides is in `worker/lifecycle_tests`.

mod arrival;
mod closing;
mod keep_alive;
mod processing;
mod reading;
mod repeats;
mod streams;
mod table;
mod treated;
mod watched;
mod writing;

use super::{Alarms, Buffers, Context, Deadline, Key, Machine, Next, Repeats, State, Watchers};
use crate::clients::Guests;
use crate::config::{Config, Settings};
use crate::http::DateLine;
use crate::log::Limiter;
use crate::responder::deferred::{Delivery, Post};
use crate::responder::{Action, Deferred, Exchange, Request, Responder, Response};
use crate::stats::Cells;
use std::sync::{Arc, Mutex};

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const GET_LATER: &[u8] = b"GET /later HTTP/1.1\r\nHost: a\r\n\r\n";
const LAST_GET: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

/// What was posted, in its order.
#[derive(Default)]
struct Posted(Mutex<Vec<(Key, Delivery)>>);

impl Post for Posted {
    fn post(&self, key: Key, delivery: Delivery) {
        self.0.lock().unwrap().push((key, delivery));
    }

    fn note_gone(&self) {}
}

/// One connection and all that its machine may use. Routes: `/` is answered with `hello`,
/// `/page` with 30,000 octets, `/large` with 200,000, `/later` is deferred, `/echo` answers with the body.
struct Bench {
    settings: Settings,
    responder: Responder,
    stats: Cells,
    date: DateLine,
    buffers: Buffers,
    alarms: Alarms,
    out: Vec<u8>,
    posted: Arc<Posted>,
    limiter: Limiter,
    watchers: Watchers,
    repeats: Repeats,
    guests: Guests,
    draining: bool,
    deferred: Arc<Mutex<Vec<Deferred>>>,
    machine: Machine,
}

impl Bench {
    fn new() -> Self {
        Bench::with_options(&[])
    }

    fn with_options(options: &[(&str, &str)]) -> Self {
        let mut config = Config::new();
        for (name, value) in
            [("default_answers", "off"), ("log_level", "off")].iter().chain(options)
        {
            config.set(name, value).unwrap();
        }
        let settings = config.resolve().unwrap();
        let deferred = Arc::new(Mutex::new(Vec::new()));
        let guests = Guests::nobody();
        guests.clients().prepare(&settings.clients).unwrap();
        Bench {
            responder: responder(&settings, &deferred),
            stats: Cells::default(),
            date: DateLine::new(0),
            buffers: Buffers::new(settings.max_body_memory, u64::MAX),
            alarms: Alarms::default(),
            out: Vec::new(),
            posted: Arc::default(),
            limiter: Limiter::default(),
            watchers: Watchers::default(),
            repeats: Repeats::default(),
            guests,
            draining: false,
            deferred,
            machine: Machine::new(0),
            settings,
        }
    }

    /// A connection in PROCESSING, and the right to answer its request.
    fn processing() -> (Self, Deferred) {
        let mut bench = Bench::new();
        assert_eq!(bench.receive(GET_LATER), Next::Wait);
        let deferred = bench.taken_deferred();
        (bench, deferred)
    }

    /// A connection in WRITING after `request`: the socket took `taken` octets of the answer.
    fn writing(request: &[u8], taken: usize) -> Self {
        let mut bench = Bench::new();
        bench.receive(request);
        bench.block_after(taken);
        bench
    }

    /// A connection in KEEPALIVE.
    fn keep_alive() -> Self {
        let mut bench = Bench::new();
        assert_eq!(bench.receive(GET), Next::Receive);
        bench.sent();
        bench
    }

    /// A connection in CLOSING.
    fn closing() -> Self {
        let mut bench = Bench::new();
        assert_eq!(bench.receive(b"nonsense\r\n\r\n"), Next::Linger);
        bench.sent();
        bench.machine.linger(&mut bench.buffers);
        bench
    }

    fn with<R>(&mut self, work: impl FnOnce(&mut Machine, &mut Context<'_>) -> R) -> R {
        let post: Arc<dyn Post> = self.posted.clone();
        let mut cx = Context {
            settings: &self.settings,
            responder: &self.responder,
            stats: &self.stats,
            date: &self.date,
            buffers: &mut self.buffers,
            alarms: &mut self.alarms,
            out: &mut self.out,
            post: &post,
            key: Key { index: 7, generation: 3 },
            client: Key { index: 7, generation: 3 },
            peer: None,
            secured: None,
            guests: &mut self.guests,
            draining: self.draining,
            limiter: &self.limiter,
            watchers: &mut self.watchers,
            repeats: &mut self.repeats,
        };
        work(&mut self.machine, &mut cx)
    }

    /// Octets arrive.
    fn receive(&mut self, octets: &[u8]) -> Next {
        let input = [self.machine.kept(), octets].concat();
        self.with(|machine, cx| machine.received(&input, octets.len(), cx))
    }

    /// The machine again with what it kept, as `Next::Again` asks.
    fn resume(&mut self) -> Next {
        self.receive(b"")
    }

    fn end_of_stream(&mut self) -> Next {
        self.with(|machine, cx| machine.end_of_stream(cx))
    }

    fn expire(&mut self, deadline: Deadline) -> Next {
        self.with(|machine, cx| machine.expired(deadline, cx))
    }

    /// The answer to the deferred request comes.
    fn answer(&mut self, response: &Response) -> Option<Next> {
        self.with(|machine, cx| machine.answered(response, cx))
    }

    /// The socket takes all that the machine has prepared; what waited before stays.
    fn sent(&mut self) -> String {
        let mut out = std::mem::take(&mut self.out);
        if self.machine.state() != State::Writing {
            out.extend_from_slice(self.machine.output());
            if !self.machine.output().is_empty() {
                self.take_all();
            }
        }
        String::from_utf8(out).unwrap()
    }

    /// The socket takes `count` octets of what the machine has prepared and no more.
    fn block_after(&mut self, count: usize) {
        let out = std::mem::take(&mut self.out);
        assert!(count < out.len());
        self.machine.not_sent(&out[count..], &mut self.buffers);
    }

    /// The socket takes `count` octets of what waits.
    fn take(&mut self, count: usize) -> Option<Next> {
        self.with(|machine, cx| machine.sent(count, cx))
    }

    fn take_all(&mut self) -> Option<Next> {
        self.take(self.machine.output().len())
    }

    fn taken_deferred(&self) -> Deferred {
        self.deferred.lock().unwrap().pop().expect("a deferred request")
    }

    fn state(&self) -> State {
        self.machine.state()
    }

    /// How many buffers are lent to the connection.
    fn buffers_lent(&self) -> u64 {
        self.buffers.publish(&self.stats);
        self.stats.buffers_lent.get()
    }
}

fn responder(settings: &Settings, deferred: &Arc<Mutex<Vec<Deferred>>>) -> Responder {
    let deferred = deferred.clone();
    let later = move |_: &Request<'_>, exchange: &mut Exchange<'_>| {
        deferred.lock().unwrap().push(exchange.defer().unwrap());
        Action::Done
    };
    let echo = |request: &Request<'_>, exchange: &mut Exchange<'_>| {
        exchange.respond_bytes(200, "text/plain", request.body()).unwrap();
        Action::Done
    };
    Responder::new(settings)
        .with_rule(None, "/", ok("hello"))
        .and_then(|r| r.with_rule(None, "/page", ok(&"x".repeat(30_000))))
        .and_then(|r| r.with_rule(None, "/large", ok(&"x".repeat(200_000))))
        .and_then(|r| r.with_route(None, "/later", Arc::new(later)))
        .and_then(|r| r.with_route(None, "/echo", Arc::new(echo)))
        .unwrap()
}

fn ok(body: &str) -> Response {
    Response::builder(200).body(body).build().unwrap()
}

/// How many responses stand in `text`.
fn responses(text: &str) -> usize {
    text.matches("HTTP/1.1 ").count()
}
