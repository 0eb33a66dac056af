//! One connection without a worker: what a worker does with it, and a socket that does as it is told.

use super::super::transport::{Received, Transport};
use super::super::turn::{Fate, Start, Turn};
use super::site::{self, Shared};
use crate::clients::Guests;
use crate::config::{Config, Settings};
use crate::connection::{Alarms, Buffers, Context, Key, Machine, Ready, Repeats, State, Watchers};
use crate::fuzzing::Asked;
use crate::http::{DateLine, Limits};
use crate::log::Limiter;
use crate::responder::Responder;
use crate::responder::deferred::{Delivery, Post};
use crate::stats::Cells;
use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex};

const KEY: Key = Key { index: 7, generation: 3 };

/// What a proxy says before, where there is one.
const PROXY: &[u8] = b"PROXY TCP4 192.0.2.1 192.0.2.2 4711 80\r\n";

/// Octets sent, arrived and received; state and requests; what waits; an alarm.
type Progress = ([usize; 3], (State, u32), (usize, bool), Option<std::time::Duration>);

/// What was posted, in its order.
#[derive(Default)]
struct Posted(Mutex<VecDeque<Delivery>>);

impl Post for Posted {
    fn post(&self, _: Key, delivery: Delivery) {
        self.0.lock().unwrap().push_back(delivery);
    }

    fn note_gone(&self) {}
}

pub(super) struct Scene<'s> {
    pub(super) stream: &'s [u8],
    pub(super) sent: Vec<u8>,
    /// Something happened that may end the connection early.
    pub(super) broke: bool,
    site: Shared,
    settings: Arc<Settings>,
    responder: Responder,
    stats: Cells,
    date: DateLine,
    buffers: Buffers,
    alarms: Alarms,
    out: Vec<u8>,
    posted: Arc<Posted>,
    limiter: Limiter,
    watchers: Watchers,
    guests: Guests,
    repeats: Repeats,
    draining: bool,
    machine: Machine,
    scratch: Vec<u8>,
    socket: Socket,
    unfinished: Option<Ready>,
    is_over: bool,
}

/// The two directions of a connection.
struct Socket {
    input: Vec<u8>,
    /// Octets that have arrived, and those of them that were received.
    arrived: usize,
    received: usize,
    /// Octets that it still takes.
    room: usize,
    /// The client will send nothing more.
    ended: bool,
    broken: bool,
    /// Nothing may be sent any more.
    shut: bool,
    nowhere: OwnedFd,
}

impl<'s> Scene<'s> {
    pub(super) fn new(flags: u8, stream: &'s [u8]) -> Self {
        let (settings, plain) = prepared(flags);
        let site = Shared::default();
        let proxied = flags & 4 != 0;
        let guests = Guests::nobody();
        guests.clients().prepare(&settings.clients).expect("no limits");
        let socket = Socket {
            input: [if proxied { PROXY } else { b"" }, stream].concat(),
            arrived: 0,
            received: 0,
            room: if flags & 8 == 0 { usize::MAX / 2 } else { 0 },
            ended: false,
            broken: false,
            shut: false,
            nowhere: File::open("/dev/null").expect("/dev/null").into(),
        };
        let mut scene = Scene {
            stream,
            sent: Vec::new(),
            broke: false,
            responder: site::responder(&plain, &site),
            site,
            stats: Cells::default(),
            date: DateLine::new(784_111_777),
            buffers: Buffers::new(settings.max_body_memory, u64::MAX),
            alarms: Alarms::still(),
            out: Vec::new(),
            posted: Arc::default(),
            limiter: Limiter::default(),
            watchers: Watchers::default(),
            guests,
            repeats: Repeats::default(),
            draining: false,
            machine: if proxied { Machine::with_header(0) } else { Machine::new(0) },
            scratch: vec![0; 64 * 1024],
            socket,
            unfinished: None,
            is_over: false,
            settings,
        };
        // As soon as it is there, before anything is known of it.
        scene.turn(Start::Ready(Ready::READABLE));
        scene
    }

    pub(super) fn limits(&self) -> Limits {
        self.settings.limits
    }

    pub(super) fn max_body(&self) -> u64 {
        self.settings.max_body
    }

    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    /// Whether nothing more is answered.
    pub(super) fn has_ended(&self) -> bool {
        self.is_over || self.machine.state() == State::Closing
    }

    pub(super) fn handled(&self) -> Vec<Asked> {
        site::lock(&self.site).handled.clone()
    }

    /// Whatever changes while anything moves.
    pub(super) fn progress(&self) -> Progress {
        let steps = site::lock(&self.site).steps;
        let octets = [self.sent.len(), self.socket.arrived, self.socket.received];
        let machine = (self.machine.state(), self.machine.requests());
        (octets, machine, (steps, self.unfinished.is_some()), self.alarms.left())
    }

    // ---- what may happen ----

    pub(super) fn arrive(&mut self, octets: usize) {
        self.socket.arrived = self.socket.input.len().min(self.socket.arrived + octets);
        self.event(true);
    }

    pub(super) fn make_room(&mut self, octets: usize) {
        self.socket.room = self.socket.room.saturating_add(octets);
        self.event(self.socket.received < self.socket.arrived);
    }

    /// Something that waits for the program goes on, and what it said is delivered.
    pub(super) fn answer(&mut self) {
        site::go_on(&self.site);
        loop {
            let delivery = self.posted.0.lock().unwrap().pop_front();
            match delivery {
                Some(Delivery::Answer(response)) => self.turn(Start::Answer(&response)),
                Some(Delivery::Treated(treated)) => self.turn(Start::Treated(treated)),
                Some(Delivery::Stream(opening)) => self.turn(Start::Stream(opening)),
                Some(Delivery::More) => self.turn(Start::More),
                None => return,
            }
        }
    }

    /// Whoever wants to be called at some time is called.
    pub(super) fn pass_time(&mut self) {
        self.alarms.now = u64::MAX;
        if self.alarms.due().is_some() {
            self.turn(Start::Called);
        }
        self.go_on();
    }

    pub(super) fn wake_without_reason(&mut self) {
        self.event(false);
        self.turn(Start::More);
        self.go_on();
    }

    pub(super) fn break_something(&mut self, choice: u8) {
        self.broke = true;
        match choice % 5 {
            0 => {
                if let Some(deadline) = self.machine.deadline() {
                    self.turn(Start::Expired(deadline));
                }
            }
            1 => {
                self.socket.ended = true;
                self.event(true);
            }
            2 => {
                self.socket.broken = true;
                self.event(true);
            }
            3 => {
                self.draining = true;
                self.turn(Start::Ready(Ready::READABLE));
            }
            // A program that forgets to answer.
            _ => {
                drop(site::lock(&self.site).waiting.pop_front());
                self.answer();
            }
        }
    }

    /// The connection is closed, whatever it is doing.
    pub(super) fn end(mut self) {
        self.leave();
        self.answer();
    }

    // ---- what a worker does ----

    fn event(&mut self, readable: bool) {
        let ready = Ready { readable, read_closed: self.socket.ended, next: None };
        match &mut self.unfinished {
            Some(rest) => {
                rest.readable |= ready.readable;
                rest.read_closed |= ready.read_closed;
            }
            None => self.turn(Start::Ready(ready)),
        }
    }

    fn go_on(&mut self) {
        if let Some(rest) = self.unfinished.take() {
            self.turn(Start::Ready(rest));
        }
    }

    fn turn(&mut self, start: Start<'_>) {
        if self.is_over {
            return;
        }
        let post: Arc<dyn Post> = self.posted.clone();
        let cx = Context {
            settings: &self.settings,
            responder: &self.responder,
            stats: &self.stats,
            date: &self.date,
            buffers: &mut self.buffers,
            alarms: &mut self.alarms,
            out: &mut self.out,
            post: &post,
            key: KEY,
            client: KEY,
            peer: None,
            secured: None,
            guests: &mut self.guests,
            repeats: &mut self.repeats,
            draining: self.draining,
            limiter: &self.limiter,
            watchers: &mut self.watchers,
        };
        let transport = Wire { socket: &mut self.socket, sent: &mut self.sent };
        let (machine, scratch) = (&mut self.machine, &mut self.scratch[..]);
        let is_drain = matches!(start, Start::Drain { .. });
        let fate =
            Turn { transport, machine, scratch, cx, moved: false, exhaust: false }.run(start);
        match fate {
            None => return,
            Some(Fate::Stay { .. }) => {}
            Some(Fate::Yield(rest)) => self.unfinished = Some(rest),
            // HTTP/2 is off here.
            Some(Fate::Close | Fate::Reset | Fate::Switch) => return self.leave(),
        }
        assert!(self.out.is_empty(), "octets are left for another connection");
        assert!(self.machine.account(&mut self.buffers));
        if self.draining && !is_drain {
            self.turn(Start::Drain { recent: false });
        }
    }

    fn leave(&mut self) {
        if !std::mem::replace(&mut self.is_over, true) {
            self.out.clear();
            self.guests.leave(KEY.index);
            self.machine.release(&mut self.buffers);
            assert_eq!(self.machine.state(), State::Idle);
        }
        self.buffers.publish(&self.stats);
        assert_eq!((self.stats.buffers_lent.get(), self.stats.body_memory.get()), (0, 0));
    }
}

thread_local! {
    static PREPARED: RefCell<HashMap<u8, (Arc<Settings>, Responder)>> = RefCell::default();
}

/// The settings that the flags stand for and a responder without routes, which takes longest to make.
fn prepared(flags: u8) -> (Arc<Settings>, Responder) {
    let make = || {
        let settings = Arc::new(settings(flags));
        let responder = Responder::new(&settings);
        (settings, responder)
    };
    PREPARED.with_borrow_mut(|all| all.entry(flags & 0x30).or_insert_with(make).clone())
}

fn settings(flags: u8) -> Settings {
    let mut config = Config::new();
    let small = flags & 16 == 0;
    let options = [
        ("default_answers", "off"),
        ("log_level", "off"),
        ("allow_bare_lf", if flags & 32 == 0 { "off" } else { "on" }),
        ("max_head", if small { "1k" } else { "16k" }),
        ("http2", "off"),
        ("max_target", "256"),
        ("max_fields", if small { "5" } else { "100" }),
        ("max_body", if small { "100" } else { "1m" }),
    ];
    for (name, value) in options {
        config.set(name, value).expect("an option");
    }
    config.resolve().expect("settings")
}

struct Wire<'t> {
    socket: &'t mut Socket,
    sent: &'t mut Vec<u8>,
}

impl Transport for Wire<'_> {
    fn receive(&mut self, buffer: &mut [u8]) -> io::Result<Received> {
        let socket = &mut *self.socket;
        assert!(!buffer.is_empty(), "no room to receive anything");
        if socket.broken {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        let count = buffer.len().min(socket.arrived - socket.received);
        if count == 0 {
            return if socket.ended {
                Ok(Received::End)
            } else {
                Err(io::ErrorKind::WouldBlock.into())
            };
        }
        buffer[..count].copy_from_slice(&socket.input[socket.received..][..count]);
        socket.received += count;
        Ok(Received::Octets { count, more: count == buffer.len() })
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<usize> {
        assert!(!self.socket.shut, "sent behind the end");
        assert!(!bytes.is_empty(), "a send of nothing");
        if self.socket.broken {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let count = bytes.len().min(self.socket.room);
        if count == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.socket.room -= count;
        self.sent.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn has_opened(&mut self) -> bool {
        false
    }

    fn end(&mut self) {
        self.socket.shut = true;
    }

    fn farewell(&mut self) {}

    fn socket(&self) -> &OwnedFd {
        &self.socket.nowhere
    }
}
