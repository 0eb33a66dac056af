//! The way to the client: frames to be sent, and what may be.

use crate::http2::frame::WINDOW;
use crate::http2::guard::Guard;
use crate::http2::hpack::Sent;

/// The way to the client, which all streams share.
#[derive(Debug)]
pub(crate) struct Way {
    /// Frames, from `sent` on to be sent.
    pub(crate) out: Vec<u8>,
    pub(crate) sent: usize,
    /// Octets of DATA that may be sent in all.
    pub(crate) window: i64,
    /// What every stream may send at first.
    pub(crate) initial: i64,
    /// The table that the client keeps of heads.
    pub(in crate::http2) table: Sent,
    pub(super) guard: Guard,
}

impl Way {
    /// What goes first is `out`.
    pub(super) fn new(out: Vec<u8>, now: u64) -> Self {
        let (table, guard) = (Sent::new(), Guard::new(now));
        Way { out, sent: 0, window: WINDOW, initial: WINDOW, table, guard }
    }

    /// Octets that wait to be sent.
    pub(crate) fn waiting(&self) -> usize {
        self.out.len() - self.sent
    }

    /// A DATA frame was written.
    pub(crate) fn earn(&mut self) {
        self.guard.earn();
    }
}
