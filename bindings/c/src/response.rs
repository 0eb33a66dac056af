//! A response: collected first, prepared at its first use, the same from then on.

use crate::error::hr_result;
use crate::ffi::{FreeFn, UserData, guard, guard_or, hand_out, release, shared};
use crate::strings::{octets, text};
use http_responder::responder::ResponseBuilder;
use http_responder::{Error, ErrorCode, Response, Result};
use std::ffi::{c_char, c_void};
use std::sync::{Mutex, OnceLock, PoisonError};

/// A response. It can be changed until it is first used by hr_respond(), hr_server_rule() or
/// hr_deferred_respond(); from then on it is the same for ever, and any number of threads may use
/// it at once.
pub struct hr_response {
    status: u16,
    /// `None` once it was used.
    builder: Mutex<Option<ResponseBuilder>>,
    prepared: OnceLock<Response>,
}

impl hr_response {
    fn new(status: u16) -> Result<Self> {
        // A bad status shall be told here and not at the first use.
        Response::builder(status).build()?;
        Ok(hr_response {
            status,
            builder: Mutex::new(Some(Response::builder(status))),
            prepared: OnceLock::new(),
        })
    }

    /// The response as the engine wants it; after this it cannot be changed.
    pub(crate) fn prepared(&self) -> Result<&Response> {
        if let Some(response) = self.prepared.get() {
            return Ok(response);
        }
        let mut builder = self.builder.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(collected) = builder.as_ref() {
            let response = collected.clone().build()?;
            let _ = self.prepared.set(response);
            *builder = None;
        }
        self.prepared.get().ok_or_else(used)
    }

    /// Changes what was collected so far.
    fn change(&self, with: impl FnOnce(ResponseBuilder) -> Result<ResponseBuilder>) -> Result<()> {
        let mut builder = self.builder.lock().unwrap_or_else(PoisonError::into_inner);
        let collected = builder.as_ref().ok_or_else(used)?;
        *builder = Some(with(collected.clone())?);
        Ok(())
    }

    fn set_body(&self, body: &[u8]) -> Result<()> {
        self.change(|builder| Ok(builder.body(body)))
    }
}

fn used() -> Error {
    Error::new(ErrorCode::State, "this response has been used and cannot be changed any more")
}

/// A new response with `status`, 200 to 599, and no body. Free it with hr_response_free(), also
/// after it was used. NULL for a status out of range; hr_last_error() says so.
#[unsafe(no_mangle)]
pub extern "C" fn hr_response_new(status: u16) -> *mut hr_response {
    guard_or(std::ptr::null_mut(), || Ok(hand_out(hr_response::new(status)?)))
}

/// Frees `response`. NULL is fine; who uses it already, a rule say, goes on using it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_response_free(response: *mut hr_response) {
    // SAFETY: the header asks for NULL or what hr_response_new gave, freed once.
    unsafe { release(response) }
}

/// Adds a field line; names that repeat make lines that repeat.
///
/// HR_ERR_INVALID_ARGUMENT if the name is no token, the value has CR or LF, or the field is one
/// that the server sets itself (Content-Length, Transfer-Encoding, Date, and Connection other than
/// "close"); HR_ERR_STATE if the response was used.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_response_header(
    response: *mut hr_response,
    name: *const c_char,
    value: *const c_char,
) -> hr_result {
    guard(|| {
        // SAFETY: NULL or valid, by the contract of the header.
        let (response, name, value) =
            unsafe { (shared(response, "response")?, text(name, "name")?, text(value, "value")?) };
        response.change(|builder| {
            // Built alone, so that a bad field is told here and not at the first use.
            Response::builder(response.status).header(name, value).build()?;
            Ok(builder.header(name, value))
        })
    })
}

/// Sets the body to a copy of the `len` octets at `data`; an earlier body is dropped.
///
/// HR_ERR_STATE if the response was used.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_response_body_copy(
    response: *mut hr_response,
    data: *const c_void,
    len: usize,
) -> hr_result {
    guard(|| {
        // SAFETY: NULL or valid, by the contract of the header.
        let (response, body) =
            unsafe { (shared(response, "response")?, octets(data, len, "data")?) };
        response.set_body(body)
    })
}

/// Sets the body to the `len` octets at `data`, which stay where and as they are until the program
/// ends: the library may use them in place.
///
/// HR_ERR_STATE if the response was used.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_response_body_static(
    response: *mut hr_response,
    data: *const c_void,
    len: usize,
) -> hr_result {
    // SAFETY: the contract asks for more than that of the copying one.
    unsafe { hr_response_body_copy(response, data, len) }
}

/// Sets the body to the `len` octets at `data`, which are the library's from now on: it calls
/// `free_fn`, which may be NULL, with `free_user` exactly once, when it needs them no more. That may
/// be before this returns, and is so if this fails.
///
/// HR_ERR_STATE if the response was used.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_response_body_owned(
    response: *mut hr_response,
    data: *const c_void,
    len: usize,
    free_fn: FreeFn,
    free_user: *mut c_void,
) -> hr_result {
    let _owned = UserData::new(free_user, free_fn);
    // SAFETY: NULL or valid, by the contract of the header; freed only when `_owned` is dropped.
    unsafe { hr_response_body_copy(response, data, len) }
}

/// The status of `response`; 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_response_status(response: *const hr_response) -> u16 {
    // SAFETY: NULL or valid, by the contract of the header.
    guard_or(0, || Ok(unsafe { shared(response, "response")? }.status))
}
