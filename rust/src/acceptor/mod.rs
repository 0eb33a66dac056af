//! Accepting: listeners, bursts of accept, dealing connections to workers, their health.
//!
//! | file | idea |
//! | --- | --- |
//! | `listener` | a socket that listens: bound here or taken over |
//! | `accepting` | accept until the queue is empty; what to do when descriptors run out |
//! | `shed` | turning a connection away |
//! | `dealer` | which worker is next; stalled ones are skipped |
//! | `supervisor` | the thread that does it, and acts on notices |

mod accepting;
mod dealer;
mod listener;
pub(crate) mod shed;
mod supervisor;

pub(crate) use accepting::{Accepting, Burst};
pub(crate) use dealer::Dealer;
pub(crate) use listener::{Access, Address, Listener};
pub(crate) use supervisor::{Supervisor, Work};
