//! What comes by the clock: alarms, deadlines, the end of the server.

use super::{Context, Ending, Machine, Next};
use crate::connection::incoming::Incoming;
use crate::connection::script::{Act, Script};
use crate::connection::watchers::Answer;
use crate::connection::{Deadline, State};
use crate::responder::Response;
use crate::responder::rules::fault::End;
use std::time::Duration;

/// Time that a connection without a request has to send one when the server drains.
const SPARED_FOR: Duration = Duration::from_millis(500);

/// The same for one whose last request is no longer ago than this: the next one is most likely on the
/// way, and would be lost.
pub(crate) const RECENT: Duration = Duration::from_millis(250);

impl Machine {
    /// Event: the time of an alarm has come. `None` where nobody waits for it any more.
    pub(crate) fn called(&mut self, cx: &mut Context<'_>) -> Option<Next> {
        match self.state {
            State::Processing => {}
            State::Handshake | State::Reading if self.is_spared() && self.pending.is_none() => {
                return Some(Next::Linger);
            }
            State::KeepAlive if self.is_spared() => return Some(Next::Close),
            _ => return None,
        }
        let is_last = cx.draining && !self.is_stream();
        let pending = self.pending.as_mut()?;
        let script = pending.script.as_mut()?;
        if is_last {
            script.announce_close();
        }
        match script.next() {
            Act::Send(piece, pause) => {
                cx.out.extend_from_slice(piece);
                if let Some(pause) = pause {
                    cx.alarms.set(cx.key, pause);
                    return Some(Next::Wait);
                }
                self.called(cx)
            }
            Act::End(end) => {
                let script = pending.script.take();
                let given = script.as_ref().map_or(&[][..], Script::given);
                self.note_octets(given);
                let answer = |_: &Context<'_>, kept: &Answer| match kept.status {
                    0 => *kept,
                    status => Answer::written(given, 0, status, kept.source).since(kept.begun),
                };
                self.tell_kept(answer, cx);
                self.ending = match end {
                    End::Usual if cx.draining => Ending::Linger,
                    End::Usual => self.ending,
                    End::Close => Ending::Linger,
                    End::Reset => Ending::Reset,
                };
                self.state = State::Reading;
                Some(self.ending().unwrap_or(Next::Again))
            }
        }
    }

    /// Event: `deadline` has passed.
    pub(crate) fn expired(&mut self, deadline: Deadline, cx: &mut Context<'_>) -> Next {
        let stats = cx.stats;
        let (counter, tell) = match deadline {
            Deadline::Head if self.awaits_header() => (&stats.timeouts_head, false),
            Deadline::Head => (&stats.timeouts_head, !self.kept().iter().all(is_line_end)),
            Deadline::Body => (&stats.timeouts_body, true),
            Deadline::Write => (&stats.timeouts_write, false),
            Deadline::KeepAlive => (&stats.timeouts_keepalive, false),
            Deadline::Linger => (&stats.timeouts_linger, false),
            Deadline::Handshake => (&stats.timeouts_handshake, false),
        };
        counter.add(1);
        if !tell {
            return Next::Close;
        }
        let incoming = self.pending.as_ref().and_then(|pending| pending.incoming.as_ref());
        let handled = incoming.is_some_and(Incoming::is_handled);
        let head = incoming.map_or(self.kept(), |incoming| &incoming.head).to_owned();
        if handled {
            self.forsake(cx);
        }
        self.refuse_with(Response::plain(408), &head, cx);
        Next::Linger
    }

    /// Event: the server drains. Says what is next for a connection with nothing in progress;
    /// `recent` if its last request is no longer ago than [`RECENT`].
    pub(crate) fn drain(&mut self, recent: bool, cx: &mut Context<'_>) -> Option<Next> {
        match self.state {
            // To close now would make a request fail that is on the way.
            State::KeepAlive if self.kept().is_empty() && (recent || self.is_spared()) => {
                self.spare(RECENT, cx)
            }
            State::KeepAlive if self.kept().is_empty() => Some(Next::Close),
            State::Handshake | State::Reading if self.pending.is_none() && self.requests == 0 => {
                self.spare(SPARED_FOR, cx)
            }
            State::Reading if self.pending.is_none() => Some(Next::Linger),
            _ => None,
        }
    }

    fn is_spared(&self) -> bool {
        self.ending == Ending::Spared
    }

    fn spare(&mut self, time: Duration, cx: &mut Context<'_>) -> Option<Next> {
        if self.ending == Ending::Open {
            self.ending = Ending::Spared;
            cx.alarms.set(cx.key, time);
        }
        None
    }
}

fn is_line_end(octet: &u8) -> bool {
    matches!(octet, b'\r' | b'\n')
}
