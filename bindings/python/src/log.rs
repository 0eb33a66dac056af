//! What the module has to say by itself, through Python's own logging.

use pyo3::prelude::*;
use pyo3::types::PyDict;

const LOGGER: &str = "http_responder";

/// Logs what the handler of the request raised; what cannot be logged goes to
/// `sys.unraisablehook`.
pub(crate) fn raised(py: Python<'_>, error: &PyErr, method: &str, target: &str) {
    let log = || {
        let arguments = PyDict::new(py);
        let raised = (error.get_type(py), error.value(py), error.traceback(py));
        arguments.set_item("exc_info", raised)?;
        let told = ("the handler of %s %s raised", method, target);
        logger(py)?.call_method("error", told, Some(&arguments))?;
        PyResult::Ok(())
    };
    if log().is_err() {
        error.clone_ref(py).write_unraisable(py, None);
    }
}

/// Logs what an iterator raised whose pieces are being sent.
pub(crate) fn raised_in_stream(py: Python<'_>, error: &PyErr) {
    let log = || {
        let arguments = PyDict::new(py);
        let raised = (error.get_type(py), error.value(py), error.traceback(py));
        arguments.set_item("exc_info", raised)?;
        logger(py)?.call_method("error", ("a streamed body raised",), Some(&arguments))?;
        PyResult::Ok(())
    };
    if log().is_err() {
        error.clone_ref(py).write_unraisable(py, None);
    }
}

/// Logs a warning. May be called while an exception is on its way, as when an object dies.
pub(crate) fn warning(py: Python<'_>, message: &str) {
    let on_its_way = PyErr::take(py);
    if let Err(error) = logger(py).and_then(|logger| logger.call_method1("warning", (message,))) {
        error.write_unraisable(py, None);
    }
    if let Some(error) = on_its_way {
        error.restore(py);
    }
}

fn logger(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    py.import("logging")?.call_method1("getLogger", (LOGGER,))
}
