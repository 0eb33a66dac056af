//! Whether there is room for one more connection, and who makes it.

use super::Connections;
use crate::connection::{Deadline, Layer, Ready};
use crate::http::Refusal;
use crate::sys::reserve;
use crate::worker::turn::Start;

/// Connections looked at to find one to evict: those that are busy again stay.
const EVICTIONS_TRIED: usize = 8;

/// Whom only slowness keeps here, in the order in which they make room: a request that does not
/// arrive, a client that does not close, one that does not read.
const SLOW: [Deadline; 4] = [Deadline::Head, Deadline::Body, Deadline::Linger, Deadline::Write];

impl Connections {
    /// Why there is no room for one more connection, if no other one can be closed in its favour.
    pub(super) fn refusal_of_one_more(&mut self) -> Option<Refusal> {
        let refusal = if self.pool.len() >= self.capacity {
            Refusal::Full
        } else if self.lacks_memory() {
            self.guests.clients().warn(|held_back| {
                format!(
                    "memory was refused: a new connection takes the place of an idle one, or is \
                     turned away ({held_back} more like this)"
                )
            });
            Refusal::Memory
        } else {
            return None;
        };
        (!self.make_room()).then_some(refusal)
    }

    /// Whether memory was refused and there are as many connections as there were then: what fewer of them
    /// left behind is with the allocator.
    #[inline]
    fn lacks_memory(&mut self) -> bool {
        if reserve::replenish() {
            self.bearable = None;
            return false;
        }
        let now = self.pool.len();
        now >= *self.bearable.get_or_insert(now.max(1))
    }

    /// Closes a connection in favour of a new one; whether there was one to close: the one that has
    /// been idle for the longest time, else, where nobody has a right to be slow, the slowest.
    fn make_room(&mut self) -> bool {
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
