//! Locks whose order ThreadSanitizer can see: `RUSTFLAGS="--cfg tsan"`, for `tests/c/races.sh`.
//!
//! The standard library is shipped without the sanitizer's instrumentation. Where two threads
//! contend for its mutex, or wait for its condition, the lock changes hands inside it, and what the
//! lock protects looks like a race. Here each hand-over is said once more by an atomic that is
//! compiled with this crate. A lock that is forgotten is still found: nothing says anything then.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{self, LockResult, PoisonError, WaitTimeoutResult};
use std::time::Duration;

pub(crate) struct Mutex<T> {
    handed_over: AtomicUsize,
    inner: sync::Mutex<T>,
}

pub(crate) struct MutexGuard<'m, T> {
    handed_over: &'m AtomicUsize,
    // Only `Condvar` takes it out.
    inner: Option<sync::MutexGuard<'m, T>>,
}

#[derive(Debug, Default)]
pub(crate) struct Condvar(sync::Condvar);

impl<T> Mutex<T> {
    pub(crate) const fn new(value: T) -> Self {
        Mutex { handed_over: AtomicUsize::new(0), inner: sync::Mutex::new(value) }
    }

    pub(crate) fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        taken(&self.handed_over, self.inner.lock())
    }
}

impl<T> Drop for Mutex<T> {
    /// Whoever drops it last comes behind all who held it: an Arc orders that by a fence, which the
    /// sanitizer does not know.
    fn drop(&mut self) {
        self.handed_over.load(Ordering::Acquire);
    }
}

fn taken<'m, T>(
    handed_over: &'m AtomicUsize,
    lock: LockResult<sync::MutexGuard<'m, T>>,
) -> LockResult<MutexGuard<'m, T>> {
    handed_over.load(Ordering::Acquire);
    let ours = |inner| MutexGuard { handed_over, inner: Some(inner) };
    lock.map(ours).map_err(|poisoned| PoisonError::new(ours(poisoned.into_inner())))
}

impl<'m, T> MutexGuard<'m, T> {
    fn into_inner(mut self) -> (&'m AtomicUsize, sync::MutexGuard<'m, T>) {
        self.handed_over.store(1, Ordering::Release);
        let inner = self.inner.take();
        (self.handed_over, inner.expect("a guard is taken apart once"))
    }
}

impl<T> Drop for MutexGuard<'_, T> {
    fn drop(&mut self) {
        if self.inner.is_some() {
            self.handed_over.store(1, Ordering::Release);
        }
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.inner.as_ref().expect("a guard that was taken apart is gone")
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.inner.as_mut().expect("a guard that was taken apart is gone")
    }
}

impl Condvar {
    pub(crate) const fn new() -> Self {
        Condvar(sync::Condvar::new())
    }

    pub(crate) fn notify_all(&self) {
        self.0.notify_all();
    }

    pub(crate) fn wait<'m, T>(&self, guard: MutexGuard<'m, T>) -> LockResult<MutexGuard<'m, T>> {
        let (handed_over, inner) = guard.into_inner();
        taken(handed_over, self.0.wait(inner))
    }

    pub(crate) fn wait_timeout<'m, T>(
        &self,
        guard: MutexGuard<'m, T>,
        timeout: Duration,
    ) -> LockResult<(MutexGuard<'m, T>, WaitTimeoutResult)> {
        let (handed_over, inner) = guard.into_inner();
        // Poison means nothing to those who call.
        let (inner, timed_out) =
            self.0.wait_timeout(inner, timeout).unwrap_or_else(PoisonError::into_inner);
        let guard = taken(handed_over, Ok(inner)).unwrap_or_else(PoisonError::into_inner);
        Ok((guard, timed_out))
    }
}

impl<T: Default> Default for Mutex<T> {
    fn default() -> Self {
        Mutex::new(T::default())
    }
}

impl<T: fmt::Debug> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
