//! What others know of a worker.

use super::mailbox::Mailbox;
use super::survey::Survey;
use crate::config::Settings;
use crate::connection::Key;
use crate::connection::tally::Observed;
use crate::record::{Extent, Records};
use crate::responder::deferred::{Delivery, Post};
use crate::stats::Cells;
use crate::stats::requests::Requests;
use crate::sys::clock;
use crate::tls::LeafInUse;
use crossbeam_utils::CachePadded;
use mio::Waker;
use std::cell::Cell;
use std::collections::VecDeque;
use std::io::ErrorKind;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// Something a worker is told.
#[derive(Debug)]
pub(crate) enum Message {
    /// A connection was accepted by the listener of this number.
    Connection(OwnedFd, u16),
    /// The answer to a deferred request, or a part of it.
    Delivery(Key, Delivery),
    /// The certificate that this connection waits for has been made, for it or for another one, or cannot
    /// be.
    Certificate { key: Key, leaf: Option<LeafInUse>, made: bool },
    /// A deferred answer found its client gone: to be counted.
    Gone,
    /// The responder has changed: let go of the old one.
    Refresh,
    /// A look at the connections, for somebody else.
    Survey(Survey),
    /// Options that have changed.
    Settings(Arc<Settings>),
    /// Finish what is in progress; close what is left after this time, `None` waits for ever.
    Drain(Option<Duration>),
    /// Close everything and end.
    Stop,
}

/// Tells whether a worker's loop turns.
#[derive(Debug, Default)]
pub(crate) struct Pulse(AtomicU64);

impl Pulse {
    /// The worker begins a turn at `now` (milliseconds).
    #[inline]
    pub(crate) fn busy(&self, now: u64) {
        self.0.store(now.max(1), Ordering::Relaxed);
    }

    /// The worker waits for events.
    #[inline]
    pub(crate) fn idle(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    /// Whether the present turn has taken longer than `limit`.
    pub(crate) fn is_stalled(&self, limit: Duration) -> bool {
        let since = self.0.load(Ordering::Relaxed);
        let now = clock::monotonic_ms();
        since != 0 && u128::from(now.saturating_sub(since)) > limit.as_millis()
    }
}

/// The part of a worker that other threads may touch.
#[derive(Debug)]
pub(crate) struct Handle {
    mailbox: Mailbox<Message>,
    waker: Waker,
    /// Written by the worker at each turn: on cache lines that nobody else writes.
    pub(crate) pulse: CachePadded<Pulse>,
    pub(crate) stats: CachePadded<Cells>,
    /// What the admin side wants to know of its answers, where there is one.
    pub(crate) observed: Option<Arc<Observed>>,
    /// What pixelserv-tls counts of its requests, where its pages are served.
    pub(crate) requests: Option<Arc<Requests>>,
    /// The last requests with their answers, where they are recorded.
    pub(crate) records: Option<Arc<Records>>,
    ended: AtomicBool,
    /// Connections that its pool can hold.
    capacity: u32,
}

impl Handle {
    pub(crate) fn new(waker: Waker, capacity: u32) -> Self {
        Handle {
            mailbox: Mailbox::new(),
            waker,
            pulse: CachePadded::default(),
            stats: CachePadded::default(),
            observed: None,
            requests: None,
            records: None,
            ended: AtomicBool::new(false),
            capacity,
        }
    }

    /// This handle of a worker whose answers are counted for the admin side, if `observe`.
    pub(crate) fn observed(self, observe: bool) -> Self {
        Handle { observed: observe.then(Arc::default), ..self }
    }

    /// This handle of a worker whose requests are counted as pixelserv-tls does, if `count`.
    pub(crate) fn counting(self, count: bool) -> Self {
        Handle { requests: count.then(Arc::default), ..self }
    }

    /// This handle of a worker whose requests are recorded, if there is an `extent`.
    pub(crate) fn recording(self, extent: Option<Extent>) -> Self {
        Handle { records: extent.map(|extent| Arc::new(Records::new(extent))), ..self }
    }

    /// Whether the worker has ended: it takes nothing any more.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    /// Whether its pool is full, as far as another thread can know.
    pub(crate) fn is_full(&self) -> bool {
        self.stats.connections_open.get() >= self.capacity.into()
    }

    /// Tells the worker something.
    pub(crate) fn tell(&self, message: Message) {
        if self.mailbox.put(message) {
            self.wake();
        }
        if self.has_ended() {
            self.discard();
        }
    }

    /// Says that the worker has ended. What it was told and will never do is dropped, here or by
    /// whoever tells it more: a stream's writer waits to be told.
    pub(crate) fn end(&self) {
        self.ended.store(true, Ordering::Release);
        self.discard();
    }

    fn discard(&self) {
        let mut messages = VecDeque::new();
        self.take_messages(&mut messages);
    }

    /// Hands over connections while fewer than `bound` messages wait; the rest stays.
    pub(crate) fn hand_over(&self, connections: &mut VecDeque<Message>, bound: usize) {
        if self.mailbox.put_some(connections, bound) {
            self.wake();
        }
    }

    /// Takes what the worker was told. Only the worker calls this, or nobody.
    pub(crate) fn take_messages(&self, into: &mut VecDeque<Message>) {
        self.mailbox.take_all(into);
    }

    fn wake(&self) {
        // Nobody rings again for a worker that was rung for: one that is not woken now never is.
        while self.waker.wake().is_err_and(|error| error.kind() == ErrorKind::Interrupted) {}
        // Else it fails only if the descriptor is closed, and then there is no worker.
    }
}

impl Post for Handle {
    fn post(&self, key: Key, delivery: Delivery) {
        self.tell(Message::Delivery(key, delivery));
    }

    fn note_gone(&self) {
        self.tell(Message::Gone);
    }
}

thread_local! {
    static SERVER: Cell<u64> = const { Cell::new(0) };
}

/// Marks this thread as a worker of the server `id`.
pub(super) fn enter_server(id: u64) {
    SERVER.set(id);
}

/// Whether this thread is a worker of the server `id`, so that waiting for its end would never
/// end.
pub(crate) fn is_worker_of(id: u64) -> bool {
    SERVER.get() == id
}

#[cfg(test)]
mod tests;
