//! Locks: the standard library's, or for `tests/c/races.sh` the engine's, whose order
//! ThreadSanitizer can see.

#[cfg(tsan)]
#[path = "../../../rust/src/sync/annotated.rs"]
mod annotated;

#[cfg(tsan)]
pub(crate) use annotated::{Condvar, Mutex, MutexGuard};
pub(crate) use std::sync::PoisonError;
#[cfg(not(tsan))]
pub(crate) use std::sync::{Condvar, Mutex, MutexGuard};
