//! What is awaited and there already.

use pyo3::exceptions::PyStopIteration;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyAny, PyTuple};

/// An awaitable that never waits. It is a coroutine to whoever looks at its methods, so that a task
/// can be made of it.
#[pyclass(frozen, module = "http_responder._native")]
pub(crate) struct Ready(Option<Py<PyAny>>);

static NOTHING: PyOnceLock<Py<Ready>> = PyOnceLock::new();

impl Ready {
    /// One that gives None: always the same.
    pub(crate) fn nothing(py: Python<'_>) -> PyResult<Py<PyAny>> {
        let ready = NOTHING.get_or_try_init(py, || Py::new(py, Ready(None)))?;
        Ok(ready.clone_ref(py).into_any())
    }

    /// One that gives `value`, which is no tuple and no exception.
    pub(crate) fn with(py: Python<'_>, value: Py<PyAny>) -> PyResult<Py<PyAny>> {
        Ok(Py::new(py, Ready(Some(value)))?.into_any())
    }
}

#[pymethods]
impl Ready {
    fn __await__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __iter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        match &self.0 {
            None => Ok(None),
            Some(value) => Err(PyStopIteration::new_err(value.clone_ref(py))),
        }
    }

    fn send(&self, py: Python<'_>, _value: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let value = self.0.as_ref().map_or_else(|| py.None(), |value| value.clone_ref(py));
        Err(PyStopIteration::new_err(value))
    }

    #[pyo3(signature = (*raised))]
    fn throw(&self, raised: &Bound<'_, PyTuple>) -> PyResult<Py<PyAny>> {
        Err(thrown(raised)?)
    }

    fn close(&self) {}
}

/// What the arguments of `throw()` say is raised.
pub(crate) fn thrown(raised: &Bound<'_, PyTuple>) -> PyResult<PyErr> {
    let (first, value) = (raised.get_item(0)?, raised.get_item(1).ok());
    let value = value.filter(|value| !value.is_none());
    Ok(PyErr::from_value(match value {
        Some(value) if value.is_instance(&first).unwrap_or(false) => value,
        _ => first,
    }))
}
