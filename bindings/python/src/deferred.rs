//! An answer that is given later, from any thread.

use crate::errors::OrRaise;
use crate::response;
use crate::writer::Writer;
use http_responder as engine;
use http_responder::{Error, ErrorCode};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyString;
use std::mem;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long somebody waits for a handler to return what it has made.
const PATIENCE: Duration = Duration::from_secs(10);

/// The right to answer one request later, once, from any thread.
///
/// A handler makes one, gives it to whoever will answer, and returns it. It may be answered before
/// the handler has returned. If nobody answers and nobody has it any more, the client gets a 500.
#[pyclass(frozen, weakref, module = "http_responder")]
#[derive(Default)]
pub(crate) struct Deferred {
    stage: Mutex<Stage>,
    /// Notified when its handler has returned it.
    joined: Condvar,
}

#[derive(Default)]
enum Stage {
    /// No handler has returned it yet.
    #[default]
    New,
    /// Answered before the handler returned it.
    Early(engine::Response),
    /// The engine waits for the answer.
    Waiting(engine::Deferred),
    Settled,
    /// The connection was ended on purpose.
    Forsaken,
}

#[pymethods]
impl Deferred {
    #[new]
    fn new() -> Deferred {
        Deferred::default()
    }

    /// Answers with what a handler may return, None excepted. Raises Gone if the client has left or
    /// the server has stopped, StateError if the answer was given already.
    fn respond(&self, answer: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = answer.py();
        let refused = || PyTypeError::new_err("a deferred request needs a response, not None");
        let response = response::from_answer(answer)?.ok_or_else(refused)?;
        self.give(response).or_raise(py)
    }

    /// Answers with a status, fields and a body that is written piece by piece: length octets, or as
    /// many as come. Raises as respond().
    #[pyo3(signature = (status=200, content_type=None, headers=None, length=None))]
    fn stream(
        &self,
        py: Python<'_>,
        status: u16,
        content_type: Option<Bound<'_, PyString>>,
        headers: Option<Bound<'_, PyAny>>,
        length: Option<u64>,
    ) -> PyResult<Writer> {
        let head = response::head(py, status, content_type, headers)?;
        self.open(py, &head, length).map(Writer::new)
    }

    /// Whether the client has left, so that an answer would reach nobody.
    #[getter]
    fn gone(&self) -> bool {
        match &*self.lock() {
            Stage::Waiting(deferred) => deferred.is_gone(),
            Stage::Forsaken => true,
            Stage::New | Stage::Early(_) | Stage::Settled => false,
        }
    }

    fn __repr__(&self) -> &'static str {
        match &*self.lock() {
            Stage::New => "<Deferred>",
            Stage::Waiting(deferred) if deferred.is_gone() => "<Deferred, the client has left>",
            Stage::Forsaken => "<Deferred, the client has left>",
            Stage::Waiting(_) => "<Deferred, waiting>",
            Stage::Early(_) | Stage::Settled => "<Deferred, answered>",
        }
    }
}

impl Deferred {
    /// Begins an answer that is written piece by piece.
    ///
    /// # Errors
    /// As [`engine::Deferred::stream`]; `StateError` where no handler has returned it yet.
    pub(crate) fn open(
        &self,
        py: Python<'_>,
        head: &engine::Response,
        length: Option<u64>,
    ) -> PyResult<engine::responder::Writer> {
        self.begin(head, length).or_raise(py)
    }

    fn begin(
        &self,
        head: &engine::Response,
        length: Option<u64>,
    ) -> http_responder::Result<engine::responder::Writer> {
        let mut stage = self.lock();
        match mem::replace(&mut *stage, Stage::Settled) {
            Stage::Waiting(deferred) => deferred.stream(head, length),
            other => {
                let error = match other {
                    Stage::New => Error::new(ErrorCode::State, "return it from its handler first"),
                    Stage::Forsaken => gone(),
                    _ => answered(),
                };
                *stage = other;
                Err(error)
            }
        }
    }

    /// One that the engine waits for already.
    pub(crate) fn waiting(deferred: engine::Deferred) -> Deferred {
        Deferred { stage: Mutex::new(Stage::Waiting(deferred)), joined: Condvar::new() }
    }

    /// Waits until its handler has returned it, which is about to.
    pub(crate) fn wait_joined(&self, py: Python<'_>) {
        py.detach(|| {
            let is_new = |stage: &mut Stage| matches!(stage, Stage::New);
            let waited = self.joined.wait_timeout_while(self.lock(), PATIENCE, is_new);
            drop(waited);
        });
    }

    /// Answers.
    ///
    /// # Errors
    /// As [`engine::Deferred::respond`].
    pub(crate) fn give(&self, response: engine::Response) -> http_responder::Result<()> {
        let mut stage = self.lock();
        match mem::replace(&mut *stage, Stage::Settled) {
            Stage::New => *stage = Stage::Early(response),
            Stage::Waiting(deferred) => return deferred.respond(&response),
            early @ Stage::Early(_) => {
                *stage = early;
                return Err(answered());
            }
            Stage::Settled => return Err(answered()),
            Stage::Forsaken => {
                *stage = Stage::Forsaken;
                return Err(gone());
            }
        }
        Ok(())
    }

    /// There is nobody to be answered: who tries to is told that the client has left.
    pub(crate) fn forsake(&self) {
        *self.lock() = Stage::Forsaken;
        self.joined.notify_all();
    }

    /// A handler has returned it: answers through `exchange` now, or later.
    pub(crate) fn join(&self, py: Python<'_>, exchange: &mut engine::Exchange<'_>) -> PyResult<()> {
        self.joined_by(exchange).or_raise(py)
    }

    fn joined_by(&self, exchange: &mut engine::Exchange<'_>) -> http_responder::Result<()> {
        let mut stage = self.lock();
        match mem::replace(&mut *stage, Stage::Settled) {
            Stage::New => {
                *stage = Stage::Waiting(exchange.defer()?);
                self.joined.notify_all();
            }
            Stage::Early(response) => exchange.respond(&response)?,
            other => {
                *stage = other;
                let message = "this Deferred was returned for another request already";
                return Err(Error::new(ErrorCode::State, message));
            }
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn gone() -> Error {
    Error::new(ErrorCode::Gone, "the client has left")
}

fn answered() -> Error {
    Error::new(ErrorCode::State, "this request has been answered already")
}
