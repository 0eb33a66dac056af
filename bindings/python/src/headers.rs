//! Field lines as a mapping whose names ignore case (RFC 9110 section 5).

use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use pyo3::types::{PyIterator, PyList, PyString};

/// Header fields, in the order in which they came.
///
/// Names are compared without case. A name that came several times is looked up as its first
/// value; get_all() has them all. The length is the number of field lines.
#[pyclass(frozen, mapping, module = "http_responder")]
pub(crate) struct Headers(Vec<(String, String)>);

impl Headers {
    pub(crate) fn new(lines: Vec<(String, String)>) -> Headers {
        Headers(lines)
    }

    /// The first value of the field `name`.
    pub(crate) fn first(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    fn all<'h, 'n>(&'h self, name: &'n str) -> impl Iterator<Item = &'h str> + use<'h, 'n> {
        let lines = self.0.iter().filter(move |(n, _)| n.eq_ignore_ascii_case(name));
        lines.map(|(_, value)| value.as_str())
    }
}

/// The text of a field value: each octet is one character, so that none is lost.
pub(crate) fn text(value: &[u8]) -> String {
    value.iter().copied().map(char::from).collect()
}

/// As [`text`], for Python.
pub(crate) fn text_object<'py>(py: Python<'py>, value: &[u8]) -> Bound<'py, PyString> {
    match std::str::from_utf8(value) {
        Ok(ascii) if ascii.is_ascii() => PyString::new(py, ascii),
        _ => PyString::new(py, &text(value)),
    }
}

#[pymethods]
impl Headers {
    /// The first value of the field, or default.
    #[pyo3(signature = (name, default=None))]
    fn get(&self, py: Python<'_>, name: &str, default: Option<Py<PyAny>>) -> PyResult<Py<PyAny>> {
        match self.first(name) {
            Some(value) => Ok(value.into_pyobject(py)?.into_any().unbind()),
            None => Ok(default.unwrap_or_else(|| py.None())),
        }
    }

    /// Every value of the field, one for each line.
    fn get_all(&self, name: &str) -> Vec<&str> {
        self.all(name).collect()
    }

    /// The names as sent, one for each line.
    fn keys(&self) -> Vec<&str> {
        self.0.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// The values, one for each line.
    fn values(&self) -> Vec<&str> {
        self.0.iter().map(|(_, value)| value.as_str()).collect()
    }

    /// Names and values, one pair for each line.
    fn items(&self) -> Vec<(&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    fn __getitem__(&self, name: &str) -> PyResult<&str> {
        self.first(name).ok_or_else(|| PyKeyError::new_err(name.to_owned()))
    }

    fn __contains__(&self, name: &Bound<'_, PyAny>) -> bool {
        name.extract::<String>().is_ok_and(|name| self.first(&name).is_some())
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        PyList::new(py, self.keys())?.try_iter()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("Headers({})", PyList::new(py, self.items())?.repr()?))
    }
}
