//! A request's body, given to its handler as it arrives.

use crate::attach;
use crate::call::call;
use crate::deferred::Deferred;
use crate::errors::exception;
use crate::handler::Handler;
use crate::inbox;
use crate::log;
use crate::ready::Ready;
use crate::request::Request;
use http_responder as engine;
use http_responder::responder::Resumer;
use http_responder::{Action, Error, ErrorCode, Exchange, Pace, Upload};
use pyo3::exceptions::PyStopAsyncIteration;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyBytes;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

/// The client has to wait while so many octets have not been taken, until so few are left.
const HIGH: usize = 256 * 1024;
const LOW: usize = 64 * 1024;

/// How long a wait stays away from the interpreter, and so how late Ctrl-C may be noticed.
const SIGNAL_CHECK: Duration = Duration::from_millis(50);

/// The body of a request, piece by piece: an iterator, and an async iterator, of bytes.
///
/// A route with stream=True gives its handler the pieces as they arrive; any other has one piece. Raises
/// Gone where the rest will never come.
#[pyclass(frozen, module = "http_responder")]
pub(crate) struct Stream(pub(crate) Arc<Arriving>);

/// What has arrived and was not taken.
pub(crate) struct Arriving {
    state: Mutex<State>,
    arrived: Condvar,
    resumer: OnceLock<Resumer>,
    /// The event loop that is told of what arrives, and of which request.
    inbox: Option<(Arc<inbox::Shared>, u64)>,
    /// What waits on that loop.
    bridge: PyOnceLock<Py<PyAny>>,
}

#[derive(Default)]
struct State {
    pieces: VecDeque<Vec<u8>>,
    octets: usize,
    end: End,
    paused: bool,
    /// The event loop waits for more.
    awaited: bool,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum End {
    #[default]
    Open,
    Whole,
    Aborted,
}

/// What there is to be taken.
enum Taken {
    Piece(Vec<u8>),
    Nothing,
    End,
    Aborted,
}

/// Takes what arrives, on the worker.
struct Intake(Arc<Arriving>);

/// A function that is called for each request of a route with stream=True, with the right to answer
/// it, when its head is there. It must not wait.
pub(crate) struct StreamHandler(pub(crate) Arc<Handler>);

#[pymethods]
impl Stream {
    fn __iter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyBytes>>> {
        loop {
            match self.0.pop(false) {
                Taken::Piece(piece) => return Ok(Some(PyBytes::new(py, &piece))),
                Taken::End => return Ok(None),
                Taken::Aborted => return Err(aborted(py)),
                Taken::Nothing => {
                    py.detach(|| self.0.wait());
                    py.check_signals()?;
                }
            }
        }
    }

    fn __aiter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __anext__(slf: &Bound<'_, Self>) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        if let Some(piece) = slf.get().take(py)? {
            return Ready::with(py, piece.into_any().unbind());
        }
        let number = slf.get().0.inbox.as_ref().map(|(_, number)| *number);
        let Some((bridge, number)) = slf.get().0.bridge.get(py).zip(number) else {
            let message = "the handler is a plain function: iterate without async";
            return Err(exception(py, &Error::new(ErrorCode::State, message)));
        };
        bridge.call_method1(py, intern!(py, "more"), (number, slf))
    }

    /// What is left of the body, whole; waits for it. In an async function: b"".join of an async for.
    fn read<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let mut whole = Vec::new();
        while let Some(piece) = self.__next__(py)? {
            whole.extend_from_slice(piece.as_bytes());
        }
        Ok(PyBytes::new(py, &whole))
    }

    /// The next piece; None where it has yet to arrive, of which the event loop is told then.
    fn take<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyBytes>>> {
        match self.0.pop(true) {
            Taken::Piece(piece) => Ok(Some(PyBytes::new(py, &piece))),
            Taken::Nothing => Ok(None),
            Taken::End => Err(PyStopAsyncIteration::new_err(())),
            Taken::Aborted => Err(aborted(py)),
        }
    }
}

fn aborted(py: Python<'_>) -> PyErr {
    let message =
        "the rest of the body will not come: the client has left, or sent what it may not";
    exception(py, &Error::new(ErrorCode::Gone, message))
}

impl Arriving {
    /// One that has all of it.
    pub(crate) fn whole(body: &[u8]) -> Arc<Arriving> {
        let made = Arriving::new(None);
        {
            let mut state = made.lock();
            state.end = End::Whole;
            if !body.is_empty() {
                state.pieces.push_back(body.to_vec());
            }
        }
        made
    }

    fn new(inbox: Option<(Arc<inbox::Shared>, u64)>) -> Arc<Arriving> {
        Arc::new(Arriving {
            state: Mutex::default(),
            arrived: Condvar::new(),
            resumer: OnceLock::new(),
            inbox,
            bridge: PyOnceLock::new(),
        })
    }

    /// Has the body of a request come here; who reads it on an event loop is told through `inbox`.
    pub(crate) fn receive(
        exchange: &mut Exchange<'_>,
        inbox: Option<(Arc<inbox::Shared>, u64)>,
    ) -> engine::Result<(Arc<Arriving>, engine::Deferred)> {
        let arriving = Arriving::new(inbox);
        let deferred = exchange.receive(Box::new(Intake(arriving.clone())))?;
        let _ = arriving.resumer.set(deferred.resumer());
        Ok((arriving, deferred))
    }

    /// Who waits does so through `bridge`.
    pub(crate) fn wait_through(&self, bridge: &Bound<'_, PyAny>) {
        let _ = self.bridge.set(bridge.py(), bridge.clone().unbind());
    }

    /// The next piece; if there is none yet, the loop is told of it where that is `awaited`.
    fn pop(&self, awaited: bool) -> Taken {
        let mut state = self.lock();
        let Some(piece) = state.pieces.pop_front() else {
            state.awaited = awaited;
            return match state.end {
                End::Open => Taken::Nothing,
                End::Whole => Taken::End,
                End::Aborted => Taken::Aborted,
            };
        };
        state.octets = state.octets.saturating_sub(piece.len());
        let resume = state.paused && state.octets <= LOW;
        state.paused &= !resume;
        drop(state);
        if resume && let Some(resumer) = self.resumer.get() {
            resumer.resume();
        }
        Taken::Piece(piece)
    }

    /// Waits for something to take, for a while.
    fn wait(&self) {
        let nothing = |state: &mut State| state.pieces.is_empty() && state.end == End::Open;
        drop(self.arrived.wait_timeout_while(self.lock(), SIGNAL_CHECK, nothing));
    }

    /// Changes the state, and tells who waits.
    fn change<R>(&self, change: impl FnOnce(&mut State) -> R) -> R {
        let (result, awaited) = {
            let mut state = self.lock();
            (change(&mut state), std::mem::take(&mut state.awaited))
        };
        self.arrived.notify_all();
        if let Some((inbox, number)) = self.inbox.as_ref().filter(|_| awaited) {
            inbox.changed(*number);
        }
        result
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Upload for Intake {
    fn chunk(&mut self, octets: &[u8]) -> Pace {
        self.0.change(|state| {
            state.pieces.push_back(octets.to_vec());
            state.octets += octets.len();
            state.paused = state.octets >= HIGH;
            if state.paused { Pace::Pause } else { Pace::GoOn }
        })
    }

    fn end(&mut self) {
        self.0.change(|state| state.end = End::Whole);
    }

    fn abort(&mut self) {
        self.0.change(|state| state.end = End::Aborted);
    }
}

impl Drop for Intake {
    fn drop(&mut self) {
        // Answered before it was whole: no more of it will come.
        let open = self.0.lock().end == End::Open;
        if open {
            self.abort();
        }
    }
}

impl engine::Handler for StreamHandler {
    fn handle(&self, request: &engine::Request<'_>, exchange: &mut Exchange<'_>) -> Action {
        let Ok((arriving, deferred)) = Arriving::receive(exchange, None) else {
            return Action::Decline;
        };
        let copy = Request::copy(request).arriving(arriving);
        copy.settle(true);
        attach::on_worker(|py| {
            let Some(function) = self.0.function(py) else { return };
            let (method, target) = (copy.method().to_owned(), copy.target().to_owned());
            let arguments = Py::new(py, copy)
                .and_then(|request| Ok((request, Py::new(py, Deferred::waiting(deferred))?)));
            let done = arguments.and_then(|arguments| call(function.bind(py), arguments));
            if let Err(error) = done {
                log::raised(py, &error, &method, &target);
            }
        });
        Action::Done
    }
}
