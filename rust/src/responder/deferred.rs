//! An answer given later, from any thread.

mod shared;

pub(crate) use shared::Shared;

use super::Response;
use super::response::Persistence;
use super::stream::{Coding, Gathered, Marks, Opening, Writer};
use super::treatment::{Treated, Treatment};
use crate::connection::Key;
use crate::error::{Error, ErrorCode, Result};
use crate::http::Version;
use shared::Settled;
use std::sync::{Arc, OnceLock};

/// Carries deferred answers to the worker that owns the connection.
pub(crate) trait Post: Send + Sync {
    /// Delivers something for the connection `key`.
    fn post(&self, key: Key, delivery: Delivery);

    /// Notes an answer whose client had left.
    fn note_gone(&self);
}

/// What a worker gets for one of its connections.
#[derive(Debug)]
pub(crate) enum Delivery {
    /// The answer.
    Answer(Response),
    /// The answer, and what becomes of it.
    Treated(Box<Treated>),
    /// The head of an answer whose body is streamed.
    Stream(Box<Opening>),
    /// There is more of the stream, or more of a body is wanted.
    More,
}

/// What decides how the answer to a request may be framed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    pub(crate) version: Version,
    /// The request was HEAD.
    pub(crate) head_only: bool,
    pub(crate) marks: Marks,
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
    terms: Terms,
    /// What becomes of the answer.
    treatment: OnceLock<Treatment>,
}

/// Has a body go on that its [`Upload`](super::Upload) has paused, from any thread.
#[derive(Clone)]
pub struct Resumer {
    post: Arc<dyn Post>,
    key: Key,
}

impl Resumer {
    /// As [`Deferred::resume`].
    pub fn resume(&self) {
        self.post.post(self.key, Delivery::More);
    }
}

impl Deferred {
    pub(crate) fn new(post: Arc<dyn Post>, key: Key, terms: Terms) -> Self {
        let treatment = OnceLock::new();
        Deferred { post, key, shared: Arc::new(Shared::new()), terms, treatment }
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
        self.claim()?;
        self.post.post(self.key, delivery(response.clone(), self.treatment.get()));
        Ok(())
    }

    /// Answers with the status and fields of `head` and a body that is written piece by piece:
    /// `length` octets, or as many as come. Without a length it is sent in chunks, or to an HTTP/1.0
    /// client up to the close of the connection (RFC 9112 section 6.3).
    ///
    /// # Errors
    /// As [`Deferred::respond`]; [`ErrorCode::InvalidArgument`] if `head` has a body, or the status
    /// 205, which has none.
    pub fn stream(&self, head: &Response, length: Option<u64>) -> Result<Writer> {
        if !head.body().is_empty() || head.status() == 205 {
            let (status, octets) = (head.status(), head.body().len());
            return Err(Error::new(
                ErrorCode::InvalidArgument,
                format!(
                    "head: expected a response without a body and a status that may have one, \
                     got {octets} octets and {status}"
                ),
            ));
        }
        let coding = match head.status() {
            204 | 304 => Coding::NoBody,
            _ => Coding::new(self.terms.version, length),
        };
        self.claim()?;
        if let Some(treatment) = self.treatment.get() {
            let (post, head) = (self.post.clone(), head.clone());
            let has_body = coding != Coding::NoBody && !self.terms.head_only;
            let gathered = Gathered::new(post, self.key, head, *treatment, (length, has_body));
            return Ok(Writer::gathering(gathered));
        }
        let sent = if self.terms.head_only { Coding::NoBody } else { coding };
        let last = coding == Coding::UntilClose;
        let (writer, feed) = Writer::new(self.post.clone(), self.key, sent, self.terms.marks, last);
        let opening = Opening { head: head.to_stream(&coding.line()), feed };
        self.post.post(self.key, Delivery::Stream(Box::new(opening)));
        Ok(writer)
    }

    /// Has the body go on that its [`Upload`](super::Upload) has paused.
    pub fn resume(&self) {
        self.post.post(self.key, Delivery::More);
    }

    /// Has `on_gone` called when the client leaves before the answer, by the worker, so it must not
    /// block. To be said in the handler: later the client may have left already.
    pub fn on_gone(&self, on_gone: impl Fn() + Send + Sync + 'static) {
        self.shared.when_gone(Box::new(on_gone));
    }

    /// What has the body go on, apart from the right to answer.
    pub fn resumer(&self) -> Resumer {
        Resumer { post: self.post.clone(), key: self.key }
    }

    /// A number of the connection that no other one of its worker has, nor had lately; the low half
    /// is its place in the pool, from nought on.
    pub fn connection(&self) -> u64 {
        u64::from(self.key.generation) << 32 | u64::from(self.key.index)
    }

    /// Whether the client has left, so that an answer would reach nobody.
    pub fn is_gone(&self) -> bool {
        self.shared.is_gone()
    }
}

impl Deferred {
    /// Says what becomes of the answer; the first word holds.
    pub(super) fn treat(&self, treatment: Treatment) {
        let _ = self.treatment.set(treatment);
    }

    /// Takes the right to answer.
    fn claim(&self) -> Result<()> {
        self.shared.answer().map_err(|settled| match settled {
            Settled::Gone => {
                self.post.note_gone();
                Error::new(ErrorCode::Gone, "the client has left")
            }
            Settled::Answered => {
                Error::new(ErrorCode::State, "this request has been answered already")
            }
        })
    }
}

impl Drop for Deferred {
    fn drop(&mut self) {
        if self.shared.answer().is_ok() {
            self.post.post(self.key, delivery(Response::internal_error(), self.treatment.get()));
        }
    }
}

/// `response`, in the way that it shall be given.
pub(super) fn delivery(response: Response, treatment: Option<&Treatment>) -> Delivery {
    match treatment {
        None => Delivery::Answer(response),
        Some(&treatment) => Delivery::Treated(Box::new(Treated { response, treatment })),
    }
}
