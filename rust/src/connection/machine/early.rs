//! Requests in early data of TLS, which somebody may have recorded and sent again: those whose method is
//! not safe are answered 425 (RFC 8470 section 5.2), and nobody else hears of them.

use super::arrival::is_over_rate;
use super::requests::Step;
use super::telling::count_answer;
use super::{Context, Machine, Next};
use crate::connection::incoming::{Incoming, Sink};
use crate::http::{BodyDecoder, FieldSlots, Framing, Head, Parsed, Refusal};
use crate::responder::Response;
use crate::responder::response::Wire;
use crate::responder::source::Source;

impl Machine {
    /// As [`Machine::received`], where the first `early` octets of `input` are early data.
    #[cold]
    pub(crate) fn received_early(
        &mut self,
        input: &[u8],
        fresh: usize,
        early: usize,
        cx: &mut Context<'_>,
    ) -> Next {
        self.go_through(input, fresh, cx, |machine, at, cx| {
            let rest = &input[at..];
            let step =
                if at < early { machine.step_early(rest, cx) } else { machine.step(rest, cx) };
            match step {
                // The client has still to end the handshake: unread at a close, that makes it a reset.
                Step::Stop(used, Next::Close) if !machine.is_stream() => {
                    Step::Stop(used, Next::Linger)
                }
                other => other,
            }
        })
    }

    /// A step with a request whose head has come in early data, at least in part.
    fn step_early(&mut self, input: &[u8], cx: &mut Context<'_>) -> Step {
        if self.pending.as_ref().is_some_and(|pending| pending.incoming.is_some()) {
            return self.step(input, cx);
        }
        let mut slots = FieldSlots::new();
        match &self.parse(input, &mut slots, cx) {
            Parsed::Complete(head) if !head.method.is_safe() => self.put_off(head, input, cx),
            _ => self.step(input, cx),
        }
    }

    /// Answers a request whose method is not safe, behind its body.
    fn put_off(&mut self, head: &Head<'_, '_>, input: &[u8], cx: &mut Context<'_>) -> Step {
        let begun = cx.watchers.begun();
        if head.framing == Framing::None {
            return self.answer_too_early(head, head.len, begun, cx);
        }
        let decoder = match BodyDecoder::new(head.framing, cx.settings.max_body) {
            Ok(decoder) => decoder,
            Err(refusal) => return self.refuse(refusal, input, cx),
        };
        let mut incoming = Incoming::new(decoder, Sink::Nobody);
        (incoming.begun, incoming.too_early) = (begun, true);
        self.begin_incoming(head, incoming, input, cx)
    }

    /// Says that the client shall ask again once the handshake is over.
    pub(super) fn answer_too_early(
        &mut self,
        head: &Head<'_, '_>,
        used: usize,
        begun: u64,
        cx: &mut Context<'_>,
    ) -> Step {
        let (persistence, we_end) = self.count_request(head, cx);
        let is_over = cx.settings.clients.rate_per_client != 0 && is_over_rate(cx);
        let refusal = if is_over { Refusal::ClientRate } else { Refusal::TooEarly };
        let (response, start) = (Response::refusal(refusal), cx.out.len());
        let server = cx.responder.server_line();
        let wire = Wire { date: cx.date, head_only: false, persistence, server, extra: b"" };
        response.write(cx.out, &wire);
        let status = response.status();
        count_answer(status, Some(refusal), cx);
        if cx.watchers.is_on() {
            self.record_answer((head, b""), (start, None), status, cx);
            self.tell_answer(head, (start, 0), (status, Source::REFUSED, begun), cx);
        }
        match head.keep_alive && !we_end {
            true => Step::Answered(used),
            false => Step::Stop(used, Next::Linger),
        }
    }
}
