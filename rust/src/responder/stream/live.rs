//! The writer's end of a stream that is sent as it comes.

use super::{Channel, Coding, Refused, framing, no_trailer, refused, too_long};
use crate::connection::Key;
use crate::error::{Error, ErrorCode, Result};
use crate::responder::deferred::{Delivery, Post};
use crate::sync::{Mutex, PoisonError};
use std::sync::Arc;
use std::time::Duration;

/// What [`Writer`](super::Writer) says of each of these holds.
pub(super) struct Live {
    post: Arc<dyn Post>,
    key: Key,
    channel: Arc<Channel>,
    coding: Coding,
    trailers: Mutex<Vec<u8>>,
}

impl Live {
    pub(super) fn new(
        post: Arc<dyn Post>,
        key: Key,
        channel: Arc<Channel>,
        coding: Coding,
    ) -> Live {
        Live { post, key, channel, coding, trailers: Mutex::default() }
    }

    pub(super) fn send(&self, octets: &[u8]) -> Result<()> {
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

    pub(super) fn trailer(&self, name: &str, value: &[u8]) -> Result<()> {
        let mut lines = self.trailers.lock().unwrap_or_else(PoisonError::into_inner);
        let mut checked = std::mem::take(&mut *lines);
        let added = framing::add_trailer(&mut checked, name, value);
        *lines = checked;
        added?;
        match self.coding {
            Coding::Chunked | Coding::NoBody => Ok(()),
            Coding::Length(_) | Coding::UntilClose => Err(no_trailer(name)),
        }
    }

    pub(super) fn finish(&self) -> Result<()> {
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

    pub(super) fn on_ready(&self, callback: Box<dyn FnMut() + Send>) {
        self.channel.ready.set(callback);
    }

    pub(super) fn off_ready(&self) {
        self.channel.ready.close();
    }

    pub(super) fn wait(&self, timeout: Option<Duration>) -> Result<()> {
        match self.channel.flow.wait(timeout).map_err(refused)? {
            true => Ok(()),
            false => Err(Error::new(ErrorCode::Timeout, "the client takes nothing")),
        }
    }

    pub(super) fn is_gone(&self) -> bool {
        self.channel.flow.is_gone()
    }

    pub(super) fn has_body(&self) -> bool {
        self.coding != Coding::NoBody
    }

    /// Nobody writes any more.
    pub(super) fn cut(&self) {
        self.tell(self.channel.flow.cut());
        self.off_ready();
    }

    fn tell(&self, must: bool) {
        if must {
            self.post.post(self.key, Delivery::More);
        }
    }
}
