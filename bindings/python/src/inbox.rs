//! What the workers have for an event loop: requests for its functions, clients that have left,
//! streams that may go on. The workers put it here without entering Python.

use crate::handler::Handler;
use crate::request::Request;
use crate::run::Run;
use crate::upload::Arriving;
use http_responder as engine;
use http_responder::{Action, Exchange};
use pyo3::prelude::*;
use std::collections::VecDeque;
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Where workers leave what an event loop has to do; a descriptor tells it to look.
#[pyclass(frozen, module = "http_responder._native")]
pub(crate) struct Inbox(Arc<Shared>);

pub(crate) struct Shared {
    items: Mutex<VecDeque<Item>>,
    /// Requests that the loop has taken and not begun to answer.
    taken: Mutex<VecDeque<Asked>>,
    /// Whether the loop has been told to look.
    rung: AtomicBool,
    ring: UnixStream,
    heard: UnixStream,
    next: AtomicU64,
    closed: AtomicBool,
}

/// A request for a function.
pub(crate) struct Asked {
    pub(crate) number: u64,
    pub(crate) handler: Arc<Handler>,
    pub(crate) request: Box<Request>,
    pub(crate) deferred: engine::Deferred,
}

enum Item {
    Asked(Asked),
    /// The client of a request has left, or its stream may go on.
    Changed(u64),
}

/// An async function that answers requests on an event loop.
pub(crate) struct AsyncHandler {
    pub(crate) handler: Arc<Handler>,
    pub(crate) inbox: Arc<Shared>,
    /// Whether bodies go to it as they arrive.
    pub(crate) streams: bool,
}

#[pymethods]
impl Inbox {
    #[new]
    fn new() -> PyResult<Inbox> {
        let (ring, heard) = UnixStream::pair()?;
        ring.set_nonblocking(true)?;
        heard.set_nonblocking(true)?;
        Ok(Inbox(Arc::new(Shared {
            items: Mutex::default(),
            taken: Mutex::default(),
            rung: AtomicBool::new(false),
            ring,
            heard,
            next: AtomicU64::new(1),
            closed: AtomicBool::new(false),
        })))
    }

    /// The descriptor that is readable when there is something to take.
    fn fileno(&self) -> i32 {
        self.0.heard.as_raw_fd()
    }

    /// Takes all there is; the numbers of the requests for which something has changed.
    fn take(&self) -> Vec<u64> {
        let mut octets = [0; 8];
        let _ = (&self.0.heard).read(&mut octets);
        // A swap, as by the workers: one order of all rings and looks.
        self.0.rung.swap(false, Ordering::AcqRel);
        let items = std::mem::take(&mut *lock(&self.0.items));
        let mut changed = Vec::new();
        let mut taken = lock(&self.0.taken);
        for item in items {
            match item {
                Item::Asked(asked) => taken.push_back(asked),
                Item::Changed(number) => changed.push(number),
            }
        }
        changed
    }

    /// Whether there are requests that have been taken and not begun.
    #[getter]
    fn waiting(&self) -> bool {
        !lock(&self.0.taken).is_empty()
    }

    /// Answers the requests that were taken, one after the other, until one has to wait: an awaitable
    /// for a task, which belongs to that one from then on.
    fn run(&self, bridge: Py<PyAny>) -> Run {
        Run::new(self.0.clone(), bridge)
    }

    /// Takes no more: who asks from now on gets a 503.
    fn close(&self) {
        self.0.closed.store(true, Ordering::Release);
        let left = std::mem::take(&mut *lock(&self.0.items));
        let taken = std::mem::take(&mut *lock(&self.0.taken));
        // Letting go may run Python code, so not with a lock held.
        drop((left, taken));
    }
}

impl Inbox {
    pub(crate) fn shared(&self) -> Arc<Shared> {
        self.0.clone()
    }
}

impl Shared {
    /// Says that something has changed for the request `number`.
    pub(crate) fn changed(&self, number: u64) {
        self.put(Item::Changed(number));
    }

    /// The next request that is to be answered.
    pub(crate) fn next(&self) -> Option<Asked> {
        lock(&self.taken).pop_front()
    }

    fn put(&self, item: Item) {
        lock(&self.items).push_back(item);
        if !self.rung.swap(true, Ordering::AcqRel) {
            // Full it cannot be: one octet for each look.
            let _ = (&self.ring).write(&[1]);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl engine::Handler for AsyncHandler {
    fn handle(&self, request: &engine::Request<'_>, exchange: &mut Exchange<'_>) -> Action {
        if self.inbox.closed.load(Ordering::Acquire) {
            let _ = exchange.respond_bytes(503, "text/plain", b"Service Unavailable\n");
            return Action::Done;
        }
        let number = self.inbox.next.fetch_add(1, Ordering::Relaxed);
        let inbox = self.inbox.clone();
        let (arriving, deferred) = if self.streams {
            let received = Arriving::receive(exchange, Some((inbox.clone(), number)));
            let Ok((arriving, deferred)) = received else { return Action::Decline };
            (Some(arriving), deferred)
        } else {
            let Ok(deferred) = exchange.defer() else { return Action::Decline };
            (None, deferred)
        };
        deferred.on_gone(move || inbox.changed(number));
        let copy = Request::copy(request);
        let copy = match arriving {
            Some(arriving) => copy.arriving(arriving),
            None => copy,
        };
        copy.settle_for(deferred.connection());
        let (handler, request) = (self.handler.clone(), Box::new(copy));
        self.inbox.put(Item::Asked(Asked { number, handler, request, deferred }));
        Action::Done
    }
}
