//! What happens to a connection, sans-IO: it is given octets, an end of stream, an answer or an
//! expired deadline, appends what shall be sent to `Context::out`, and says what it wants next.
//!
//! The caller sends `out` after every call and reports what the socket did not take with
//! [`Machine::not_sent`]; only then is there a WRITING state.

mod arrival;
mod early;
mod performing;
mod recording;
mod repeating;
mod requests;
mod streams;
mod telling;
mod timing;
mod uploads;

use super::buffers::Pending;
use super::watchers::Answer;
use super::{Alarms, Buffers, Deadline, Key, Repeats, State, Watchers};
use crate::clients::Guests;
use crate::config::Settings;
use crate::http::{DateLine, Refusal};
use crate::log::Limiter;
use crate::responder::deferred::Post;
use crate::responder::response::{FilePart, Persistence, SharedBody, Wire};
use crate::responder::{Responder, Response, Secured};
use crate::stats::Cells;
use crate::worker::MAX_LISTENERS;
use requests::Step;
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use telling::count_answer;

#[cfg(feature = "tls")]
pub(crate) use arrival::Introduction;
pub(crate) use repeating::Recall;
pub(crate) use timing::RECENT;

/// Octets of prepared answers at which pipelined requests wait until they are sent: what one
/// connection can make the server hold.
const OUT_BOUND: usize = 64 * 1024;

/// What a connection wants once `out` is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// More octets from the client.
    Receive,
    /// [`Machine::received`] with what it kept.
    Again,
    /// The answer of a handler.
    Wait,
    /// [`Machine::go_on_streaming`]: more of the answer.
    Stream,
    /// To be closed.
    Close,
    /// A half-close, then [`Machine::linger`].
    Linger,
    /// To be reset.
    Reset,
    /// To be spoken to in HTTP/2; what it kept is how that begins.
    Switch,
}

/// How a connection ends after its output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// Not at all.
    Open,
    /// The server drains, and a request is most likely on the way: closed if none comes soon.
    Spared,
    /// The client asked for it and waits for nothing else.
    Close,
    /// The client may still be sending: an immediate close could cost it the answer (RFC 9112
    /// section 9.6).
    Linger,
    /// By a reset: a rule wants it.
    Reset,
}

/// What a machine may use during one call.
pub(crate) struct Context<'w> {
    pub(crate) settings: &'w Settings,
    pub(crate) responder: &'w Responder,
    pub(crate) stats: &'w Cells,
    pub(crate) date: &'w DateLine,
    pub(crate) buffers: &'w mut Buffers,
    pub(crate) alarms: &'w mut Alarms,
    pub(crate) out: &'w mut Vec<u8>,
    pub(crate) post: &'w Arc<dyn Post>,
    /// Who is called and answered: the connection, or a stream of it.
    pub(crate) key: Key,
    /// The connection.
    pub(crate) client: Key,
    /// To be asked for the address of the other end.
    pub(crate) peer: Option<BorrowedFd<'w>>,
    /// What is known of the client where it speaks TLS.
    pub(crate) secured: Option<Secured<'w>>,
    pub(crate) guests: &'w mut Guests,
    pub(crate) draining: bool,
    pub(crate) limiter: &'w Limiter,
    pub(crate) watchers: &'w mut Watchers,
    pub(crate) repeats: &'w mut Repeats,
}

/// Set as long as the PROXY header that the connection begins with has not come.
const AWAITS_HEADER: u16 = 1 << 15;

/// Set for a stream of HTTP/2.
const STREAM: u16 = 1 << 14;

const _: () = assert!(MAX_LISTENERS <= STREAM as usize);

/// The state of one connection.
#[derive(Debug)]
pub(crate) struct Machine {
    state: State,
    ending: Ending,
    /// The number of the listener that accepted it, and [`AWAITS_HEADER`] or [`STREAM`].
    listener: u16,
    requests: u32,
    pending: Option<Box<Pending>>,
}

impl Machine {
    pub(crate) fn new(listener: u16) -> Self {
        Machine {
            state: State::Reading,
            ending: Ending::Open,
            listener,
            requests: 0,
            pending: None,
        }
    }

    /// A connection that begins with a PROXY header.
    pub(crate) fn with_header(listener: u16) -> Self {
        Machine::new(listener | AWAITS_HEADER)
    }

    /// A stream of a connection of HTTP/2, which is one to everything behind it.
    pub(crate) fn of_stream(listener: u16) -> Self {
        Machine::new(listener | STREAM)
    }

    /// The number of the listener that accepted it.
    #[inline]
    pub(crate) fn listener(&self) -> u16 {
        self.listener & !(AWAITS_HEADER | STREAM)
    }

    /// Whether the PROXY header that it begins with has not come.
    #[inline]
    pub(crate) fn awaits_header(&self) -> bool {
        self.listener & AWAITS_HEADER != 0
    }

    /// Whether it is a stream of HTTP/2.
    #[inline]
    pub(super) fn is_stream(&self) -> bool {
        self.listener & STREAM != 0
    }

    /// Whether a request waits for its answer, or for the rest of it.
    pub(crate) fn is_held(&self) -> bool {
        self.pending.as_ref().is_some_and(|pending| pending.is_held())
    }

    /// The connection speaks HTTP/2, and is in this state.
    pub(crate) fn assume(&mut self, state: State) {
        self.state = state;
    }

    /// The connection speaks HTTP/2, and has one more request.
    pub(crate) fn count_stream(&mut self) {
        self.requests = self.requests.wrapping_add(1);
    }

    /// Gives out what was kept, and holds nothing any more.
    pub(crate) fn take_kept(&mut self, buffers: &mut Buffers) -> Vec<u8> {
        let Some(mut pending) = self.pending.take() else { return Vec::new() };
        let kept = std::mem::take(&mut pending.input);
        buffers.take_back(pending);
        kept
    }

    pub(crate) fn state(&self) -> State {
        self.state
    }

    /// How many requests were answered or handed to a handler.
    pub(crate) fn requests(&self) -> u32 {
        self.requests
    }

    /// Whether it stood between two requests in `before`, a state and a number of requests, and
    /// stands there again, with others answered and nothing pending.
    #[inline]
    pub(crate) fn is_idle_since(&self, before: (State, u32)) -> bool {
        let is_idle = before.0 == State::KeepAlive && self.state == State::KeepAlive;
        is_idle && self.requests != before.1 && self.pending.is_none()
    }

    /// The deadline that should run.
    #[inline]
    pub(crate) fn deadline(&self) -> Option<Deadline> {
        let in_body = self.pending.as_ref().is_some_and(|p| p.incoming.is_some());
        self.state.deadline(in_body)
    }

    /// How the connection ends, if its last answer is prepared and it does not linger yet.
    #[inline]
    pub(crate) fn ending(&self) -> Option<Next> {
        match self.ending {
            Ending::Close => Some(Next::Close),
            Ending::Reset => Some(Next::Reset),
            Ending::Linger if self.state != State::Closing => Some(Next::Linger),
            Ending::Linger | Ending::Open | Ending::Spared => None,
        }
    }

    /// Octets received before and not yet used; the next ones belong behind them.
    #[inline]
    pub(crate) fn kept(&self) -> &[u8] {
        self.pending.as_ref().map_or(&[], |pending| &pending.input)
    }

    /// Octets to be sent next: those that the socket did not take, then a shared body.
    #[inline]
    pub(crate) fn output(&self) -> &[u8] {
        let Some(pending) = &self.pending else { return &[] };
        match &pending.shared_body {
            Some(body) if pending.output.is_empty() => body.rest(),
            _ => &pending.output[pending.sent..],
        }
    }

    /// Whether there is anything to be sent that was prepared before.
    #[inline]
    pub(crate) fn has_output(&self) -> bool {
        let waits = |pending: &Pending| !pending.output.is_empty() || pending.shared_body.is_some();
        self.pending.as_deref().is_some_and(waits)
    }

    /// The part of a file that is to be sent next.
    pub(crate) fn file(&self) -> Option<FilePart<'_>> {
        let pending = self.pending.as_ref().filter(|pending| pending.output.is_empty())?;
        pending.shared_body.as_ref()?.file()
    }

    /// Event: there is TLS to agree on first.
    pub(crate) fn begin_handshake(&mut self) {
        self.state = State::Handshake;
    }

    /// Event: TLS is agreed on.
    pub(crate) fn shaken_hands(&mut self) {
        if self.state == State::Handshake {
            self.state = State::Reading;
        }
    }

    /// Event: octets arrived. `input` is what was kept before and, behind it, `fresh` new ones.
    #[inline]
    pub(crate) fn received(&mut self, input: &[u8], fresh: usize, cx: &mut Context<'_>) -> Next {
        self.go_through(input, fresh, cx, |machine, at, cx| machine.step(&input[at..], cx))
    }

    /// Has `step` take request after request from `input`, each from where the one before ended.
    #[inline(always)]
    fn go_through(
        &mut self,
        input: &[u8],
        fresh: usize,
        cx: &mut Context<'_>,
        step: impl Fn(&mut Self, usize, &mut Context<'_>) -> Step,
    ) -> Next {
        if self.state == State::Closing {
            return Next::Receive;
        }
        if self.awaits_header() {
            return self.read_header(input, cx);
        }
        if self.still_no_line(input, fresh, cx) {
            self.pending_mut(cx).input.extend_from_slice(&input[input.len() - fresh..]);
            return Next::Receive;
        }
        cx.watchers.received();
        let mut at = 0;
        let next = loop {
            match step(self, at, cx) {
                Step::Answered(used) => at += used,
                Step::Stop(used, next) => {
                    at += used;
                    break next;
                }
            }
        };
        self.finish(next, &input[at..], cx)
    }

    /// Event: the client will send nothing more.
    pub(crate) fn end_of_stream(&mut self, cx: &mut Context<'_>) -> Next {
        let in_request = self
            .pending
            .as_ref()
            .is_some_and(|p| !p.input.is_empty() || p.incoming.is_some() || p.is_held());
        if in_request && matches!(self.state, State::Reading | State::Processing) {
            cx.stats.disconnects_early.add(1);
        }
        Next::Close
    }

    /// Event: the socket took nothing more of [`Machine::output`].
    pub(crate) fn blocked(&mut self) {
        self.state = State::Writing;
    }

    /// Event: the socket did not take `rest`, the end of `out`.
    pub(crate) fn not_sent(&mut self, rest: &[u8], buffers: &mut Buffers) {
        self.state = State::Writing;
        let pending = self.pending.get_or_insert_with(|| buffers.lend());
        pending.output.extend_from_slice(rest);
    }

    /// Event: the socket took `count` octets of [`Machine::output`]. Says what is next once it
    /// has taken all.
    pub(crate) fn sent(&mut self, count: usize, cx: &mut Context<'_>) -> Option<Next> {
        let pending = self.pending_mut(cx);
        if pending.output.is_empty() {
            if pending.shared_body.as_mut().is_some_and(|body| !body.sent(count)) {
                return None;
            }
            pending.shared_body = None;
        } else {
            pending.sent += count;
            if let Some(feed) = &mut pending.stream {
                feed.settle(pending.output.len() - pending.sent);
            }
            if pending.sent < pending.output.len() {
                return None;
            }
            pending.output.clear();
            pending.sent = 0;
            if pending.shared_body.is_some() {
                return None;
            }
        }
        // Of a body that its handler takes as it arrives, there is more to come.
        let receives = pending.incoming.as_ref().is_some_and(|incoming| !incoming.is_paused());
        let held = pending.is_held() && !receives;
        let streams = pending.stream.is_some();
        if let Some(script) = &pending.script {
            cx.alarms.set(cx.key, script.pause());
        }
        Some(match self.ending() {
            Some(end) => end,
            None if held => {
                self.state = State::Processing;
                if streams { Next::Stream } else { Next::Wait }
            }
            None => {
                self.state = State::Reading;
                Next::Again
            }
        })
    }

    /// Event: the deferred answer has come. `None` where nobody waits for one.
    pub(crate) fn answered(&mut self, response: &Response, cx: &mut Context<'_>) -> Option<Next> {
        let held = self.pending.as_mut()?.held.take()?;
        let close = self.stop_upload()
            || cx.draining
            || response.closes()
            || held.persistence == Persistence::Close;
        let persistence = if close { Persistence::Close } else { held.persistence };
        let head_only = held.head_only;
        let server = cx.responder.server_line();
        let wire = Wire { date: cx.date, head_only, persistence, server, extra: b"" };
        let start = cx.out.len();
        let shared_body = response.write_sharing(cx.out, &wire);
        let shared = shared_body.as_ref().map_or(0, SharedBody::left);
        self.pending_mut(cx).shared_body = shared_body;
        self.note_answer(start, cx);
        let status = response.status();
        count_answer(status, None, cx);
        let answer = |cx: &Context<'_>, kept: &Answer| {
            Answer::written(&cx.out[start..], shared, status, kept.source).since(kept.begun)
        };
        self.tell_kept(answer, cx);
        cx.stats.deferred_answers.add(1);
        if close {
            self.ending = Ending::Linger;
        }
        if self.state == State::Writing {
            // Behind what waits already: octets go out in the order of their requests.
            self.queue_out(cx);
            return Some(Next::Wait);
        }
        self.state = State::Reading;
        Some(if close { Next::Linger } else { Next::Again })
    }

    /// Accounts for what the connection holds after a turn; whether it may hold it.
    #[inline]
    pub(crate) fn account(&mut self, buffers: &mut Buffers) -> bool {
        self.pending.as_mut().is_none_or(|pending| buffers.account(pending))
    }

    /// Event: there is no room for the connection.
    pub(crate) fn turn_away(&mut self, refusal: Refusal, cx: &mut Context<'_>) -> Next {
        let Step::Stop(_, next) = self.refuse(refusal, b"", cx) else { return Next::Close };
        next
    }

    /// Event: the half-close is done; what still comes is thrown away.
    pub(crate) fn linger(&mut self, buffers: &mut Buffers) {
        self.release(buffers);
        self.state = State::Closing;
    }

    /// Event: the connection is gone.
    pub(crate) fn release(&mut self, buffers: &mut Buffers) {
        self.state = State::Idle;
        if let Some(pending) = self.pending.take() {
            buffers.take_back(pending);
        }
    }

    /// Whether a head that was incomplete cannot have become complete: no line end is new. Spares
    /// parsing the same head again for each octet of a slow client.
    #[inline]
    fn still_no_line(&self, input: &[u8], fresh: usize, cx: &Context<'_>) -> bool {
        // With nothing new it is asked for what it kept behind a request that is answered now.
        let partial = self.state == State::Reading
            && fresh > 0
            && input.len() > fresh
            && self.pending.as_ref().is_some_and(|pending| pending.incoming.is_none());
        partial
            && input.len() <= cx.settings.limits.max_head
            && memchr::memchr(b'\n', &input[input.len() - fresh..]).is_none()
    }

    /// Keeps what is still needed and gives back what is not.
    #[inline]
    fn finish(&mut self, next: Next, rest: &[u8], cx: &mut Context<'_>) -> Next {
        let next = match next {
            // More requests behind the last one: the client is still sending.
            Next::Close if !rest.is_empty() => Next::Linger,
            other => other,
        };
        match next {
            Next::Close => self.ending = Ending::Close,
            Next::Linger => self.ending = Ending::Linger,
            Next::Reset => self.ending = Ending::Reset,
            Next::Receive | Next::Again | Next::Wait | Next::Stream | Next::Switch
                if !rest.is_empty() =>
            {
                let input = &mut self.pending_mut(cx).input;
                input.clear();
                input.extend_from_slice(rest);
                return next;
            }
            Next::Receive | Next::Again | Next::Wait | Next::Stream | Next::Switch => {}
        }
        if let Some(pending) = &mut self.pending {
            pending.input.clear();
            if pending.is_empty() {
                self.pending.take().into_iter().for_each(|pending| cx.buffers.take_back(pending));
            }
        }
        next
    }

    fn pending_mut(&mut self, cx: &mut Context<'_>) -> &mut Pending {
        self.pending.get_or_insert_with(|| cx.buffers.lend())
    }
}

/// Whether a request that may be malformed asks for HEAD: its answer has no body all the same.
fn is_head(request: &[u8]) -> bool {
    let start = request.iter().position(|&octet| octet != b'\r' && octet != b'\n');
    start.is_some_and(|start| request[start..].starts_with(b"HEAD "))
}
