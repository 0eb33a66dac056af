//! A responder: answers any HTTP request at once, from memory, with hundreds of thousands of
//! connections open.
//!
//! | module | what it is |
//! | --- | --- |
//! | [`ca`] | the life of a certificate authority of the operator's own |
//! | [`certificates`] | certificates that a program gives a server, and those of clients |
//! | [`config`] | the options table, what was said ([`Config`]) and what is used ([`config::Settings`]) |
//! | [`http`] | HTTP/1.0 and 1.1 as bytes: head, framing, chunked bodies, refusals, the Date line |
//! | [`responder`] | routes, rules, prepared responses, handlers, the default answers by type |
//! | [`server`] | the life of a server: built, running, draining, stopped |
//! | [`stats`] | the statistics table, per-worker cells, snapshots, rendering |
//! | [`error`] | [`Error`] and its stable [`ErrorCode`] |
//!
//! Without the feature `tls` (on by default) there is no [`ca`], and an option that wants TLS is an
//! error that says so.
//!
//! The engine itself (connection pool, state machine, workers, acceptor) is private.

// What only TLS uses of the rest is not worth a condition each.
#![cfg_attr(not(feature = "tls"), allow(dead_code))]

#[cfg(feature = "tls")]
pub mod ca;
#[cfg(not(feature = "tls"))]
#[path = "ca/absent.rs"]
pub mod ca;
pub mod certificates;
pub mod config;
pub mod error;
pub mod http;
pub mod record;
pub mod responder;
pub mod server;
pub mod stats;

#[cfg(any(fuzzing, test))]
pub mod fuzzing;

mod acceptor;
mod access_log;
mod clients;
mod connection;
mod files;
mod http2;
mod log;
mod sync;
mod sys;
#[cfg(feature = "tls")]
mod tls;
#[cfg(not(feature = "tls"))]
#[path = "tls/absent.rs"]
mod tls;
mod worker;

pub use config::Config;
pub use error::{Error, ErrorCode, Result};
pub use responder::{
    Action, Deferred, Exchange, Handler, OwnedRequest, Pace, Request, Response, Upload, Writer,
};
pub use server::{Notice, Server, ServerState};
pub use sys::reserve::ReservingAllocator;
pub use worker::at_batch_end;

/// The version of this library, as in its Cargo manifest.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
