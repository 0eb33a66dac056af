//! What is lent to a connection while bytes are pending. It belongs to the worker, which keeps
//! what comes back for the next one: in a steady state nothing is allocated.

use super::incoming::Incoming;
use crate::responder::deferred::Held;
use crate::stats::Cells;

/// Capacity that a returned buffer may keep; a larger one goes back to the allocator.
const KEEP: usize = 64 * 1024;

/// How many returned buffers are kept.
const SPARE: usize = 256;

/// Everything that a connection holds beyond its record.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    /// Octets received and not yet used: part of a head, or requests behind one in progress.
    pub(crate) input: Vec<u8>,
    /// Octets that the socket did not take, from `sent` on.
    pub(crate) output: Vec<u8>,
    pub(crate) sent: usize,
    /// The request whose body is arriving.
    pub(crate) incoming: Option<Incoming>,
    /// The request whose answer is deferred.
    pub(crate) held: Option<Held>,
}

impl Pending {
    pub(crate) fn is_empty(&self) -> bool {
        self.input.is_empty()
            && self.output.is_empty()
            && self.incoming.is_none()
            && self.held.is_none()
    }

    fn clear(&mut self) {
        for buffer in [&mut self.input, &mut self.output] {
            buffer.clear();
            buffer.shrink_to(KEEP);
        }
        self.sent = 0;
        self.incoming = None;
        self.held = None;
    }
}

/// The buffers of one worker.
#[derive(Debug)]
pub(crate) struct Buffers {
    #[allow(clippy::vec_box, reason = "a connection's record holds the box, eight bytes")]
    spare: Vec<Box<Pending>>,
    lent: u64,
    /// Octets of request bodies held for handlers, and how many there may be.
    body_memory: u64,
    max_body_memory: u64,
}

impl Buffers {
    pub(crate) fn new(max_body_memory: u64) -> Self {
        Buffers { spare: Vec::new(), lent: 0, body_memory: 0, max_body_memory }
    }

    pub(crate) fn lend(&mut self) -> Box<Pending> {
        self.lent += 1;
        self.spare.pop().unwrap_or_default()
    }

    pub(crate) fn take_back(&mut self, mut pending: Box<Pending>) {
        self.lent -= 1;
        if let Some(incoming) = &pending.incoming {
            self.release_body(incoming.body_memory());
        }
        pending.clear();
        if self.spare.len() < SPARE {
            self.spare.push(pending);
        }
    }

    /// Whether `octets` more of a request body may be held; they are then accounted for.
    pub(crate) fn reserve_body(&mut self, octets: u64) -> bool {
        let after = self.body_memory.saturating_add(octets);
        let fits = after <= self.max_body_memory;
        if fits {
            self.body_memory = after;
        }
        fits
    }

    pub(crate) fn release_body(&mut self, octets: u64) {
        self.body_memory -= octets;
    }

    pub(crate) fn publish(&self, stats: &Cells) {
        stats.buffers_lent.set(self.lent);
        stats.body_memory.set(self.body_memory);
    }
}
