//! A body that is written piece by piece and has to be whole before any of it is sent: what shall be
//! done to its answer is done to all of it.

use super::super::deferred::{Post, delivery};
use super::super::treatment::Treatment;
use super::{Refused, refused, too_long};
use crate::connection::Key;
use crate::error::{Error, ErrorCode, Result};
use crate::responder::Response;
use crate::sync::{Mutex, MutexGuard, PoisonError};
use std::sync::Arc;

/// Octets of the longest such body.
const MOST: usize = 64 << 20;

/// An answer that is being gathered.
pub(crate) struct Gathered {
    post: Arc<dyn Post>,
    key: Key,
    head: Response,
    treatment: Treatment,
    /// Octets that were announced.
    length: Option<u64>,
    has_body: bool,
    /// What has come; nothing any more once it is on its way.
    body: Mutex<Option<Vec<u8>>>,
}

impl Gathered {
    /// A body behind `head`, of `length` octets if that is known, which may not be wanted.
    pub(crate) fn new(
        post: Arc<dyn Post>,
        key: Key,
        head: Response,
        treatment: Treatment,
        (length, has_body): (Option<u64>, bool),
    ) -> Self {
        let body = Mutex::new(Some(Vec::new()));
        Gathered { post, key, head, treatment, length, has_body, body }
    }

    pub(super) fn has_body(&self) -> bool {
        self.has_body
    }

    /// # Errors
    /// As [`Writer::send`](super::Writer::send), and [`ErrorCode::State`] beyond 64 MiB.
    pub(super) fn put(&self, octets: &[u8]) -> Result<()> {
        let mut body = self.lock();
        let body = body.as_mut().ok_or_else(|| refused(Refused::Ended))?;
        if !self.has_body {
            return Ok(());
        }
        let left = self.length.map(|length| length.saturating_sub(body.len() as u64));
        if let Some(left) = left.filter(|left| octets.len() as u64 > *left) {
            return Err(too_long(octets.len(), left));
        }
        if body.len().saturating_add(octets.len()) > MOST {
            let message = "the stream: expected at most 64 MiB where its answer has faults";
            return Err(Error::new(ErrorCode::State, message));
        }
        body.extend_from_slice(octets);
        Ok(())
    }

    /// # Errors
    /// As [`Writer::finish`](super::Writer::finish).
    pub(super) fn finish(&self) -> Result<()> {
        let body = self.lock().take().ok_or_else(|| refused(Refused::Ended))?;
        let missing = match self.length {
            Some(length) if self.has_body => length.saturating_sub(body.len() as u64),
            _ => 0,
        };
        if missing > 0 {
            self.give(Response::internal_error());
            let message =
                format!("the stream ends {missing} octets before the length that was announced");
            return Err(Error::new(ErrorCode::State, message));
        }
        self.give(self.head.with_body(&body));
        Ok(())
    }

    /// Where it has not been finished, nothing of it was sent: an answer says so.
    pub(super) fn cut(&self) {
        if self.lock().take().is_some() {
            self.give(Response::internal_error());
        }
    }

    fn give(&self, response: Response) {
        self.post.post(self.key, delivery(response, Some(&self.treatment)));
    }

    fn lock(&self) -> MutexGuard<'_, Option<Vec<u8>>> {
        self.body.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
