//! Connections that have run out of time.

use super::Connections;
use crate::connection::Deadline;
use crate::worker::turn::Start;

/// Expired connections closed between two looks at the events: a hundred thousand that expire in
/// the same second shall not hold up those that are served.
const EXPIRED_AT_ONCE: usize = 256;

/// Idle connections that may be closed in one second, if that is not less than a part of all: a
/// million that expire in the same second would be a storm of packets for everything between here
/// and their clients, and no second more or less matters to a connection that nobody uses.
pub(in crate::worker) const IDLE_CLOSED_A_SECOND: u32 = if cfg!(test) { 7 } else { 2048 };
/// The part of all.
const IDLE_CLOSED_PART: u32 = 128;

/// Idle connections of so many that may be closed in one second.
pub(super) fn closed_a_second(connections: u32) -> u32 {
    IDLE_CLOSED_A_SECOND.max(connections / IDLE_CLOSED_PART)
}

impl Connections {
    /// Finds who has run out of time; gives back what those had who are gone.
    pub(in crate::worker) fn sweep(&mut self) {
        self.deadlines.sweep(&mut self.pool, self.now);
        self.sessions.give_back();
    }

    /// Whether somebody who has run out of time may be closed now.
    #[inline]
    pub(super) fn has_expired(&self) -> bool {
        self.deadlines.any_due() && self.may_end_some()
    }

    #[cold]
    fn may_end_some(&self) -> bool {
        let may_close_idle = self.allowance > 0;
        let due = |kind| self.deadlines.has_due(kind);
        Deadline::ALL
            .into_iter()
            .any(|kind| due(kind) && (kind != Deadline::KeepAlive || may_close_idle))
    }

    /// Closes those who have run out of time, a bounded number of each kind.
    #[cold]
    pub(super) fn end_expired(&mut self) {
        for kind in Deadline::ALL {
            for _ in 0..EXPIRED_AT_ONCE {
                let is_idle = kind == Deadline::KeepAlive;
                if is_idle && self.allowance == 0 || !self.end_next(kind) {
                    break;
                }
                self.allowance -= u32::from(is_idle);
            }
        }
    }

    /// Ends the next one that has run out of time for `kind`; whether there was one.
    pub(super) fn end_next(&mut self, kind: Deadline) -> bool {
        let Some(index) = self.deadlines.next_due(&mut self.pool, kind, self.now) else {
            return false;
        };
        if let Some(key) = self.pool.key_at(index) {
            self.with_turn(key, Start::Expired(kind));
        }
        true
    }
}
