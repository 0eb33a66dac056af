//! A worker: one thread, one poll, one pool. Nothing on the path of a request is shared with
//! another worker.
//!
//! | file | idea |
//! | --- | --- |
//! | `batch` | what a handler wants done behind a batch of events |
//! | `handle` | what others know of a worker: its mailbox, waker, pulse and statistics |
//! | `mailbox` | how it is told things |
//! | `event_loop` | waits for events and hands them out |
//! | `arrivals` | who may come in: limits of a client, trusted proxies |
//! | `connections` | takes connections in, gives them turns, times them out, closes them |
//! | `turn` | what one connection does with its readiness |
//! | `survey` | what others ask of its connections |
//! | `transport` | what stands between a turn and the socket: nothing, or TLS |
//! | `secure` | TLS between them |
//! | `preface` | the PROXY header before TLS |
//! | `sessions` | the TLS sessions beside the pool |
//! | `http2` | the connections that speak HTTP/2, and their streams |
//! | `tokens` | what an event's token stands for |

mod arrivals;
mod batch;
mod connections;
mod event_loop;
#[cfg(any(fuzzing, test))]
pub(crate) mod fuzzing;
mod handle;
mod http2;
mod mailbox;
#[cfg(feature = "tls")]
mod preface;
#[cfg(feature = "tls")]
mod secure;
#[cfg(feature = "tls")]
mod sessions;
#[cfg(not(feature = "tls"))]
#[path = "sessions/absent.rs"]
mod sessions;
mod survey;
mod tokens;
mod transport;
mod turn;

#[cfg(test)]
mod lifecycle_tests;

pub use batch::at_batch_end;
pub(crate) use event_loop::{Leaving, Setup, add_timer, run};
pub(crate) use handle::is_worker_of;
pub(crate) use handle::{Handle, Message};
pub(crate) use survey::{Findings, Seen, Survey};
pub(crate) use tokens::{MAX_LISTENERS, WAKER};
