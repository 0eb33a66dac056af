//! Requests that came before, octet for octet.

use super::arrival::is_over_rate;
use super::telling::count_answer;
use super::{Context, Machine};
use crate::connection::repeats::Terms;

impl Machine {
    /// Answers the request that `input` begins with if its answer is known; how many octets it has.
    #[inline]
    pub(in crate::connection) fn repeat(
        &mut self,
        input: &[u8],
        cx: &mut Context<'_>,
    ) -> Option<usize> {
        // Those who watch want to know what was asked, and a last answer says that it is the last.
        if cx.draining || cx.watchers.is_on() {
            return None;
        }
        let terms =
            Terms { responder: cx.responder, listener: self.listener, second: cx.date.second() };
        let known = cx.repeats.find(input, &terms)?;
        let limit = cx.settings.max_requests;
        if limit != 0 && self.requests.wrapping_add(1) >= limit {
            return None;
        }
        // Who is over it is refused by the one who parses, and that costs no more of his rate.
        if cx.settings.clients.rate_per_client != 0 && is_over_rate(cx) {
            return None;
        }
        self.requests = self.requests.wrapping_add(1);
        cx.out.extend_from_slice(&known.answer);
        let (status, used) = (known.status, known.head.len());
        count_answer(status, None, cx);
        cx.repeats.found();
        Some(used)
    }

    /// Keeps the answer that stands in the output from `start` on for the next request with this head.
    #[inline]
    pub(super) fn remember(
        &self,
        head: &[u8],
        (start, status): (usize, u16),
        cx: &mut Context<'_>,
    ) {
        if cx.repeats.wants() {
            let terms = Terms {
                responder: cx.responder,
                listener: self.listener,
                second: cx.date.second(),
            };
            cx.repeats.keep(head, &cx.out[start..], status, &terms);
        }
    }
}
