//! The responder's replacement (rules, routes) under every interleaving, over the real mailbox: whoever
//! replaces it stores first and tells then, and each worker keeps what it has until it is told.
//! `RUSTFLAGS="--cfg loom" cargo test -p http_responder --test loom_swap --release`
#![cfg(loom)]

#[path = "../src/worker/mailbox.rs"]
#[allow(dead_code, reason = "connections are handed over elsewhere")]
mod mailbox;

mod sync {
    pub(crate) use loom::sync::Mutex;
    pub(crate) use loom::sync::atomic::{AtomicBool, Ordering};
    pub(crate) use std::sync::PoisonError;
}

use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::sync::{Arc, Mutex, Notify};
use loom::thread;
use mailbox::Mailbox;
use std::collections::VecDeque;

/// What stands for the `ArcSwap` of the rules: a number for a set of them, and how many look at each.
/// ArcSwap has models of its own; here a store and a load are one step each.
struct Shared {
    rules: Mutex<usize>,
    mailbox: Mailbox<()>,
    bell: Notify,
    /// Rules that the worker has let go of.
    left: AtomicUsize,
}

impl Shared {
    fn new() -> Arc<Self> {
        let (mailbox, bell) = (Mailbox::new(), Notify::new());
        Arc::new(Shared { rules: Mutex::new(0), mailbox, bell, left: AtomicUsize::new(0) })
    }

    fn replace(&self, rules: usize) {
        let mut current = self.rules.lock().unwrap();
        // Of two reloads the later one stands: they are done one after the other.
        *current = rules.max(*current);
        drop(current);
        if self.mailbox.put(()) {
            self.bell.notify();
        }
    }

    /// A worker that answers until it has let go of the rules before `last`.
    fn work(&self, last: usize) -> Vec<usize> {
        let mut used = vec![0];
        let mut told = VecDeque::new();
        while used.last() != Some(&last) {
            self.bell.wait();
            self.mailbox.take_all(&mut told);
            if told.drain(..).next().is_some() {
                used.push(*self.rules.lock().unwrap());
                self.left.fetch_add(1, Ordering::Release);
            }
        }
        used
    }
}

#[test]
fn a_worker_that_is_told_uses_the_new_rules_and_never_older_ones_again() {
    loom::model(|| {
        let shared = Shared::new();
        let worker = thread::spawn({
            let shared = shared.clone();
            move || shared.work(1)
        });
        shared.replace(1);
        assert_eq!(worker.join().unwrap(), [0, 1]);
        assert_eq!(shared.left.load(Ordering::Acquire), 1);
    });
}

#[test]
fn of_two_reloads_at_once_the_last_one_stands_and_no_worker_sleeps_through_it() {
    loom::model(|| {
        let shared = Shared::new();
        let other = thread::spawn({
            let shared = shared.clone();
            move || shared.replace(1)
        });
        let worker = thread::spawn({
            let shared = shared.clone();
            move || shared.work(2)
        });
        shared.replace(2);
        other.join().unwrap();
        let used = worker.join().unwrap();
        assert!(used.is_sorted() && used.last() == Some(&2), "{used:?}");
    });
}
