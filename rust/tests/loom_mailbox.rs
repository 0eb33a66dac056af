//! The mailbox under every interleaving:
//! `RUSTFLAGS="--cfg loom" cargo test -p http_responder --test loom_mailbox --release`
#![cfg(loom)]

#[path = "../src/worker/mailbox.rs"]
mod mailbox;

mod sync {
    pub(crate) use loom::sync::Mutex;
    pub(crate) use loom::sync::atomic::{AtomicBool, Ordering};
    pub(crate) use std::sync::PoisonError;
}

use loom::sync::{Arc, Notify};
use loom::thread;
use mailbox::Mailbox;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// A worker's mailbox, what wakes the worker, and how often that was.
struct Worker {
    mailbox: Mailbox<u32>,
    bell: Notify,
    // Not loom's: counting shall not order anything.
    rings: AtomicUsize,
}

impl Worker {
    fn new() -> Arc<Self> {
        let (mailbox, bell) = (Mailbox::new(), Notify::new());
        Arc::new(Worker { mailbox, bell, rings: AtomicUsize::new(0) })
    }

    fn tell(&self, message: u32) {
        if self.mailbox.put(message) {
            self.ring();
        }
    }

    fn hand_over(&self, messages: &mut VecDeque<u32>, bound: usize) {
        if self.mailbox.put_some(messages, bound) {
            self.ring();
        }
    }

    fn ring(&self) {
        self.rings.fetch_add(1, Relaxed);
        self.bell.notify();
    }

    /// Waits to be woken and looks, until `count` messages have come: what they were, and how
    /// often it looked. A lost wake is a deadlock here, which loom reports.
    fn receive(&self, count: usize) -> (Vec<u32>, usize) {
        let (mut all, mut looks) = (Vec::new(), 0);
        let mut messages = VecDeque::new();
        while all.len() < count {
            self.bell.wait();
            self.mailbox.take_all(&mut messages);
            looks += 1;
            all.extend(messages.drain(..));
        }
        (all, looks)
    }
}

#[test]
fn no_message_of_two_senders_is_lost_and_each_senders_order_is_kept() {
    // Without a bound this takes hours; two preemptions find what a lost wake needs.
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(2);
    model.check(|| {
        let worker = Worker::new();
        let senders = [[1, 2], [11, 12]].map(|messages| {
            let worker = worker.clone();
            thread::spawn(move || messages.into_iter().for_each(|message| worker.tell(message)))
        });
        let (mut all, looks) = worker.receive(4);
        for sender in senders {
            sender.join().unwrap();
        }
        let of = |range: std::ops::Range<u32>| -> Vec<u32> {
            all.iter().copied().filter(|message| range.contains(message)).collect()
        };
        assert_eq!(of(0..10), [1, 2]);
        assert_eq!(of(10..20), [11, 12]);
        all.sort_unstable();
        assert_eq!(all, [1, 2, 11, 12], "nothing comes twice");
        // Between two looks nobody rings twice.
        assert!(worker.rings.load(Relaxed) <= looks + 1);
    });
}

#[test]
fn messages_put_before_the_worker_looks_cost_one_wake() {
    loom::model(|| {
        let worker = Worker::new();
        let sender = {
            let worker = worker.clone();
            thread::spawn(move || worker.tell(1))
        };
        worker.tell(2);
        sender.join().unwrap();
        assert_eq!(worker.rings.load(Relaxed), 1);
        let mut messages = VecDeque::new();
        worker.mailbox.take_all(&mut messages);
        assert_eq!(messages.len(), 2);
        worker.tell(3);
        assert_eq!(worker.rings.load(Relaxed), 2, "after a look it is needed again");
    });
}

#[test]
fn a_hand_that_does_not_fit_whole_is_neither_lost_nor_doubled() {
    loom::model(|| {
        let worker = Worker::new();
        let dealer = {
            let worker = worker.clone();
            thread::spawn(move || {
                let mut hand = VecDeque::from([1, 2]);
                worker.hand_over(&mut hand, 2);
                hand.len()
            })
        };
        let other = {
            let worker = worker.clone();
            thread::spawn(move || worker.tell(11))
        };
        // One of the hand and the other message get in at any rate.
        let (mut all, _) = worker.receive(2);
        let left = dealer.join().unwrap();
        other.join().unwrap();
        let mut rest = VecDeque::new();
        worker.mailbox.take_all(&mut rest);
        all.extend(rest);
        assert_eq!(all.len() + left, 3);
    });
}

#[test]
fn a_full_mailbox_takes_nothing_and_rings_for_nothing() {
    loom::model(|| {
        let worker = Worker::new();
        worker.tell(1);
        let mut hand = VecDeque::from([2]);
        worker.hand_over(&mut hand, 1);
        assert_eq!(hand, [2]);
        assert_eq!(worker.rings.load(Relaxed), 1);
    });
}
