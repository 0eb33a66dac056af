//! What one connection does with its readiness: receive, have the machine answer, send.

use super::transport::{Received, Transport};
use crate::connection::{Context, Deadline, Key, Machine, Next, Ready, State};
use crate::http::Refusal;
use crate::responder::Response;
use crate::responder::stream::Opening;
use crate::responder::treatment::Treated;
use std::io;

/// Receives or batches of answers in one turn: beyond it the others have their turn first.
const STEPS: u32 = 8;

/// Octets of a file sent at a time.
const FILE_PART: usize = 512 * 1024;

/// A buffer for answers that grew beyond this is not kept.
const KEEP_OUT: usize = 256 * 1024;

/// How a turn ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It waits for readiness; whether octets went either way.
    Stay { moved: bool },
    /// There is more to do, after the others; the rest of the turn.
    Yield(Ready),
    /// To be closed.
    Close,
    /// The client has reset it.
    Reset,
    /// The client speaks HTTP/2.
    Switch,
}

/// What a turn begins with.
#[derive(Debug)]
pub(super) enum Start<'r> {
    /// The socket is ready, or the last turn was cut off.
    Ready(Ready),
    /// The answer to a deferred request.
    Answer(&'r Response),
    /// One that is to be treated.
    Treated(Box<Treated>),
    /// What the handshake waited for is there; what came meanwhile was not looked at.
    Served,
    /// A deadline that has passed.
    Expired(Deadline),
    /// An alarm.
    Called,
    /// There is no room for the connection: its first and only turn.
    Refused(Refusal),
    /// The server drains; `recent` as for [`Machine::drain`].
    Drain { recent: bool },
    /// It waits for nothing but another request, and another connection needs its place.
    Evicted,
    /// A streamed answer.
    Stream(Box<Opening>),
    /// More of one.
    More,
    /// One of these for a stream of HTTP/2.
    OfStream(Key, Box<Start<'r>>),
}

/// One turn of one connection.
pub(super) struct Turn<'t, 'w, T> {
    pub(super) transport: T,
    pub(super) machine: &'t mut Machine,
    pub(super) scratch: &'t mut [u8],
    pub(super) cx: Context<'w>,
    pub(super) moved: bool,
    /// No event says what is there: only a receive that would block does.
    pub(super) exhaust: bool,
}

/// Why a turn ends early.
type Ended = Fate;

impl<T: Transport> Turn<'_, '_, T> {
    /// The turn that begins with `start`, until the socket has no more, takes no more, or the turn is
    /// over; `None` if nobody waits for that.
    #[inline]
    pub(super) fn run(&mut self, start: Start<'_>) -> Option<Fate> {
        let fate = match start {
            Start::Ready(ready) => self.run_ready(ready),
            Start::Answer(response) => self.run_answer(response)?,
            Start::Treated(treated) => self.run_treated(*treated)?,
            Start::Served => {
                self.exhaust = true;
                self.run_ready(Ready::READABLE)
            }
            Start::Expired(deadline) => self.run_expired(deadline),
            Start::Called => self.run_called()?,
            Start::Refused(refusal) => self.run_refusal(refusal),
            Start::Drain { recent } => self.run_drain(recent)?,
            Start::Evicted => Fate::Close,
            Start::Stream(opening) => self.run_opening(*opening)?,
            Start::More => self.run_stream()?,
            // Only connections of HTTP/2 have streams.
            Start::OfStream(..) => return None,
        };
        if fate == Fate::Close {
            self.transport.farewell();
        }
        Some(fate)
    }

    #[inline]
    fn run_ready(&mut self, ready: Ready) -> Fate {
        match self.begin(ready) {
            Ok(next) => self.go_on(next, ready).unwrap_or_else(|ended| ended),
            Err(ended) => ended,
        }
    }

    fn run_answer(&mut self, response: &Response) -> Option<Fate> {
        let next = self.machine.answered(response, &mut self.cx)?;
        Some(self.run_from(next))
    }

    #[cold]
    fn run_treated(&mut self, treated: Treated) -> Option<Fate> {
        let next = self.machine.treated(treated, &mut self.cx)?;
        Some(self.run_from(next))
    }

    fn run_opening(&mut self, opening: Opening) -> Option<Fate> {
        let next = self.machine.opened(opening, &mut self.cx)?;
        Some(self.run_from(next))
    }

    fn run_stream(&mut self) -> Option<Fate> {
        let next = self.machine.streamed(&mut self.cx)?;
        Some(self.run_from(next))
    }

    fn run_expired(&mut self, deadline: Deadline) -> Fate {
        if deadline == Deadline::Write {
            // The kernel announces room only when a good part of its buffer is free: a client
            // that reads slowly but steadily may have made some long before.
            match self.send_pending() {
                Ok(next) => return self.run_from(next),
                Err(Fate::Stay { moved: false }) => {}
                Err(ended) => return ended,
            }
        }
        let next = self.machine.expired(deadline, &mut self.cx);
        self.run_from(next)
    }

    fn run_called(&mut self) -> Option<Fate> {
        let next = self.machine.called(&mut self.cx)?;
        Some(self.run_from(next))
    }

    fn run_refusal(&mut self, refusal: Refusal) -> Fate {
        let next = self.machine.turn_away(refusal, &mut self.cx);
        self.run_from(next)
    }

    fn run_drain(&mut self, recent: bool) -> Option<Fate> {
        let next = self.machine.drain(recent, &mut self.cx)?;
        Some(self.run_from(next))
    }

    fn run_from(&mut self, next: Next) -> Fate {
        self.exhaust = true;
        let ready = Ready::READABLE;
        match self.flush() {
            Ok(()) => self.go_on(next, ready).unwrap_or_else(|ended| ended),
            Err(ended) => ended,
        }
    }

    #[inline]
    fn begin(&mut self, ready: Ready) -> Result<Next, Ended> {
        if self.machine.has_output() {
            return self.send_pending();
        }
        // What the last turn decided stands, whatever has come since it was cut off.
        if let Some(end) = self.machine.ending() {
            return Ok(end);
        }
        match (self.machine.state(), ready.next) {
            // Whatever was next before: requests behind this one wait for its answer.
            (State::Processing, next) if next != Some(Next::Stream) => Ok(Next::Wait),
            (_, Some(next)) => Ok(next),
            (_, None) if ready.readable => Ok(Next::Receive),
            (_, None) => Err(Fate::Stay { moved: false }),
        }
    }

    fn go_on(&mut self, mut next: Next, ready: Ready) -> Result<Fate, Ended> {
        for _ in 0..STEPS {
            match next {
                Next::Receive => {
                    let (after, drained) = self.receive(ready)?;
                    self.flush()?;
                    if drained && after == Next::Receive {
                        return Ok(self.stay());
                    }
                    next = after;
                }
                Next::Again => {
                    next = self.resume();
                    self.flush()?;
                }
                Next::Stream => {
                    next = self.machine.go_on_streaming(&mut self.cx);
                    self.flush()?;
                }
                // Who has left gets no answer: RFC 9112 section 9.6 lets a server stop working on
                // it, and the handler wants to know.
                Next::Wait if ready.read_closed => {
                    next = self.machine.end_of_stream(&mut self.cx);
                }
                Next::Wait => return Ok(self.stay()),
                Next::Close => return Ok(Fate::Close),
                Next::Reset => {
                    self.transport.reset();
                    return Ok(Fate::Close);
                }
                Next::Switch => return Ok(Fate::Switch),
                Next::Linger => {
                    self.transport.end();
                    self.machine.linger(self.cx.buffers);
                    next = Next::Receive;
                }
            }
        }
        Ok(Fate::Yield(Ready { next: Some(next), ..ready }))
    }

    fn stay(&self) -> Fate {
        Fate::Stay { moved: self.moved }
    }

    /// One receive and what the machine makes of it; whether the socket has no more for now.
    #[inline]
    fn receive(&mut self, ready: Ready) -> Result<(Next, bool), Ended> {
        let kept = self.machine.kept().len();
        let received = self.transport.receive(&mut self.scratch[kept..]);
        if self.transport.has_opened() {
            self.machine.shaken_hands();
        }
        match received {
            Ok(Received::End) => Ok((self.machine.end_of_stream(&mut self.cx), false)),
            Ok(Received::Octets { count, more }) => {
                let drained = !more && !ready.read_closed && !self.exhaust;
                Ok((self.received(kept, count, more), drained))
            }
            Ok(Received::Clear) => {
                Ok((self.machine.turn_away(Refusal::NotTls, &mut self.cx), false))
            }
            Ok(Received::Broken) => Ok((Next::Linger, false)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(self.stay()),
            Err(_) => Err(Fate::Reset),
        }
    }

    #[inline]
    fn received(&mut self, kept: usize, count: usize, more: bool) -> Next {
        if count == 0 {
            return Next::Receive;
        }
        self.moved = true;
        if T::COUNTS {
            self.cx.stats.bytes_received.add(count as u64);
        }
        if kept > 0 {
            self.scratch[..kept].copy_from_slice(self.machine.kept());
        }
        let next = self.take_in(kept + count, count);
        // What is unread at a close would make it a reset.
        if next == Next::Close && more { Next::Linger } else { next }
    }

    /// The machine again, with what it kept.
    fn resume(&mut self) -> Next {
        let kept = self.machine.kept().len();
        self.scratch[..kept].copy_from_slice(self.machine.kept());
        self.take_in(kept, kept)
    }

    /// Has the machine go through the first `length` octets of the scratch, of which the last `fresh`
    /// ones are new.
    #[inline]
    fn take_in(&mut self, length: usize, fresh: usize) -> Next {
        if T::EARLY && self.transport.early() > 0 {
            return self.take_in_early(length, fresh);
        }
        self.machine.received(&self.scratch[..length], fresh, &mut self.cx)
    }

    #[cold]
    fn take_in_early(&mut self, length: usize, fresh: usize) -> Next {
        let (early, input) = (self.transport.early(), &self.scratch[..length]);
        let next = self.machine.received_early(input, fresh, early, &mut self.cx);
        let used = length.saturating_sub(self.machine.kept().len());
        self.transport.keep_early(early.saturating_sub(used));
        next
    }

    /// Sends what the machine has prepared; the rest becomes the connection's own output.
    #[inline]
    fn flush(&mut self) -> Result<(), Ended> {
        if !self.cx.out.is_empty() {
            self.flush_out()?;
        }
        // In WRITING it is the socket's turn; otherwise this is a shared body, just prepared.
        if self.machine.state() == State::Writing || !self.machine.has_output() {
            return Ok(());
        }
        // What is next was said already, by whoever prepared it.
        self.send_pending().map(|_| ())
    }

    #[inline]
    fn flush_out(&mut self) -> Result<(), Ended> {
        match self.send(false) {
            Ok(count) if count == self.cx.out.len() => {
                self.cx.out.clear();
                self.cx.out.shrink_to(KEEP_OUT);
                Ok(())
            }
            other => Err(self.not_flushed(other)),
        }
    }

    /// How a turn ends whose output was not `sent`, or not all of it.
    #[cold]
    fn not_flushed(&mut self, sent: io::Result<usize>) -> Ended {
        let count = match sent {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
            Err(_) => {
                self.cx.out.clear();
                return Fate::Reset;
            }
        };
        self.machine.not_sent(&self.cx.out[count..], self.cx.buffers);
        self.cx.out.clear();
        self.cx.out.shrink_to(KEEP_OUT);
        self.stay()
    }

    /// Sends what waited, and the shared body behind it.
    #[inline(never)]
    fn send_pending(&mut self) -> Result<Next, Ended> {
        let mut parts = 0;
        loop {
            if self.machine.file().is_some() {
                parts += 1;
                match self.send_file(parts)? {
                    Some(next) => return Ok(next),
                    None => continue,
                }
            }
            let offered = self.machine.output().len();
            let blocked = match self.send(true) {
                Ok(count) => {
                    if let Some(next) = self.machine.sent(count, &mut self.cx) {
                        return Ok(next);
                    }
                    count < offered
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => true,
                Err(_) => return Err(Fate::Reset),
            };
            if blocked {
                self.machine.blocked();
                return Err(self.stay());
            }
        }
    }

    /// Sends a part of a file. Says what is next once nothing is left.
    #[cold]
    fn send_file(&mut self, parts: u32) -> Result<Option<Next>, Ended> {
        if parts > STEPS {
            self.machine.blocked();
            return Err(Fate::Yield(Ready { readable: false, read_closed: false, next: None }));
        }
        let Some(part) = self.machine.file() else { return Ok(None) };
        let length = usize::try_from(part.length).unwrap_or(usize::MAX).min(FILE_PART);
        match self.transport.send_file(&part, length, self.scratch) {
            // It has become shorter: the client must not wait for the rest.
            Ok(0) => Err(Fate::Close),
            Ok(count) => {
                self.moved = true;
                if T::COUNTS {
                    self.cx.stats.bytes_sent.add(count as u64);
                }
                Ok(self.machine.sent(count, &mut self.cx))
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.machine.blocked();
                Err(self.stay())
            }
            Err(_) => Err(Fate::Reset),
        }
    }

    /// Sends the output that waited, or `out`.
    #[inline]
    fn send(&mut self, pending: bool) -> io::Result<usize> {
        let bytes = if pending { self.machine.output() } else { &self.cx.out[..] };
        let count = self.transport.send(bytes)?;
        self.moved |= count > 0;
        if T::COUNTS {
            self.cx.stats.bytes_sent.add(count as u64);
        }
        Ok(count)
    }
}
