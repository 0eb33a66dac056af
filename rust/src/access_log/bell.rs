//! Wakes the writer: once, however many lines come while it is awake.
//!
//! The writer says that it lies down, then looks into the rings once more; a worker fills its
//! ring, then looks whether the writer lies. One of the two sees the other: a line that was put
//! into a ring never waits for the next one. Checked with loom (`tests/loom_bell.rs` compiles this
//! file by itself).

use crate::sync::{AtomicBool, Ordering, Thread, fence, park};
use std::sync::OnceLock;

/// Whether the writer is awake, and how it is woken.
#[derive(Debug)]
pub(crate) struct Bell {
    awake: AtomicBool,
    /// A ring is half full: the writer shall not rest.
    hurry: AtomicBool,
    writer: OnceLock<Thread>,
}

impl Bell {
    pub(crate) fn new() -> Self {
        let (awake, hurry) = (AtomicBool::new(true), AtomicBool::new(false));
        Bell { awake, hurry, writer: OnceLock::new() }
    }

    /// Lines have been put into a ring: wakes the writer if it lies.
    pub(crate) fn nudge(&self) {
        fence(Ordering::SeqCst);
        if !self.awake.load(Ordering::Relaxed) && !self.awake.swap(true, Ordering::AcqRel) {
            self.wake();
        }
    }

    /// A ring is half full: wakes the writer even from its rest.
    pub(crate) fn hurry(&self) {
        if !self.hurry.load(Ordering::Relaxed) && !self.hurry.swap(true, Ordering::AcqRel) {
            fence(Ordering::SeqCst);
            self.awake.swap(true, Ordering::AcqRel);
            self.wake();
        }
    }

    /// Wakes the writer whatever it does.
    pub(crate) fn ring(&self) {
        self.awake.swap(true, Ordering::AcqRel);
        self.hurry.store(true, Ordering::Release);
        self.wake();
    }

    fn wake(&self) {
        if let Some(writer) = self.writer.get() {
            writer.unpark();
        }
    }

    /// The writer is the calling thread.
    pub(crate) fn belongs_to(&self, writer: Thread) {
        let _ = self.writer.set(writer);
    }

    /// The writer begins a round: who hurries afterwards is heard in its next rest.
    pub(crate) fn begin_round(&self) {
        self.hurry.swap(false, Ordering::AcqRel);
    }

    /// Whether somebody hurries.
    pub(crate) fn is_hurried(&self) -> bool {
        self.hurry.load(Ordering::Acquire)
    }

    /// The writer sleeps until it is woken, if `is_empty` still says so once it lies.
    pub(crate) fn sleep(&self, is_empty: impl FnOnce() -> bool) {
        // A swap, like the workers': one order of all that is said about being awake.
        self.awake.swap(false, Ordering::AcqRel);
        fence(Ordering::SeqCst);
        if !is_empty() {
            self.awake.swap(true, Ordering::AcqRel);
            return;
        }
        while !self.awake.load(Ordering::Acquire) {
            park();
        }
    }
}
