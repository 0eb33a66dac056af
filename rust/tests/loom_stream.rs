//! The two ends of a stream under every interleaving: nothing is lost, who had to wait is told, who
//! writes to nobody hears it.
//! `RUSTFLAGS="--cfg loom" cargo test -p http_responder --test loom_stream --release`
#![cfg(loom)]
#![allow(dead_code, reason = "the model has no use for waiting with a clock")]

#[path = "../src/responder/stream/flow.rs"]
mod flow;

mod sync {
    pub(crate) use loom::sync::{Condvar, Mutex, MutexGuard};
    pub(crate) use std::sync::PoisonError;
}

use flow::{End, Fetched, Flow, Marks, Refused};
use loom::sync::{Arc, Notify};
use loom::thread;

/// A stream, and what wakes the worker and the writer.
struct Ends {
    flow: Flow,
    worker: Notify,
    writer: Notify,
}

impl Ends {
    fn new() -> Arc<Self> {
        let flow = Flow::new(Marks { high: 2, low: 1 }, None);
        let ends = Ends { flow, worker: Notify::new(), writer: Notify::new() };
        // As it begins the worker is told.
        ends.worker.notify();
        Arc::new(ends)
    }

    fn tell(&self, must: bool) {
        if must {
            self.worker.notify();
        }
    }

    /// Writes `octet`; waits where it has to. `false` if nobody is there.
    fn write(&self, octet: u8) -> bool {
        loop {
            match self.flow.put(1, |queue| queue.push(octet)) {
                Ok(must) => {
                    self.tell(must);
                    return true;
                }
                Err(Refused::Full) => self.writer.wait(),
                Err(Refused::Gone) => return false,
                Err(other) => panic!("{other:?}"),
            }
        }
    }

    /// Fetches until nothing is left or the end; whether it was the end.
    fn drain(&self, into: &mut Vec<u8>) -> Option<End> {
        loop {
            let mut octets = Vec::new();
            match self.flow.fetch(&mut octets) {
                Fetched::Octets => {
                    for octet in octets {
                        into.push(octet);
                        if self.flow.sent(1) {
                            self.writer.notify();
                        }
                    }
                }
                Fetched::Nothing => return None,
                Fetched::End(end) => return Some(end),
            }
        }
    }
}

#[test]
fn all_octets_arrive_in_order_and_nobody_sleeps_for_ever() {
    // More preemptions find nothing that these do not, and take minutes.
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(|| {
        let ends = Ends::new();
        let writer = {
            let ends = ends.clone();
            thread::spawn(move || {
                assert!((1..=3).all(|octet| ends.write(octet)));
                let (must, missing) = ends.flow.finish(|queue| queue.push(9)).unwrap();
                assert_eq!(missing, 0);
                ends.tell(must);
            })
        };
        let mut octets = Vec::new();
        let end = loop {
            ends.worker.wait();
            if let Some(end) = ends.drain(&mut octets) {
                break end;
            }
        };
        assert_eq!((&octets[..], end), (&[1, 2, 3, 9][..], End::Whole));
        writer.join().unwrap();
        assert!(!ends.flow.leave(), "who has finished is not surprised");
    });
}

#[test]
fn who_waits_or_writes_when_the_worker_leaves_is_told() {
    loom::model(|| {
        let ends = Ends::new();
        let writer = {
            let ends = ends.clone();
            thread::spawn(move || {
                let mut written = 0;
                while written < 4 && ends.write(written) {
                    written += 1;
                }
                assert!(written < 4 && ends.flow.is_gone());
            })
        };
        ends.worker.wait();
        if ends.flow.leave() {
            ends.writer.notify();
        }
        writer.join().unwrap();
    });
}

#[test]
fn a_cut_comes_behind_what_was_written() {
    loom::model(|| {
        let ends = Ends::new();
        let writer = {
            let ends = ends.clone();
            thread::spawn(move || {
                assert!(ends.write(1));
                ends.tell(ends.flow.cut());
                assert!(!ends.flow.cut());
            })
        };
        let mut octets = Vec::new();
        let end = loop {
            ends.worker.wait();
            if let Some(end) = ends.drain(&mut octets) {
                break end;
            }
        };
        assert_eq!((&octets[..], end), (&[1][..], End::Cut));
        writer.join().unwrap();
    });
}
