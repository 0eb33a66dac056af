//! A response, prepared once and sent any number of times.

use crate::error::Result;
use crate::http::DateLine;
use std::sync::Arc;

/// A response as bytes, ready to be copied out; cheap to clone, shared by all threads.
#[derive(Clone, Debug)]
pub struct Response(Arc<Prepared>);

#[derive(Debug)]
struct Prepared {
    status: u16,
}

/// Collects what a response shall have.
#[derive(Clone, Debug)]
pub struct ResponseBuilder {}

/// What the Connection field of a response says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Persistence {
    /// HTTP/1.1 and it stays open: no field.
    Implied,
    /// HTTP/1.0 and it stays open.
    KeepAlive,
    /// It is closed after this answer.
    Close,
}

/// What differs from one sending of a response to the next.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wire<'w> {
    pub(crate) date: &'w DateLine,
    /// The request was HEAD: no body.
    pub(crate) head_only: bool,
    pub(crate) persistence: Persistence,
    /// Whole field lines, each with its CRLF, to be added.
    pub(crate) extra: &'w [u8],
}

impl Response {
    /// Starts a response with `status`, 200 to 599.
    pub fn builder(status: u16) -> ResponseBuilder {
        let _ = status;
        todo!()
    }

    /// A plain 500, for handlers that fail; shared, never made anew.
    pub(crate) fn internal_error() -> Response {
        todo!()
    }

    /// The status code.
    pub fn status(&self) -> u16 {
        self.0.status
    }

    /// The body.
    pub fn body(&self) -> &[u8] {
        todo!()
    }

    /// Whether the connection is closed after it, whatever the client asked for.
    pub(crate) fn closes(&self) -> bool {
        todo!()
    }

    /// Appends the whole response to `out`.
    pub(crate) fn write(&self, out: &mut Vec<u8>, wire: &Wire<'_>) {
        let _ = (out, wire);
        todo!()
    }
}

impl ResponseBuilder {
    /// Adds a field line; repeated names make repeated lines.
    ///
    /// # Errors
    /// At [`ResponseBuilder::build`]: the name is no token, the value has CR, LF or NUL, or the
    /// server itself sets the field (Content-Length, Transfer-Encoding, Date, and Connection other
    /// than `close`).
    #[must_use]
    pub fn header(self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let _ = (name, value);
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(self, body: impl Into<Vec<u8>>) -> Self {
        let _ = body.into();
        self
    }

    /// Prepares the bytes.
    ///
    /// # Errors
    /// [`crate::ErrorCode::InvalidArgument`] naming what is wrong.
    pub fn build(self) -> Result<Response> {
        todo!()
    }
}
