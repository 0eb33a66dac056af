//! Connections that have run out of time, or that make room for others.

use super::Connections;
use crate::connection::{Deadline, Layer, Ready};
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

/// Connections looked at to find one to evict: those that are busy again stay.
const EVICTIONS_TRIED: usize = 8;

/// Whom only slowness keeps here, in the order in which they make room: a request that does not
/// arrive, a client that does not close, one that does not read.
const SLOW: [Deadline; 4] = [Deadline::Head, Deadline::Body, Deadline::Linger, Deadline::Write];

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
    fn end_next(&mut self, kind: Deadline) -> bool {
        let Some(index) = self.deadlines.next_due(&mut self.pool, kind, self.now) else {
            return false;
        };
        if let Some(key) = self.pool.key_at(index) {
            self.with_turn(key, Start::Expired(kind));
        }
        true
    }

    /// Closes a connection in favour of a new one; whether there was one to close: the one that has
    /// been idle for the longest time, else, where nobody has a right to be slow, the slowest.
    pub(super) fn make_room(&mut self) -> bool {
        self.evict(Deadline::KeepAlive)
            || self.evicts_slow && SLOW.into_iter().any(|kind| self.evict(kind))
    }

    /// Closes the connection for which `kind` has run for the longest time; whether there was one.
    fn evict(&mut self, kind: Deadline) -> bool {
        // Who has run out of time already goes first.
        let before = self.pool.len();
        while self.end_next(kind) {
            if self.pool.len() < before {
                return true;
            }
        }
        for _ in 0..EVICTIONS_TRIED {
            let Some(index) = self.deadlines.longest(&mut self.pool, kind, self.now) else { break };
            let Some(key) = self.pool.key_at(index) else { break };
            // Its next request, or the rest of it, may have come this moment: a reset would lose it.
            let requests = self.pool.get(key).map(|it| it.machine.requests());
            self.turn(key, Ready::READABLE);
            let Some(connection) = self.pool.get(key) else { return true };
            let machine = &connection.machine;
            if machine.deadline() == Some(kind) && Some(machine.requests()) == requests {
                self.handle.stats.connections_evicted.add(1);
                if connection.layer != Layer::Plain {
                    // TLS and HTTP/2 have a word for it.
                    self.with_turn(key, Start::Evicted);
                }
                self.close(key);
                return true;
            }
        }
        false
    }
}
