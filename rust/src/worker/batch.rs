//! What a handler wants done when the worker has gone through the present batch of events.
//!
//! Whatever is costly to enter, such as an interpreter with a lock of its own, is entered by the
//! first handler of a batch that needs it and left once behind the last.

use std::cell::Cell;

thread_local! {
    static AT_END: Cell<Option<fn()>> = const { Cell::new(None) };
}

/// Has `leave` called on this thread before it waits for events again, once. Called in a handler;
/// elsewhere nobody would call it.
pub fn at_batch_end(leave: fn()) {
    AT_END.set(Some(leave));
}

/// The batch is over.
#[inline]
pub(super) fn end() {
    if let Some(leave) = AT_END.take() {
        leave();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[test]
    fn what_was_asked_for_is_done_once() {
        static LEFT: AtomicU32 = AtomicU32::new(0);
        let leave = || {
            LEFT.fetch_add(1, Ordering::Relaxed);
        };
        at_batch_end(leave);
        at_batch_end(leave);
        end();
        end();
        assert_eq!(LEFT.load(Ordering::Relaxed), 1);
    }
}
