//! The trait that answers requests in code.

use super::{Exchange, Request};

/// What a handler did with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It answered through the exchange, or deferred the answer.
    Done,
    /// Not mine: the next route that matches gets the request. After an answer, or after deferring
    /// it, that is a contradiction: the answer stands, and the log says so.
    Decline,
}

/// Answers requests. Called on worker threads, several at once: it must not block for long.
pub trait Handler: Send + Sync {
    /// Handles one request. A panic becomes a 500 on that connection.
    fn handle(&self, request: &Request<'_>, exchange: &mut Exchange<'_>) -> Action;
}

impl<F> Handler for F
where
    F: Fn(&Request<'_>, &mut Exchange<'_>) -> Action + Send + Sync,
{
    fn handle(&self, request: &Request<'_>, exchange: &mut Exchange<'_>) -> Action {
        self(request, exchange)
    }
}
