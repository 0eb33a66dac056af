//! Every answer, counted and told to those who watch.

use super::recording::record_kept;
use super::{Context, Machine};
use crate::clients::Peer;
use crate::connection::counting::{count_refusal, count_response};
use crate::connection::watchers::{Answer, Asked, Client, Kept, Question};
use crate::connection::{Key, Watchers};
use crate::http::head::{FieldSlots, Parsed};
use crate::http::{Head, Refusal};
use crate::record::Draft;
use crate::responder::source::Source;

/// Counts the answer to a request.
#[inline]
pub(super) fn count_answer(status: u16, refusal: Option<Refusal>, cx: &Context<'_>) {
    cx.stats.requests_handled.add(1);
    count_response(status, cx.stats);
    if let Some(refusal) = refusal {
        count_refusal(refusal, cx.stats);
    }
}

impl Machine {
    /// Tells those who watch of the answer to a request with this head, which stands in the output
    /// from `start` on, with `shared` octets of its body elsewhere.
    #[cold]
    pub(super) fn tell_answer(
        &self,
        head: &Head<'_, '_>,
        (start, shared): (usize, u64),
        (status, source, begun): (u16, Source, u64),
        cx: &mut Context<'_>,
    ) {
        if cx.watchers.want_details() {
            let answer = Answer::written(&cx.out[start..], shared, status, source).since(begun);
            self.tell(&Question::Asked(Asked::of(head)), &answer, cx);
        } else {
            let answer = Answer::in_brief(status, source).since(begun);
            self.tell(&Question::Asked(Asked::in_brief(head)), &answer, cx);
        }
    }

    /// Tells of a refusal that stands in the output from `start` on; `raw` is what came.
    #[cold]
    pub(super) fn tell_refusal(&self, raw: &[u8], start: usize, status: u16, cx: &mut Context<'_>) {
        self.record_refusal(raw, start, status, cx);
        let begun = cx.watchers.begun();
        let answer = Answer::written(&cx.out[start..], 0, status, Source::REFUSED).since(begun);
        let mut slots = FieldSlots::new();
        match self.parse(raw, &mut slots, cx) {
            // It is its body that was refused.
            Parsed::Complete(head) => self.tell(&Question::Asked(Asked::of(&head)), &answer, cx),
            _ => self.tell(&Question::line(raw), &answer, cx),
        }
    }

    /// Keeps what those who watch want to know of a request whose answer comes later.
    #[cold]
    pub(super) fn keep(
        &mut self,
        head: &Head<'_, '_>,
        body: &[u8],
        answer: Answer,
        cx: &mut Context<'_>,
    ) {
        let mut kept = Box::new(Kept::new(&Asked::of(head), answer));
        kept.draft = cx.watchers.records().map(|extent| Box::new(Draft::of(head, body, extent)));
        self.pending_mut(cx).kept = Some(kept);
    }

    /// Tells of the answer to a request of which something was kept, as `complete` knows it now.
    pub(super) fn tell_kept(
        &mut self,
        complete: impl FnOnce(&Context<'_>, &Answer) -> Answer,
        cx: &mut Context<'_>,
    ) {
        if let Some(mut kept) = self.pending.as_mut().and_then(|pending| pending.kept.take()) {
            let answer = complete(cx, &kept.answer);
            self.tell(&Question::Asked(kept.asked()), &answer, cx);
            record_kept(kept.draft.take(), answer.status, answer.begun, cx.watchers);
        }
    }

    /// The connection is about to go: tells of a request that gets no answer any more, or
    /// not the rest of it.
    pub(crate) fn tell_forsaken(&mut self, key: Key, peer: Peer<'_>, watchers: &mut Watchers) {
        if let Some(mut kept) = self.pending.as_mut().and_then(|pending| pending.kept.take()) {
            let client = Client { key, peer, listener: self.listener() };
            let stream = self.pending.as_ref().and_then(|pending| pending.stream.as_ref());
            let answer = match stream {
                Some(feed) => kept.answer.with_body(feed.sent()),
                None => Answer::none(kept.answer.source).since(kept.answer.begun),
            };
            watchers.see(&client, &Question::Asked(kept.asked()), &answer);
            record_kept(kept.draft.take(), answer.status, kept.answer.begun, watchers);
        }
    }

    fn tell(&self, question: &Question<'_>, answer: &Answer, cx: &mut Context<'_>) {
        let client = Client { key: cx.client, peer: cx.peer(), listener: self.listener() };
        cx.watchers.see(&client, question, answer);
    }
}
