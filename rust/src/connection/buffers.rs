//! What is lent to a connection while bytes are pending. It belongs to the worker, which keeps
//! what comes back for the next one: in a steady state nothing is allocated.

use super::incoming::Incoming;
use super::script::Script;
use super::watchers::Kept;
use crate::responder::deferred::Held;
use crate::responder::response::SharedBody;
use crate::responder::stream::Feed;
use crate::stats::Cells;

/// Capacity that a returned buffer may keep; a larger one goes back to the allocator.
const KEEP: usize = 16 * 1024;

/// How many returned buffers are kept.
const SPARE: usize = 64;

/// Everything that a connection holds beyond its record.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    /// Octets received and not yet used: part of a head, or requests behind one in progress.
    pub(crate) input: Vec<u8>,
    /// Octets that the socket did not take, from `sent` on.
    pub(crate) output: Vec<u8>,
    pub(crate) sent: usize,
    /// The body of the last answer, to be sent behind the output.
    pub(crate) shared_body: Option<SharedBody>,
    /// The request whose body is arriving.
    pub(crate) incoming: Option<Incoming>,
    /// The request whose answer is deferred.
    pub(crate) held: Option<Held>,
    /// An answer that is given piece by piece.
    pub(crate) script: Option<Script>,
    /// What those who watch want to know of the request that is held.
    pub(crate) kept: Option<Box<Kept>>,
    /// An answer whose body is streamed.
    pub(crate) stream: Option<Feed>,
    /// Octets of memory accounted for in [`Buffers::account`].
    accounted: u64,
}

impl Pending {
    pub(crate) fn is_empty(&self) -> bool {
        self.input.is_empty()
            && self.output.is_empty()
            && self.shared_body.is_none()
            && self.incoming.is_none()
            && self.held.is_none()
            && self.script.is_none()
            && self.stream.is_none()
    }

    /// Whether a request waits for its answer, or for the rest of it.
    pub(crate) fn is_held(&self) -> bool {
        self.held.is_some() || self.script.is_some() || self.stream.is_some()
    }

    /// Octets of memory that it holds, a body for a handler not included.
    fn memory(&self) -> u64 {
        let head = self.incoming.as_ref().map_or(0, |incoming| incoming.head.capacity());
        let script = self.script.as_ref().map_or(0, Script::memory);
        let kept = self.kept.as_ref().map_or(0, |kept| kept.memory());
        let stream = self.stream.as_ref().map_or(0, Feed::memory);
        (self.input.capacity() + self.output.capacity() + head + script + kept + stream) as u64
    }

    fn clear(&mut self) {
        for buffer in [&mut self.input, &mut self.output] {
            buffer.clear();
            buffer.shrink_to(KEEP);
        }
        self.sent = 0;
        self.shared_body = None;
        self.incoming = None;
        self.held = None;
        self.script = None;
        self.kept = None;
        self.stream = None;
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
    /// Octets that lent buffers hold, and how many there may be.
    pending_memory: u64,
    max_pending_memory: u64,
}

impl Buffers {
    pub(crate) fn new(max_body_memory: u64, max_pending_memory: u64) -> Self {
        Buffers {
            spare: Vec::new(),
            lent: 0,
            body_memory: 0,
            max_body_memory,
            pending_memory: 0,
            max_pending_memory,
        }
    }

    pub(crate) fn lend(&mut self) -> Box<Pending> {
        self.lent += 1;
        self.spare.pop().unwrap_or_default()
    }

    pub(crate) fn take_back(&mut self, mut pending: Box<Pending>) {
        self.lent -= 1;
        self.pending_memory -= std::mem::take(&mut pending.accounted);
        if let Some(incoming) = &pending.incoming {
            self.release_body(incoming.body_memory());
        }
        pending.clear();
        if self.spare.len() < SPARE {
            self.spare.push(pending);
        }
    }

    /// Accounts for what a lent buffer holds now; whether all of them together hold no more than
    /// they may.
    pub(crate) fn account(&mut self, pending: &mut Pending) -> bool {
        let memory = pending.memory();
        self.pending_memory += memory;
        self.pending_memory -= std::mem::replace(&mut pending.accounted, memory);
        self.pending_memory <= self.max_pending_memory
    }

    /// Accounts for TLS records that a connection holds, `after` octets where it were `before`;
    /// whether all of them together hold no more than they may.
    pub(crate) fn account_records(&mut self, before: u64, after: u64) -> bool {
        self.pending_memory += after;
        self.pending_memory -= before;
        self.pending_memory <= self.max_pending_memory
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::incoming::Sink;
    use crate::http::{BodyDecoder, Framing, Refusal};

    fn lent(buffers: &Buffers) -> (u64, u64) {
        let stats = Cells::default();
        buffers.publish(&stats);
        (stats.buffers_lent.get(), stats.body_memory.get())
    }

    #[test]
    fn a_buffer_that_comes_back_is_empty_and_lent_again_with_its_room() {
        let mut buffers = Buffers::new(0, u64::MAX);
        let mut pending = buffers.lend();
        pending.input.extend_from_slice(&[1; 5000]);
        pending.output.extend_from_slice(&[2; 5000]);
        pending.sent = 17;
        buffers.take_back(pending);
        let again = buffers.lend();
        assert!(again.is_empty() && again.sent == 0);
        assert!(again.input.capacity() >= 5000 && again.output.capacity() >= 5000);
    }

    #[test]
    fn what_lent_buffers_hold_is_accounted_for_until_they_come_back() {
        let mut buffers = Buffers::new(0, 10_000);
        let (mut one, mut two) = (buffers.lend(), buffers.lend());
        one.input.reserve_exact(6000);
        assert!(buffers.account(&mut one));
        assert!(buffers.account(&mut one), "the same octets are counted once");
        two.output.reserve_exact(6000);
        assert!(!buffers.account(&mut two));
        buffers.take_back(one);
        assert!(buffers.account(&mut two));
        buffers.take_back(two);
        assert_eq!(buffers.pending_memory, 0);
    }

    #[test]
    fn a_buffer_that_grew_large_gives_its_memory_back() {
        let mut buffers = Buffers::new(0, u64::MAX);
        let mut pending = buffers.lend();
        pending.output.resize(10 * KEEP, 0);
        buffers.take_back(pending);
        assert!(buffers.lend().output.capacity() <= KEEP);
    }

    #[test]
    fn only_so_many_spare_buffers_are_kept() {
        let mut buffers = Buffers::new(0, u64::MAX);
        let all: Vec<_> = (0..2 * SPARE).map(|_| buffers.lend()).collect();
        assert_eq!(lent(&buffers).0, 2 * SPARE as u64);
        all.into_iter().for_each(|pending| buffers.take_back(pending));
        assert_eq!(lent(&buffers).0, 0);
        assert_eq!(buffers.spare.len(), SPARE);
    }

    #[test]
    fn memory_for_bodies_is_bounded_and_comes_back() {
        let mut buffers = Buffers::new(100, u64::MAX);
        assert!(buffers.reserve_body(60));
        assert!(!buffers.reserve_body(41));
        assert!(!buffers.reserve_body(u64::MAX));
        assert!(buffers.reserve_body(40));
        assert_eq!(lent(&buffers).1, 100);
        buffers.release_body(60);
        assert!(buffers.reserve_body(60));
    }

    #[test]
    fn a_body_that_never_becomes_whole_gives_its_memory_back_with_the_buffer() {
        let mut buffers = Buffers::new(100, u64::MAX);
        let decoder = BodyDecoder::new(Framing::Length(50), 1000).unwrap();
        let mut incoming = Incoming::new(decoder, Sink::Kept(Vec::new()));
        assert!(!incoming.feed(&[b'b'; 30], &mut buffers).unwrap().done);
        assert_eq!(lent(&buffers).1, 30);
        let mut pending = buffers.lend();
        pending.incoming = Some(incoming);
        buffers.take_back(pending);
        assert_eq!(lent(&buffers), (0, 0));
    }

    #[test]
    fn a_body_beyond_the_memory_there_is_is_refused_and_one_that_nobody_wants_is_not() {
        for (wanted, refused) in [(true, true), (false, false)] {
            let mut buffers = Buffers::new(10, u64::MAX);
            let decoder = BodyDecoder::new(Framing::Length(50), 1000).unwrap();
            let sink = if wanted { Sink::Kept(Vec::new()) } else { Sink::Nobody };
            let mut incoming = Incoming::new(decoder, sink);
            let fed = incoming.feed(&[b'b'; 50], &mut buffers);
            assert_eq!(fed.is_err_and(|why| why == Refusal::Memory), refused);
            assert_eq!(lent(&buffers).1, 0);
        }
    }
}
