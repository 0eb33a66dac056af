//! What an HTTP/2 connection does with its readiness: receive frames, give its streams their turns,
//! send frames.

use super::streams::Streams;
use super::{Tools, bounds};
use crate::connection::alarms::Alarms;
use crate::connection::machine::RECENT;
use crate::connection::{Context, Deadline, Key, Machine, Ready, State};
use crate::http2::{Code, Event, Session};
use crate::sys::socket;
use crate::worker::transport::{Received, Transport};
use crate::worker::turn::{Fate, Start};
use std::io;

/// Receives, or rounds of streams that wait for room, in one turn.
const STEPS: u32 = 8;

/// Octets that may wait before more frames are looked at.
const BOUND: usize = 128 * 1024;

/// A buffer for frames that grew beyond this is not kept.
const KEEP: usize = 512 * 1024;

/// Octets that are thrown away behind the end of a connection: beyond it nobody means well.
const THROWN_AWAY: usize = 1024 * 1024;

/// One turn of one connection.
pub(super) struct Turn<'t, 'w, T> {
    pub(super) transport: &'t mut T,
    /// Of the connection: its state, its deadlines and how many requests it had.
    pub(super) machine: &'t mut Machine,
    pub(super) session: &'t mut Session,
    pub(super) streams: &'t mut Streams,
    pub(super) tools: &'t mut Tools,
    pub(super) scratch: &'t mut [u8],
    pub(super) cx: Context<'w>,
    /// Octets of the input that are early data of TLS: the first ones.
    early: usize,
    moved: bool,
    /// A stream's turn was cut off.
    pub(super) busy: bool,
    /// The connection is to be reset.
    pub(super) reset: bool,
    /// What was sent is not HTTP: nothing more can be.
    pub(super) garbage: bool,
}

impl<'t, 'w, T: Transport> Turn<'t, 'w, T> {
    pub(super) fn new(
        transport: &'t mut T,
        machine: &'t mut Machine,
        session: &'t mut Session,
        streams: &'t mut Streams,
        tools: &'t mut Tools,
        scratch: &'t mut [u8],
        cx: Context<'w>,
    ) -> Self {
        let (moved, busy, reset, garbage) = (false, false, false, false);
        Turn {
            transport,
            machine,
            session,
            streams,
            tools,
            scratch,
            cx,
            early: 0,
            moved,
            busy,
            reset,
            garbage,
        }
    }

    /// The turn that begins with `start`; `None` if nobody waits for that.
    pub(super) fn run(&mut self, start: Start<'_>) -> Option<Fate> {
        self.borrow_output();
        let fate = self.begin(start);
        self.give_output_back();
        if fate == Some(Fate::Close) {
            self.transport.farewell();
        }
        fate
    }

    fn begin(&mut self, start: Start<'_>) -> Option<Fate> {
        let ended = match start {
            Start::Ready(ready) => return Some(self.run_ready(ready)),
            Start::Served => return Some(self.run_ready(Ready::READABLE)),
            Start::OfStream(key, start) => {
                let place = self
                    .session
                    .open
                    .iter()
                    .position(|it| self.streams.key_of(it.slot) == Some(key))?;
                self.turn_of(place, *start)?;
                self.check_end().and_then(|()| self.go_on())
            }
            Start::Expired(deadline) => self.expired(deadline),
            Start::Called => {
                if self.session.is_leaving() {
                    self.session.leave(Code::NoError, "");
                }
                self.go_on()
            }
            Start::Drain { .. } => {
                if self.session.is_leaving() || self.machine.state() == State::Closing {
                    return None;
                }
                announce(self.session, self.cx.alarms, self.cx.key);
                self.go_on()
            }
            Start::Evicted => {
                self.session.leave(Code::NoError, "");
                self.flush().and(Err(Fate::Close))
            }
            // These are told to connections that are none of HTTP/2 yet.
            Start::Refused(_) => Err(Fate::Close),
            Start::Answer(_) | Start::Treated(_) | Start::Stream(_) | Start::More => return None,
        };
        Some(ended.map_or_else(|fate| fate, |()| self.stay()))
    }

    fn run_ready(&mut self, ready: Ready) -> Fate {
        if self.machine.state() == State::Closing {
            return self.throw_away();
        }
        match self.receive_all(ready) {
            Ok(true) => Fate::Yield(Ready { next: None, readable: true, ..ready }),
            Ok(false) => self.stay(),
            Err(fate) => fate,
        }
    }

    /// Receives what there is; whether there may be more.
    fn receive_all(&mut self, ready: Ready) -> Result<bool, Fate> {
        self.go_on()?;
        if !self.session.kept.is_empty() {
            self.received(0)?;
        }
        for _ in 0..STEPS {
            if self.session.way.waiting() > 0 || self.machine.state() == State::Closing {
                return Ok(false);
            }
            let kept = self.session.kept.len();
            let (count, more) = match self.transport.receive(&mut self.scratch[kept..]) {
                Ok(Received::Octets { count, more }) => (count, more),
                Ok(Received::End) => {
                    self.cx.stats.disconnects_early.add(self.session.open.len().min(1) as u64);
                    return Err(Fate::Close);
                }
                Ok(Received::Clear | Received::Broken) => return Err(Fate::Close),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(_) => return Err(Fate::Reset),
            };
            self.received(count)?;
            if !more && !ready.read_closed {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// `count` octets have come behind those that were kept.
    fn received(&mut self, count: usize) -> Result<(), Fate> {
        self.moved |= count > 0;
        self.cx.stats.bytes_received.add(count as u64);
        let kept = std::mem::take(&mut self.session.kept);
        let scratch = std::mem::take(&mut self.scratch);
        scratch[..kept.len()].copy_from_slice(&kept);
        let input = &scratch[..kept.len() + count];
        let mut at = 0;
        self.early = if T::EARLY { self.transport.early().min(input.len()) } else { 0 };
        let done = self.read(input, &mut at);
        if self.early > 0 {
            // A field section that is not whole yet began early.
            let open = usize::from(self.session.is_in_section());
            self.transport.keep_early(self.early.saturating_sub(at).max(open));
        }
        if at < input.len() && self.machine.state() != State::Closing {
            self.session.kept = input[at..].to_vec();
        }
        self.scratch = scratch;
        done?;
        self.go_on()
    }

    /// Acts on the frames of `input`, as long as what is said about them is taken.
    fn read(&mut self, input: &[u8], at: &mut usize) -> Result<(), Fate> {
        let bounds = bounds(self.cx.settings, self.cx.alarms.now);
        loop {
            let early = self.early > 0;
            let seen = if early { &input[..self.early] } else { input };
            match self.session.next(seen, at, &mut self.tools.space, &bounds) {
                Event::Request { stream, facts } => self.begin_stream(stream, facts, early),
                Event::Data { place, octets, ended } => self.feed(place, octets, ended),
                Event::Reset { place } => {
                    self.cx.stats.http2_streams_reset.add(1);
                    self.drop_stream(place, None);
                }
                Event::Wrong { place, code } => self.drop_stream(place, Some(code)),
                Event::Room => self.go_on()?,
                Event::Hungry if early && self.early < input.len() => {
                    self.pass_border(*at, input.len());
                }
                Event::Hungry => return Ok(()),
                Event::Fatal(code, why) => return self.fail(code, why),
            }
            self.check_end()?;
            if self.session.way.waiting() >= BOUND && !self.flush()? {
                return Ok(());
            }
        }
    }

    /// What stands before the end of the early data is done, as far as `at`. Where that is in the middle
    /// of something, all `length` octets count as early: a client may be told to ask again.
    #[cold]
    fn pass_border(&mut self, at: usize, length: usize) {
        let in_between = at < self.early || self.session.is_in_section();
        self.early = if in_between { length } else { 0 };
        if !in_between {
            self.transport.keep_early(0);
        }
    }

    /// Has streams that wait for room go on, and sends what there is.
    fn go_on(&mut self) -> Result<(), Fate> {
        for _ in 0..STEPS {
            self.busy = false;
            if !self.flush()? {
                return Ok(());
            }
            if !self.session.open.is_empty() {
                self.run_waiting()?;
            }
            if !self.flush()? || !self.busy {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Gives each stream a turn that waits for room or was cut off. Who had one goes behind all others:
    /// however little room there is at a time, each has its share.
    fn run_waiting(&mut self) -> Result<(), Fate> {
        let mut place = 0;
        for _ in 0..self.session.open.len() {
            let Some(open) = self.session.open.get(place) else { break };
            let (id, slot) = (open.id, open.slot);
            let has_room = self.session.way.window > 0
                && self.session.way.initial + open.credit > 0
                && self.session.way.waiting() < BOUND;
            let Some(rest) = self.streams.rest_of(slot, has_room) else {
                place += 1;
                continue;
            };
            let _ = self.turn_of(place, Start::Ready(rest));
            self.check_end()?;
            if self.session.open.get(place).is_some_and(|open| open.id == id) {
                self.busy |= self.streams.at(slot).is_some_and(|it| it.answer.is_spent());
                let open = self.session.open.remove(place);
                self.session.open.push(open);
            }
        }
        Ok(())
    }

    /// A stream may have ended the connection.
    #[inline]
    fn check_end(&mut self) -> Result<(), Fate> {
        if self.reset {
            // What was sent before shall be read before.
            self.flush()?;
            socket::reset_on_close(self.transport.socket());
            return Err(Fate::Close);
        }
        if self.garbage {
            self.flush()?;
            return Err(Fate::Close);
        }
        Ok(())
    }

    /// Sends what there is; whether the socket took all.
    fn flush(&mut self) -> Result<bool, Fate> {
        let way = &mut self.session.way;
        while way.waiting() > 0 {
            match self.transport.send(&way.out[way.sent..]) {
                Ok(count) => {
                    way.sent += count;
                    self.moved |= count > 0;
                    self.cx.stats.bytes_sent.add(count as u64);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(_) => return Err(Fate::Reset),
            }
        }
        way.out.clear();
        way.sent = 0;
        Ok(true)
    }

    /// Ends the connection for what the client did.
    #[cold]
    fn fail(&mut self, code: Code, why: &str) -> Result<(), Fate> {
        let calm = code == Code::EnhanceYourCalm;
        let stats = self.cx.stats;
        if calm { &stats.http2_floods } else { &stats.http2_errors }.add(1);
        self.session.fail(code, why);
        self.goodbye()
    }

    /// Sends what is left to be said, and closes the server's side.
    fn goodbye(&mut self) -> Result<(), Fate> {
        while !self.session.open.is_empty() {
            self.drop_stream(0, None);
        }
        self.session.kept = Vec::new();
        if !self.flush()? {
            return Err(Fate::Close);
        }
        self.transport.end();
        self.machine.linger(self.cx.buffers);
        Ok(())
    }

    /// What comes behind the end is thrown away, but not without end.
    fn throw_away(&mut self) -> Fate {
        for _ in 0..STEPS {
            match self.transport.receive(self.scratch) {
                Ok(Received::Octets { count, .. }) => {
                    self.cx.stats.bytes_received.add(count as u64);
                    self.session.thrown_away += count;
                    if self.session.thrown_away > THROWN_AWAY {
                        return Fate::Close;
                    }
                }
                Ok(_) => return Fate::Close,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Fate::Stay { moved: false };
                }
                Err(_) => return Fate::Reset,
            }
        }
        Fate::Yield(Ready::READABLE)
    }

    fn expired(&mut self, deadline: Deadline) -> Result<(), Fate> {
        let stats = self.cx.stats;
        match deadline {
            Deadline::Head | Deadline::Handshake | Deadline::Body => {
                stats.timeouts_head.add(1);
                self.session.fail(Code::SettingsTimeout, "too slow");
                self.goodbye()
            }
            Deadline::KeepAlive => {
                stats.timeouts_keepalive.add(1);
                self.session.leave(Code::NoError, "");
                self.goodbye()
            }
            Deadline::Write => {
                // Room is announced late; see the turn of HTTP/1.
                let before = self.session.way.waiting();
                if !self.flush()? && self.session.way.waiting() == before {
                    stats.timeouts_write.add(1);
                    return Err(Fate::Close);
                }
                self.go_on()
            }
            Deadline::Linger => {
                stats.timeouts_linger.add(1);
                Err(Fate::Close)
            }
        }
    }

    /// How a turn ends that has done what it could.
    fn stay(&mut self) -> Fate {
        if self.machine.state() == State::Closing {
            return Fate::Stay { moved: self.moved };
        }
        let limit = self.cx.settings.max_requests;
        if limit != 0 && self.session.requests() >= limit && !self.session.is_leaving() {
            self.cx.stats.connections_max_requests.add(1);
            announce(self.session, self.cx.alarms, self.cx.key);
            if let Err(fate) = self.flush() {
                return fate;
            }
        }
        if self.session.is_done() && self.session.way.waiting() == 0 {
            if let Err(fate) = self.goodbye() {
                return fate;
            }
            return Fate::Stay { moved: self.moved };
        }
        self.machine.assume(match () {
            () if self.session.way.waiting() > 0 => State::Writing,
            () if self.session.is_reading() => State::Reading,
            () if !self.session.open.is_empty() => State::Processing,
            () => State::KeepAlive,
        });
        if self.busy {
            return Fate::Yield(Ready { readable: true, read_closed: false, next: None });
        }
        Fate::Stay { moved: self.moved }
    }

    /// What is said in this turn goes to a buffer that all connections share.
    fn borrow_output(&mut self) {
        if self.session.way.waiting() == 0 && self.session.way.out.capacity() == 0 {
            std::mem::swap(&mut self.session.way.out, &mut self.tools.out);
        }
    }

    fn give_output_back(&mut self) {
        let way = &mut self.session.way;
        if way.waiting() == 0 {
            way.out.clear();
            way.sent = 0;
            way.out.shrink_to(KEEP);
            if self.tools.out.capacity() <= way.out.capacity() {
                self.tools.out = std::mem::take(&mut way.out);
            } else {
                way.out = Vec::new();
            }
        } else if way.sent > 0 {
            way.out.drain(..way.sent);
            way.sent = 0;
        }
    }
}

/// Announces the end of a connection; a little later it is said which requests were the last ones.
fn announce(session: &mut Session, alarms: &mut Alarms, key: Key) {
    session.announce();
    alarms.set(key, RECENT);
}
