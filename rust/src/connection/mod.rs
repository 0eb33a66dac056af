//! One connection: its record in the pool, its state machine, its deadlines. LIFECYCLE.md draws it.

pub(crate) mod pool;

pub(crate) use pool::Key;
