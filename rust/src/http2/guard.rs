//! What a client may cost that asks for nothing: frames that have to be read, and perhaps answered,
//! without a request behind them. Each kind has an allowance that comes back with time; who uses
//! it up is told to calm down and closed.
//!
//! | kind | at once | a second | what for |
//! | --- | --- | --- | --- |
//! | RST_STREAM | 200 | 20 | a browser that leaves a page with a hundred requests; rapid reset is more |
//! | PING | 100 | 10 | measuring round trips |
//! | SETTINGS | 20 | 2 | every one has to be acknowledged |
//! | DATA without octets | 100 | 10 | pieces of a body that come to nothing |
//! | other | 2000 | 200 | PRIORITY, WINDOW_UPDATE, unknown ones; each DATA frame that is sent earns four |

/// The kinds of frames that are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Idle {
    Reset,
    Ping,
    Settings,
    EmptyData,
    Other,
}

/// For each kind: how many may come at once, and how many more for each second.
const ALLOWED: [(u32, u32); 5] = [(200, 20), (100, 10), (20, 2), (100, 10), (2000, 200)];

/// Other frames that the client may send for each DATA frame that it got: it opens two windows for
/// it, and more where it reads slowly.
const EARNED: u32 = 4;

/// The allowances of one connection.
#[derive(Debug)]
pub(super) struct Guard {
    left: [u32; 5],
    /// When time was last counted, in milliseconds.
    since: u64,
}

impl Guard {
    pub(super) fn new(now: u64) -> Self {
        Guard { left: ALLOWED.map(|(most, _)| most), since: now }
    }

    /// A frame of this kind has come; whether there may be one.
    #[inline]
    pub(super) fn admits(&mut self, kind: Idle, now: u64) -> bool {
        if now >= self.since + 1000 {
            self.refill(now);
        }
        let left = &mut self.left[kind as usize];
        *left = left.saturating_sub(1);
        *left > 0
    }

    /// A DATA frame was sent.
    #[inline]
    pub(super) fn earn(&mut self) {
        let left = &mut self.left[Idle::Other as usize];
        *left = (*left + EARNED).min(ALLOWED[Idle::Other as usize].0);
    }

    #[cold]
    fn refill(&mut self, now: u64) {
        let seconds = u32::try_from((now - self.since) / 1000).unwrap_or(u32::MAX);
        for (left, (most, rate)) in self.left.iter_mut().zip(ALLOWED) {
            *left = left.saturating_add(rate.saturating_mul(seconds)).min(most);
        }
        self.since = now - (now - self.since) % 1000;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_allowance_is_used_up_and_comes_back_with_time() {
        let mut guard = Guard::new(0);
        let admitted = |guard: &mut Guard, kind, now| {
            (0..10_000).take_while(|_| guard.admits(kind, now)).count()
        };
        assert_eq!(admitted(&mut guard, Idle::Ping, 999), 99);
        assert_eq!(admitted(&mut guard, Idle::Reset, 999), 199, "each kind has its own");
        assert_eq!(admitted(&mut guard, Idle::Ping, 3500), 29);
        assert_eq!(admitted(&mut guard, Idle::Ping, 3999), 0);
        assert_eq!(admitted(&mut guard, Idle::Ping, u64::MAX / 2), 99, "never more than at first");
    }

    #[test]
    fn who_is_sent_data_may_open_windows_for_it() {
        let mut guard = Guard::new(0);
        for _ in 0..100_000 {
            assert!(guard.admits(Idle::Other, 0) && guard.admits(Idle::Other, 0));
            guard.earn();
        }
    }
}
