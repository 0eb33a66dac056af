//! What others ask of a worker's connections. It looks at some thousands of them between two batches
//! of events, so that nobody waits for that, and nobody who asks has to be waited for.

use crate::clients::Guests;
use crate::connection::{Pool, State};
use crate::stats::hosts::Host;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::os::fd::AsFd;
use std::sync::mpsc::SyncSender;

/// Slots looked at between two batches of events: a fraction of a millisecond.
const SLOTS_AT_ONCE: u32 = 4096;

/// A question.
#[derive(Debug)]
pub(crate) struct Survey {
    /// How many of the connections that have been here longest are wanted, if any.
    pub(crate) oldest: usize,
    /// The number of the worker.
    pub(crate) worker: usize,
    /// Has room for every worker's answer.
    pub(crate) answer: SyncSender<Findings>,
}

/// An answer.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) worker: usize,
    /// The oldest one first.
    pub(crate) oldest: Vec<Seen>,
    pub(crate) hosts: Vec<Host>,
}

/// A connection.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) state: State,
    /// Milliseconds since it came.
    pub(crate) age: u64,
    pub(crate) requests: u32,
    pub(crate) listener: u16,
    pub(crate) peer: Option<String>,
}

/// A survey on its way through the pool.
#[derive(Debug)]
pub(super) struct Walk {
    survey: Survey,
    /// The next slot.
    next: u32,
    /// Ages and slots of the oldest so far, the youngest of them on top.
    oldest: BinaryHeap<Reverse<(u64, u32)>>,
}

impl Walk {
    pub(super) fn new(survey: Survey) -> Self {
        Walk { survey, next: 0, oldest: BinaryHeap::new() }
    }

    /// Goes on by some slots; whether that was all, and is answered.
    pub(super) fn go_on(
        &mut self,
        pool: &mut Pool,
        guests: &Guests,
        now: u64,
        hosts: &[Host],
    ) -> bool {
        let end = if self.survey.oldest == 0 { 0 } else { pool.extent() };
        let stop = self.next.saturating_add(SLOTS_AT_ONCE).min(end);
        for index in self.next..stop {
            if let Some(age) = pool.age_at(index, now) {
                self.oldest.push(Reverse((age, index)));
                if self.oldest.len() > self.survey.oldest {
                    self.oldest.pop();
                }
            }
        }
        self.next = stop;
        if stop < end {
            return false;
        }
        let worker = self.survey.worker;
        let findings =
            Findings { worker, oldest: self.seen(pool, guests, now), hosts: hosts.to_vec() };
        // Whoever asked may have lost patience.
        let _ = self.survey.answer.try_send(findings);
        true
    }

    fn seen(&mut self, pool: &mut Pool, guests: &Guests, now: u64) -> Vec<Seen> {
        let found = std::mem::take(&mut self.oldest).into_sorted_vec();
        let seen = found.into_iter().filter_map(|Reverse((_, index))| {
            let age = pool.age_at(index, now)?;
            let connection = pool.at(index)?;
            let machine = &connection.machine;
            Some(Seen {
                state: machine.state(),
                age,
                requests: machine.requests(),
                listener: machine.listener(),
                peer: guests.peer(index, Some(connection.socket.as_fd())).text(),
            })
        });
        seen.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::Connection;
    use std::os::unix::net::UnixStream;
    use std::sync::mpsc::sync_channel;

    fn connection() -> Connection {
        Connection::new(UnixStream::pair().expect("a pair").0.into(), 3)
    }

    #[test]
    fn a_walk_finds_the_oldest_some_slots_at_a_time() {
        let mut pool = Pool::new(3 * SLOTS_AT_ONCE, 0);
        let keys: Vec<_> = (0..40).map(|at| pool.insert(connection(), at * 1000)).collect();
        let gone = *keys[0].as_ref().expect("room");
        assert!(pool.remove(gone).is_some());
        let (answer, answers) = sync_channel(1);
        let mut walk = Walk::new(Survey { oldest: 3, worker: 7, answer });
        assert!(walk.go_on(&mut pool, &Guests::nobody(), 100_000, &[]));
        let findings = answers.try_recv().expect("an answer");
        let ages: Vec<_> = findings.oldest.iter().map(|seen| (seen.age + 500) / 1000).collect();
        assert_eq!((findings.worker, ages), (7, vec![99, 98, 97]));
        let seen = &findings.oldest[0];
        assert_eq!((seen.state, seen.requests, seen.listener), (State::Reading, 0, 3));
        assert_eq!(seen.peer.as_deref(), Some("unix:"));
    }

    #[test]
    fn nobody_is_waited_for() {
        let mut pool = Pool::new(1, 0);
        let (answer, answers) = sync_channel(1);
        drop(answers);
        assert!(Walk::new(Survey { oldest: 9, worker: 0, answer }).go_on(
            &mut pool,
            &Guests::nobody(),
            0,
            &[]
        ));
    }
}
