//! An answer given later, from any thread.

mod shared;

pub(crate) use shared::Shared;

use super::Response;
use super::response::Persistence;
use crate::connection::Key;
use crate::error::{Error, ErrorCode, Result};
use shared::Settled;
use std::sync::Arc;

/// Carries deferred answers to the worker that owns the connection.
pub(crate) trait Post: Send + Sync {
    /// Delivers `response` for the connection `key`.
    fn post(&self, key: Key, response: Response);

    /// Notes an answer whose client had left.
    fn note_gone(&self);
}

/// A request whose answer is deferred, at the worker's end. Dropped, by a panic too, it tells who
/// answers later that the connection is gone.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) shared: Arc<Shared>,
    /// The request was HEAD.
    pub(crate) head_only: bool,
    pub(crate) persistence: Persistence,
}

impl Drop for Held {
    fn drop(&mut self) {
        // After the answer there is nobody left to tell.
        self.shared.leave();
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
        Deferred { post, key, shared: Arc::new(Shared::new()) }
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
        match self.shared.answer() {
            Ok(()) => {
                self.post.post(self.key, response.clone());
                Ok(())
            }
            Err(Settled::Gone) => {
                self.post.note_gone();
                Err(Error::new(ErrorCode::Gone, "the client has left"))
            }
            Err(Settled::Answered) => {
                Err(Error::new(ErrorCode::State, "this request has been answered already"))
            }
        }
    }

    /// Whether the client has left, so that an answer would reach nobody.
    pub fn is_gone(&self) -> bool {
        self.shared.is_gone()
    }
}

impl Drop for Deferred {
    fn drop(&mut self) {
        if self.shared.answer().is_ok() {
            self.post.post(self.key, Response::internal_error());
        }
    }
}
