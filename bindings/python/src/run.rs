//! Answering requests on an event loop: coroutines driven by hand, within one task for all that
//! need not wait.

use crate::asgi::{AsgiApp, Call};
use crate::call::call;
use crate::deferred::Deferred;
use crate::errors::{OrRaise, is_gone};
use crate::faults::Faulty;
use crate::handler::FAILED;
use crate::inbox::{Asked, Shared};
use crate::log;
use crate::ready::thrown;
use crate::request::Request;
use crate::response;
use http_responder as engine;
use pyo3::exceptions::{PyException, PyStopIteration, PyTypeError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict, PyString, PyTuple};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

/// An awaitable that answers request after request, until one of them has to wait: with that one it
/// ends. So the requests of one look of the loop cost one task, and not one each.
#[pyclass(frozen, module = "http_responder._native")]
pub(crate) struct Run {
    inbox: Arc<Shared>,
    /// The Python side: http_responder.aio.Bridge.
    bridge: Py<PyAny>,
    place: Mutex<Place>,
}

#[derive(Default)]
struct Place {
    current: Option<Current>,
    /// The present request has waited, so that the task is its own.
    waited: bool,
}

/// A request in progress.
struct Current {
    number: u64,
    asked: For,
    coroutine: Py<PyAny>,
    /// Each request has its own context variables.
    context: Py<PyAny>,
    /// What the bridge knows of.
    entered: bool,
}

/// What is in progress, and so what its end means.
enum For {
    /// An async function, whose value is the answer.
    Answer(Py<Request>, engine::Deferred),
    /// An async iterator of such a function, which is being sent.
    Stream(Py<Request>),
    Application(Box<Request>, Py<Call>),
}

/// What a client gets whose handler is cancelled.
static CANCELLED: LazyLock<Option<engine::Response>> =
    LazyLock::new(|| plain(503, "Service Unavailable\n"));

/// Where the handler declines, nobody else is asked.
static NOT_FOUND: LazyLock<Option<engine::Response>> = LazyLock::new(|| plain(404, "Not Found\n"));

fn plain(status: u16, body: &'static str) -> Option<engine::Response> {
    let builder = engine::Response::builder(status).header("Content-Type", response::TEXT);
    builder.body(body).build().ok()
}

#[pymethods]
impl Run {
    fn __await__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __iter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        self.go_on(py, None)
    }

    #[pyo3(signature = (*raised))]
    fn throw(&self, py: Python<'_>, raised: &Bound<'_, PyTuple>) -> PyResult<Py<PyAny>> {
        match self.go_on(py, Some(raised))? {
            Some(waited_for) => Ok(waited_for),
            None => Err(PyStopIteration::new_err(py.None())),
        }
    }

    fn close(&self, py: Python<'_>) -> PyResult<()> {
        let current = self.lock().current.take();
        let Some(current) = current else { return Ok(()) };
        let closed = current.coroutine.call_method0(py, intern!(py, "close"));
        current.leave(py, self.bridge.bind(py))?;
        closed.map(drop)
    }
}

impl Run {
    pub(crate) fn new(inbox: Arc<Shared>, bridge: Py<PyAny>) -> Run {
        Run { inbox, bridge, place: Mutex::default() }
    }

    /// Goes on until something has to be waited for, which is returned, or nothing is left to do.
    fn go_on(
        &self,
        py: Python<'_>,
        raised: Option<&Bound<'_, PyTuple>>,
    ) -> PyResult<Option<Py<PyAny>>> {
        let bridge = self.bridge.bind(py);
        let mut raised = raised;
        loop {
            // Out of its place while it runs: it may do anything.
            let (current, waited) = {
                let mut place = self.lock();
                (place.current.take(), place.waited)
            };
            let mut current = match (current, raised) {
                (Some(current), _) => current,
                (None, Some(raised)) => return Err(thrown(raised)?),
                (None, None) if waited => return Ok(None),
                (None, None) => match self.inbox.next() {
                    None => return Ok(None),
                    Some(asked) => match begin(py, asked, bridge) {
                        Some(current) => current,
                        None => continue,
                    },
                },
            };
            match current.step(py, raised.take()) {
                Ok(waited_for) => {
                    current.enter(py, bridge)?;
                    *self.lock() = Place { current: Some(current), waited: true };
                    return Ok(Some(waited_for.unbind()));
                }
                Err(error) => {
                    if let Some(current) = current.end(py, error, bridge)? {
                        self.lock().current = Some(current);
                    }
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Place> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Begins to answer; `None` where that is over already.
fn begin(py: Python<'_>, asked: Asked, bridge: &Bound<'_, PyAny>) -> Option<Current> {
    let Asked { number, handler, request, deferred } = asked;
    if deferred.is_gone() {
        return None;
    }
    let function = handler.function(py)?.into_bound(py);
    if let Ok(app) = function.cast::<AsgiApp>() {
        let made = app.get().ask(py, &request, deferred, number, bridge);
        return match made.and_then(|(call, coroutine)| Ok((call, coroutine, context(py)?))) {
            Ok((call, coroutine, context)) => {
                let asked = For::Application(request, call);
                Some(Current { number, asked, coroutine, context, entered: false })
            }
            Err(error) => {
                log::raised(py, &error, request.method(), request.target());
                None
            }
        };
    }
    request.wait_through(bridge);
    let request = Py::new(py, *request).ok()?;
    match call(&function, (request.clone_ref(py),)).and_then(|answer| Ok((answer, context(py)?))) {
        Ok((answer, context)) => {
            let asked = For::Answer(request, deferred);
            let coroutine = answer.clone().unbind();
            let current = Current { number, asked, coroutine, context, entered: false };
            if answer.hasattr(intern!(py, "send")).unwrap_or(false) {
                return Some(current);
            }
            // An async iterator, or something else that is awaited.
            current.wrapped(py, answer, bridge)
        }
        Err(error) => {
            log::raised(py, &error, request.get().method(), request.get().target());
            fail(&deferred, &FAILED);
            None
        }
    }
}

/// A copy of the context of the task.
fn context(py: Python<'_>) -> PyResult<Py<PyAny>> {
    static COPY: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    COPY.import(py, "contextvars", "copy_context")?.call0().map(Bound::unbind)
}

fn fail(deferred: &engine::Deferred, answer: &Option<engine::Response>) {
    if let Some(answer) = answer {
        // The client may have left, or have its answer.
        let _ = deferred.respond(answer);
    }
}

impl Current {
    /// Lets the coroutine run until it waits for something.
    fn step<'py>(
        &self,
        py: Python<'py>,
        raised: Option<&Bound<'py, PyTuple>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let run = self.context.bind(py).getattr(intern!(py, "run"))?;
        let coroutine = self.coroutine.bind(py);
        let Some(raised) = raised else {
            return call(&run, (coroutine.getattr(intern!(py, "send"))?, py.None()));
        };
        let throw = coroutine.getattr(intern!(py, "throw"))?;
        let arguments: Vec<_> = [throw].into_iter().chain(raised.iter()).collect();
        call(&run, PyTuple::new(py, arguments)?)
    }

    /// Has the bridge know of it, by the task that waits now.
    fn enter(&mut self, py: Python<'_>, bridge: &Bound<'_, PyAny>) -> PyResult<()> {
        if !self.entered {
            self.entered = true;
            bridge.call_method1(intern!(py, "enter"), (self.number,))?;
        }
        Ok(())
    }

    fn leave(&self, py: Python<'_>, bridge: &Bound<'_, PyAny>) -> PyResult<()> {
        let asked_for = match &self.asked {
            For::Application(_, call) => call.get().is_known(),
            For::Answer(..) | For::Stream(_) => false,
        };
        if self.entered || asked_for {
            bridge.call_method1(intern!(py, "leave"), (self.number,))?;
        }
        Ok(())
    }

    /// The coroutine has ended with `error`, `StopIteration` above all; what goes on, if the answer
    /// has to be awaited as well. `Err` is what the task ends with.
    fn end(
        self,
        py: Python<'_>,
        error: PyErr,
        bridge: &Bound<'_, PyAny>,
    ) -> PyResult<Option<Current>> {
        if !error.is_instance_of::<PyStopIteration>(py) {
            self.failed(py, &error);
            self.leave(py, bridge)?;
            let ordinary = error.is_instance_of::<PyException>(py);
            return if ordinary { Ok(None) } else { Err(error) };
        }
        if let For::Answer(_, deferred) = &self.asked {
            let mut value = error.value(py).getattr(intern!(py, "value"))?;
            if let Ok(faulty) = value.cast::<Faulty>() {
                value = faulty.get().give_later(py, deferred)?;
            }
            if !is_plain(&value) && is_streamed(&value)? {
                return Ok(self.wrapped(py, value, bridge));
            }
            if let Err(error) = self.answer(&value) {
                self.failed(py, &error);
            }
        } else if let For::Application(_, call) = &self.asked
            && let Err(error) = call.get().end()
        {
            self.failed(py, &error);
        }
        self.leave(py, bridge)?;
        Ok(None)
    }

    fn answer(&self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let For::Answer(_, deferred) = &self.asked else { return Ok(()) };
        match response::from_answer(value)? {
            Some(answer) => deferred.respond(&answer).or_raise(value.py()),
            None => {
                fail(deferred, &NOT_FOUND);
                Ok(())
            }
        }
    }

    /// It goes on with what the bridge makes of `answer`.
    fn wrapped(
        self,
        py: Python<'_>,
        answer: Bound<'_, PyAny>,
        bridge: &Bound<'_, PyAny>,
    ) -> Option<Current> {
        let Current { number, asked, context, entered, .. } = self;
        let For::Answer(request, deferred) = asked else { return None };
        let kept = request.clone_ref(py);
        let made = if is_streamed(&answer).unwrap_or(false) {
            let deferred = Deferred::waiting(deferred);
            let coroutine = bridge.call_method1(intern!(py, "answer"), (deferred, number, answer));
            coroutine.map(|coroutine| (For::Stream(request), coroutine))
        } else if answer.hasattr(intern!(py, "__await__")).unwrap_or(false) {
            let coroutine = bridge.call_method1(intern!(py, "wait_for"), (answer,));
            coroutine.map(|coroutine| (For::Answer(request, deferred), coroutine))
        } else {
            Err(PyTypeError::new_err("an async handler gives something to be awaited"))
        };
        match made {
            Ok((asked, coroutine)) => {
                Some(Current { number, asked, coroutine: coroutine.unbind(), context, entered })
            }
            Err(error) => {
                log::raised(py, &error, kept.get().method(), kept.get().target());
                None
            }
        }
    }

    /// Tells client and log.
    fn failed(&self, py: Python<'_>, error: &PyErr) {
        if is_gone(py, error) {
            return;
        }
        let cancelled = !error.is_instance_of::<PyException>(py) && is_cancelled(py, error);
        if !cancelled {
            let (method, target) = self.asked.name();
            log::raised(py, error, method, target);
        }
        let answer = if cancelled { &CANCELLED } else { &FAILED };
        match &self.asked {
            For::Answer(_, deferred) => fail(deferred, answer),
            // It has begun, and is cut off.
            For::Stream(_) => {}
            For::Application(_, call) => call.get().fail(answer),
        }
    }
}

impl For {
    /// Method and target.
    fn name(&self) -> (&str, &str) {
        let request = match self {
            For::Answer(request, _) | For::Stream(request) => request.get(),
            For::Application(request, _) => request,
        };
        (request.method(), request.target())
    }
}

/// Whether it is of a type that most handlers return, so that nothing has to be looked for.
fn is_plain(value: &Bound<'_, PyAny>) -> bool {
    value.is_exact_instance_of::<PyBytes>()
        || value.is_exact_instance_of::<PyString>()
        || value.is_exact_instance_of::<PyDict>()
        || value.is_exact_instance_of::<response::Response>()
        || value.is_none()
}

/// Whether it is an async iterator, or a tuple that ends with one.
fn is_streamed(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    let name = intern!(value.py(), "__aiter__");
    match value.cast::<PyTuple>() {
        Ok(parts) if !parts.is_empty() => parts.get_item(parts.len() - 1)?.hasattr(name),
        _ => value.hasattr(name),
    }
}

fn is_cancelled(py: Python<'_>, error: &PyErr) -> bool {
    static CANCELLED: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let class = CANCELLED.import(py, "asyncio", "CancelledError");
    class.is_ok_and(|class| error.is_instance(py, class))
}
