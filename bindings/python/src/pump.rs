//! An iterator as the body of an answer: asked for its next piece when the client has taken the
//! ones before, on the worker.

use crate::attach;
use crate::call::call;
use crate::log;
use crate::writer::octets;
use http_responder::ErrorCode;
use http_responder::responder::Writer;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use std::sync::{Arc, Mutex, PoisonError};

/// A stream in progress.
struct Pump {
    writer: Writer,
    pieces: Py<PyAny>,
    /// The `__next__` of it.
    next: Py<PyAny>,
    /// A piece that there was no room for.
    waiting: Option<Vec<u8>>,
}

/// How it goes on.
enum State {
    Full,
    Ended,
}

/// Whether `value` is an iterator, and not merely something that may be iterated.
pub(crate) fn is_iterator(value: &Bound<'_, PyAny>) -> bool {
    value.hasattr("__next__").unwrap_or(false)
}

/// Sends what `pieces` gives through `writer`, as the client takes it.
pub(crate) fn start(writer: Writer, pieces: &Bound<'_, PyAny>) -> PyResult<()> {
    run(writer, None, pieces, pieces)
}

/// Sends `first`, and then what `pieces` gives; `body`, of which they are, is closed at the end.
pub(crate) fn start_with(
    writer: Writer,
    first: Vec<u8>,
    pieces: &Bound<'_, PyAny>,
    body: &Bound<'_, PyAny>,
) -> PyResult<()> {
    run(writer, Some(first), pieces, body)
}

fn run(
    writer: Writer,
    waiting: Option<Vec<u8>>,
    pieces: &Bound<'_, PyAny>,
    body: &Bound<'_, PyAny>,
) -> PyResult<()> {
    let next = pieces.getattr("__next__")?.unbind();
    let pump = Pump { writer, pieces: body.clone().unbind(), next, waiting };
    let place = Arc::new(Mutex::new(Some(pump)));
    let again = place.clone();
    let on_ready = move || {
        attach::on_worker(|py| go_on(py, &again));
    };
    if let Some(pump) = &*place.lock().unwrap_or_else(PoisonError::into_inner) {
        pump.writer.on_ready(on_ready);
    }
    go_on(pieces.py(), &place);
    Ok(())
}

/// Sends as much as there is room for.
fn go_on(py: Python<'_>, place: &Mutex<Option<Pump>>) {
    // Out of its place while it runs: the iterator may do anything.
    let Some(mut pump) = place.lock().unwrap_or_else(PoisonError::into_inner).take() else {
        return;
    };
    match pump.run(py) {
        Ok(State::Full) => {
            *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(pump);
        }
        Ok(State::Ended) => pump.end(py),
        Err(error) => {
            log::raised_in_stream(py, &error);
            pump.end(py);
        }
    }
}

impl Pump {
    fn run(&mut self, py: Python<'_>) -> PyResult<State> {
        loop {
            let piece = match self.waiting.take() {
                Some(piece) => piece,
                None => match self.next_piece(py)? {
                    Some(piece) => piece,
                    None => {
                        // Who has left needs no end.
                        let _ = self.writer.finish();
                        return Ok(State::Ended);
                    }
                },
            };
            match self.writer.send(&piece) {
                Ok(()) => {}
                Err(error) if error.code() == ErrorCode::Again => {
                    self.waiting = Some(piece);
                    return Ok(State::Full);
                }
                Err(_) => return Ok(State::Ended),
            }
        }
    }

    fn next_piece(&self, py: Python<'_>) -> PyResult<Option<Vec<u8>>> {
        match call(self.next.bind(py), PyTuple::empty(py)) {
            Ok(piece) => octets(&piece).map(Some),
            Err(error) if error.is_instance_of::<pyo3::exceptions::PyStopIteration>(py) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Lets go of everything; a generator learns that it is not asked any more.
    fn end(self, py: Python<'_>) {
        if let Err(error) = close(self.pieces.bind(py)) {
            log::raised_in_stream(py, &error);
        }
    }
}

/// Closes what has a way to be closed.
pub(crate) fn close(pieces: &Bound<'_, PyAny>) -> PyResult<()> {
    match pieces.getattr_opt("close")? {
        Some(close) => call(&close, PyTuple::empty(pieces.py())).map(drop),
        None => Ok(()),
    }
}
