//! One connection: its record in the pool, its state machine, its deadlines. `LIFECYCLE.md` in
//! this folder draws it.
//!
//! | file | idea |
//! | --- | --- |
//! | `pool` | where records live, and the keys that name them |
//! | `deadlines` | which of them run out of time |
//! | `state` | the six states |
//! | `machine` | what happens to a connection, sans-IO; `machine/requests` from octets to answers |
//! | `incoming` | a request whose body is arriving |
//! | `counting` | what goes into the statistics |
//! | `tally` | what the admin side wants to know of the answers |
//! | `repeats` | answers to requests that came before, octet for octet |
//! | `peers` | whose connection it is |
//! | `watchers` | who looks at every answer; `machine/telling` tells them |
//! | `buffers` | what is lent to a connection while bytes are pending |

pub(crate) mod alarms;
pub(crate) mod buffers;
mod counting;
pub(crate) mod deadlines;
pub(crate) mod incoming;
pub(crate) mod machine;
pub(crate) mod peers;
pub(crate) mod pool;
pub(crate) mod repeats;
pub(crate) mod script;
pub(crate) mod state;
pub(crate) mod tally;
pub(crate) mod watchers;

#[cfg(test)]
mod lifecycle_tests;

pub(crate) use alarms::Alarms;
pub(crate) use buffers::Buffers;
pub(crate) use counting::{count_refusal, count_response};
pub(crate) use deadlines::{Deadline, Deadlines, Link};
#[cfg(feature = "tls")]
pub(crate) use machine::Introduction;
pub(crate) use machine::{Context, Machine, Next};
pub(crate) use pool::{Key, Pool};
pub(crate) use repeats::Repeats;
pub(crate) use state::State;
pub(crate) use watchers::Watchers;

use std::os::fd::OwnedFd;

/// What is known of a connection's readiness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ready {
    /// Octets or an end of stream may be there.
    pub(crate) readable: bool,
    /// The end of the stream is there, perhaps behind octets.
    pub(crate) read_closed: bool,
    /// What the connection said at the end of its last turn.
    pub(crate) next: Option<Next>,
}

impl Ready {
    /// Octets may be there.
    pub(crate) const READABLE: Ready = Ready { readable: true, read_closed: false, next: None };
}

/// What stands between the socket of a connection and its HTTP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Layer {
    /// Nothing.
    #[default]
    Plain,
    /// TLS.
    Tls,
    /// One or the other, as the first octet will say.
    Auto,
    /// HTTP/2.
    Http2,
    /// HTTP/2 over TLS.
    TlsHttp2,
}

/// The record of a connection.
#[derive(Debug)]
pub(crate) struct Connection {
    /// Declared first, dropped first: closing the socket ends all there is.
    pub(crate) socket: OwnedFd,
    pub(crate) link: Link,
    /// Time of the last activity that renews the running deadline: low 32 bits of milliseconds.
    pub(crate) since: u32,
    /// The rest of a turn that was cut off; the connection stands in the worker's queue then.
    pub(crate) unfinished: Option<Ready>,
    pub(crate) layer: Layer,
    pub(crate) machine: Machine,
}

impl Connection {
    pub(crate) fn new(socket: OwnedFd, listener: u16) -> Self {
        Connection {
            socket,
            link: Link::default(),
            since: 0,
            unfinished: None,
            layer: Layer::Plain,
            machine: Machine::new(listener),
        }
    }
}
