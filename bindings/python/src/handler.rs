//! Python functions as handlers of the engine.

use crate::request::Request;
use crate::response;
use http_responder as engine;
use http_responder::Action;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

/// A Python function that answers requests.
pub(crate) struct Handler {
    /// Taken out when the garbage collector breaks the cycle of a server and its handlers.
    function: Mutex<Option<Py<PyAny>>>,
}

/// What a function said.
enum Reply {
    Answer(engine::Response),
    Decline,
    Failed,
}

/// What the client of a function that raised gets.
static FAILED: LazyLock<Option<engine::Response>> = LazyLock::new(|| {
    let builder = engine::Response::builder(500).header("Content-Type", response::TEXT);
    builder.body("Internal Server Error\n").build().ok()
});

impl Handler {
    pub(crate) fn new(function: Bound<'_, PyAny>) -> Arc<Handler> {
        Arc::new(Handler { function: Mutex::new(Some(function.unbind())) })
    }

    fn call(&self, py: Python<'_>, request: Request) -> Reply {
        let function = lock(&self.function).as_ref().map(|function| function.clone_ref(py));
        let Some(function) = function else { return Reply::Decline };
        let line = format!("{} {}", request.method(), request.target());
        let answer = Py::new(py, request)
            .and_then(|request| function.bind(py).call1((request,)))
            .and_then(|answer| response::from_answer(&answer));
        match answer {
            Ok(Some(response)) => Reply::Answer(response),
            Ok(None) => Reply::Decline,
            Err(error) => {
                report(py, error, &line);
                Reply::Failed
            }
        }
    }
}

impl engine::Handler for Handler {
    fn handle(&self, request: &engine::Request<'_>, exchange: &mut engine::Exchange<'_>) -> Action {
        let copy = Request::copy(request);
        // `None`: the interpreter is ending, no more Python.
        let reply = Python::try_attach(|py| self.call(py, copy)).unwrap_or(Reply::Failed);
        let response = match &reply {
            Reply::Answer(response) => Some(response),
            Reply::Failed => FAILED.as_ref(),
            Reply::Decline => return Action::Decline,
        };
        if let Some(response) = response {
            // The exchange is open: nobody else has had it.
            let _ = exchange.respond(response);
        }
        Action::Done
    }
}

/// Logs what a function raised; what cannot be logged goes to `sys.unraisablehook`.
fn report(py: Python<'_>, error: PyErr, line: &str) {
    let log = || {
        let arguments = PyDict::new(py);
        let raised = (error.get_type(py), error.value(py), error.traceback(py));
        arguments.set_item("exc_info", raised)?;
        let logger = py.import("logging")?.call_method1("getLogger", ("http_responder",))?;
        logger.call_method("error", ("the handler of %s raised", line), Some(&arguments))?;
        PyResult::Ok(())
    };
    if log().is_err() {
        error.write_unraisable(py, None);
    }
}

/// The functions of one server, as the garbage collector sees them.
#[derive(Default)]
pub(crate) struct Handlers(Mutex<Vec<Arc<Handler>>>);

impl Handlers {
    /// Keeps sight of `handler`.
    pub(crate) fn add(&self, handler: Arc<Handler>) {
        lock(&self.0).push(handler);
    }

    /// Shows every function to the collector; one that is in use elsewhere is left out, which
    /// keeps its server alive until the next collection.
    pub(crate) fn traverse(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        let Ok(handlers) = self.0.try_lock() else { return Ok(()) };
        for handler in handlers.iter() {
            if let Ok(function) = handler.function.try_lock() {
                visit.call(&*function)?;
            }
        }
        Ok(())
    }

    /// Lets go of every function.
    pub(crate) fn clear(&self) {
        // Letting go may run Python code, so not with a lock held.
        let handlers: Vec<_> = lock(&self.0).drain(..).collect();
        for handler in handlers {
            let function = lock(&handler.function).take();
            drop(function);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
