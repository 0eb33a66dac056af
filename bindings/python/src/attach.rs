//! Entering Python on the worker threads: each keeps a thread state of its own for as long as it
//! runs, and the interpreter, once entered, for the rest of a batch of events.

use pyo3::ffi;
use pyo3::prelude::*;
use std::cell::Cell;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};

/// The interpreter is about to end: thread states are its own from now on.
static ENDING: AtomicBool = AtomicBool::new(false);

thread_local! {
    static KEPT: Kept = const { Kept { state: Cell::new(ptr::null_mut()), inside: Cell::new(false) } };
}

/// What a worker thread has of the interpreter.
struct Kept {
    state: Cell<*mut ffi::PyThreadState>,
    /// Whether the thread is attached at this moment, by [`Kept::enter`].
    inside: Cell<bool>,
}

/// Calls `work` attached. To be called on a worker, in a handler. `None`: the interpreter is
/// ending, no more Python.
pub(crate) fn on_worker<R>(work: impl FnOnce(Python<'_>) -> R) -> Option<R> {
    KEPT.with(Kept::enter);
    // Attached already, this counts and does no more.
    Python::try_attach(work)
}

/// The interpreter ends: what is kept is left to it.
pub(crate) fn interpreter_ends() {
    ENDING.store(true, Ordering::Relaxed);
}

impl Kept {
    fn enter(&self) {
        if self.inside.get() || ENDING.load(Ordering::Relaxed) {
            return;
        }
        if self.state.get().is_null() {
            self.state.set(Python::try_attach(keep).unwrap_or(ptr::null_mut()));
        }
        if self.state.get().is_null() {
            return;
        }
        // The interpreter ends only after ENDING is set, and who is busy then does not come here again.
        // SAFETY: the state of this thread, which `keep` counted once more than it is let go of; the
        // thread is not attached.
        unsafe { ffi::PyEval_RestoreThread(self.state.get()) };
        self.inside.set(true);
        http_responder::at_batch_end(|| KEPT.with(Kept::leave));
    }

    fn leave(&self) {
        if self.inside.replace(false) {
            // SAFETY: attached by `enter`, on this thread.
            unsafe { ffi::PyEval_SaveThread() };
        }
    }
}

/// Counts the state of this thread once more, so that it is not deleted with the last to leave.
fn keep(_: Python<'_>) -> *mut ffi::PyThreadState {
    // SAFETY: attached; the count is taken back when the thread ends.
    unsafe {
        ffi::PyGILState_Ensure();
        ffi::PyThreadState_Get()
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        if self.state.get().is_null() || ENDING.load(Ordering::Relaxed) {
            return;
        }
        // SAFETY: as in `enter`; the last count is given back, which deletes the state and leaves
        // the interpreter.
        unsafe {
            if !self.inside.get() {
                ffi::PyEval_RestoreThread(self.state.get());
            }
            ffi::PyGILState_Release(ffi::PyGILState_STATE::PyGILState_UNLOCKED);
        }
    }
}
