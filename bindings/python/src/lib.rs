//! The native module behind the Python package `http_responder`.
//!
//! One file per noun, as in the engine and in the C ABI. The rules that hold everywhere:
//!
//! - A call that can wait for a worker is made detached from the interpreter: a worker may itself
//!   be waiting to enter Python for a handler.
//! - A lock is taken only while attached, never across a call into Python, so that it cannot be
//!   found held after a fork. Without a GIL there is one more reason: the garbage collector stops
//!   who is in Python, and waits for who waits for the lock.
//! - Every error of the engine becomes the exception of its kind, with the same text.

mod asgi;
mod attach;
mod call;
mod certificate;
mod deferred;
mod duration;
mod environ;
mod errors;
mod faults;
mod handler;
mod headers;
mod inbox;
mod life;
mod listening;
mod log;
mod names;
mod options;
mod peer;
mod pieces;
mod pump;
mod ready;
mod record;
mod replay;
mod request;
mod response;
mod route;
mod routing;
mod run;
mod server;
mod stats;
mod upload;
mod url;
mod writer;
mod wsgi;

use pyo3::prelude::*;

http_responder::reserve_memory!();

/// The engine behind `http_responder`; import the package, not this module.
#[pymodule(gil_used = false)]
mod _native {
    use super::*;

    #[pymodule_export]
    use super::asgi::AsgiApp;
    #[pymodule_export]
    use super::certificate::{Authority, Certificate, Handshake};
    #[pymodule_export]
    use super::deferred::Deferred;
    #[pymodule_export]
    use super::faults::{Faults, Faulty};
    #[pymodule_export]
    use super::headers::Headers;
    #[pymodule_export]
    use super::inbox::Inbox;
    #[pymodule_export]
    use super::options::options;
    #[pymodule_export]
    use super::record::Record;
    #[pymodule_export]
    use super::request::Request;
    #[pymodule_export]
    use super::response::Response;
    #[pymodule_export]
    use super::server::Server;
    #[pymodule_export]
    use super::stats::statistics;
    #[pymodule_export]
    use super::upload::Stream;
    #[pymodule_export]
    use super::writer::Writer;
    #[pymodule_export]
    use super::wsgi::{Streamed, WsgiApp};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", http_responder::VERSION)?;
        errors::register(module)?;
        life::stop_at_exit(module)
    }
}
