//! Requests that came before, octet for octet.

use super::telling::count_answer;
use super::{Context, Ending, Machine, State};
use crate::clients::Guests;
use crate::config::Settings;
use crate::connection::repeats::{Known, Repeats, Terms};
use crate::responder::Responder;

/// What says whether an answer that is known may be given.
pub(crate) struct Recall<'w> {
    pub(crate) settings: &'w Settings,
    pub(crate) responder: &'w Responder,
    pub(crate) guests: &'w Guests,
    /// The slot of the connection.
    pub(crate) client: u32,
    /// Milliseconds.
    pub(crate) now: u64,
    /// That of the Date line.
    pub(crate) second: u64,
}

impl Recall<'_> {
    fn terms(&self, machine: &Machine) -> Terms<'_> {
        Terms { responder: self.responder, listener: machine.listener, second: self.second }
    }
}

impl Machine {
    /// Whether it stands between two requests and nothing is going on.
    #[inline]
    pub(crate) fn is_resting(&self) -> bool {
        self.state == State::KeepAlive && self.ending == Ending::Open && self.pending.is_none()
    }

    /// The answer to `input` if that is one request, known and nothing behind it; the request
    /// counts then.
    #[inline]
    pub(crate) fn recall<'k>(
        &mut self,
        input: &[u8],
        repeats: &'k Repeats,
        how: &Recall<'_>,
    ) -> Option<&'k Known> {
        let known = repeats.find(input, &how.terms(self))?;
        (known.head.len() == input.len() && self.may_repeat(how)).then_some(known)
    }

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
        let how = Recall {
            settings: cx.settings,
            responder: cx.responder,
            guests: cx.guests,
            client: cx.client.index,
            now: cx.alarms.now,
            second: cx.date.second(),
        };
        let known = cx.repeats.find(input, &how.terms(self))?;
        if !self.may_repeat(&how) {
            return None;
        }
        cx.out.extend_from_slice(&known.answer);
        let (status, used) = (known.status, known.head.len());
        count_answer(status, None, cx);
        cx.repeats.found();
        Some(used)
    }

    /// Whether one more request may be answered without a closer look; it counts then.
    #[inline]
    fn may_repeat(&mut self, how: &Recall<'_>) -> bool {
        let limit = how.settings.max_requests;
        if limit != 0 && self.requests.wrapping_add(1) >= limit {
            return false;
        }
        // Who is over it is refused by the one who parses, and that costs no more of his rate.
        let limits = &how.settings.clients;
        if limits.rate_per_client != 0 && !how.guests.spend(how.client, limits, how.now) {
            return false;
        }
        self.requests = self.requests.wrapping_add(1);
        true
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
