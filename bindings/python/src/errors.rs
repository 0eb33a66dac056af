//! The exceptions: one class per kind of error under `Error`, each with the C number in `code`.

use http_responder::{Error, ErrorCode, Result};
use pyo3::exceptions::{PyException, PyTimeoutError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple, PyType};

/// An exception class of the module.
struct Class {
    name: &'static str,
    code: ErrorCode,
    doc: &'static str,
}

/// The classes under `Error`; kinds without a class of their own are raised as `Error` itself.
const CLASSES: [Class; 6] = [
    Class {
        name: "InvalidArgument",
        code: ErrorCode::InvalidArgument,
        doc: "An argument is out of its range or malformed.",
    },
    Class {
        name: "ConfigError",
        code: ErrorCode::Config,
        doc: "An option is unknown, has a bad value, or contradicts another.",
    },
    Class { name: "BindError", code: ErrorCode::Bind, doc: "An address cannot be listened on." },
    Class {
        name: "StateError",
        code: ErrorCode::State,
        doc: "The call does not fit the state of the server.",
    },
    Class { name: "Gone", code: ErrorCode::Gone, doc: "The client has left." },
    Class { name: "Timeout", code: ErrorCode::Timeout, doc: "The time allowed has passed." },
];

const ERROR_DOC: &str = "The base of every exception of http_responder.\n\n\
    The attribute code is the number of the error in the C interface, hr_result.";

/// `Error`, then a class for each of [`CLASSES`]; made once, when the module is imported.
static TYPES: PyOnceLock<(Py<PyType>, Vec<Py<PyType>>)> = PyOnceLock::new();

/// Adds the exceptions to `module`.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    let (error, classes) = TYPES.get_or_try_init(py, || make(py))?;
    module.add("Error", error)?;
    CLASSES.iter().zip(classes).try_for_each(|(class, made)| module.add(class.name, made))
}

fn make(py: Python<'_>) -> PyResult<(Py<PyType>, Vec<Py<PyType>>)> {
    let exception = PyTuple::new(py, [py.get_type::<PyException>()])?;
    let error = make_class("Error", ErrorCode::Internal, ERROR_DOC, exception)?;
    let classes = CLASSES
        .iter()
        .map(|class| {
            let bases = PyTuple::new(py, bases(class.code, &error))?;
            Ok(make_class(class.name, class.code, class.doc, bases)?.unbind())
        })
        .collect::<PyResult<_>>()?;
    Ok((error.unbind(), classes))
}

/// Where Python has an exception of the same meaning, ours is one of these too.
fn bases<'py>(code: ErrorCode, error: &Bound<'py, PyType>) -> Vec<Bound<'py, PyType>> {
    let py = error.py();
    let standard = match code {
        ErrorCode::InvalidArgument | ErrorCode::Config => Some(py.get_type::<PyValueError>()),
        ErrorCode::Timeout => Some(py.get_type::<PyTimeoutError>()),
        _ => None,
    };
    [Some(error.clone()), standard].into_iter().flatten().collect()
}

fn make_class<'py>(
    name: &str,
    code: ErrorCode,
    doc: &str,
    bases: Bound<'py, PyTuple>,
) -> PyResult<Bound<'py, PyType>> {
    let py = bases.py();
    let members = PyDict::new(py);
    members.set_item("__module__", "http_responder")?;
    members.set_item("__doc__", doc)?;
    members.set_item("code", code as i32)?;
    Ok(py.get_type::<PyType>().call1((name, bases, members))?.cast_into()?)
}

/// The exception for `error`.
pub(crate) fn exception(py: Python<'_>, error: &Error) -> PyErr {
    let make = || {
        let (base, classes) = TYPES.get_or_try_init(py, || make(py))?;
        let class = CLASSES.iter().position(|class| class.code == error.code());
        let made = class.map_or(base, |index| &classes[index]).bind(py);
        let value = made.call1((error.message(),))?;
        // `Error` stands for several kinds: the instance says which.
        value.setattr("code", error.code() as i32)?;
        Ok(PyErr::from_value(value))
    };
    make().unwrap_or_else(|failure: PyErr| failure)
}

/// An `InvalidArgument` that says `message`.
pub(crate) fn invalid(py: Python<'_>, message: impl Into<String>) -> PyErr {
    exception(py, &Error::new(ErrorCode::InvalidArgument, message))
}

/// Whether `error` says that the client has left.
pub(crate) fn is_gone(py: Python<'_>, error: &PyErr) -> bool {
    let at = CLASSES.iter().position(|class| class.code == ErrorCode::Gone);
    let made = TYPES.get(py).zip(at);
    made.is_some_and(|((_, classes), at)| error.is_instance(py, classes[at].bind(py)))
}

/// Turns the engine's results into Python's.
pub(crate) trait OrRaise<T> {
    /// The value, or the exception of the error's kind.
    fn or_raise(self, py: Python<'_>) -> PyResult<T>;
}

impl<T> OrRaise<T> for Result<T> {
    fn or_raise(self, py: Python<'_>) -> PyResult<T> {
        self.map_err(|error| exception(py, &error))
    }
}
