//! The bell of the access log under every interleaving:
//! `RUSTFLAGS="--cfg loom" cargo test -p http_responder --test loom_bell --release`
#![cfg(loom)]

#[allow(dead_code, reason = "the models leave some of it alone")]
#[path = "../src/access_log/bell.rs"]
mod bell;

mod sync {
    pub(crate) use loom::sync::atomic::{AtomicBool, Ordering, fence};
    use loom::sync::{Arc, Notify};
    use std::cell::RefCell;

    // All threads of a model are one thread of the system; loom's own `park` forgets wakes that
    // come before it.
    std::thread_local! {
        static WRITER: RefCell<Option<Arc<Notify>>> = const { RefCell::new(None) };
    }

    /// The one thread that parks.
    pub(crate) struct Thread(Arc<Notify>);

    impl Thread {
        pub(crate) fn unpark(&self) {
            self.0.notify();
        }
    }

    impl std::fmt::Debug for Thread {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("Thread")
        }
    }

    /// The calling thread is the one that parks.
    pub(crate) fn current() -> Thread {
        let notify = Arc::new(Notify::new());
        WRITER.set(Some(notify.clone()));
        Thread(notify)
    }

    /// It parks no more: what belongs to a model must not outlive it.
    pub(crate) fn forget() {
        WRITER.set(None);
    }

    pub(crate) fn park() {
        let notify = WRITER.with_borrow(Option::clone).expect("a writer");
        notify.wait();
    }
}

use bell::Bell;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;

/// A bell, and rings of which only the number of lines in them is told.
struct Log {
    bell: Bell,
    rings: [AtomicUsize; 2],
}

impl Log {
    fn new() -> Arc<Self> {
        Arc::new(Log { bell: Bell::new(), rings: [AtomicUsize::new(0), AtomicUsize::new(0)] })
    }

    fn put(&self, ring: usize) {
        let before = self.rings[ring].load(Ordering::Relaxed);
        self.rings[ring].store(before + 1, Ordering::Release);
    }

    fn there(&self) -> usize {
        self.rings.iter().map(|ring| ring.load(Ordering::Acquire)).sum()
    }

    /// Starts the writer, which ends when `count` lines have come. A lost wake is a deadlock here,
    /// which loom reports.
    fn writer(log: &Arc<Self>, count: usize) -> thread::JoinHandle<()> {
        let log = log.clone();
        thread::spawn(move || log.write(count))
    }

    fn write(&self, count: usize) {
        self.bell.belongs_to(sync::current());
        loop {
            self.bell.begin_round();
            let found = self.there();
            if found == count {
                return sync::forget();
            }
            self.bell.sleep(|| self.there() == found);
        }
    }
}

fn model(run: impl Fn() + Sync + Send + 'static) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(run);
}

#[test]
fn no_line_of_two_workers_waits_for_the_next_one() {
    model(|| {
        let log = Log::new();
        let writer = Log::writer(&log, 2);
        let workers = [0, 1].map(|ring| {
            let log = log.clone();
            thread::spawn(move || {
                log.put(ring);
                log.bell.nudge();
            })
        });
        for thread in workers.into_iter().chain([writer]) {
            thread.join().unwrap();
        }
    });
}

#[test]
fn a_worker_that_goes_on_is_heard_each_time() {
    model(|| {
        let log = Log::new();
        let writer = Log::writer(&log, 2);
        for _ in 0..2 {
            log.put(0);
            log.bell.nudge();
        }
        writer.join().unwrap();
    });
}

#[test]
fn who_hurries_wakes_a_writer_that_lies() {
    model(|| {
        let log = Log::new();
        let writer = Log::writer(&log, 1);
        log.put(0);
        log.bell.hurry();
        writer.join().unwrap();
    });
}
