//! What the parts without locks, and those with locks, are made of. The models in `tests/` compile
//! the mailbox and the deferred answers with loom's types of the same names in this place; under
//! ThreadSanitizer the locks are annotated.

#[cfg(tsan)]
mod annotated;

#[cfg(tsan)]
pub(crate) use annotated::{Condvar, Mutex, MutexGuard};
pub(crate) use std::sync::PoisonError;
pub(crate) use std::sync::atomic::{AtomicBool, AtomicU8, Ordering, fence};
#[cfg(not(tsan))]
pub(crate) use std::sync::{Condvar, Mutex, MutexGuard};
pub(crate) use std::thread::{Thread, current, park, park_timeout};
