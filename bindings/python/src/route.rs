//! The decorator that `Server.route` returns.

use crate::server::Server;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use std::sync::{Mutex, PoisonError};

/// A decorator that makes a function the handler of a route. It may be kept, on the server too:
/// the garbage collector sees through it, as it would not through a closure.
#[pyclass(frozen, module = "http_responder._native")]
pub(crate) struct Decorator {
    /// Taken out when the garbage collector breaks a cycle.
    server: Mutex<Option<Py<Server>>>,
    path: String,
    methods: Vec<Option<String>>,
    /// The most octets of a body that goes to the function as it arrives.
    stream: Option<u64>,
}

impl Decorator {
    /// For the route `path` of `server`, for each of `methods`; `None` is any.
    pub(crate) fn new(
        server: &Bound<'_, Server>,
        path: String,
        methods: Vec<Option<String>>,
        stream: Option<u64>,
    ) -> Decorator {
        Decorator { server: Mutex::new(Some(server.clone().unbind())), path, methods, stream }
    }

    fn server(&self, py: Python<'_>) -> Option<Py<Server>> {
        let server = self.server.lock().unwrap_or_else(PoisonError::into_inner);
        server.as_ref().map(|server| server.clone_ref(py))
    }
}

#[pymethods]
impl Decorator {
    #[pyo3(signature = (handler, /))]
    fn __call__<'py>(&self, handler: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        if let Some(server) = self.server(handler.py()) {
            server.get().add_route(&self.path, &self.methods, &handler, self.stream)?;
        }
        Ok(handler)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        match self.server.try_lock() {
            Ok(server) => visit.call(&*server),
            // In use elsewhere: seen by the next collection.
            Err(_) => Ok(()),
        }
    }

    fn __clear__(&self) {
        // Letting go may run Python code, so not with the lock held.
        let server = self.server.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(server);
    }
}
