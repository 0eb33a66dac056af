//! Bodies that their handler takes as they arrive: it has the request from the end of the head on.

use super::arrival::is_over_rate;
use super::requests::{CONTINUE, Step};
use super::telling::count_answer;
use super::{Context, Machine, Next};
use crate::connection::State;
use crate::connection::counting::note_fault;
use crate::connection::incoming::{Incoming, Sink};
use crate::connection::watchers::Answer;
use crate::http::{BodyDecoder, Framing, Head, Method, Refusal};
use crate::responder::deferred::Held;
use crate::responder::exchange::{DeferSource, HandlerFault, Outcome};
use crate::responder::response::{Persistence, SharedBody};
use crate::responder::upload::Intake;
use crate::responder::{Exchange, Request};

impl Machine {
    /// Offers a request whose body is still to come to the routes that take bodies as they arrive.
    /// `None` if there are none, or they decline.
    #[cold]
    pub(super) fn offer(
        &mut self,
        head: &Head<'_, '_>,
        input: &[u8],
        cx: &mut Context<'_>,
    ) -> Option<Step> {
        let limit = cx.responder.takes_upload(head)?;
        if cx.settings.clients.rate_per_client != 0 && is_over_rate(cx) {
            // Its body is not read for this: the answer is the last one.
            return Some(self.refuse(Refusal::ClientRate, input, cx));
        }
        let max_body = if limit == 0 { cx.settings.max_body } else { limit };
        let decoder = match BodyDecoder::new(head.framing, max_body) {
            Ok(decoder) => decoder,
            Err(refusal) => return Some(self.refuse(refusal, input, cx)),
        };
        let (version, head_only) = (head.version, head.method == Method::Head);
        let (post, key, settings) = (cx.post, cx.key, cx.settings);
        let source = DeferSource { post, key, version, settings };
        let start = cx.out.len();
        let mut request = Request::new(head, b"", cx.peer());
        request.secured = cx.secured;
        request.listener = self.listener();
        // Where the next request begins is not known before the body is read: an answer now is the
        // last one.
        let mut exchange =
            Exchange::new(cx.out, cx.date, head_only, Persistence::Close, Some(source));
        if !cx.responder.offer(&mut request, &mut exchange) {
            return None;
        }
        let fault = exchange.fault();
        let shared_body = exchange.take_shared_body();
        let source = exchange.source();
        let outcome = exchange.into_outcome();
        if let Some(fault) = fault {
            note_fault(fault, head.path, cx);
        }
        let (persistence, _) = self.count_request(head, cx);
        let begun = cx.watchers.begun();
        let (shared, sink) = match outcome {
            Outcome::Deferred(shared) => (shared, Sink::Unwanted),
            Outcome::Receiving(shared, intake) => (shared, Sink::Upload(intake)),
            outcome => {
                let status = outcome.status().unwrap_or(500);
                count_answer(status, None, cx);
                if cx.watchers.is_on() {
                    self.record_answer((head, b""), (start, shared_body.as_ref()), status, cx);
                    let shared = shared_body.as_ref().map_or(0, SharedBody::left);
                    self.tell_answer(head, (start, shared), (status, source, begun), cx);
                }
                if shared_body.is_some() {
                    self.pending_mut(cx).shared_body = shared_body;
                }
                return Some(Step::Stop(head.len, Next::Linger));
            }
        };
        if cx.watchers.is_on() {
            self.keep(head, b"", Answer { begun, ..Answer::none(source) }, cx);
            self.record_arriving();
        }
        self.pending_mut(cx).held = Some(Held { shared, head_only, persistence });
        let mut incoming = Incoming::new(decoder, sink);
        incoming.head.extend_from_slice(&input[..head.len]);
        let rest = &input[head.len..];
        if head.expect_continue && rest.is_empty() && incoming.is_upload() {
            cx.out.extend_from_slice(CONTINUE);
            cx.stats.responses_1xx.add(1);
        }
        Some(match self.take_in(incoming, rest, cx) {
            Step::Stop(used, next) => Step::Stop(head.len + used, next),
            Step::Answered(used) => Step::Answered(head.len + used),
        })
    }

    /// Goes on with a body whose handler has the request already.
    #[cold]
    pub(super) fn take_in(
        &mut self,
        mut incoming: Incoming,
        input: &[u8],
        cx: &mut Context<'_>,
    ) -> Step {
        let wanted = incoming.is_upload();
        let progress = match incoming.take_in(input, self.arriving_draft()) {
            Ok(progress) => progress,
            Err(refusal) => {
                self.forsake(cx);
                return self.refuse(refusal, &incoming.head, cx);
            }
        };
        let panicked = wanted && !incoming.is_upload();
        if progress.done && !incoming.is_paused() {
            let panicked = incoming.end() || panicked;
            self.note_panic(panicked, &incoming, cx);
            self.state = State::Processing;
            return Step::Stop(progress.consumed, Next::Wait);
        }
        self.note_panic(panicked, &incoming, cx);
        let next = if incoming.is_paused() { Next::Wait } else { Next::Receive };
        self.state = if incoming.is_paused() { State::Processing } else { State::Reading };
        self.pending_mut(cx).incoming = Some(incoming);
        Step::Stop(progress.consumed, next)
    }

    /// Gives a body that is there already to the handler that takes it.
    #[cold]
    pub(super) fn take_whole(
        &mut self,
        intake: Intake,
        head: &Head<'_, '_>,
        body: &[u8],
        cx: &mut Context<'_>,
    ) {
        let framing = Framing::Length(body.len() as u64);
        // No limit is left to break.
        let Ok(decoder) = BodyDecoder::new(framing, u64::MAX) else { return };
        let mut incoming = Incoming::new(decoder, Sink::Upload(intake));
        incoming.head = format!("{} {} ", head.method_name, head.target).into_bytes();
        self.take_in(incoming, body, cx);
    }

    /// Event: a handler that had paused its body wants more.
    pub(super) fn resume_upload(&mut self) -> Option<Next> {
        let incoming = self.pending.as_mut()?.incoming.as_mut()?;
        if !incoming.is_paused() {
            return None;
        }
        incoming.resume();
        // In WRITING it goes on once all is sent.
        (self.state == State::Processing).then(|| {
            self.state = State::Reading;
            Next::Again
        })
    }

    /// An answer has come. Where the body has not, its handler is called no more, and the connection
    /// ends with the answer: whether that is so.
    pub(super) fn stop_upload(&mut self) -> bool {
        let incoming = self.pending.as_mut().and_then(|pending| pending.incoming.take());
        incoming.map(|mut incoming| incoming.forget()).is_some()
    }

    /// The request will not be answered by the one who holds it.
    pub(super) fn forsake(&mut self, cx: &mut Context<'_>) {
        let pending = self.pending_mut(cx);
        pending.incoming = None;
        pending.held = None;
        pending.kept = None;
    }

    fn note_panic(&self, panicked: bool, incoming: &Incoming, cx: &Context<'_>) {
        if panicked {
            let line = String::from_utf8_lossy(&incoming.head);
            let path = line.split(' ').nth(1).unwrap_or_default();
            note_fault(HandlerFault::Panicked, path, cx);
        }
    }
}
