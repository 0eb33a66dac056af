//! The body of an answer, written piece by piece.

use crate::errors::{OrRaise, invalid};
use crate::inbox::Inbox;
use http_responder as engine;
use http_responder::{Error, ErrorCode};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyString};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a wait stays away from the interpreter, and so how late Ctrl-C may be noticed.
const SIGNAL_CHECK: Duration = Duration::from_millis(50);

/// Writes the body of one answer, piece by piece, from any thread; made by Deferred.stream().
///
/// Let go of before finish(), the connection is cut off behind what was sent, so that the client
/// knows that the answer is not whole.
#[pyclass(frozen, weakref, module = "http_responder")]
pub(crate) struct Writer(Mutex<Option<engine::responder::Writer>>);

#[pymethods]
impl Writer {
    /// Sends a piece, str as UTF-8; waits while the client has to read first. Not in a handler: it
    /// would wait for its own worker. Raises Gone if the client has left, StateError if the stream
    /// has ended.
    pub(crate) fn send(&self, py: Python<'_>, data: &Bound<'_, PyAny>) -> PyResult<()> {
        let octets = octets(data)?;
        while !self.offer(&octets).or_raise(py)? {
            let waited = py.detach(|| self.wait());
            match waited {
                Err(error) if error.code() == ErrorCode::Timeout => py.check_signals()?,
                result => result.or_raise(py)?,
            }
        }
        Ok(())
    }

    /// Sends a piece, or says False: the client has to read first. Raises as send().
    pub(crate) fn try_send(&self, data: &Bound<'_, PyAny>) -> PyResult<bool> {
        self.offer(&octets(data)?).or_raise(data.py())
    }

    /// Adds a field that is sent behind the body. Raises StateError if it is not sent in chunks.
    fn trailer(&self, py: Python<'_>, name: &str, value: &str) -> PyResult<()> {
        self.with(|writer| writer.trailer(name, value)).or_raise(py)
    }

    /// Ends the stream; the connection goes on with the next request.
    pub(crate) fn finish(&self, py: Python<'_>) -> PyResult<()> {
        let finished = self.with(engine::responder::Writer::finish);
        self.close();
        finished.or_raise(py)
    }

    /// Cuts the stream off, if it has not been finished.
    pub(crate) fn close(&self) {
        let writer = self.lock().take();
        // May wait for a callback, so not with the lock held.
        drop(writer);
    }

    /// Whether the client has left, so that octets would reach nobody.
    #[getter]
    fn gone(&self) -> bool {
        self.is_gone()
    }

    /// Has the inbox tell of the request number when there is room again, and when the client leaves.
    fn tell(&self, inbox: &Bound<'_, Inbox>, number: u64) {
        let inbox = inbox.get().shared();
        if let Some(writer) = &*self.lock() {
            writer.on_ready(move || inbox.changed(number));
        }
    }
}

impl Writer {
    pub(crate) fn new(writer: engine::responder::Writer) -> Writer {
        Writer(Mutex::new(Some(writer)))
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.lock().as_ref().is_some_and(engine::responder::Writer::is_gone)
    }

    /// Whether there was room.
    fn offer(&self, octets: &[u8]) -> http_responder::Result<bool> {
        match self.with(|writer| writer.send(octets)) {
            Ok(()) => Ok(true),
            Err(error) if error.code() == ErrorCode::Again => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn wait(&self) -> http_responder::Result<()> {
        self.with(|writer| writer.wait(Some(SIGNAL_CHECK)))
    }

    fn with<R>(
        &self,
        work: impl FnOnce(&engine::responder::Writer) -> http_responder::Result<R>,
    ) -> http_responder::Result<R> {
        match &*self.lock() {
            Some(writer) => work(writer),
            None => Err(Error::new(ErrorCode::State, "the stream has ended already")),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<engine::responder::Writer>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The octets of a piece.
///
/// # Errors
/// `InvalidArgument` for what is neither str nor like bytes.
pub(crate) fn octets(data: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    if let Ok(bytes) = data.cast::<PyBytes>() {
        return Ok(bytes.as_bytes().to_vec());
    }
    if let Ok(text) = data.cast::<PyString>() {
        return Ok(text.encode_utf8()?.as_bytes().to_vec());
    }
    if let Ok(bytes) = data.cast::<PyByteArray>() {
        return Ok(bytes.to_vec());
    }
    let kind = data.get_type().name()?;
    Err(invalid(data.py(), format!("piece: expected bytes or str, got {kind}")))
}
