//! The worker's end of a stream.

use super::{Channel, Coding, End, Fetched};
use crate::responder::Response;
use std::sync::Arc;

/// Room that a buffer may keep while nothing comes.
const KEEP: usize = 64 * 1024;

/// A stream begins: its head, and where the octets come from.
#[derive(Debug)]
pub(crate) struct Opening {
    pub(crate) head: Response,
    pub(crate) feed: Feed,
}

/// Where the octets of a stream come from. Dropped, by a panic too, it tells the writer that nobody
/// takes them.
#[derive(Debug)]
pub(crate) struct Feed {
    channel: Arc<Channel>,
    pub(crate) coding: Coding,
    /// The connection ends with the stream.
    pub(crate) last: bool,
    /// Octets fetched that the socket has not taken: the last ones of the output.
    unsent: usize,
    /// Octets fetched in all.
    total: u64,
    /// Memory that the writer's buffer had when it was fetched: its next one grows as large.
    room: usize,
}

impl Feed {
    pub(super) fn new(channel: Arc<Channel>, coding: Coding, last: bool) -> Self {
        Feed { channel, coding, last, unsent: 0, total: 0, room: 0 }
    }

    /// Fetches what there is into `output`, which must be empty.
    pub(crate) fn fetch(&mut self, output: &mut Vec<u8>) -> Fetched {
        let fetched = self.channel.flow.fetch(output);
        if fetched == Fetched::Octets {
            self.unsent += output.len();
            self.total += output.len() as u64;
            self.room = output.capacity();
        } else {
            output.shrink_to(KEEP);
        }
        fetched
    }

    /// Octets of the body that were sent, as they are framed.
    pub(crate) fn sent(&self) -> u64 {
        self.total - self.unsent as u64
    }

    /// Octets of memory that the writer's side holds, about.
    pub(crate) fn memory(&self) -> usize {
        self.room
    }

    /// `waiting` octets of output are left, of all that there were.
    pub(crate) fn settle(&mut self, waiting: usize) {
        let left = self.unsent.min(waiting);
        let sent = self.unsent - left;
        self.unsent = left;
        if sent > 0 && self.channel.flow.sent(sent) {
            self.channel.ready.call();
        }
    }

    /// Whether only a reset tells the client that `end` is not the end of the body.
    pub(crate) fn is_cut_by_reset(&self, end: End) -> bool {
        end == End::Cut && self.coding == Coding::UntilClose
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        if self.channel.flow.leave() {
            self.channel.ready.call();
        }
    }
}
