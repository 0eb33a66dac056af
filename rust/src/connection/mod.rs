//! One connection: its record in the pool, its state machine, its deadlines. `LIFECYCLE.md` in
//! this folder draws it.
//!
//! | file | idea |
//! | --- | --- |
//! | `pool` | where records live, and the keys that name them |
//! | `deadlines` | which of them run out of time |
//! | `state` | the six states |
//! | `machine` | what happens to a connection, sans-IO |
//! | `incoming` | a request whose body is arriving |
//! | `counting` | what goes into the statistics |
//! | `buffers` | what is lent to a connection while bytes are pending |

pub(crate) mod buffers;
mod counting;
pub(crate) mod deadlines;
pub(crate) mod incoming;
pub(crate) mod machine;
pub(crate) mod pool;
pub(crate) mod state;

#[cfg(test)]
mod lifecycle_tests;

pub(crate) use buffers::Buffers;
pub(crate) use counting::count_refusal;
pub(crate) use deadlines::{Deadline, Deadlines};
pub(crate) use machine::{Context, Machine, Next};
pub(crate) use pool::{Key, Pool};
pub(crate) use state::State;

use deadlines::Link;
use std::os::fd::OwnedFd;

/// The record of a connection.
#[derive(Debug)]
pub(crate) struct Connection {
    /// Declared first, dropped first: closing the socket ends all there is.
    pub(crate) socket: OwnedFd,
    pub(crate) link: Link,
    /// Time of the last activity that renews the running deadline: low 32 bits of milliseconds.
    pub(crate) since: u32,
    pub(crate) machine: Machine,
}

impl Connection {
    pub(crate) fn new(socket: OwnedFd, listener: u16) -> Self {
        Connection { socket, link: Link::default(), since: 0, machine: Machine::new(listener) }
    }
}
