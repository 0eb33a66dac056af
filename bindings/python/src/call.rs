//! Calling Python on a thread that may outlive the interpreter.

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use std::hint::black_box;
use std::mem;
use std::thread;

/// `PyObject_CallObject`, from which a stack may be unwound.
type Call =
    unsafe extern "C-unwind" fn(*mut ffi::PyObject, *mut ffi::PyObject) -> *mut ffi::PyObject;

/// Parks the thread for ever when it is dropped.
struct Park;

impl Drop for Park {
    fn drop(&mut self) {
        loop {
            thread::park();
        }
    }
}

/// Calls `function` with `arguments`.
///
/// A function that is still running when the interpreter ends never returns. Before 3.14, Python
/// ends its thread with `pthread_exit`, which unwinds the stack and so aborts the process at the
/// first frame of Rust that would catch a panic: such a thread is parked here instead.
pub(crate) fn call<'py>(
    function: &Bound<'py, PyAny>,
    arguments: impl IntoPyObject<
        'py,
        Target = PyTuple,
        Output = Bound<'py, PyTuple>,
        Error: Into<PyErr>,
    >,
) -> PyResult<Bound<'py, PyAny>> {
    let py = function.py();
    let arguments = arguments.into_pyobject(py).map_err(Into::into)?;
    // Hidden, so that the call is not taken for one that cannot unwind, as its declaration says.
    let direct: unsafe extern "C" fn(_, _) -> _ = black_box(ffi::PyObject_CallObject);
    // SAFETY: the types differ only in whether the callee may unwind.
    let call: Call = unsafe { mem::transmute(direct) };
    // Declared last: it goes first, before what may not be dropped without the interpreter.
    let park = Park;
    // SAFETY: attached, as `function` proves; both objects are alive; the arguments are a tuple.
    let result = unsafe { call(function.as_ptr(), arguments.as_ptr()) };
    mem::forget(park);
    // SAFETY: a new reference, or NULL with an exception set.
    unsafe { Bound::from_owned_ptr_or_err(py, result) }
}
