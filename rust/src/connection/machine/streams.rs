//! Answers whose body comes piece by piece: from the stream into the output, and what follows.

use super::telling::count_answer;
use super::{Context, Ending, Machine, Next};
use crate::connection::State;
use crate::responder::response::{Persistence, Wire};
use crate::responder::stream::{End, Fetched, Opening};

impl Machine {
    /// Event: the deferred answer begins, its body will follow. `None` where nobody waits for one.
    pub(crate) fn opened(&mut self, opening: Opening, cx: &mut Context<'_>) -> Option<Next> {
        let Opening { head, mut feed } = opening;
        let held = self.pending.as_mut()?.held.take()?;
        feed.last |= self.stop_upload()
            || cx.draining
            || head.closes()
            || held.persistence == Persistence::Close;
        let persistence = if feed.last { Persistence::Close } else { held.persistence };
        let server = cx.responder.server_line();
        let wire = Wire { date: cx.date, head_only: true, persistence, server, extra: b"" };
        let start = cx.out.len();
        head.write(cx.out, &wire);
        count_answer(head.status(), None, cx);
        cx.stats.deferred_answers.add(1);
        cx.stats.streams_begun.add(1);
        let head_octets = (cx.out.len() - start) as u64;
        self.note_answer(start, cx);
        let pending = self.pending_mut(cx);
        pending.stream = Some(feed);
        if let Some(kept) = &mut pending.kept {
            kept.answer.status = head.status();
            kept.answer.octets = head_octets;
        }
        if self.state == State::Writing {
            self.queue_out(cx);
            return Some(Next::Wait);
        }
        self.state = State::Processing;
        Some(self.fetch(cx))
    }

    /// Event: there may be more of the stream, or more of a paused body is wanted. `None` where there is none, or where it has to wait
    /// until what was sent before is gone.
    pub(crate) fn streamed(&mut self, cx: &mut Context<'_>) -> Option<Next> {
        if let Some(next) = self.resume_upload() {
            return Some(next);
        }
        let streams = self.pending.as_ref().is_some_and(|pending| pending.stream.is_some());
        (streams && self.state == State::Processing).then(|| self.fetch(cx))
    }

    /// What is next for a connection that is to go on with its stream.
    pub(crate) fn go_on_streaming(&mut self, cx: &mut Context<'_>) -> Next {
        match self.streamed(cx) {
            Some(next) => next,
            // It has ended meanwhile.
            None if self.state == State::Processing => Next::Wait,
            None => Next::Again,
        }
    }

    /// Notes what the socket has taken of the stream.
    pub(super) fn settle_stream(&mut self) {
        let Some(pending) = &mut self.pending else { return };
        if let Some(feed) = &mut pending.stream {
            feed.settle(pending.output.len() - pending.sent);
        }
    }

    /// Moves what is prepared behind the output that waits: octets go out in the order of their
    /// requests.
    pub(super) fn queue_out(&mut self, cx: &mut Context<'_>) {
        let mut out = std::mem::take(cx.out);
        self.pending_mut(cx).output.append(&mut out);
        *cx.out = out;
    }

    /// Fetches octets of the stream, all that were sent before being gone.
    fn fetch(&mut self, cx: &mut Context<'_>) -> Next {
        self.settle_stream();
        let pending = self.pending_mut(cx);
        let Some(feed) = &mut pending.stream else { return Next::Wait };
        match feed.fetch(&mut pending.output) {
            Fetched::Nothing => Next::Wait,
            Fetched::End(end) => self.end_stream(end, cx),
            Fetched::Octets => {
                if let Some(draft) = pending.kept.as_mut().and_then(|kept| kept.draft.as_mut()) {
                    draft.answer(&pending.output);
                }
                // Behind a head, which nothing may come before.
                if !cx.out.is_empty() {
                    cx.out.append(&mut pending.output);
                }
                Next::Stream
            }
        }
    }

    fn end_stream(&mut self, end: End, cx: &mut Context<'_>) -> Next {
        let feed = self.pending.as_mut().and_then(|pending| pending.stream.take());
        let Some(feed) = feed else { return Next::Again };
        self.tell_kept(|_, kept| kept.with_body(feed.sent()), cx);
        if end == End::Cut {
            cx.stats.streams_cut.add(1);
        }
        self.ending = match end {
            // Only a reset tells the end of the connection from the end of the body then.
            End::Cut if feed.is_cut_by_reset(end) => Ending::Reset,
            End::Cut => Ending::Linger,
            End::Whole if feed.last || cx.draining => Ending::Linger,
            End::Whole => self.ending,
        };
        self.state = State::Reading;
        self.ending().unwrap_or(Next::Again)
    }
}
