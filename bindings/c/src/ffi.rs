//! The machinery of the boundary: guarded calls, checked arguments, out-parameters, callback data.

use crate::error::{self, hr_result};
use http_responder::{Error, ErrorCode, Result};
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `body` and turns what comes of it into a result code; the text of an error becomes this
/// thread's last error. A panic, which must not unwind into C, becomes `HR_ERR_INTERNAL`.
pub(crate) fn guard(body: impl FnOnce() -> Result<()>) -> hr_result {
    match caught(body) {
        Ok(()) => hr_result::HR_OK,
        Err(error) => error::record(&error),
    }
}

/// As [`guard`], for functions that return a value: `fallback` stands for every error.
pub(crate) fn guard_or<T>(fallback: T, body: impl FnOnce() -> Result<T>) -> T {
    match caught(body) {
        Ok(value) => value,
        Err(error) => {
            error::record(&error);
            fallback
        }
    }
}

fn caught<T>(body: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|panic| {
        let what = panic
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("a panic without a message");
        Err(Error::new(ErrorCode::Internal, format!("internal error: {what}")))
    })
}

/// The error for an argument that is out of its range or malformed.
pub(crate) fn invalid(name: &str, what: &str) -> Error {
    Error::new(ErrorCode::InvalidArgument, format!("{name}: {what}"))
}

fn null(name: &str) -> Error {
    invalid(name, "must not be NULL")
}

/// The object behind a `const T *`.
///
/// # Safety
/// `pointer` is NULL or points to a live `T` that nobody changes during `'a`.
pub(crate) unsafe fn shared<'a, T>(pointer: *const T, name: &str) -> Result<&'a T> {
    // SAFETY: the caller's promise.
    unsafe { pointer.as_ref() }.ok_or_else(|| null(name))
}

/// The object behind a `T *`.
///
/// # Safety
/// `pointer` is NULL or points to a live `T` that nobody else uses during `'a`.
pub(crate) unsafe fn exclusive<'a, T>(pointer: *mut T, name: &str) -> Result<&'a mut T> {
    // SAFETY: the caller's promise.
    unsafe { pointer.as_mut() }.ok_or_else(|| null(name))
}

/// Gives `value` to C, which gives it back to [`release`].
pub(crate) fn hand_out<T>(value: T) -> *mut T {
    Box::into_raw(Box::new(value))
}

/// Drops what [`hand_out`] gave out; NULL is nothing.
///
/// # Safety
/// `pointer` is NULL or came from [`hand_out`], and is used by nobody from now on.
pub(crate) unsafe fn release<T>(pointer: *mut T) {
    if !pointer.is_null() {
        // SAFETY: the caller's promise; the Box was made by `hand_out`.
        let owned = unsafe { Box::from_raw(pointer) };
        guard_or((), || {
            drop(owned);
            Ok(())
        });
    }
}

/// A place that is written once, and only when the call succeeds.
pub(crate) struct Out<T>(*mut T);

impl<T> Out<T> {
    /// A place that must be there.
    ///
    /// # Safety
    /// `pointer` is NULL or valid for writing a `T` until the call returns.
    pub(crate) unsafe fn required(pointer: *mut T, name: &str) -> Result<Self> {
        if pointer.is_null() { Err(null(name)) } else { Ok(Out(pointer)) }
    }

    /// A place that the caller may leave out.
    ///
    /// # Safety
    /// As [`Out::required`].
    pub(crate) unsafe fn optional(pointer: *mut T) -> Self {
        Out(pointer)
    }

    /// Writes `value`, without reading or dropping what stood there.
    pub(crate) fn write(self, value: T) {
        if !self.0.is_null() {
            // SAFETY: not NULL, and valid for writing by the promise at construction.
            unsafe { self.0.write(value) }
        }
    }
}

/// A finalizer as C writes it.
pub(crate) type FreeFn = Option<unsafe extern "C" fn(user: *mut c_void)>;

/// The caller's pointer that goes with a callback; its finalizer runs when this is dropped, hence
/// exactly once, on success, error and panic alike.
pub(crate) struct UserData {
    pointer: *mut c_void,
    free: FreeFn,
}

// SAFETY: the header asks of the caller that callbacks and their data may be used from any thread;
// this side never looks behind the pointer.
unsafe impl Send for UserData {}
// SAFETY: as above.
unsafe impl Sync for UserData {}

impl UserData {
    pub(crate) fn new(pointer: *mut c_void, free: FreeFn) -> Self {
        UserData { pointer, free }
    }

    pub(crate) fn pointer(&self) -> *mut c_void {
        self.pointer
    }
}

impl Drop for UserData {
    fn drop(&mut self) {
        if let Some(free) = self.free {
            // SAFETY: the caller gave this function for this pointer, and it is called once.
            unsafe { free(self.pointer) }
        }
    }
}
