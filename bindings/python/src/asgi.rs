//! ASGI applications: the scope of a request, and the two functions that an application is given.

use crate::call::call;
use crate::errors::OrRaise;
use crate::names::Names;
use crate::ready::Ready;
use crate::request::{Request, percent_decoded, text_of};
use crate::response;
use crate::writer::{Writer, octets};
use http_responder as engine;
use http_responder::{Error, ErrorCode};
use pyo3::exceptions::{PyKeyError, PyRuntimeError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict, PyList, PyString, PyTuple};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// An application, and what all of its scopes have in common.
#[pyclass(frozen, module = "http_responder._native")]
pub(crate) struct AsgiApp {
    app: Py<PyAny>,
    /// Gives the first scope, once the server listens.
    make_base: Py<PyAny>,
    state: Py<PyDict>,
    base: PyOnceLock<Py<PyDict>>,
    names: Names<PyBytes>,
}

#[pymethods]
impl AsgiApp {
    #[new]
    fn new(app: Py<PyAny>, make_base: Py<PyAny>, state: Py<PyDict>) -> AsgiApp {
        AsgiApp { app, make_base, state, base: PyOnceLock::new(), names: Names::default() }
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.app)?;
        visit.call(&self.make_base)?;
        visit.call(&self.state)
    }
}

impl AsgiApp {
    /// Calls the application, which gives a coroutine.
    pub(crate) fn ask<'py>(
        &self,
        py: Python<'py>,
        request: &Request,
        deferred: engine::Deferred,
        number: u64,
        bridge: &Bound<'py, PyAny>,
    ) -> PyResult<(Py<Call>, Py<PyAny>)> {
        let asked = Call {
            number,
            bridge: bridge.clone().unbind(),
            head: request.method() == "HEAD",
            deferred,
            known: AtomicBool::new(false),
            stage: Mutex::new(Stage { body: Some(request.octets().into()), ..Stage::default() }),
        };
        let asked = Py::new(py, asked)?;
        let scope = self.scope(py, request)?;
        let receive = asked.bind(py).getattr(intern!(py, "receive"))?;
        let send = asked.bind(py).getattr(intern!(py, "send"))?;
        let coroutine = call(self.app.bind(py), (scope, receive, send))?;
        Ok((asked, coroutine.unbind()))
    }

    fn scope<'py>(&self, py: Python<'py>, request: &Request) -> PyResult<Bound<'py, PyDict>> {
        let make = || self.make_base.bind(py).call0()?.extract::<Py<PyDict>>().map_err(PyErr::from);
        let scope = self.base.get_or_try_init(py, make)?.bind(py).copy()?;
        let (path, query) = request.path_and_query();
        if request.version() != "HTTP/1.1" {
            scope.set_item(intern!(py, "http_version"), &request.version()[5..])?;
        }
        match request.method() {
            "GET" => {}
            method => scope.set_item(intern!(py, "method"), method)?,
        }
        let raw_path = PyBytes::new(py, path.as_bytes());
        if path.contains('%') {
            scope.set_item(intern!(py, "path"), text_of(percent_decoded(path)))?;
        } else {
            scope.set_item(intern!(py, "path"), path)?;
        }
        scope.set_item(intern!(py, "raw_path"), raw_path)?;
        if request.scheme() != "http" {
            scope.set_item(intern!(py, "scheme"), request.scheme())?;
        }
        if !query.is_empty() {
            scope.set_item(intern!(py, "query_string"), PyBytes::new(py, query.as_bytes()))?;
        }
        scope.set_item(intern!(py, "headers"), self.headers(py, request)?)?;
        if let Some((host, port)) = request.peer_words() {
            let port: u16 = port.parse().unwrap_or_default();
            scope.set_item(intern!(py, "client"), (host, port))?;
        }
        let asgi = scope.get_item(intern!(py, "asgi"))?;
        if let Some(Ok(asgi)) = asgi.as_ref().map(|asgi| asgi.cast::<PyDict>()) {
            scope.set_item(intern!(py, "asgi"), asgi.copy()?)?;
        }
        scope.set_item(intern!(py, "state"), self.state.bind(py).copy()?)?;
        Ok(scope)
    }

    fn headers<'py>(&self, py: Python<'py>, request: &Request) -> PyResult<Bound<'py, PyList>> {
        let headers = PyList::empty(py);
        for (name, value) in request.fields() {
            let lower = || PyBytes::new(py, name.to_ascii_lowercase().as_bytes());
            let name = self.names.get(py, name, lower);
            headers.append(PyTuple::new(py, [name, PyBytes::new(py, value)])?)?;
        }
        Ok(headers)
    }
}

/// One call of an application: what it may receive, and what it has sent.
#[pyclass(frozen, module = "http_responder._native")]
pub(crate) struct Call {
    /// Of the request, as the bridge knows it.
    #[pyo3(get)]
    number: u64,
    bridge: Py<PyAny>,
    /// The request was HEAD.
    head: bool,
    deferred: engine::Deferred,
    /// Somebody waits for the client to leave.
    known: AtomicBool,
    stage: Mutex<Stage>,
}

#[derive(Default)]
struct Stage {
    /// Until it is received.
    body: Option<Box<[u8]>>,
    start: Option<Start>,
    writer: Option<Py<Writer>>,
    done: bool,
}

/// The beginning of an answer.
struct Start {
    status: u16,
    fields: Vec<(String, Vec<u8>)>,
    length: Option<u64>,
}

#[pymethods]
impl Call {
    /// The body, and after that, when it comes, that the client has left.
    fn receive(slf: &Bound<'_, Self>) -> PyResult<Py<PyAny>> {
        let (py, call) = (slf.py(), slf.get());
        let body = call.lock().body.take();
        let message = PyDict::new(py);
        if let Some(body) = body {
            message.set_item(intern!(py, "type"), intern!(py, "http.request"))?;
            message.set_item(intern!(py, "body"), PyBytes::new(py, &body))?;
            message.set_item(intern!(py, "more_body"), false)?;
        } else if call.finished() || call.gone(py) {
            message.set_item(intern!(py, "type"), intern!(py, "http.disconnect"))?;
        } else {
            call.known.store(true, Ordering::Relaxed);
            return call.bridge.call_method1(py, intern!(py, "left"), (slf,));
        }
        Ready::with(py, message.into_any().unbind())
    }

    /// Takes a message of the answer.
    fn send(slf: &Bound<'_, Self>, message: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let (py, call) = (slf.py(), slf.get());
        let kind =
            field(message, intern!(py, "type"))?.ok_or_else(|| PyKeyError::new_err("type"))?;
        let (done, started) = {
            let stage = call.lock();
            (stage.done, stage.start.is_some())
        };
        if !started && kind.eq(intern!(py, "http.response.start"))? {
            let start = Start::of(message)?;
            call.lock().start = Some(start);
            return Ready::nothing(py);
        }
        if started && !done && kind.eq(intern!(py, "http.response.body"))? {
            return call.send_body(slf, message);
        }
        let text = format!("send: {} is not expected here", kind.repr()?);
        Err(PyRuntimeError::new_err(text))
    }

    /// Whether the answer is whole.
    #[getter]
    fn finished(&self) -> bool {
        self.lock().done
    }

    /// Whether the client has left.
    #[getter]
    fn gone(&self, py: Python<'_>) -> bool {
        let writer = self.lock().writer.as_ref().map(|writer| writer.clone_ref(py));
        self.deferred.is_gone() || writer.is_some_and(|writer| writer.get().is_gone())
    }

    /// The last piece has been taken.
    fn finish(&self, py: Python<'_>) -> PyResult<()> {
        let writer = {
            let mut stage = self.lock();
            stage.done = true;
            stage.writer.as_ref().map(|writer| writer.clone_ref(py))
        };
        self.tell(py)?;
        writer.map_or(Ok(()), |writer| writer.get().finish(py))
    }
}

impl Call {
    fn send_body(&self, slf: &Bound<'_, Self>, message: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        let body = field(message, intern!(py, "body"))?;
        let more = match field(message, intern!(py, "more_body"))? {
            Some(more) => more.is_truthy()?,
            None => false,
        };
        let writer = self.lock().writer.as_ref().map(|writer| writer.clone_ref(py));
        let writer = match writer {
            Some(writer) => writer,
            None if more => self.open(py)?,
            None => {
                self.whole(py, body.as_ref())?;
                return Ready::nothing(py);
            }
        };
        if let Some(body) = body
            && body.len()? > 0
            && !writer.get().try_send(&body)?
        {
            let arguments = (writer, slf, body, more);
            return self.bridge.call_method1(py, intern!(py, "send_later"), arguments);
        }
        if !more {
            self.finish(py)?;
        }
        Ready::nothing(py)
    }

    /// Answers with all there is.
    fn whole(&self, py: Python<'_>, body: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        let start = {
            let mut stage = self.lock();
            stage.done = true;
            stage.start.take()
        };
        let Some(start) = start else { return Ok(()) };
        let (status, length) = (start.status, start.length);
        let mut builder = start.into_builder();
        if let Some(body) = body
            && !matches!(status, 204 | 205 | 304)
        {
            builder = match body.cast::<PyBytes>() {
                Ok(bytes) => builder.body(bytes.as_bytes()),
                Err(_) => builder.body(octets(body)?),
            };
        }
        if let Some(length) = length.filter(|_| self.head) {
            builder = builder.length_for_head(length);
        }
        let answer = builder.build().or_raise(py)?;
        self.deferred.respond(&answer).or_raise(py)?;
        self.tell(py)
    }

    /// Begins an answer that is sent piece by piece.
    fn open(&self, py: Python<'_>) -> PyResult<Py<Writer>> {
        let empty = Start { status: 0, fields: Vec::new(), length: None };
        // It stays, as what was begun.
        let start = self.lock().start.replace(empty);
        let start = start.unwrap_or(Start { status: 200, fields: Vec::new(), length: None });
        let length = start.length;
        let head = start.into_builder().build().or_raise(py)?;
        let writer = Writer::new(self.deferred.stream(&head, length).or_raise(py)?);
        let writer = Py::new(py, writer)?;
        self.lock().writer = Some(writer.clone_ref(py));
        Ok(writer)
    }

    /// Who waits for the client to leave waits no longer.
    fn tell(&self, py: Python<'_>) -> PyResult<()> {
        if self.is_known() {
            self.bridge.call_method1(py, intern!(py, "answered"), (self.number,))?;
        }
        Ok(())
    }

    /// Whether the bridge knows of it.
    pub(crate) fn is_known(&self) -> bool {
        self.known.load(Ordering::Relaxed)
    }

    /// The application has returned.
    pub(crate) fn end(&self) -> PyResult<()> {
        if self.finished() {
            return Ok(());
        }
        Err(PyRuntimeError::new_err("the application returned without a whole answer"))
    }

    /// The application has raised: answers in its stead, or cuts off what it has begun.
    pub(crate) fn fail(&self, answer: &Option<engine::Response>) {
        let (writer, done) = {
            let mut stage = self.lock();
            let done = std::mem::replace(&mut stage.done, true);
            (stage.writer.take(), done)
        };
        match (writer, answer) {
            (Some(writer), _) => writer.get().close(),
            (None, Some(answer)) if !done => {
                // The client may have left.
                let _ = self.deferred.respond(answer);
            }
            (None, _) => {}
        }
    }

    fn lock(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Start {
    fn of(message: &Bound<'_, PyAny>) -> PyResult<Start> {
        let py = message.py();
        let status = field(message, intern!(py, "status"))?;
        let status = status.ok_or_else(|| PyKeyError::new_err("status"))?.extract()?;
        let mut start = Start { status, fields: Vec::new(), length: None };
        if let Some(headers) = field(message, intern!(py, "headers"))? {
            for line in headers.try_iter()? {
                start.add(&line?)?;
            }
        }
        Ok(start)
    }

    /// Adds a field, unless it is one that the server says itself.
    fn add(&mut self, line: &Bound<'_, PyAny>) -> PyResult<()> {
        let (name, value) = (octets(&line.get_item(0)?)?, octets(&line.get_item(1)?)?);
        if name.eq_ignore_ascii_case(b"content-length") {
            let text = std::str::from_utf8(&value).ok();
            let bad =
                || Error::new(ErrorCode::InvalidArgument, "content-length: expected a number");
            let length = text.and_then(|text| text.trim().parse().ok()).ok_or_else(bad);
            self.length = Some(length.or_raise(line.py())?);
        } else if !response::is_own(&name) {
            let name = String::from_utf8_lossy(&name).into_owned();
            self.fields.push((name, value));
        }
        Ok(())
    }

    fn into_builder(self) -> engine::responder::ResponseBuilder {
        let builder = engine::Response::builder(self.status);
        self.fields.iter().fold(builder, |builder, (name, value)| builder.header(name, value))
    }
}

/// What `message` has as `name`.
fn field<'py>(
    message: &Bound<'py, PyAny>,
    name: &Bound<'py, PyString>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    if let Ok(message) = message.cast::<PyDict>() {
        return message.get_item(name);
    }
    match message.get_item(name) {
        Err(error) if error.is_instance_of::<PyKeyError>(message.py()) => Ok(None),
        found => found.map(Some),
    }
}
