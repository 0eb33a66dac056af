//! Exact times at which connections want to be called: delays that a rule asks for. Deadlines, of
//! which every connection has one, are [`super::Deadlines`].

use super::Key;
use crate::sys::clock;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

/// Times, the next one first. An alarm of a connection that is gone finds nobody.
#[derive(Debug)]
pub(crate) struct Alarms {
    heap: BinaryHeap<Reverse<(u64, u32, u32)>>,
    /// The present, in milliseconds.
    pub(crate) now: u64,
    /// The same clock, asked for the moment: nobody shall be called early because a batch of
    /// events took its time.
    exact: fn() -> u64,
    /// How many there may be before those of connections that are gone are looked for.
    tidy_at: usize,
}

/// As many may always wait.
const TIDY_MIN: usize = 1024;

impl Default for Alarms {
    fn default() -> Self {
        Alarms { heap: BinaryHeap::new(), now: 0, exact: clock::exact_ms, tidy_at: TIDY_MIN }
    }
}

impl Alarms {
    /// Those of a clock that stands still.
    #[cfg(any(fuzzing, test))]
    pub(crate) fn still() -> Self {
        Alarms { exact: || 0, ..Alarms::default() }
    }

    /// Has `key` called once `delay` has passed.
    pub(crate) fn set(&mut self, key: Key, delay: Duration) {
        let delay = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        let at = (self.exact)().saturating_add(delay);
        self.heap.push(Reverse((at, key.index, key.generation)));
    }

    /// Somebody whose time has come.
    pub(crate) fn due(&mut self) -> Option<Key> {
        let Reverse((at, index, generation)) = *self.heap.peek()?;
        if at > self.now {
            return None;
        }
        self.heap.pop();
        if self.heap.is_empty() {
            self.heap.shrink_to(64);
        }
        Some(Key { index, generation })
    }

    /// Forgets alarms of connections that are gone, as [`is_there`](Self::tidy) says, once there are
    /// many more than last time: who asks for a long delay, leaves and comes again shall not fill
    /// the memory.
    pub(crate) fn tidy(&mut self, mut is_there: impl FnMut(Key) -> bool) {
        if self.heap.len() < self.tidy_at {
            return;
        }
        self.heap.retain(|Reverse((_, index, generation))| {
            is_there(Key { index: *index, generation: *generation })
        });
        self.heap.shrink_to(TIDY_MIN);
        self.tidy_at = TIDY_MIN.max(2 * self.heap.len());
    }

    /// Time until the next alarm.
    pub(crate) fn left(&self) -> Option<Duration> {
        let Reverse((at, ..)) = self.heap.peek()?;
        Some(Duration::from_millis(at.saturating_sub(self.now)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_of_connections_that_are_gone_do_not_pile_up() {
        let mut alarms = Alarms::default();
        for generation in 0..100_000 {
            alarms.set(Key { index: 0, generation }, Duration::from_secs(3600));
            alarms.tidy(|key| key.generation == generation);
            assert!(alarms.heap.len() <= TIDY_MIN);
        }
        let all = 10 * TIDY_MIN as u32;
        for index in 0..all {
            alarms.set(Key { index, generation: 0 }, Duration::from_secs(3600));
            alarms.tidy(|key| key.generation == 0);
        }
        assert!(alarms.heap.len() >= all as usize, "whose connections are there all stay");
    }

    #[test]
    fn whoever_is_first_is_called_first_and_not_early() {
        let key = |index| Key { index, generation: 7 };
        let mut alarms = Alarms { now: 1000, exact: || 1000, ..Alarms::default() };
        assert_eq!((alarms.left(), alarms.due()), (None, None));
        alarms.set(key(1), Duration::from_millis(50));
        alarms.set(key(2), Duration::from_millis(20));
        assert_eq!(alarms.left(), Some(Duration::from_millis(20)));
        alarms.now = 1019;
        assert_eq!(alarms.due(), None);
        alarms.now = 1060;
        assert_eq!(alarms.left(), Some(Duration::ZERO));
        assert_eq!([alarms.due(), alarms.due(), alarms.due()], [Some(key(2)), Some(key(1)), None]);
    }
}
