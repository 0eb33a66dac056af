//! A worker's mailbox: any thread puts in, the worker takes all out.
//!
//! Whoever puts something into a mailbox that nobody has rung for rings once; the worker takes
//! the ring down before it looks inside, so nothing that is put in later goes unnoticed. Checked
//! with loom (`tests/loom_mailbox.rs` compiles this file by itself).

use crate::sync::{AtomicBool, Mutex, Ordering, PoisonError};
use std::collections::VecDeque;

/// Messages for one worker.
#[derive(Debug)]
pub(crate) struct Mailbox<T> {
    queue: Mutex<VecDeque<T>>,
    rung: AtomicBool,
}

impl<T> Mailbox<T> {
    pub(crate) fn new() -> Self {
        Mailbox { queue: Mutex::new(VecDeque::new()), rung: AtomicBool::new(false) }
    }

    /// Puts `message` in. Whether the caller must wake the worker.
    #[must_use = "the worker sleeps until it is woken"]
    pub(crate) fn put(&self, message: T) -> bool {
        self.with_queue(|queue| queue.push_back(message));
        !self.rung.swap(true, Ordering::AcqRel)
    }

    /// Puts messages in as long as there are fewer than `bound`; the rest stays in `messages`.
    /// Whether the caller must wake the worker.
    #[must_use = "the worker sleeps until it is woken"]
    pub(crate) fn put_some(&self, messages: &mut VecDeque<T>, bound: usize) -> bool {
        let put = self.with_queue(|queue| {
            let room = bound.saturating_sub(queue.len()).min(messages.len());
            queue.extend(messages.drain(..room));
            room
        });
        put > 0 && !self.rung.swap(true, Ordering::AcqRel)
    }

    /// Takes everything out. `into` must be empty; its capacity is used again.
    pub(crate) fn take_all(&self, into: &mut VecDeque<T>) {
        // A swap, like the senders': one order of all rings and looks.
        self.rung.swap(false, Ordering::AcqRel);
        self.with_queue(|queue| std::mem::swap(queue, into));
    }

    fn with_queue<R>(&self, work: impl FnOnce(&mut VecDeque<T>) -> R) -> R {
        // A panic cannot leave a VecDeque half-changed here: poison means nothing.
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        work(&mut queue)
    }
}
