//! A worker: one thread, one poll, one pool.
