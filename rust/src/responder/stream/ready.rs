//! The callback for a writer that was told to wait.

use crate::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::panic::{AssertUnwindSafe, catch_unwind};

type Callback = Box<dyn FnMut() + Send>;

/// A callback that is called by one thread at a time, and never after it was taken away.
#[derive(Default)]
pub(crate) struct Ready {
    state: Mutex<State>,
    returned: Condvar,
}

#[derive(Default)]
struct State {
    callback: Option<Callback>,
    /// Who is calling it now.
    caller: Option<usize>,
    closed: bool,
}

impl Ready {
    /// Sets the callback; one that was there before is not called again.
    pub(crate) fn set(&self, callback: Callback) {
        let before = self.lock().callback.replace(callback);
        drop(before);
    }

    /// Calls it, if there is one. A panic is the callback's own affair: it is not called again.
    pub(crate) fn call(&self) {
        let mut state = self.lock();
        let Some(mut callback) = state.callback.take() else { return };
        state.caller = Some(this_thread());
        drop(state);
        let panicked = catch_unwind(AssertUnwindSafe(&mut callback)).is_err();
        let mut state = self.lock();
        state.caller = None;
        // Another one may have been set meanwhile.
        let keep = !panicked && !state.closed && state.callback.is_none();
        let dropped = if keep {
            state.callback = Some(callback);
            None
        } else {
            Some(callback)
        };
        drop(state);
        self.returned.notify_all();
        drop(dropped);
    }

    /// Takes the callback away. When this returns it does not run any more, unless it is the caller.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        let callback = state.callback.take();
        let own = this_thread();
        while state.caller.is_some_and(|caller| caller != own) {
            state = self.returned.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        drop(state);
        drop(callback);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A number that no other thread has while this one lives. (Asking the standard library for its own
/// would allocate something for each thread of the host.)
fn this_thread() -> usize {
    thread_local!(static HERE: u8 = const { 0 });
    HERE.with(|here| std::ptr::from_ref(here).addr())
}

impl std::fmt::Debug for Ready {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ready")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc::channel;

    #[test]
    fn it_is_called_until_it_is_taken_away() {
        let (ready, calls) = (Ready::default(), Arc::new(AtomicUsize::new(0)));
        ready.call();
        let count = calls.clone();
        ready.set(Box::new(move || {
            count.fetch_add(1, Ordering::Relaxed);
        }));
        ready.call();
        ready.call();
        ready.close();
        ready.call();
        assert_eq!(calls.load(Ordering::Relaxed), 2);
        assert_eq!(Arc::strong_count(&calls), 1, "what it held is let go");
    }

    #[test]
    fn who_takes_it_away_waits_until_it_has_returned() {
        let ready = Arc::new(Ready::default());
        let (entered, is_entered) = channel();
        let (leave, may_leave) = channel::<()>();
        let done = Arc::new(AtomicUsize::new(0));
        let finished = done.clone();
        ready.set(Box::new(move || {
            entered.send(()).unwrap();
            may_leave.recv().unwrap();
            finished.store(1, Ordering::Release);
        }));
        let calling = {
            let ready = ready.clone();
            std::thread::spawn(move || ready.call())
        };
        is_entered.recv().unwrap();
        let closing = {
            let (ready, done) = (ready.clone(), done.clone());
            std::thread::spawn(move || {
                ready.close();
                done.load(Ordering::Acquire)
            })
        };
        leave.send(()).unwrap();
        assert_eq!(closing.join().unwrap(), 1);
        calling.join().unwrap();
    }

    #[test]
    fn it_may_take_itself_away_and_may_panic() {
        let ready = Arc::new(Ready::default());
        let own = ready.clone();
        ready.set(Box::new(move || own.close()));
        ready.call();
        assert_eq!(Arc::strong_count(&ready), 1);
        let ready = Ready::default();
        ready.set(Box::new(|| panic!("on purpose")));
        ready.call();
        ready.call();
    }
}
