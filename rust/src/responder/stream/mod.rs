//! An answer given piece by piece, from any thread.
//!
//! | file | idea |
//! | --- | --- |
//! | `flow` | what the two ends share |
//! | `framing` | how the client learns where the body ends |
//! | `ready` | the callback for who had to wait |
//! | `feed` | the worker's end |

mod feed;
mod flow;
mod framing;
mod ready;

pub(crate) use feed::{Feed, Opening};
pub(crate) use flow::{End, Fetched, Flow, Marks};
pub(crate) use framing::Coding;

use super::deferred::{Delivery, Post};
use crate::connection::Key;
use crate::error::{Error, ErrorCode, Result};
use crate::sync::{Mutex, PoisonError};
use flow::Refused;
use ready::Ready;
use std::sync::Arc;
use std::time::Duration;

/// What the writer and the worker share.
#[derive(Debug)]
pub(crate) struct Channel {
    pub(crate) flow: Flow,
    pub(crate) ready: Ready,
}

/// Writes the body of one answer, piece by piece, from any thread; several may share it.
///
/// It takes octets as long as fewer than `stream_high_water` wait for the client; then it says
/// [`ErrorCode::Again`], and [`Writer::on_ready`] or [`Writer::wait`] tell when no more than
/// `stream_low_water` are left. So a client that reads slowly costs as much memory as the marks
/// allow and one piece more; one that reads nothing is closed after `write_timeout`.
///
/// Dropped before [`Writer::finish`], what was sent goes out and the connection is cut off, so that
/// the client knows that the answer is not whole.
pub struct Writer {
    post: Arc<dyn Post>,
    key: Key,
    channel: Arc<Channel>,
    coding: Coding,
    trailers: Mutex<Vec<u8>>,
}

impl Writer {
    /// Begins a stream, with which the connection ends if it is the `last` one. The other end is the
    /// worker's.
    pub(super) fn new(
        post: Arc<dyn Post>,
        key: Key,
        coding: Coding,
        marks: Marks,
        last: bool,
    ) -> (Writer, Feed) {
        let length = if let Coding::Length(length) = coding { Some(length) } else { None };
        let channel = Arc::new(Channel { flow: Flow::new(marks, length), ready: Ready::default() });
        let feed = Feed::new(channel.clone(), coding, last);
        (Writer { post, key, channel, coding, trailers: Mutex::default() }, feed)
    }

    /// Sends `octets`, all or none of them; they are copied. An empty piece is nothing. Where the
    /// answer has no body (HEAD, 204, 304) they are forgotten.
    ///
    /// # Errors
    /// [`ErrorCode::Again`] if the high-water mark is reached, [`ErrorCode::Gone`] if the client has
    /// left or the server has stopped; [`ErrorCode::State`] if the stream has ended, or these are
    /// more octets than were announced.
    pub fn send(&self, octets: &[u8]) -> Result<()> {
        if octets.is_empty() || self.coding == Coding::NoBody {
            return match self.is_gone() {
                true => Err(refused(Refused::Gone)),
                false => Ok(()),
            };
        }
        let write = |queue: &mut Vec<u8>| self.coding.write(octets, queue);
        let tell = self.channel.flow.put(octets.len() as u64, write).map_err(|why| match why {
            Refused::Length(left) => too_long(octets.len(), left),
            other => refused(other),
        })?;
        self.tell(tell);
        Ok(())
    }

    /// Adds a field that is sent behind the body.
    ///
    /// # Errors
    /// [`ErrorCode::State`] if the body is not sent in chunks, which alone can have trailers: its
    /// length was announced, or the client speaks HTTP/1.0. [`ErrorCode::InvalidArgument`] for a
    /// malformed field, and for one that has to stand before the body (RFC 9110 section 6.5.1).
    pub fn trailer(&self, name: &str, value: impl AsRef<[u8]>) -> Result<()> {
        let mut lines = self.trailers.lock().unwrap_or_else(PoisonError::into_inner);
        let mut checked = std::mem::take(&mut *lines);
        let added = framing::add_trailer(&mut checked, name, value.as_ref());
        *lines = checked;
        added?;
        match self.coding {
            Coding::Chunked | Coding::NoBody => Ok(()),
            Coding::Length(_) | Coding::UntilClose => Err(Error::new(
                ErrorCode::State,
                format!("trailer {name:?}: only a body that is sent in chunks can have trailers"),
            )),
        }
    }

    /// Ends the stream; the connection goes on with the next request.
    ///
    /// # Errors
    /// [`ErrorCode::State`] if it has ended already, or if octets are missing of the length that was
    /// announced: then the connection is cut off. [`ErrorCode::Gone`] if the client has left.
    pub fn finish(&self) -> Result<()> {
        let trailers = self.trailers.lock().unwrap_or_else(PoisonError::into_inner);
        let end = |queue: &mut Vec<u8>| self.coding.end(&trailers, queue);
        let (tell, missing) = self.channel.flow.finish(end).map_err(refused)?;
        self.tell(tell);
        if missing > 0 {
            return Err(Error::new(
                ErrorCode::State,
                format!("the stream ends {missing} octets before the length that was announced"),
            ));
        }
        Ok(())
    }

    /// Has `callback` called when there is room again after [`ErrorCode::Again`], once for each time,
    /// and when the client leaves before the end. The worker calls it, so it must not block; it may
    /// send. Set it before the first [`Writer::send`]. Dropping the writer waits until a call that
    /// runs has returned, unless the callback itself drops it.
    pub fn on_ready(&self, callback: impl FnMut() + Send + 'static) {
        self.channel.ready.set(Box::new(callback));
    }

    /// Takes the callback away. When this returns it does not run any more, unless it is the caller.
    pub fn off_ready(&self) {
        self.channel.ready.close();
    }

    /// Waits until there is room; `None` waits for ever. Not on a worker: it would wait for itself.
    ///
    /// # Errors
    /// [`ErrorCode::Timeout`] if there is none in time, [`ErrorCode::Gone`] if the client has left,
    /// [`ErrorCode::State`] if the stream has ended.
    pub fn wait(&self, timeout: Option<Duration>) -> Result<()> {
        match self.channel.flow.wait(timeout).map_err(refused)? {
            true => Ok(()),
            false => Err(Error::new(ErrorCode::Timeout, "the client takes nothing")),
        }
    }

    /// Whether the client has left, so that octets would reach nobody.
    pub fn is_gone(&self) -> bool {
        self.channel.flow.is_gone()
    }

    /// Whether the answer has a body at all: `false` for HEAD, 204 and 304, where the work of making
    /// one can be spared.
    pub fn has_body(&self) -> bool {
        self.coding != Coding::NoBody
    }

    fn tell(&self, must: bool) {
        if must {
            self.post.post(self.key, Delivery::More);
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.tell(self.channel.flow.cut());
        self.off_ready();
    }
}

fn refused(why: Refused) -> Error {
    let (code, text) = match why {
        Refused::Gone => (ErrorCode::Gone, "the client has left"),
        Refused::Full => (ErrorCode::Again, "the client has to read first"),
        Refused::Ended => (ErrorCode::State, "the stream has ended already"),
        Refused::Length(_) => (ErrorCode::State, "the stream is longer than was announced"),
    };
    Error::new(code, text)
}

fn too_long(octets: usize, left: u64) -> Error {
    let message = format!("octets: expected at most {left}, as was announced, got {octets}");
    Error::new(ErrorCode::State, message)
}
