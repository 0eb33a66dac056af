//! Connections that have run out of time, or that make room for others.

use super::Connections;
use crate::connection::{Deadline, Key, Layer, Ready, State};
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

/// Idle connections looked at to find one to evict: those that are busy again stay.
const EVICTIONS_TRIED: usize = 8;

/// Idle connections of so many that may be closed in one second.
pub(super) fn closed_a_second(connections: u32) -> u32 {
    IDLE_CLOSED_A_SECOND.max(connections / IDLE_CLOSED_PART)
}

impl Connections {
    /// Finds who has run out of time.
    pub(in crate::worker) fn sweep(&mut self) {
        let Connections { deadlines, pool, expired, rested, .. } = self;
        let mut found = Vec::new();
        deadlines.sweep(pool, self.now, |index, deadline| found.push((index, deadline)));
        for (index, deadline) in found {
            match (pool.key_at(index), deadline) {
                (Some(key), Deadline::KeepAlive) => rested.push_back(key),
                (Some(key), deadline) => expired.push_back((key, deadline)),
                (None, _) => {}
            }
        }
    }

    /// Closes those who have run out of time, a bounded number of them.
    pub(super) fn end_expired(&mut self) {
        for _ in 0..EXPIRED_AT_ONCE.min(self.expired.len()) {
            let Some((key, deadline)) = self.expired.pop_front() else { break };
            self.expire(key, deadline);
        }
        for _ in 0..EXPIRED_AT_ONCE.min(self.allowance as usize) {
            let Some(key) = self.rested.pop_front() else { break };
            self.allowance -= 1;
            self.expire(key, Deadline::KeepAlive);
        }
        if self.expired.is_empty() {
            self.expired.shrink_to(EXPIRED_AT_ONCE);
        }
        if self.rested.is_empty() {
            self.rested.shrink_to(EXPIRED_AT_ONCE);
        }
    }

    fn expire(&mut self, key: Key, deadline: Deadline) {
        let Connections { deadlines, pool, .. } = self;
        if pool.get(key).is_none() || !deadlines.confirm(pool, key.index, deadline, self.now) {
            return;
        }
        self.with_turn(key, Start::Expired(deadline));
    }

    /// Closes the longest-idle connection in favour of a new one; whether there was one.
    pub(super) fn evict_idle(&mut self) -> bool {
        // Who has run out of time already goes first.
        while let Some(key) = self.rested.pop_front() {
            self.expire(key, Deadline::KeepAlive);
            if self.pool.get(key).is_none() {
                return true;
            }
        }
        for _ in 0..EVICTIONS_TRIED {
            let Some(index) = self.deadlines.longest_idle(&mut self.pool, self.now) else { break };
            let Some(key) = self.pool.key_at(index) else { break };
            // Its next request may have come this moment: a reset would lose it.
            let requests = self.pool.get(key).map(|it| it.machine.requests());
            self.turn(key, Ready::READABLE);
            let Some(connection) = self.pool.get(key) else { return true };
            let machine = &connection.machine;
            if machine.state() == State::KeepAlive && Some(machine.requests()) == requests {
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
