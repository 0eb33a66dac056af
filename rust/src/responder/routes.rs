//! Which route, rule or default answers a request.

use super::{Exchange, Handler, Request, Response};
use crate::config::Settings;
use crate::error::Result;
use crate::http::Head;
use std::sync::Arc;

/// Everything that answers: routes and rules in their order, the fallback, the default answers.
/// Immutable: a change makes a new one.
#[derive(Clone)]
pub struct Responder {}

impl Responder {
    /// No routes; default answers as `settings` say.
    pub fn new(settings: &Settings) -> Self {
        let _ = settings;
        todo!()
    }

    /// This responder with a route added behind the others. `method` of `None` is any.
    ///
    /// # Errors
    /// [`crate::ErrorCode::InvalidArgument`] for a malformed method or pattern.
    pub fn with_route(
        &self,
        method: Option<&str>,
        pattern: &str,
        handler: Arc<dyn Handler>,
    ) -> Result<Self> {
        let _ = (method, pattern, handler);
        todo!()
    }

    /// This responder with a rule, a prepared response, added behind the others.
    ///
    /// # Errors
    /// As [`Responder::with_route`].
    pub fn with_rule(
        &self,
        method: Option<&str>,
        pattern: &str,
        response: Response,
    ) -> Result<Self> {
        let _ = (method, pattern, response);
        todo!()
    }

    /// This responder with `handler` for what no route takes.
    #[must_use]
    pub fn with_fallback(&self, handler: Arc<dyn Handler>) -> Self {
        let _ = handler;
        todo!()
    }

    /// Whether a handler will want the body of this request.
    pub(crate) fn wants_body(&self, head: &Head<'_, '_>) -> bool {
        let _ = head;
        todo!()
    }

    /// Answers `request` through `exchange`; afterwards the exchange has an outcome.
    pub(crate) fn answer(&self, request: &mut Request<'_>, exchange: &mut Exchange<'_>) {
        let _ = (request, exchange);
        todo!()
    }
}
