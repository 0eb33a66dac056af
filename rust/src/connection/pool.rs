//! The connection pool.

/// Names a connection in a pool: late users of a key whose connection is gone find nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) index: u32,
    pub(crate) generation: u32,
}
