//! From octets to answers: one request at a time, its head, its body, whoever answers it.

use super::arrival::is_over_rate;
use super::telling::count_answer;
use super::{Context, Ending, Machine, Next, OUT_BOUND, is_head};
use crate::connection::State;
use crate::connection::counting::{count_refusal, count_response, note_fault};
use crate::connection::incoming::{Incoming, Sink};
use crate::connection::watchers::Answer;
use crate::http::head;
use crate::http::{BodyDecoder, FieldSlots, Framing, Head, Method, Parsed, Refusal, Version};
use crate::http2::PREFACE;
use crate::responder::deferred::Held;
use crate::responder::exchange::{DeferSource, Outcome};
use crate::responder::response::{Persistence, SharedBody, Wire};
use crate::responder::rules::fault::{End, Manner};
use crate::responder::{Exchange, Request, Response};

/// RFC 9110 section 15.2.1.
pub(super) const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// What came of one request.
pub(super) enum Step {
    /// It is answered; these octets are used, more may follow.
    Answered(usize),
    /// These octets are used; then this.
    Stop(usize, Next),
}

/// How a whole request has come.
struct Came<'i> {
    /// How many of its octets stand in the input.
    used: usize,
    /// When it began.
    begun: u64,
    /// Whether those who take bodies as they arrive were asked already.
    offered: bool,
    /// All of it, where it is but a head.
    raw: &'i [u8],
}

impl Came<'_> {
    fn with_body(used: usize, begun: u64) -> Self {
        Came { used, begun, offered: true, raw: b"" }
    }
}

impl Machine {
    #[inline]
    pub(super) fn step(&mut self, input: &[u8], cx: &mut Context<'_>) -> Step {
        if self.pending.as_ref().is_some_and(|pending| pending.incoming.is_some()) {
            return self.step_body(input, cx);
        }
        if input.is_empty() {
            self.state = if self.requests == 0 { State::Reading } else { State::KeepAlive };
            return Step::Stop(0, Next::Receive);
        }
        if cx.out.len() >= OUT_BOUND {
            return Step::Stop(0, Next::Again);
        }
        if let Some(used) = self.repeat(input, cx) {
            return Step::Answered(used);
        }
        let mut slots = FieldSlots::new();
        // By reference: a head is large, and a match by value would copy it.
        match &self.parse(input, &mut slots, cx) {
            Parsed::Complete(head) if head.framing == Framing::None => {
                let begun = cx.watchers.begun();
                let raw = &input[..head.len];
                self.answer(head, b"", Came { used: head.len, begun, offered: false, raw }, cx)
            }
            Parsed::Complete(head) => self.begin_body(head, input, cx),
            // Some clients send a CRLF behind a body: the connection is as idle as before.
            Parsed::Partial if self.requests > 0 && is_empty_lines(input) => {
                self.state = State::KeepAlive;
                Step::Stop(input.len(), Next::Receive)
            }
            Parsed::Partial => {
                self.state = State::Reading;
                Step::Stop(0, Next::Receive)
            }
            // However many they are: nothing may depend on how they were cut.
            Parsed::Refused(_) if self.requests > 0 && input.starts_with(b"\r\n") => {
                Step::Answered(empty_lines(input))
            }
            Parsed::Refused(Refusal::Protocol) => self.switch(input, cx),
            Parsed::Refused(refusal) => self.refuse(*refusal, input, cx),
        }
    }

    /// Parses a head. One of a stream looks as HTTP/1 has it, and is not of that version.
    #[inline]
    pub(super) fn parse<'h, 'b>(
        &self,
        input: &'b [u8],
        slots: &'h mut FieldSlots<'b>,
        cx: &Context<'_>,
    ) -> Parsed<'h, 'b> {
        let mut parsed = head::parse(input, slots, &cx.settings.limits);
        if self.is_stream()
            && let Parsed::Complete(head) = &mut parsed
        {
            head.version = Version::Http2;
        }
        parsed
    }

    /// What came is not HTTP/1: it may be how HTTP/2 begins.
    #[cold]
    fn switch(&mut self, input: &[u8], cx: &mut Context<'_>) -> Step {
        let may = cx.settings.http2 && self.requests == 0 && !self.is_stream();
        if may && input.starts_with(PREFACE) {
            return Step::Stop(0, Next::Switch);
        }
        if may && PREFACE.starts_with(input) {
            self.state = State::Reading;
            return Step::Stop(0, Next::Receive);
        }
        self.refuse(Refusal::Protocol, input, cx)
    }

    #[inline(never)]
    fn begin_body(&mut self, head: &Head<'_, '_>, input: &[u8], cx: &mut Context<'_>) -> Step {
        if let Some(step) = self.offer(head, input, cx) {
            return step;
        }
        let decoder = match BodyDecoder::new(head.framing, cx.settings.max_body) {
            Ok(decoder) => decoder,
            Err(refusal) => return self.refuse(refusal, input, cx),
        };
        let wanted = cx.responder.wants_body(head) || cx.watchers.records().is_some();
        let sink = if wanted { Sink::Kept(Vec::new()) } else { Sink::Nobody };
        let mut incoming = Incoming::new(decoder, sink);
        incoming.begun = cx.watchers.begun();
        self.begin_incoming(head, incoming, input, cx)
    }

    /// Has `incoming` take what is there of the body, and answers the request where that is all.
    pub(super) fn begin_incoming(
        &mut self,
        head: &Head<'_, '_>,
        mut incoming: Incoming,
        input: &[u8],
        cx: &mut Context<'_>,
    ) -> Step {
        let fed = incoming.feed(&input[head.len..], cx.buffers);
        let step = match fed {
            Ok(progress) if progress.done => {
                self.answer_behind(head, &incoming, head.len + progress.consumed, cx)
            }
            Ok(progress) => {
                // Without it the client might not send the body, and where that ends is where the
                // next request begins.
                if head.expect_continue && progress.consumed == 0 {
                    cx.out.extend_from_slice(CONTINUE);
                    cx.stats.responses_1xx.add(1);
                }
                incoming.head.extend_from_slice(&input[..head.len]);
                self.pending_mut(cx).incoming = Some(incoming);
                self.state = State::Reading;
                return Step::Stop(head.len + progress.consumed, Next::Receive);
            }
            Err(refusal) => self.refuse(refusal, input, cx),
        };
        cx.buffers.release_body(incoming.body_memory());
        step
    }

    #[inline(never)]
    fn step_body(&mut self, input: &[u8], cx: &mut Context<'_>) -> Step {
        let Some(mut incoming) = self.pending.as_mut().and_then(|p| p.incoming.take()) else {
            return Step::Stop(0, Next::Receive);
        };
        if incoming.is_handled() {
            return self.take_in(incoming, input, cx);
        }
        let step = match incoming.feed(input, cx.buffers) {
            Ok(progress) if progress.done => self.answer_incoming(&incoming, progress.consumed, cx),
            Ok(progress) => {
                self.pending_mut(cx).incoming = Some(incoming);
                self.state = State::Reading;
                return Step::Stop(progress.consumed, Next::Receive);
            }
            Err(refusal) => self.refuse(refusal, &incoming.head, cx),
        };
        cx.buffers.release_body(incoming.body_memory());
        step
    }

    fn answer_incoming(&mut self, incoming: &Incoming, used: usize, cx: &mut Context<'_>) -> Step {
        let mut slots = FieldSlots::new();
        match &self.parse(&incoming.head, &mut slots, cx) {
            Parsed::Complete(head) => self.answer_behind(head, incoming, used, cx),
            // It was complete and valid when the body began.
            Parsed::Partial | Parsed::Refused(_) => {
                self.refuse(Refusal::RequestLine, &incoming.head, cx)
            }
        }
    }

    /// Answers a request whose body is whole.
    fn answer_behind(
        &mut self,
        head: &Head<'_, '_>,
        incoming: &Incoming,
        used: usize,
        cx: &mut Context<'_>,
    ) -> Step {
        if incoming.too_early {
            return self.answer_too_early(head, used, incoming.begun, cx);
        }
        self.answer(head, incoming.body(), Came::with_body(used, incoming.begun), cx)
    }

    /// Has the responder answer a whole request.
    #[inline]
    fn answer(
        &mut self,
        head: &Head<'_, '_>,
        body: &[u8],
        Came { used, begun, offered, raw }: Came<'_>,
        cx: &mut Context<'_>,
    ) -> Step {
        let (persistence, we_end) = self.count_request(head, cx);
        let is_over = cx.settings.clients.rate_per_client != 0
            // It was counted when it was offered.
            && !(offered && cx.responder.takes_upload(head).is_some())
            && is_over_rate(cx);
        let mut request = Request::new(head, body, cx.peer());
        request.secured = cx.secured;
        request.listener = self.listener();
        request.offered = offered;
        let head_only = head.method == Method::Head;
        let version = head.version;
        let (post, key, settings) = (cx.post, cx.key, cx.settings);
        let defer = Some(DeferSource { post, key, version, settings });
        let start = cx.out.len();
        let mut exchange = Exchange::new(cx.out, cx.date, head_only, persistence, defer);
        if is_over {
            exchange.set_server(cx.responder.server_line());
            let refusal = Refusal::ClientRate;
            exchange.refuse(refusal, Response::refusal(refusal), b"");
        } else {
            cx.responder.answer(&mut request, &mut exchange);
        }
        let fault = exchange.fault();
        let manner = exchange.manner().copied();
        let ruled = exchange.is_ruled();
        let shared_body = exchange.take_shared_body();
        let source = exchange.source();
        let changes = exchange.changes();
        let outcome = exchange.into_outcome();
        if let Some(fault) = fault {
            note_fault(fault, head.path, cx);
        }
        if let Some(manner) = manner {
            cx.stats.rules_matched.add(u64::from(ruled));
            if !manner.is_plain() || matches!(outcome, Outcome::Cut { .. }) {
                let stays = head.keep_alive && !we_end;
                if cx.watchers.is_on() {
                    let status = outcome.status().unwrap_or(0);
                    let answer = Answer { status, begun, ..Answer::none(source) };
                    self.keep(head, body, answer, cx);
                }
                return self.perform(&outcome, &manner, start, used, stays, cx);
            }
        }
        match outcome {
            Outcome::Answered { status, close, refusal } => {
                count_answer(status, refusal, cx);
                if cx.watchers.is_on() {
                    self.record_answer((head, body), (start, shared_body.as_ref()), status, cx);
                    let shared = shared_body.as_ref().map_or(0, SharedBody::left);
                    self.tell_answer(head, (start, shared), (status, source, begun), cx);
                }
                let is_shared = shared_body.is_some();
                if is_shared {
                    self.pending_mut(cx).shared_body = shared_body;
                }
                match (close || we_end, head.keep_alive) {
                    // Nothing may come between the head in the output and its body.
                    (false, true) if is_shared => Step::Stop(used, Next::Again),
                    (false, true) => {
                        if !raw.is_empty() && !changes && refusal.is_none() {
                            self.remember(raw, (start, status), cx);
                        }
                        Step::Answered(used)
                    }
                    // Some clients send a CRLF behind a body.
                    (false, false) if head.framing == Framing::None => {
                        Step::Stop(used, Next::Close)
                    }
                    _ => Step::Stop(used, Next::Linger),
                }
            }
            Outcome::Receiving(shared, intake) => {
                self.pending_mut(cx).held = Some(Held { shared, head_only, persistence });
                if cx.watchers.is_on() {
                    self.keep(head, body, Answer { begun, ..Answer::none(source) }, cx);
                }
                self.take_whole(intake, head, body, cx);
                Step::Stop(used, Next::Wait)
            }
            Outcome::Deferred(shared) => {
                self.pending_mut(cx).held = Some(Held { shared, head_only, persistence });
                if cx.watchers.is_on() {
                    self.keep(head, body, Answer { begun, ..Answer::none(source) }, cx);
                }
                self.state = State::Processing;
                Step::Stop(used, Next::Wait)
            }
            Outcome::Cut { .. } | Outcome::Unanswered => {
                let line = format!("{} {}", head.method_name, head.target);
                self.refuse_with(&Response::internal_error(), line.as_bytes(), cx);
                Step::Stop(used, Next::Linger)
            }
        }
    }

    /// Counts a request; what its answer says of the connection, and whether it is our wish that it
    /// ends.
    #[inline]
    pub(super) fn count_request(
        &mut self,
        head: &Head<'_, '_>,
        cx: &Context<'_>,
    ) -> (Persistence, bool) {
        self.requests = self.requests.wrapping_add(1);
        let limit = cx.settings.max_requests;
        // A stream has one request; its connection counts them.
        let is_last = limit != 0 && self.requests >= limit && !self.is_stream();
        // CONNECT is refused, but what follows it might be meant for a tunnel.
        let we_end = is_last || cx.draining || head.method == Method::Connect;
        let persistence = match head.version {
            _ if we_end || !head.keep_alive => Persistence::Close,
            Version::Http10 => Persistence::KeepAlive,
            Version::Http11 | Version::Http2 => Persistence::Implied,
        };
        if is_last {
            cx.stats.connections_max_requests.add(1);
        }
        (persistence, we_end)
    }

    /// Gives the answer that stands in the output from `start` on in the manner of a rule.
    #[cold]
    fn perform(
        &mut self,
        outcome: &Outcome,
        manner: &Manner,
        start: usize,
        used: usize,
        stays: bool,
        cx: &mut Context<'_>,
    ) -> Step {
        let end = match outcome {
            Outcome::Answered { status, close, refusal } => {
                count_answer(*status, *refusal, cx);
                if *close || !stays { End::Close } else { End::Usual }
            }
            Outcome::Cut { reset: true } => End::Reset,
            _ => End::Close,
        };
        if matches!(outcome, Outcome::Cut { .. }) && manner.fault.is_none() {
            cx.stats.faults_played.add(1);
        }
        Step::Stop(used, self.play(manner, start, end, cx))
    }

    /// Refuses the request that begins with `head`.
    #[cold]
    pub(super) fn refuse(&mut self, refusal: Refusal, head: &[u8], cx: &mut Context<'_>) -> Step {
        count_refusal(refusal, cx.stats);
        self.refuse_with(Response::refusal(refusal), head, cx);
        Step::Stop(0, Next::Linger)
    }

    /// Refuses what begins with the octets `raw`.
    pub(super) fn refuse_with(&mut self, response: &Response, raw: &[u8], cx: &mut Context<'_>) {
        let head_only = is_head(raw);
        let start = cx.out.len();
        let server = cx.responder.server_line();
        let persistence = Persistence::Close;
        response.write(cx.out, &Wire { date: cx.date, head_only, persistence, server, extra: b"" });
        count_response(response.status(), cx.stats);
        if cx.watchers.is_on() {
            self.tell_refusal(raw, start, response.status(), cx);
        }
        self.ending = Ending::Linger;
    }
}

fn is_empty_lines(input: &[u8]) -> bool {
    empty_lines(input) == input.len()
}

/// Octets of the empty lines that `input` begins with.
fn empty_lines(input: &[u8]) -> usize {
    2 * input.chunks(2).take_while(|pair| pair == b"\r\n").count()
}
