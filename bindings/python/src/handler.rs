//! Python functions as handlers of the engine.

use crate::attach;
use crate::call::call;
use crate::deferred::Deferred;
use crate::errors::OrRaise;
use crate::faults::Faulty;
use crate::log;
use crate::pump;
use crate::request::Request;
use crate::response;
use crate::wsgi::Streamed;
use http_responder as engine;
use http_responder::{Action, Exchange};
use pyo3::exceptions::PyTypeError;
use pyo3::ffi;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use std::mem;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

/// A Python function that answers requests.
pub(crate) struct Handler {
    /// Taken out when the garbage collector breaks the cycle of a server and its handlers.
    function: Mutex<Option<Py<PyAny>>>,
}

/// What a function said.
pub(crate) enum Done {
    Answered,
    Declined,
}

/// What the client of a function that raised gets.
pub(crate) static FAILED: LazyLock<Option<engine::Response>> = LazyLock::new(|| {
    let builder = engine::Response::builder(500).header("Content-Type", response::TEXT);
    builder.body("Internal Server Error\n").build().ok()
});

impl Handler {
    /// The handler that calls `function`.
    ///
    /// # Errors
    /// `TypeError` for what cannot be called, or would have to be awaited.
    pub(crate) fn of(function: &Bound<'_, PyAny>) -> PyResult<Arc<Handler>> {
        if !function.is_callable() {
            return Err(PyTypeError::new_err("a handler is a function that takes a request"));
        }
        let inspect = function.py().import("inspect")?;
        if inspect.call_method1("iscoroutinefunction", (function,))?.is_truthy()? {
            let message =
                "a handler is a plain function; for async ones: http_responder.aio.Server";
            return Err(PyTypeError::new_err(message));
        }
        Ok(Handler::holding(function))
    }

    /// The handler that has `function`, whatever it is.
    pub(crate) fn holding(function: &Bound<'_, PyAny>) -> Arc<Handler> {
        Arc::new(Handler { function: Mutex::new(Some(function.clone().unbind())) })
    }

    /// The function, unless the garbage collector has taken it.
    pub(crate) fn function(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        lock(&self.function).as_ref().map(|function| function.clone_ref(py))
    }

    fn call(
        &self,
        py: Python<'_>,
        request: Request,
        exchange: &mut Exchange<'_>,
    ) -> PyResult<Done> {
        let function = lock(&self.function).as_ref().map(|function| function.clone_ref(py));
        let Some(function) = function else { return Ok(Done::Declined) };
        let request = Py::new(py, request)?.into_bound(py);
        let answer = call(function.bind(py), (request.clone(),));
        let done = answer.and_then(|answer| give(&answer, exchange));
        if let Err(error) = &done {
            let asked = request.get();
            log::raised(py, error, asked.method(), asked.target());
        }
        // SAFETY: attached, and the object is alive.
        let references = unsafe { ffi::Py_REFCNT(request.as_ptr()) };
        // Somebody has it beside us.
        request.get().settle(references > 1);
        done
    }
}

/// Answers `exchange` with what a function returned.
pub(crate) fn give(answer: &Bound<'_, PyAny>, exchange: &mut Exchange<'_>) -> PyResult<Done> {
    if let Ok(deferred) = answer.cast::<Deferred>() {
        deferred.get().join(answer.py(), exchange)?;
        return Ok(Done::Answered);
    }
    if let Ok(faulty) = answer.cast::<Faulty>() {
        return faulty.get().give(answer.py(), exchange);
    }
    if let Ok(streamed) = answer.cast::<Streamed>() {
        streamed.get().give(answer.py(), exchange)?;
        return Ok(Done::Answered);
    }
    if let Some((head, pieces)) = response::streamed(answer)? {
        let py = answer.py();
        let writer = exchange.defer().and_then(|deferred| deferred.stream(&head, None));
        pump::start(writer.or_raise(py)?, &pieces)?;
        return Ok(Done::Answered);
    }
    let Some(response) = response::from_answer(answer)? else { return Ok(Done::Declined) };
    exchange.respond(&response).or_raise(answer.py())?;
    Ok(Done::Answered)
}

impl engine::Handler for Handler {
    fn handle(&self, request: &engine::Request<'_>, exchange: &mut Exchange<'_>) -> Action {
        let copy = Request::copy(request);
        let done = attach::on_worker(|py| self.call(py, copy, exchange));
        match done {
            Some(Ok(Done::Answered)) => return Action::Done,
            Some(Ok(Done::Declined)) => return Action::Decline,
            // `None`: the interpreter is ending, no more Python.
            Some(Err(_)) | None => {}
        }
        if let Some(response) = &*FAILED {
            // Answered already it is only where the answer was too late to be refused.
            let _ = exchange.respond(response);
        }
        Action::Done
    }
}

/// The functions of one server, as the garbage collector sees them.
#[derive(Default)]
pub(crate) struct Handlers(Mutex<Registered>);

#[derive(Default)]
struct Registered {
    routes: Vec<Arc<Handler>>,
    fallback: Option<Arc<Handler>>,
    chooser: Option<Arc<Handler>>,
}

impl Handlers {
    /// Keeps sight of the handler of a route, once the engine has it.
    pub(crate) fn add(&self, handler: Arc<Handler>) {
        lock(&self.0).routes.push(handler);
    }

    /// Keeps sight of the fallback, once the engine has it. The one before is the engine's alone
    /// from now on, which lets go of it when no worker uses it any more.
    pub(crate) fn set_fallback(&self, handler: Arc<Handler>) {
        let before = lock(&self.0).fallback.replace(handler);
        // Letting go may run Python code, so not with the lock held.
        drop(before);
    }

    /// Keeps sight of who is asked for certificates, as of the fallback.
    pub(crate) fn set_chooser(&self, chooser: Option<Arc<Handler>>) {
        let before = mem::replace(&mut lock(&self.0).chooser, chooser);
        drop(before);
    }

    /// Loses sight of the handlers of all routes, once the engine has let go of them.
    pub(crate) fn clear_routes(&self) {
        let before = mem::take(&mut lock(&self.0).routes);
        // Letting go may run Python code, so not with the lock held.
        drop(before);
    }

    /// Shows every function to the collector; one that is in use elsewhere is left out, which
    /// keeps its server alive until the next collection.
    pub(crate) fn traverse(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        let Ok(registered) = self.0.try_lock() else { return Ok(()) };
        let all = registered.routes.iter().chain(&registered.fallback).chain(&registered.chooser);
        for handler in all {
            if let Ok(function) = handler.function.try_lock() {
                visit.call(&*function)?;
            }
        }
        Ok(())
    }

    /// Lets go of every function.
    pub(crate) fn clear(&self) {
        // Letting go may run Python code, so not with a lock held.
        let Registered { routes, fallback, chooser } = mem::take(&mut *lock(&self.0));
        for handler in routes.into_iter().chain(fallback).chain(chooser) {
            let function = lock(&handler.function).take();
            drop(function);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
