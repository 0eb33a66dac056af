//! An answer given piece by piece, from any thread.
//!
//! | file | idea |
//! | --- | --- |
//! | `flow` | what the two ends share |
//! | `framing` | how the client learns where the body ends |
//! | `ready` | the callback for who had to wait |
//! | `feed` | the worker's end |
//! | `live` | the writer's end of one that is sent as it comes |
//! | `gathered` | the writer's end of one that is sent when it is whole |

mod feed;
mod flow;
mod framing;
mod gathered;
mod live;
mod ready;

pub(crate) use feed::{Feed, Opening};
pub(crate) use flow::{End, Fetched, Flow, Marks};
pub(crate) use framing::Coding;
pub(crate) use gathered::Gathered;

use super::deferred::Post;
use crate::connection::Key;
use crate::error::{Error, ErrorCode, Result};
use flow::Refused;
use live::Live;
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
pub struct Writer(Way);

enum Way {
    Live(Live),
    Gathered(Box<Gathered>),
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
        (Writer(Way::Live(Live::new(post, key, channel, coding))), feed)
    }

    /// One whose answer is sent when it is whole.
    pub(super) fn gathering(gathered: Gathered) -> Writer {
        Writer(Way::Gathered(Box::new(gathered)))
    }

    /// Sends `octets`, all or none of them; they are copied. An empty piece is nothing. Where the
    /// answer has no body (HEAD, 204, 304) they are forgotten.
    ///
    /// # Errors
    /// [`ErrorCode::Again`] if the high-water mark is reached, [`ErrorCode::Gone`] if the client has
    /// left or the server has stopped; [`ErrorCode::State`] if the stream has ended, or these are
    /// more octets than were announced.
    pub fn send(&self, octets: &[u8]) -> Result<()> {
        match &self.0 {
            Way::Live(live) => live.send(octets),
            Way::Gathered(gathered) => gathered.put(octets),
        }
    }

    /// Adds a field that is sent behind the body.
    ///
    /// # Errors
    /// [`ErrorCode::State`] if the body is not sent in chunks, which alone can have trailers: its
    /// length was announced, or the client speaks HTTP/1.0. [`ErrorCode::InvalidArgument`] for a
    /// malformed field, and for one that has to stand before the body (RFC 9110 section 6.5.1).
    pub fn trailer(&self, name: &str, value: impl AsRef<[u8]>) -> Result<()> {
        match &self.0 {
            Way::Live(live) => live.trailer(name, value.as_ref()),
            Way::Gathered(_) => Err(no_trailer(name)),
        }
    }

    /// Ends the stream; the connection goes on with the next request.
    ///
    /// # Errors
    /// [`ErrorCode::State`] if it has ended already, or if octets are missing of the length that was
    /// announced: then the connection is cut off. [`ErrorCode::Gone`] if the client has left.
    pub fn finish(&self) -> Result<()> {
        match &self.0 {
            Way::Live(live) => live.finish(),
            Way::Gathered(gathered) => gathered.finish(),
        }
    }

    /// Has `callback` called when there is room again after [`ErrorCode::Again`], once for each time,
    /// and when the client leaves before the end. The worker calls it, so it must not block; it may
    /// send. Set it before the first [`Writer::send`]. Dropping the writer waits until a call that
    /// runs has returned, unless the callback itself drops it.
    pub fn on_ready(&self, callback: impl FnMut() + Send + 'static) {
        match &self.0 {
            Way::Live(live) => live.on_ready(Box::new(callback)),
            Way::Gathered(_) => drop(callback),
        }
    }

    /// Takes the callback away. When this returns it does not run any more, unless it is the caller.
    pub fn off_ready(&self) {
        match &self.0 {
            Way::Live(live) => live.off_ready(),
            Way::Gathered(_) => {}
        }
    }

    /// Waits until there is room; `None` waits for ever. Not on a worker: it would wait for itself.
    ///
    /// # Errors
    /// [`ErrorCode::Timeout`] if there is none in time, [`ErrorCode::Gone`] if the client has left,
    /// [`ErrorCode::State`] if the stream has ended.
    pub fn wait(&self, timeout: Option<Duration>) -> Result<()> {
        match &self.0 {
            Way::Live(live) => live.wait(timeout),
            Way::Gathered(_) => Ok(()),
        }
    }

    /// Whether the client has left, so that octets would reach nobody.
    pub fn is_gone(&self) -> bool {
        match &self.0 {
            Way::Live(live) => live.is_gone(),
            Way::Gathered(_) => false,
        }
    }

    /// Whether the answer has a body at all: `false` for HEAD, 204 and 304, where the work of making
    /// one can be spared.
    pub fn has_body(&self) -> bool {
        match &self.0 {
            Way::Live(live) => live.has_body(),
            Way::Gathered(gathered) => gathered.has_body(),
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        match &self.0 {
            Way::Live(live) => live.cut(),
            Way::Gathered(gathered) => gathered.cut(),
        }
    }
}

fn no_trailer(name: &str) -> Error {
    let message = format!("trailer {name:?}: only a body that is sent in chunks can have trailers");
    Error::new(ErrorCode::State, message)
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
