//! The connections of one worker: taken in, given their turns, timed out, closed.

pub(super) mod expiry;
mod known;
mod orders;
mod room;

use super::arrivals::Arrival;
use super::event_loop::Setup;
use super::http2::Http2;
use super::sessions::Sessions;
use super::survey::Walk;
use super::tokens;
use super::transport::{Ahead, Plain};
use super::turn::{Fate, Start, Turn};
use crate::acceptor::shed;
use crate::clients::{Guests, Peer};
use crate::config::Settings;
use crate::connection::machine::RECENT;
use crate::connection::peers::NOBODY;
use crate::connection::watchers::{Answer, Client, Question};
use crate::connection::{
    Alarms, Buffers, Connection, Context, Deadline, Deadlines, Key, Layer, Link, Pool, Ready,
    State, Watchers,
};
use crate::connection::{Repeats, count_refusal, count_response};
use crate::http::{DateLine, Refusal};
use crate::log::Limiter;
use crate::responder::Responder;
use crate::responder::deferred::Post;
use crate::responder::source::Source;
use crate::sys::clock;
use crate::worker::Handle;
use arc_swap::{ArcSwap, Cache};
use known::Shortcut;
use mio::event::Event;
use mio::unix::SourceFd;
use mio::{Interest, Registry};
use std::collections::VecDeque;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

/// Room for what is received at a time.
const SCRATCH: usize = 64 * 1024;

/// Alarms acted on between two looks at the events.
const CALLED_AT_ONCE: usize = 256;

/// Between the first generations of a pool and of the one that takes its place: odd, and far in
/// the low bits that a token has as in all.
const FAR: u32 = 0x9E37_79B1;

/// All that belongs to one worker's connections.
pub(super) struct Connections {
    pub(super) settings: Arc<Settings>,
    pub(super) handle: Arc<Handle>,
    /// Whose connections they are.
    pub(super) guests: Guests,
    /// The listeners, by number, whose connections begin with a PROXY header.
    pub(super) proxied: Arc<[bool]>,
    post: Arc<dyn Post>,
    responder: Cache<Arc<ArcSwap<Responder>>, Arc<Responder>>,
    pub(super) pool: Pool,
    /// Connections that are served; those that are turned away come on top.
    capacity: u32,
    /// How many there were when memory was refused, until there is some again.
    bearable: Option<u32>,
    pub(super) evicts_slow: bool,
    deadlines: Deadlines,
    buffers: Buffers,
    alarms: Alarms,
    scratch: Box<[u8]>,
    out: Vec<u8>,
    pub(super) date: DateLine,
    /// Milliseconds of the monotonic clock, read once for each batch of events.
    pub(super) now: u64,
    /// When the Date line has to be made anew.
    next_second: u64,
    /// Connections whose turn was cut off.
    unfinished: VecDeque<Key>,
    /// How many idle connections that ran out of time may still be closed in this second.
    allowance: u32,
    draining: bool,
    limiter: Limiter,
    watchers: Watchers,
    repeats: Repeats,
    /// Looks at the connections that are not at their end.
    walks: VecDeque<Walk>,
    /// What each listener speaks, by its number.
    layers: Arc<[Layer]>,
    sessions: Sessions,
    http2: Http2,
}

impl Connections {
    pub(super) fn new(setup: &Setup, draining: bool) -> Self {
        let now = clock::monotonic_ms();
        let settings = setup.settings.clone();
        // Answers for the connections of a worker that panicked may still come.
        let restarts = setup.handle.stats.worker_restarts.get() as u32;
        let generation = restarts.wrapping_mul(FAR);
        // Room for a head of the largest size and as much again behind it.
        let scratch = SCRATCH.max(2 * settings.limits.max_head);
        let mut connections = Connections {
            handle: setup.handle.clone(),
            guests: Guests::new(setup.clients.clone()),
            proxied: setup.proxied.clone(),
            post: setup.handle.clone(),
            responder: Cache::new(setup.responder.clone()),
            pool: Pool::new(setup.capacity.saturating_add(setup.turned_away), generation),
            capacity: setup.capacity,
            bearable: None,
            evicts_slow: setup.evicts_slow,
            deadlines: Deadlines::new(&settings, now),
            buffers: Buffers::new(settings.max_body_memory, settings.max_pending_memory),
            alarms: Alarms::default(),
            scratch: vec![0; scratch].into_boxed_slice(),
            out: Vec::with_capacity(SCRATCH),
            date: DateLine::new(0),
            now,
            next_second: 0,
            unfinished: VecDeque::new(),
            allowance: 0,
            draining,
            limiter: Limiter::default(),
            repeats: Repeats::default(),
            watchers: Watchers::new(setup.access_log.clone())
                .with_tally(setup.handle.observed.clone())
                .with_requests(setup.handle.requests.clone())
                .with_records(setup.handle.records.clone()),
            walks: VecDeque::new(),
            layers: setup.layers.clone(),
            http2: Http2::default(),
            sessions: Sessions::new(setup.tls.as_ref().map(|tls| tls.config_for(&setup.handle))),
            settings,
        };
        connections.set_time(now);
        connections
    }

    /// Says what time it is, once for each batch of events.
    #[inline]
    pub(super) fn set_time(&mut self, now: u64) {
        self.now = now;
        self.alarms.now = now;
        if now >= self.next_second {
            let (second, millisecond) = clock::unix_time();
            self.date.refresh(second);
            self.allowance = expiry::closed_a_second(self.pool.len());
            self.next_second = now + u64::from(1000 - millisecond);
        }
    }

    pub(super) fn now(&self) -> u64 {
        self.now
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pool.len() == 0
    }

    /// Time until somebody wants to be called.
    pub(super) fn alarm_left(&self) -> Option<Duration> {
        self.alarms.left()
    }

    pub(super) fn has_deadlines(&self) -> bool {
        !self.deadlines.is_empty()
    }

    pub(super) fn tick_period(&self) -> Duration {
        self.deadlines.period()
    }

    /// Whether [`Connections::go_on`] has something to do that no event will announce.
    pub(super) fn has_work(&self) -> bool {
        !self.walks.is_empty() || !self.unfinished.is_empty() || self.has_expired()
    }

    /// Takes in a connection that was just accepted. Its request is often there already: it has a
    /// first turn before it costs an epoll_ctl.
    pub(super) fn adopt(&mut self, socket: OwnedFd, listener: u16, registry: &Registry) {
        let Some((socket, Arrival { machine, place })) = self.let_in(socket, listener) else {
            return;
        };
        let connection = Connection { machine, ..Connection::new(socket, listener) };
        let layer = self.layer_of(listener);
        let refusal = self.refusal_of_one_more();
        // Who expects TLS could not read an answer.
        let inserted = if refusal.is_some() && layer != Layer::Plain {
            Err(connection)
        } else {
            self.pool.insert(connection, self.now)
        };
        let key = match inserted {
            Ok(key) => key,
            Err(connection) => {
                place.into_iter().for_each(|place| self.guests.clients().leave(place));
                self.handle.stats.connections_shed.add(1);
                return self.shed(connection.socket, listener, refusal.unwrap_or(Refusal::Full));
            }
        };
        self.guests.seat(key.index, place);
        let stats = &self.handle.stats;
        stats.connections_open.add(1);
        stats.connections_reading.add(1);
        if layer != Layer::Plain {
            self.set_layer(key, layer);
        }
        let stats = &self.handle.stats;
        if let Some(refusal) = refusal {
            stats.connections_shed.add(1);
            self.with_turn(key, Start::Refused(refusal));
        } else {
            stats.connections_handled.add(1);
            self.turn(key, Ready::READABLE);
        }
        let Some(connection) = self.pool.get(key) else { return };
        // Read and write, once: never changed afterwards, and a close needs no delete. What came
        // since the first turn is announced at once.
        let fd = connection.socket.as_raw_fd();
        let interest = Interest::READABLE | Interest::WRITABLE;
        if registry.register(&mut SourceFd(&fd), tokens::of_connection(key), interest).is_err() {
            self.handle.stats.connections_shed.add(1);
            self.close(key);
        }
    }

    /// An event for the connection in slot `index`, if it is still the one that was meant.
    #[inline]
    pub(super) fn on_event(&mut self, index: u32, generation: u32, event: &Event) {
        let Some(key) = self.pool.key_at(index) else { return };
        if !tokens::means(generation, key) {
            return;
        }
        let ready = Ready {
            readable: event.is_readable() || event.is_read_closed() || event.is_error(),
            read_closed: event.is_read_closed(),
            next: None,
        };
        let Some(connection) = self.pool.get(key) else { return };
        // It has its turn coming: one more for each event would be many before the others have one.
        if let Some(rest) = &mut connection.unfinished {
            rest.readable |= ready.readable;
            rest.read_closed |= ready.read_closed;
            return;
        }
        match self.answer_known(key, ready) {
            Shortcut::Taken => {}
            Shortcut::Received(ahead) => {
                self.with_turn_from(key, Start::Ready(ready), Some(ahead));
            }
            Shortcut::None => self.turn(key, ready),
        }
    }

    /// Goes on with what was cut off, a bounded amount of it.
    pub(super) fn go_on(&mut self) {
        for _ in 0..self.unfinished.len() {
            let Some(key) = self.unfinished.pop_front() else { break };
            let rest = self.pool.get(key).and_then(|connection| connection.unfinished.take());
            if let Some(rest) = rest {
                self.turn(key, rest);
            }
        }
        let Connections { alarms, pool, http2, .. } = self;
        alarms.tidy(|key| pool.get(key).is_some() || http2.connection_of(key).is_some());
        for _ in 0..CALLED_AT_ONCE {
            let Some(key) = self.alarms.due() else { break };
            self.with_turn(key, Start::Called);
        }
        if self.has_expired() {
            self.end_expired();
        }
        if let Some(walk) = self.walks.front_mut()
            && walk.go_on(&mut self.pool, &self.guests, self.now, self.watchers.hosts())
        {
            self.walks.pop_front();
        }
        self.buffers.publish(&self.handle.stats);
        if self.watchers.is_on() {
            self.watchers.end_batch(&self.handle.stats);
        }
    }

    fn layer_of(&self, listener: u16) -> Layer {
        self.layers.get(usize::from(listener)).copied().unwrap_or_default()
    }

    /// Turns a connection away that is not even let wait for its request; without a word where TLS
    /// is expected.
    pub(super) fn shed(&mut self, socket: OwnedFd, listener: u16, refusal: Refusal) {
        let stats = &self.handle.stats;
        count_refusal(refusal, stats);
        if self.layer_of(listener) != Layer::Plain {
            return;
        }
        count_response(refusal.status(), stats);
        if self.watchers.is_on() {
            let key = Key { index: NOBODY, generation: 0 };
            let client = Client { key, peer: Peer::Socket(socket.as_fd()), listener };
            let answer = Answer { status: refusal.status(), ..Answer::none(Source::REFUSED) };
            self.watchers.see(&client, &Question::Line(b""), &answer);
        }
        stats.bytes_sent.add(shed::refuse(socket, refusal, &self.date));
    }

    fn turn(&mut self, key: Key, ready: Ready) {
        self.with_turn(key, Start::Ready(ready));
    }

    /// Gives a connection its turn and acts on how it ended; whether there was one.
    #[inline]
    fn with_turn(&mut self, key: Key, start: Start<'_>) -> bool {
        self.with_turn_from(key, start, None)
    }

    /// The same, with what was received into the scratch ahead of it.
    fn with_turn_from(&mut self, key: Key, start: Start<'_>, ahead: Ahead) -> bool {
        let Some(connection) = self.pool.get(key) else { return self.with_stream(key, start) };
        let Connection { socket, machine, layer, link, since, .. } = connection;
        let before = (machine.state(), machine.requests());
        let cx = Context {
            settings: &self.settings,
            responder: self.responder.load(),
            stats: &self.handle.stats,
            date: &self.date,
            buffers: &mut self.buffers,
            alarms: &mut self.alarms,
            out: &mut self.out,
            post: &self.post,
            key,
            client: key,
            peer: Some(socket.as_fd()),
            secured: None,
            guests: &mut self.guests,
            draining: self.draining,
            limiter: &self.limiter,
            watchers: &mut self.watchers,
            repeats: &mut self.repeats,
        };
        let scratch = &mut self.scratch[..];
        let fate = if *layer == Layer::Plain {
            let transport = Plain { socket, ahead };
            Turn { transport, machine, scratch, cx, moved: false, exhaust: false }.run(start)
        } else {
            let http2 = &mut self.http2;
            self.sessions.run((socket, machine, layer), scratch, cx, start, http2)
        };
        let Some(fate) = fate else { return false };
        match fate {
            // Nearly every turn: requests came, answers went, nothing is left.
            Fate::Stay { .. }
                if machine.is_idle_since(before) && is_idle(link) && !self.draining =>
            {
                *since = self.now as u32;
            }
            Fate::Stay { moved } => self.settle(key, before, moved),
            Fate::Yield(rest) => {
                let waits = self.pool.get(key).and_then(|it| it.unfinished.replace(rest)).is_some();
                if !waits {
                    self.unfinished.push_back(key);
                }
                self.settle(key, before, true);
            }
            Fate::Switch => self.switch(key, before),
            Fate::Close => self.leave(key, before.0),
            Fate::Reset => {
                self.handle.stats.disconnects_reset.add(1);
                self.leave(key, before.0);
            }
        }
        true
    }

    /// Gives a stream of HTTP/2 its turn, if `key` is that of one; whether there was one.
    #[cold]
    fn with_stream(&mut self, key: Key, start: Start<'_>) -> bool {
        match self.http2.connection_of(key) {
            Some(connection) => self.with_turn(connection, Start::OfStream(key, Box::new(start))),
            None => false,
        }
    }

    /// A connection goes on in HTTP/2.
    #[cold]
    fn switch(&mut self, key: Key, before: (State, u32)) {
        let Some(connection) = self.pool.get(key) else { return };
        let kept = connection.machine.take_kept(&mut self.buffers);
        connection.layer = match connection.layer {
            Layer::Tls | Layer::TlsHttp2 => Layer::TlsHttp2,
            Layer::Plain | Layer::Auto | Layer::Http2 => Layer::Http2,
        };
        self.handle.stats.http2_connections.add(1);
        let room = self.scratch.len();
        self.http2.begin(key.index, kept, &self.settings, (self.now, room));
        self.settle(key, before, true);
        self.turn(key, Ready::READABLE);
    }

    /// Brings gauges and deadlines in line with the state at the end of a turn.
    fn settle(&mut self, key: Key, before: (State, u32), moved: bool) {
        let Some(connection) = self.pool.get(key) else { return };
        let machine = &mut connection.machine;
        let state = machine.state();
        if !machine.account(&mut self.buffers) {
            count_refusal(Refusal::Memory, &self.handle.stats);
            return self.leave(key, before.0);
        }
        if state != before.0 {
            change_gauge(&self.handle, before.0, state);
        }
        let answered = machine.requests() != before.1;
        let wanted = machine.deadline();
        if wanted == connection.link.kind() {
            let renewed = match wanted {
                Some(Deadline::Body | Deadline::Write) => moved,
                Some(Deadline::Head | Deadline::KeepAlive) => answered,
                Some(Deadline::Linger | Deadline::Handshake) | None => false,
            };
            if renewed {
                connection.since = self.now as u32;
            }
        } else if let Some(deadline) = wanted {
            self.deadlines.start(&mut self.pool, key.index, deadline, self.now);
        } else {
            self.deadlines.stop(&mut self.pool, key.index);
        }
        if self.draining {
            let age = (self.now as u32).wrapping_sub(self.since(key));
            let recent = u128::from(age) <= RECENT.as_millis();
            self.with_turn(key, Start::Drain { recent });
        }
    }

    /// Says what a new connection speaks.
    #[cold]
    fn set_layer(&mut self, key: Key, layer: Layer) {
        let Some(connection) = self.pool.get(key) else { return };
        connection.layer = layer;
        let Connection { machine, layer, .. } = connection;
        let is_known = !machine.awaits_header();
        if is_known && *layer == Layer::Tls && self.sessions.begin(machine, layer, key.index) {
            change_gauge(&self.handle, State::Reading, State::Handshake);
        }
    }

    /// When the connection was last active, in the low 32 bits of milliseconds.
    fn since(&mut self, key: Key) -> u32 {
        self.pool.get(key).map_or(0, |connection| connection.since)
    }

    /// Closes a connection between its turns.
    fn close(&mut self, key: Key) {
        if let Some(state) = self.pool.get(key).map(|connection| connection.machine.state()) {
            self.leave(key, state);
        }
    }

    /// Removes a connection whose gauge still says `state`.
    fn leave(&mut self, key: Key, state: State) {
        self.deadlines.stop(&mut self.pool, key.index);
        if let Some(mut connection) = self.pool.remove(key) {
            if self.watchers.is_on() {
                let peer = self.guests.peer(key.index, Some(connection.socket.as_fd()));
                connection.machine.tell_forsaken(key, peer, &mut self.watchers);
            }
            if connection.layer != Layer::Plain {
                let peer = self.guests.peer(key.index, Some(connection.socket.as_fd()));
                let Connections { sessions, http2, watchers, buffers, .. } = self;
                http2.remove(key.index, (key, peer), watchers, buffers);
                sessions.remove(key.index, buffers);
            }
            self.guests.leave(key.index);
            connection.machine.release(&mut self.buffers);
            change_gauge(&self.handle, state, State::Idle);
            self.handle.stats.connections_open.sub(1);
        }
    }
}

/// Whether the deadline that runs is the one between two requests.
#[inline]
fn is_idle(link: &Link) -> bool {
    link.kind() == Some(Deadline::KeepAlive)
}

fn change_gauge(handle: &Handle, from: State, to: State) {
    if let Some(gauge) = from.gauge(&handle.stats) {
        gauge.sub(1);
    }
    if let Some(gauge) = to.gauge(&handle.stats) {
        gauge.add(1);
    }
}
