//! HTTP/2 (RFC 9113), sans-IO. A stream is a connection of HTTP/1 to everything behind it: its request
//! is written as the head and the body that the parser of HTTP/1 reads, a
//! [`Machine`](crate::connection::Machine) of its own answers it, and what that prepares becomes
//! frames. So routes, rules, handlers, limits, faults, the access log and the statistics are the same
//! code for both, and cannot differ.
//!
//! | file | idea |
//! | --- | --- |
//! | `frame` | frames as octets |
//! | `hpack` | field sections, packed and unpacked |
//! | `session` | one connection: frames in, what they mean for its streams out |
//! | `request` | from the fields of a request to its head |
//! | `answer` | from the octets of an answer to frames |
//! | `heads` | heads of answers, packed once |
//! | `guard` | what a client may cost that asks for nothing |
//!
//! `worker/http2` gives connections and streams their turns.

mod answer;
mod frame;
#[cfg(any(fuzzing, test))]
pub(crate) mod fuzzing;
mod guard;
mod heads;
mod hpack;
mod request;
mod session;

pub(crate) use answer::{Answer, Written};
pub(crate) use frame::{Code, PREFACE};
pub(crate) use heads::Heads;
pub(crate) use request::Facts;
pub(crate) use session::{Bounds, Event, Open, Session, Space, Way};
