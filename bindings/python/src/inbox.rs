//! What the workers have for an event loop: requests for its functions, clients that have left,
//! streams that may go on. The workers put it here without entering Python.

use crate::deferred::Deferred;
use crate::handler::Handler;
use crate::request::Request;
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
    /// Whether the loop has been told to look.
    rung: AtomicBool,
    ring: UnixStream,
    heard: UnixStream,
    next: AtomicU64,
    closed: AtomicBool,
}

enum Item {
    Asked {
        number: u64,
        handler: Arc<Handler>,
        request: Box<Request>,
        deferred: engine::Deferred,
    },
    /// The client of a request has left, or its stream may go on.
    Changed(u64),
}

/// An async function that answers requests on an event loop.
pub(crate) struct AsyncHandler {
    pub(crate) handler: Arc<Handler>,
    pub(crate) inbox: Arc<Shared>,
}

/// Number, function, request and the right to answer it; of a change, the number alone.
type Taken = (u64, Option<Py<PyAny>>, Option<Py<Request>>, Option<Py<Deferred>>);

#[pymethods]
impl Inbox {
    #[new]
    fn new() -> PyResult<Inbox> {
        let (ring, heard) = UnixStream::pair()?;
        ring.set_nonblocking(true)?;
        heard.set_nonblocking(true)?;
        Ok(Inbox(Arc::new(Shared {
            items: Mutex::default(),
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

    /// Takes all there is.
    fn take(&self, py: Python<'_>) -> PyResult<Vec<Taken>> {
        let mut octets = [0; 8];
        let _ = (&self.0.heard).read(&mut octets);
        // A swap, as by the workers: one order of all rings and looks.
        self.0.rung.swap(false, Ordering::AcqRel);
        let items = std::mem::take(&mut *self.0.lock());
        items.into_iter().map(|item| item.into_python(py)).collect()
    }

    /// Takes no more: who asks from now on gets a 503.
    fn close(&self) {
        self.0.closed.store(true, Ordering::Release);
        let left = std::mem::take(&mut *self.0.lock());
        // Letting go may run Python code, so not with the lock held.
        drop(left);
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

    fn put(&self, item: Item) {
        self.lock().push_back(item);
        if !self.rung.swap(true, Ordering::AcqRel) {
            // Full it cannot be: one octet for each look.
            let _ = (&self.ring).write(&[1]);
        }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Item>> {
        self.items.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Item {
    fn into_python(self, py: Python<'_>) -> PyResult<Taken> {
        match self {
            Item::Changed(number) => Ok((number, None, None, None)),
            Item::Asked { number, handler, request, deferred } => {
                let deferred = Py::new(py, Deferred::waiting(deferred))?;
                let request = Py::new(py, *request)?;
                Ok((number, handler.function(py), Some(request), Some(deferred)))
            }
        }
    }
}

impl engine::Handler for AsyncHandler {
    fn handle(&self, request: &engine::Request<'_>, exchange: &mut Exchange<'_>) -> Action {
        if self.inbox.closed.load(Ordering::Acquire) {
            let _ = exchange.respond_bytes(503, "text/plain", b"Service Unavailable\n");
            return Action::Done;
        }
        let Ok(deferred) = exchange.defer() else { return Action::Decline };
        let number = self.inbox.next.fetch_add(1, Ordering::Relaxed);
        let inbox = self.inbox.clone();
        deferred.on_gone(move || inbox.changed(number));
        let copy = Request::copy(request);
        copy.settle(true);
        let (handler, request) = (self.handler.clone(), Box::new(copy));
        self.inbox.put(Item::Asked { number, handler, request, deferred });
        Action::Done
    }
}
