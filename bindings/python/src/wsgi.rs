//! WSGI applications (PEP 3333).

use crate::call::call;
use crate::deferred::Deferred;
use crate::environ;
use crate::errors::{OrRaise, invalid};
use crate::names::Names;
use crate::pump;
use crate::request::Request;
use crate::response::{self, Response};
use crate::writer::Writer;
use http_responder as engine;
use pyo3::exceptions::{PyAssertionError, PyStopIteration, PyTypeError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict, PyList, PyString, PyTuple};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A handler that asks an application.
#[pyclass(frozen, module = "http_responder._native")]
pub(crate) struct WsgiApp {
    app: Py<PyAny>,
    /// Gives what all environs have in common, once the server listens.
    make_base: Py<PyAny>,
    base: PyOnceLock<Py<PyDict>>,
    names: Names<PyString>,
}

/// An answer whose body an application gives piece by piece.
#[pyclass(frozen, module = "http_responder._native")]
pub(crate) struct Streamed {
    head: engine::Response,
    length: Option<u64>,
    /// Nothing where the client does not want the body.
    pieces: Option<Pieces>,
}

/// What is left to be sent.
struct Pieces {
    first: Vec<u8>,
    rest: Py<PyAny>,
    /// What the application returned, which is closed at the end.
    body: Py<PyAny>,
}

#[pymethods]
impl WsgiApp {
    #[new]
    fn new(app: Py<PyAny>, make_base: Py<PyAny>) -> WsgiApp {
        WsgiApp { app, make_base, base: PyOnceLock::new(), names: Names::default() }
    }

    fn __call__(&self, request: &Bound<'_, Request>) -> PyResult<Py<PyAny>> {
        let (py, asked) = (request.py(), request.get());
        let make = || self.make_base.bind(py).call0()?.extract::<Py<PyDict>>().map_err(PyErr::from);
        let environ = self.base.get_or_try_init(py, make)?.bind(py).copy()?;
        environ::fill(asked, &environ, &self.names)?;
        let start = Bound::new(py, Start::default())?;
        let body = call(self.app.bind(py), (environ, start.clone()))?;
        let head_only = asked.method() == "HEAD";
        if body.is_exact_instance_of::<PyList>() || body.is_exact_instance_of::<PyTuple>() {
            return start.get().whole(py, &joined(&body)?, head_only);
        }
        match start.get().iterated(&body, head_only) {
            Ok((answer, false)) => Ok(answer),
            Ok((answer, true)) => pump::close(&body).map(|()| answer),
            Err(error) => {
                // What it raised counts, and not what its end may raise too.
                let _ = pump::close(&body);
                Err(error)
            }
        }
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.app)?;
        visit.call(&self.make_base)
    }
}

#[pymethods]
impl Streamed {
    /// Sends all of it as the answer, on a thread that may wait.
    fn send_to(&self, py: Python<'_>, deferred: &Bound<'_, Deferred>) -> PyResult<()> {
        deferred.get().wait_joined(py);
        let writer = Writer::new(deferred.get().open(py, &self.head, self.length)?);
        let Some(pieces) = &self.pieces else { return writer.finish(py) };
        let sent = pieces.send(py, &writer);
        writer.close();
        let closed = pump::close(pieces.body.bind(py));
        sent.and(closed)
    }
}

impl Streamed {
    /// Answers; what is left to be sent goes as the client takes it.
    pub(crate) fn give(&self, py: Python<'_>, exchange: &mut engine::Exchange<'_>) -> PyResult<()> {
        let opened = exchange.defer().and_then(|deferred| deferred.stream(&self.head, self.length));
        let writer = opened.or_raise(py)?;
        let Some(pieces) = &self.pieces else { return writer.finish().or_raise(py) };
        let (rest, body) = (pieces.rest.bind(py), pieces.body.bind(py));
        pump::start_with(writer, pieces.first.clone(), rest, body)
    }
}

impl Pieces {
    fn send(&self, py: Python<'_>, writer: &Writer) -> PyResult<()> {
        writer.send(py, &PyBytes::new(py, &self.first))?;
        while let Some(piece) = next(self.rest.bind(py))? {
            writer.send(py, &piece)?;
        }
        writer.finish(py)
    }
}

/// start_response, and what it was told.
#[pyclass(frozen, module = "http_responder._native")]
#[derive(Default)]
pub(crate) struct Start(Mutex<Told>);

#[derive(Default)]
struct Told {
    status: Option<String>,
    headers: Option<Py<PyAny>>,
    written: Vec<u8>,
}

/// The beginning of an answer.
struct Head {
    status: u16,
    fields: Vec<(String, Vec<u8>)>,
    length: Option<u64>,
}

#[pymethods]
impl Start {
    #[pyo3(signature = (status, headers, exc_info=None, /))]
    fn __call__<'py>(
        slf: &Bound<'py, Self>,
        status: String,
        headers: Py<PyAny>,
        exc_info: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        {
            let mut told = slf.get().lock();
            if told.status.is_some() && exc_info.is_none() {
                let message = "start_response was called before, and without exc_info";
                return Err(PyAssertionError::new_err(message));
            }
            told.status = Some(status);
            told.headers = Some(headers);
        }
        slf.getattr(intern!(slf.py(), "write"))
    }

    /// What PEP 3333 calls write().
    fn write(&self, data: &Bound<'_, PyBytes>) {
        self.lock().written.extend_from_slice(data.as_bytes());
    }
}

impl Start {
    /// What the application said, and what it has written.
    fn told(&self, py: Python<'_>) -> PyResult<(Head, Vec<u8>)> {
        let (status, headers, written) = {
            let mut told = self.lock();
            let headers = told.headers.as_ref().map(|headers| headers.clone_ref(py));
            (told.status.clone(), headers, std::mem::take(&mut told.written))
        };
        let (Some(status), Some(headers)) = (status, headers) else {
            let message = "the application did not call start_response";
            return Err(PyAssertionError::new_err(message));
        };
        Ok((Head::of(&status, headers.bind(py))?, written))
    }

    /// An answer that is there.
    fn whole(&self, py: Python<'_>, body: &[u8], head_only: bool) -> PyResult<Py<PyAny>> {
        let (head, mut whole) = self.told(py)?;
        let length = head.length.filter(|_| head_only);
        let mut builder = head.builder();
        if !matches!(head.status, 204 | 205 | 304) {
            builder = if whole.is_empty() {
                builder.body(body)
            } else {
                whole.extend_from_slice(body);
                builder.body(whole)
            };
        }
        if let Some(length) = length {
            builder = builder.length_for_head(length);
        }
        let answer = builder.build().or_raise(py)?;
        Ok(Py::new(py, Response::bare(answer))?.into_any())
    }

    /// An answer whose body has to be asked for. It is streamed unless its first piece is all that
    /// the application says it will be. Whether that is the end of it.
    fn iterated(&self, body: &Bound<'_, PyAny>, head_only: bool) -> PyResult<(Py<PyAny>, bool)> {
        let py = body.py();
        let pieces = body.try_iter()?.into_any();
        let mut first = Vec::new();
        // Not before there is something to send is the application held to what it said.
        while first.is_empty() {
            match next(&pieces)? {
                Some(piece) => first.extend_from_slice(piece.as_bytes()),
                None => return Ok((self.whole(py, b"", head_only)?, true)),
            }
        }
        let (head, mut written) = self.told(py)?;
        let bodiless = matches!(head.status, 204 | 205 | 304);
        written.extend_from_slice(&first);
        let all = head.length.is_some_and(|length| length <= written.len() as u64);
        if bodiless || all || (head_only && head.length.is_some()) {
            if all && !head_only {
                while next(&pieces)?.is_some() {}
            }
            return Ok((self.whole(py, &written, head_only)?, true));
        }
        let pieces = Pieces { first: written, rest: pieces.unbind(), body: body.clone().unbind() };
        let answer = Streamed {
            head: head.builder().build().or_raise(py)?,
            length: head.length,
            pieces: Some(pieces).filter(|_| !head_only),
        };
        Ok((Py::new(py, answer)?.into_any(), head_only))
    }

    fn lock(&self) -> MutexGuard<'_, Told> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Head {
    fn of(status: &str, headers: &Bound<'_, PyAny>) -> PyResult<Head> {
        let py = headers.py();
        let bad =
            || invalid(py, format!("status: expected 200 to 599 and a phrase, got {status:?}"));
        let status = status.get(..3).and_then(|code| code.parse().ok()).ok_or_else(bad)?;
        let mut head = Head { status, fields: Vec::new(), length: None };
        for line in headers.try_iter()? {
            let line = line?;
            let name: String = line.get_item(0)?.extract()?;
            let value = response::octets(&line.get_item(1)?)?;
            if name.eq_ignore_ascii_case("content-length") {
                head.length = Some(length(py, &value)?);
            } else if !response::is_own(name.as_bytes()) {
                head.fields.push((name, value));
            }
        }
        Ok(head)
    }

    fn builder(&self) -> engine::responder::ResponseBuilder {
        let builder = engine::Response::builder(self.status);
        self.fields.iter().fold(builder, |builder, (name, value)| builder.header(name, value))
    }
}

fn length(py: Python<'_>, value: &[u8]) -> PyResult<u64> {
    let text = std::str::from_utf8(value).ok().and_then(|text| text.trim().parse().ok());
    text.ok_or_else(|| {
        let got = String::from_utf8_lossy(value);
        invalid(py, format!("Content-Length: expected a number, got {got:?}"))
    })
}

/// The next piece of a body.
fn next<'py>(pieces: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyBytes>>> {
    let py = pieces.py();
    match call(&pieces.getattr(intern!(py, "__next__"))?, PyTuple::empty(py)) {
        Ok(piece) => octets_only(piece).map(Some),
        Err(error) if error.is_instance_of::<PyStopIteration>(py) => Ok(None),
        Err(error) => Err(error),
    }
}

/// All pieces of a list or tuple.
fn joined(parts: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    let mut whole = Vec::new();
    for piece in parts.try_iter()? {
        whole.extend_from_slice(octets_only(piece?)?.as_bytes());
    }
    Ok(whole)
}

fn octets_only<'py>(piece: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
    piece.cast_into().map_err(|error| {
        let kind = error.into_inner().get_type();
        PyTypeError::new_err(format!("a piece of a WSGI body is bytes, not {kind}"))
    })
}
