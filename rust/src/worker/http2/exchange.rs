//! One stream's turn: its machine goes on, and what has become of it is brought in line.

use super::Tools;
use super::streams::Stream;
use super::turn::Turn;
use super::wire::{Ended, Wire};
use crate::connection::{Deadline, Key, Machine, Ready, State, count_refusal};
use crate::http::Refusal;
use crate::http2::{Answer, Code, Facts, Open};
use crate::worker::transport::Transport;
use crate::worker::turn::{self, Fate, Start};
use std::io::Write;
use std::time::Duration;

/// Octets of a body of which the client is told when they are used.
const USED: i64 = 16 * 1024;

/// What has become of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    Goes,
    Over,
}

impl<T: Transport> Turn<'_, '_, T> {
    /// A request has come, whose head stands in the tools' text.
    pub(super) fn begin_stream(&mut self, mut open: Open, facts: Facts, early: bool) {
        self.machine.count_stream();
        let key = self.streams.next_key();
        let mut stream = Stream {
            connection: self.cx.key,
            machine: Machine::of_stream(self.machine.listener()),
            answer: Answer::new(facts.head_only),
            inbox: std::mem::take(&mut self.tools.space.text),
            read: 0,
            unused: 0,
            early,
            chunked: facts.length.is_none(),
            rest: None,
            since: self.cx.alarms.now,
            armed: false,
        };
        let life = self.run_stream(&mut stream, &mut open, key, Start::Ready(Ready::READABLE));
        if life == Some(Life::Goes) {
            stream.inbox = stream.inbox[stream.read..].to_vec();
            stream.read = 0;
            open.slot = self.streams.put(Box::new(stream));
            self.session.open.push(open);
        } else {
            self.bury(&mut stream);
            self.tools.space.text = stream.inbox;
        }
    }

    /// Octets of a body have come.
    pub(super) fn feed(&mut self, place: usize, octets: &[u8], ended: bool) {
        let slot = self.session.open[place].slot;
        let Some((key, mut stream)) = self.streams.lend(slot) else { return };
        stream.inbox.drain(..stream.read);
        stream.read = 0;
        stream.unused += octets.len() as i64;
        if !stream.chunked {
            stream.inbox.extend_from_slice(octets);
        } else {
            if !octets.is_empty() {
                // To a vector this cannot fail.
                let _ = write!(stream.inbox, "{:x}\r\n", octets.len());
                stream.inbox.extend_from_slice(octets);
                stream.inbox.extend_from_slice(b"\r\n");
            }
            if ended {
                stream.inbox.extend_from_slice(b"0\r\n\r\n");
            }
        }
        if stream.rest.is_some() {
            // It has its turn coming.
            return self.streams.give_back(slot, stream);
        }
        self.go_on_with(place, key, stream, Start::Ready(Ready::READABLE));
    }

    /// A turn of the open stream at this place; `None` if nobody waits for that.
    pub(super) fn turn_of(&mut self, place: usize, start: Start<'_>) -> Option<()> {
        let slot = self.session.open[place].slot;
        let (key, stream) = self.streams.lend(slot)?;
        self.go_on_with(place, key, stream, start)
    }

    fn go_on_with(
        &mut self,
        place: usize,
        key: Key,
        mut stream: Box<Stream>,
        start: Start<'_>,
    ) -> Option<()> {
        let mut open = self.session.open[place];
        let start = match start {
            Start::Called => match self.expiry(&mut stream, key) {
                Some(deadline) => Start::Expired(deadline),
                None => Start::Called,
            },
            start => start,
        };
        let life = self.run_stream(&mut stream, &mut open, key, start);
        if life == Some(Life::Over) {
            self.session.open.swap_remove(place);
            self.streams.free(open.slot);
            self.bury(&mut stream);
        } else {
            self.session.open[place] = open;
            self.give_room(place, &mut stream);
            self.streams.give_back(open.slot, stream);
        }
        life.map(|_| ())
    }

    /// Ends the open stream at this place; `code` is what the client is told, if it does not know.
    pub(super) fn drop_stream(&mut self, place: usize, code: Option<Code>) {
        let open = self.session.open.swap_remove(place);
        if let Some(code) = code {
            self.session.reset(&open, code);
        }
        if let Some(mut stream) = self.streams.take(open.slot) {
            self.bury(&mut stream);
        }
    }

    fn bury(&mut self, stream: &mut Stream) {
        let peer = self.cx.peer();
        stream.forsake(self.cx.key, peer, self.cx.watchers, self.cx.buffers);
    }

    #[inline]
    fn run_stream(
        &mut self,
        stream: &mut Stream,
        open: &mut Open,
        key: Key,
        start: Start<'_>,
    ) -> Option<Life> {
        let Stream { machine, answer, inbox, read, early, .. } = stream;
        let early = *early;
        answer.begin_turn();
        let Tools { heads, scratch, .. } = &mut *self.tools;
        let way = &mut self.session.way;
        let socket = self.transport.socket();
        let ended = Ended::No;
        let transport = Wire { inbox, read, answer, open, way, heads, socket, ended, early };
        let cx = self.cx.of_stream(key);
        let mut turn = turn::Turn { transport, machine, scratch, cx, moved: false, exhaust: false };
        let fate = turn.run(start)?;
        let ended = turn.transport.ended;
        Some(self.judge(stream, open, key, (fate, ended)))
    }

    #[inline]
    fn judge(
        &mut self,
        stream: &mut Stream,
        open: &mut Open,
        key: Key,
        (fate, ended): (Fate, Ended),
    ) -> Life {
        let is_done = stream.answer.is_done() && !stream.machine.is_held();
        match fate {
            _ if ended == Ended::Reset => {
                self.reset = true;
                return Life::Over;
            }
            _ if ended == Ended::Garbage => {
                self.garbage = true;
                return Life::Over;
            }
            _ if is_done => {
                if !open.ended {
                    // The answer does not depend on the rest (RFC 9113 section 8.1).
                    self.session.reset(open, Code::NoError);
                }
                return Life::Over;
            }
            Fate::Close | Fate::Reset | Fate::Switch => return self.cut_off(stream, open),
            _ if ended == Ended::Said => return self.cut_off(stream, open),
            Fate::Yield(rest) => {
                stream.rest = Some(rest);
                self.busy = true;
            }
            Fate::Stay { moved: true } => stream.since = self.cx.alarms.now,
            Fate::Stay { moved: false } => {}
        }
        if !stream.machine.account(self.cx.buffers) {
            count_refusal(Refusal::Memory, self.cx.stats);
            self.session.reset(open, Code::EnhanceYourCalm);
            return Life::Over;
        }
        self.arm(stream, key);
        Life::Goes
    }

    /// The answer has come to its end, or to what is taken for it.
    fn cut_off(&mut self, stream: &mut Stream, open: &mut Open) -> Life {
        if stream.answer.ends_with_stream() {
            stream.answer.end(open, &mut self.session.way);
        }
        match stream.answer.is_done() {
            true if open.ended => {}
            true => self.session.reset(open, Code::NoError),
            false => self.session.reset(open, Code::Internal),
        }
        Life::Over
    }

    /// Gives the client room again for what of a body is used.
    fn give_room(&mut self, place: usize, stream: &mut Stream) {
        let is_used = stream.read == stream.inbox.len() && stream.machine.state() == State::Reading;
        if is_used && stream.unused >= USED {
            self.session.used(place, std::mem::take(&mut stream.unused));
        }
        if stream.read == stream.inbox.len() {
            stream.inbox = Vec::new();
            stream.read = 0;
        }
    }

    fn timeout(&self, stream: &Stream) -> Option<(Deadline, Duration)> {
        let settings = self.cx.settings;
        Some(match stream.machine.deadline()? {
            Deadline::Write => (Deadline::Write, settings.write_timeout?),
            _ => (Deadline::Body, settings.body_timeout?),
        })
    }

    /// Sets the alarm for the deadline of a stream, unless it is set.
    fn arm(&mut self, stream: &mut Stream, key: Key) {
        if !stream.armed
            && let Some((_, timeout)) = self.timeout(stream)
        {
            stream.armed = true;
            self.cx.alarms.set(key, timeout);
        }
    }

    /// The deadline that has passed, if it is that for which an alarm went off.
    fn expiry(&mut self, stream: &mut Stream, key: Key) -> Option<Deadline> {
        stream.armed = false;
        let (deadline, timeout) = self.timeout(stream)?;
        let spent = Duration::from_millis(self.cx.alarms.now.saturating_sub(stream.since));
        if spent >= timeout {
            return Some(deadline);
        }
        stream.armed = true;
        self.cx.alarms.set(key, timeout - spent);
        None
    }
}
