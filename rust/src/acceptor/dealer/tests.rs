use super::*;
use crate::config::LogLevel;
use crate::sys::clock;
use crate::worker::WAKER;
use mio::{Poll, Waker};
use std::fs::File;

const STALL: Duration = Duration::from_secs(5);

/// Workers without threads, and who deals to them.
struct Bench {
    dealer: Dealer,
    handles: Vec<Arc<Handle>>,
    stats: Cells,
    _polls: Vec<Poll>,
}

impl Bench {
    fn new(workers: usize) -> Self {
        let polls: Vec<_> = (0..workers).map(|_| Poll::new().unwrap()).collect();
        let handle = |poll: &Poll| Handle::new(Waker::new(poll.registry(), WAKER).unwrap(), 1000);
        let handles: Vec<_> = polls.iter().map(|poll| Arc::new(handle(poll))).collect();
        let dealer = Dealer::new(&handles, STALL, Log::new(LogLevel::Off));
        Bench { dealer, handles, stats: Cells::default(), _polls: polls }
    }

    fn deal(&mut self, connections: usize) {
        for _ in 0..connections {
            self.dealer.deal(File::open("/dev/null").unwrap().into(), 0);
        }
    }

    fn hand_over(&mut self) -> usize {
        let mut turned_away = 0;
        self.dealer.hand_over(|_, _| turned_away += 1);
        turned_away
    }

    /// How many connections each worker has got since the last call.
    fn received(&self) -> Vec<usize> {
        let count = |handle: &Arc<Handle>| {
            let mut messages = VecDeque::new();
            handle.take_messages(&mut messages);
            messages.len()
        };
        self.handles.iter().map(count).collect()
    }

    /// Makes a worker look as if its turn had begun `milliseconds` ago.
    fn busy_for(&self, worker: usize, milliseconds: u64) {
        self.handles[worker].pulse.busy(clock::monotonic_ms().saturating_sub(milliseconds));
    }

    fn check_health(&mut self) -> u64 {
        self.dealer.check_health(&self.stats);
        self.stats.workers_stalled.get()
    }
}

#[test]
fn connections_are_dealt_strictly_in_turn_across_bursts() {
    let mut bench = Bench::new(4);
    bench.deal(10);
    assert_eq!(bench.hand_over(), 0);
    assert_eq!(bench.received(), [3, 3, 2, 2]);
    bench.deal(2);
    bench.hand_over();
    assert_eq!(bench.received(), [0, 0, 1, 1], "the turn is kept from burst to burst");
}

#[test]
fn nothing_arrives_before_it_is_handed_over() {
    let mut bench = Bench::new(2);
    bench.deal(2);
    assert_eq!(bench.received(), [0, 0]);
    bench.hand_over();
    assert_eq!(bench.received(), [1, 1]);
}

#[test]
fn a_stalled_worker_is_skipped_counted_once_and_returned_to() {
    let mut bench = Bench::new(3);
    bench.busy_for(1, 6000);
    assert_eq!(bench.check_health(), 1);
    assert_eq!(bench.check_health(), 1, "one stall is counted once");
    bench.deal(6);
    bench.hand_over();
    assert_eq!(bench.received(), [3, 0, 3]);

    bench.handles[1].pulse.idle();
    assert_eq!(bench.check_health(), 1);
    bench.deal(3);
    bench.hand_over();
    assert_eq!(bench.received(), [1, 1, 1]);
}

#[test]
fn a_worker_that_is_busy_but_not_for_long_is_not_skipped() {
    let mut bench = Bench::new(2);
    bench.busy_for(0, 1000);
    assert_eq!(bench.check_health(), 0);
    bench.deal(2);
    bench.hand_over();
    assert_eq!(bench.received(), [1, 1]);
}

#[test]
fn with_all_workers_stalled_each_has_its_turn() {
    let mut bench = Bench::new(2);
    bench.busy_for(0, 6000);
    bench.busy_for(1, 6000);
    assert_eq!(bench.check_health(), 2);
    bench.deal(4);
    bench.hand_over();
    assert_eq!(bench.received(), [2, 2]);
}

#[test]
fn what_a_full_mailbox_does_not_take_is_turned_away() {
    let mut bench = Bench::new(1);
    bench.deal(200);
    // The answers to deferred requests fill it here: they cost no descriptors.
    for _ in 0..MAILBOX_BOUND - 50 {
        bench.handles[0].tell(Message::Refresh);
    }
    assert_eq!(bench.hand_over(), 150);
    assert_eq!(bench.received(), [MAILBOX_BOUND]);
    bench.deal(1);
    assert_eq!(bench.hand_over(), 0, "there is room again");
}
