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

impl Seat {
    fn can_take(&self) -> bool {
        !self.handle.has_ended()
    }
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

    /// Looks at every worker's pulse; counts and logs those that have stalled since. Whether all of
    /// them move.
    pub(crate) fn check_health(&mut self, stats: &Cells) -> bool {
        for (index, seat) in self.workers.iter_mut().enumerate() {
            let stalled = seat.handle.pulse.is_stalled(self.stall);
            if stalled && !seat.stalled {
                stats.workers_stalled.add(1);
                self.log.warn(format_args!(
                    "worker {index} has not moved for {:?}: a handler that blocks?",
                    self.stall
                ));
            } else if !stalled && seat.stalled {
                self.log.info(format_args!("worker {index} moves again"));
            }
            seat.stalled = stalled;
        }
        !self.workers.iter().any(|seat| seat.stalled)
    }

    /// Deals one connection; it is handed over by [`Dealer::hand_over`].
    pub(crate) fn deal(&mut self, connection: OwnedFd, listener: u16) {
        let count = self.workers.len();
        let chosen = self
            .next_where(|seat| seat.can_take() && !seat.stalled && !seat.handle.is_full())
            // All full: who is next makes room or says so.
            .or_else(|| self.next_where(|seat| seat.can_take() && !seat.stalled))
            // All stalled: one will move first.
            .or_else(|| self.next_where(Seat::can_take));
        // None is left: the connection is closed, and so is the server in a moment.
        let Some(chosen) = chosen else { return };
        self.workers[chosen].hand.push_back(Message::Connection(connection, listener));
        self.next = (chosen + 1) % count;
    }

    /// The next worker in turn that is as asked for.
    fn next_where(&self, fits: impl Fn(&Seat) -> bool) -> Option<usize> {
        let count = self.workers.len();
        (0..count).map(|step| (self.next + step) % count).find(|&index| fits(&self.workers[index]))
    }

    /// Hands over what was dealt: one lock and at most one wake for each worker. What a full
    /// mailbox does not take is given to `turn_away`.
    pub(crate) fn hand_over(&mut self, mut turn_away: impl FnMut(OwnedFd, u16)) {
        for seat in &mut self.workers {
            if seat.hand.is_empty() {
                continue;
            }
            seat.handle.hand_over(&mut seat.hand, MAILBOX_BOUND);
            for message in seat.hand.drain(..) {
                if let Message::Connection(connection, listener) = message {
                    turn_away(connection, listener);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
