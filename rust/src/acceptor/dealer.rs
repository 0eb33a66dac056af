//! Which worker is next.

use crate::log::Log;
use crate::stats::Cells;
use crate::worker::{Handle, Message};
use std::collections::VecDeque;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

/// Connections that may wait in one worker's mailbox.
const MAILBOX_BOUND: usize = 4096;

/// Deals connections to workers: strictly in turn, past those that are stalled.
pub(crate) struct Dealer {
    workers: Vec<Seat>,
    next: usize,
    stall: Duration,
    log: Log,
}

/// A worker and the hand that is dealt to it during one burst.
struct Seat {
    handle: Arc<Handle>,
    hand: VecDeque<Message>,
    stalled: bool,
}

impl Dealer {
    pub(crate) fn new(handles: &[Arc<Handle>], stall: Duration, log: Log) -> Self {
        let seat = |handle: &Arc<Handle>| Seat {
            handle: handle.clone(),
            hand: VecDeque::new(),
            stalled: false,
        };
        Dealer { workers: handles.iter().map(seat).collect(), next: 0, stall, log }
    }

    /// Looks at every worker's pulse; counts and logs those that have stalled since.
    pub(crate) fn check_health(&mut self, stats: &Cells) {
        for (index, seat) in self.workers.iter_mut().enumerate() {
            let stalled = seat.handle.pulse.is_stalled(self.stall);
            if stalled && !seat.stalled {
                stats.workers_stalled.add(1);
                self.log.warn(format_args!(
                    "worker {index} has not moved for {:?} (a handler that blocks?); \
                     new connections go to the others",
                    self.stall
                ));
            } else if !stalled && seat.stalled {
                self.log.info(format_args!("worker {index} moves again"));
            }
            seat.stalled = stalled;
        }
    }

    /// Deals one connection; it is handed over by [`Dealer::hand_over`].
    pub(crate) fn deal(&mut self, connection: OwnedFd, listener: u16) {
        let count = self.workers.len();
        let in_turn = (0..count).map(|step| (self.next + step) % count);
        // With all of them stalled each has its turn as before: one will move first.
        let chosen = in_turn
            .clone()
            .find(|&index| !self.workers[index].stalled)
            .unwrap_or(self.next % count);
        self.workers[chosen].hand.push_back(Message::Connection(connection, listener));
        self.next = (chosen + 1) % count;
    }

    /// Hands over what was dealt: one lock and at most one wake for each worker. What a full
    /// mailbox does not take is given to `turn_away`.
    pub(crate) fn hand_over(&mut self, mut turn_away: impl FnMut(OwnedFd)) {
        for seat in &mut self.workers {
            if seat.hand.is_empty() {
                continue;
            }
            seat.handle.hand_over(&mut seat.hand, MAILBOX_BOUND);
            for message in seat.hand.drain(..) {
                if let Message::Connection(connection, _) = message {
                    turn_away(connection);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
