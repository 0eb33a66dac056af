//! The answering side of a request.

use crate::deferred::hr_deferred;
use crate::error::hr_result;
use crate::ffi::{Out, exclusive, guard, hand_out, shared};
use crate::response::hr_response;
use crate::strings::{octets, optional_text};
use http_responder::{Exchange, Response};
use std::ffi::{c_char, c_void};

/// Takes the answer to one request; valid until the handler returns. The handler's thread only.
pub struct hr_exchange<'e, 'x> {
    pub(crate) inner: &'e mut Exchange<'x>,
}

impl<'e, 'x> hr_exchange<'e, 'x> {
    pub(crate) fn new(inner: &'e mut Exchange<'x>) -> Self {
        hr_exchange { inner }
    }
}

/// Answers with `response`, which may be used again, also by other threads, but no longer changed.
///
/// HR_ERR_STATE if the request was answered or deferred already, HR_ERR_INVALID_ARGUMENT for a
/// malformed response.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_respond(
    exchange: *mut hr_exchange<'_, '_>,
    response: *const hr_response,
) -> hr_result {
    guard(|| {
        // SAFETY: NULL or valid, by the contract of the header.
        let (exchange, response) =
            unsafe { (exclusive(exchange, "exchange")?, shared(response, "response")?) };
        exchange.inner.respond(response.prepared()?)
    })
}

/// Answers with a response made on the spot: `status` 200 to 599, the Content-Type `type` (NULL
/// sends none), and a body of `len` octets at `data`, which are copied.
///
/// HR_ERR_STATE if the request was answered or deferred already, HR_ERR_INVALID_ARGUMENT for a bad
/// status, or a bad or empty type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_respond_bytes(
    exchange: *mut hr_exchange<'_, '_>,
    status: u16,
    r#type: *const c_char,
    data: *const c_void,
    len: usize,
) -> hr_result {
    guard(|| {
        // SAFETY: NULL or valid, by the contract of the header.
        let (exchange, content_type, body) = unsafe {
            let content_type = optional_text(r#type, "type")?;
            (exclusive(exchange, "exchange")?, content_type, octets(data, len, "data")?)
        };
        match content_type {
            Some(content_type) => exchange.inner.respond_bytes(status, content_type, body),
            None => exchange.inner.respond(&Response::builder(status).body(body).build()?),
        }
    })
}

/// Puts off the answer: return HR_DONE, and any thread may answer later through *deferred, which
/// you free with hr_deferred_free(). `request` is gone by then: copy what you need of it.
///
/// HR_ERR_STATE if the request was answered or deferred already.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_exchange_defer(
    exchange: *mut hr_exchange<'_, '_>,
    deferred: *mut *mut hr_deferred,
) -> hr_result {
    guard(|| {
        // SAFETY: NULL or valid, by the contract of the header.
        let (exchange, out) =
            unsafe { (exclusive(exchange, "exchange")?, Out::required(deferred, "deferred")?) };
        out.write(hand_out(hr_deferred { inner: exchange.inner.defer()? }));
        Ok(())
    })
}
