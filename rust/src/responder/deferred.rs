//! An answer given later, from any thread.

use super::Response;
use super::response::Persistence;
use crate::connection::Key;
use crate::error::{Error, ErrorCode, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// Carries deferred answers to the worker that owns the connection.
pub(crate) trait Post: Send + Sync {
    /// Delivers `response` for the connection `key`.
    fn post(&self, key: Key, response: Response);
}

const WAITING: u8 = 0;
const ANSWERED: u8 = 1;
const GONE: u8 = 2;

/// What the two ends of a deferred answer know of each other.
#[derive(Debug, Default)]
pub(crate) struct Shared(AtomicU8);

/// A request whose answer is deferred, at the worker's end.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) shared: Arc<Shared>,
    /// The request was HEAD.
    pub(crate) head_only: bool,
    pub(crate) persistence: Persistence,
}

impl Held {
    /// The connection is gone: who answers now is told so.
    pub(crate) fn gone(&self) {
        let _ = self.shared.0.compare_exchange(WAITING, GONE, Ordering::AcqRel, Ordering::Acquire);
    }
}

/// The right to answer one request, once, from any thread. Dropped without an answer, the client
/// gets a 500.
pub struct Deferred {
    post: Arc<dyn Post>,
    key: Key,
    shared: Arc<Shared>,
}

impl Deferred {
    pub(crate) fn new(post: Arc<dyn Post>, key: Key) -> Self {
        Deferred { post, key, shared: Arc::default() }
    }

    pub(crate) fn shared(&self) -> Arc<Shared> {
        self.shared.clone()
    }

    /// Answers with `response`.
    ///
    /// # Errors
    /// [`ErrorCode::Gone`] if the client has left or the server has stopped;
    /// [`ErrorCode::State`] if the answer was given already.
    pub fn respond(&self, response: &Response) -> Result<()> {
        let swap =
            self.shared.0.compare_exchange(WAITING, ANSWERED, Ordering::AcqRel, Ordering::Acquire);
        match swap {
            Ok(_) => {
                self.post.post(self.key, response.clone());
                Ok(())
            }
            Err(GONE) => Err(Error::new(ErrorCode::Gone, "the client has left")),
            Err(_) => Err(Error::new(ErrorCode::State, "this request has been answered already")),
        }
    }

    /// Whether the client has left, so that an answer would reach nobody.
    pub fn is_gone(&self) -> bool {
        self.shared.0.load(Ordering::Acquire) == GONE
    }
}

impl Drop for Deferred {
    fn drop(&mut self) {
        let _ = self.respond(&Response::internal_error());
    }
}
