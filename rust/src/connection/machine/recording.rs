//! What of a request and its answer goes into the record, where there is one.

use super::{Context, Machine};
use crate::connection::Watchers;
use crate::connection::watchers::Question;
use crate::http::Head;
use crate::http::head::{FieldSlots, Parsed};
use crate::record::Draft;
use crate::responder::response::SharedBody;

impl Machine {
    /// Records a request with this head whose answer stands in the output from `start` on, with more of its
    /// body elsewhere.
    #[cold]
    pub(super) fn record_answer(
        &self,
        (head, body): (&Head<'_, '_>, &[u8]),
        (start, shared): (usize, Option<&SharedBody>),
        status: u16,
        cx: &mut Context<'_>,
    ) {
        let Some(extent) = cx.watchers.records() else { return };
        let mut draft = Draft::of(head, body, extent);
        add(&mut draft, &cx.out[start..], shared);
        cx.watchers.record(draft, status, cx.watchers.begun());
    }

    /// Records what began with the octets `raw` and was refused.
    #[cold]
    pub(super) fn record_refusal(
        &self,
        raw: &[u8],
        start: usize,
        status: u16,
        cx: &mut Context<'_>,
    ) {
        let Some(extent) = cx.watchers.records() else { return };
        let mut slots = FieldSlots::new();
        let mut draft = match self.parse(raw, &mut slots, cx) {
            Parsed::Complete(head) => Draft::of(&head, b"", extent),
            _ => match Question::line(raw) {
                Question::Line(line) => Draft::of_line(line, extent),
                Question::Asked(_) => return,
            },
        };
        draft.answer(&cx.out[start..]);
        cx.watchers.record(draft, status, cx.watchers.begun());
    }

    /// The body of the request in hand is recorded as it arrives.
    #[cold]
    pub(super) fn record_arriving(&mut self) {
        let kept = self.pending.as_mut().and_then(|pending| pending.kept.as_mut());
        if let Some(kept) = kept {
            kept.draft = kept.draft.take().map(|draft| Box::new(draft.arriving()));
        }
    }

    /// What is recorded of a request whose body is still to come.
    pub(super) fn arriving_draft(&mut self) -> Option<&mut Draft> {
        let kept = self.pending.as_mut()?.kept.as_mut()?;
        kept.draft.as_deref_mut().filter(|draft| draft.is_arriving())
    }

    /// The answer that was waited for stands in the output from `start` on.
    pub(super) fn note_answer(&mut self, start: usize, cx: &Context<'_>) {
        let Some(pending) = &mut self.pending else { return };
        let Some(draft) = pending.kept.as_mut().and_then(|kept| kept.draft.as_mut()) else {
            return;
        };
        add(draft, &cx.out[start..], pending.shared_body.as_ref());
    }

    /// The answer that was waited for has these octets too.
    pub(super) fn note_octets(&mut self, octets: &[u8]) {
        let kept = self.pending.as_mut().and_then(|pending| pending.kept.as_mut());
        if let Some(draft) = kept.and_then(|kept| kept.draft.as_mut()) {
            draft.answer(octets);
        }
    }
}

/// Records a request of which something was kept.
pub(super) fn record_kept(draft: Option<Box<Draft>>, status: u16, begun: u64, to: &mut Watchers) {
    if let Some(draft) = draft {
        to.record(*draft, status, begun);
    }
}

fn add(draft: &mut Draft, octets: &[u8], shared: Option<&SharedBody>) {
    draft.answer(octets);
    if let Some(body) = shared {
        draft.answer(body.rest());
        if let Some(part) = body.file() {
            draft.answer_file(part.file, part.offset, part.length);
        }
    }
}
