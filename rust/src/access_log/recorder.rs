//! The worker's end of a ring.

use super::{Shared, record};
use crate::connection::peers::Peers;
use crate::connection::watchers::{Answer, Client, Question};
use crate::stats::Cells;
use crate::sync::{Mutex, PoisonError};
use rtrb::Producer;
use std::sync::Arc;

/// Puts the facts of answers into a worker's ring. Never waits.
#[derive(Debug)]
pub(crate) struct Recorder {
    ring: Producer<u8>,
    shared: Arc<Shared>,
    peers: Peers,
    /// One answer of so many is recorded, and how many were not since the last one.
    sample: u32,
    skipped: u32,
    /// Room for one record.
    record: Vec<u8>,
    /// Something was put into the ring that the writer may not know of.
    unheard: bool,
    dropped: u64,
}

impl Recorder {
    pub(super) fn new(ring: Producer<u8>, shared: Arc<Shared>, sample: u32) -> Self {
        Recorder {
            ring,
            shared,
            peers: Peers::new(),
            sample,
            // The first one is recorded.
            skipped: sample - 1,
            record: Vec::with_capacity(4096),
            unheard: false,
            dropped: 0,
        }
    }

    /// Records an answer that was ready `now`.
    pub(crate) fn record(
        &mut self,
        client: &Client<'_>,
        question: &Question<'_>,
        answer: &Answer,
        now: u64,
    ) {
        self.skipped += 1;
        if self.skipped < self.sample {
            return;
        }
        self.skipped = 0;
        let begun = if answer.begun == 0 { now } else { answer.begun };
        let answer = Answer { begun, ..*answer };
        let from = (client.listener, self.peers.of(client));
        record::write(&mut self.record, question, &answer, now.saturating_sub(begun), from);
        if self.ring.push_entire_slice(&self.record).is_err() {
            self.dropped += 1;
        }
        self.unheard = true;
        let half = self.ring.buffer().capacity() / 2;
        if self.ring.cached_slots() < half && self.ring.slots() < half {
            self.shared.bell.hurry();
        }
    }

    /// The worker has come to the end of a batch of events.
    pub(crate) fn end_batch(&mut self, stats: &Cells) {
        if self.unheard {
            self.unheard = false;
            stats.access_log_dropped.set(self.dropped);
            self.shared.bell.nudge();
        }
    }
}

/// Where a worker's recorder is while the worker does not have it: it survives the worker's panic.
#[derive(Clone, Debug, Default)]
pub(crate) struct Home(Arc<Mutex<Option<Recorder>>>);

impl Home {
    pub(super) fn of(recorder: Recorder) -> Self {
        Home(Arc::new(Mutex::new(Some(recorder))))
    }

    /// The recorder, if it is there.
    pub(crate) fn take(&self) -> Option<Recorder> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Puts it back.
    pub(crate) fn put(&self, recorder: Option<Recorder>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = recorder;
    }
}
