//! What the parts without locks, and the one with a lock, are made of. The models in `tests/`
//! compile those files with loom's types of the same names in this place.

pub(crate) use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
pub(crate) use std::sync::{Mutex, PoisonError};
