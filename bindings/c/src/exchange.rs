//! The answering side of a request.

use crate::deferred::hr_deferred;
use crate::error::hr_result;
use crate::ffi::{Out, exclusive, guard, hand_out, invalid, shared};
use crate::request::hr_request;
use crate::response::hr_response;
use crate::strings::{octets, optional_text};
use http_responder::{Deferred, Error, ErrorCode, Exchange, Response, Result};
use std::ffi::{c_char, c_int, c_void};
use std::fs::File;
use std::os::fd::{BorrowedFd, FromRawFd, OwnedFd};

/// Takes the answer to one request; valid until the handler returns. The handler's thread only.
pub struct hr_exchange<'e, 'x> {
    inner: Inner<'e, 'x>,
}

enum Inner<'e, 'x> {
    /// On a worker.
    Worker(&'e mut Exchange<'x>),
    /// In the host's loop; `None` once it is answered.
    Host(Option<Deferred>),
}

impl<'e, 'x> hr_exchange<'e, 'x> {
    pub(crate) fn new(inner: &'e mut Exchange<'x>) -> Self {
        hr_exchange { inner: Inner::Worker(inner) }
    }

    pub(crate) fn hosted(deferred: Deferred) -> Self {
        hr_exchange { inner: Inner::Host(Some(deferred)) }
    }

    /// The right to answer, if it was not used in the host's loop.
    pub(crate) fn into_deferred(self) -> Option<Deferred> {
        if let Inner::Host(deferred) = self.inner { deferred } else { None }
    }

    /// The exchange of a worker's handler.
    pub(crate) fn worker(&mut self) -> Result<&mut Exchange<'x>> {
        match &mut self.inner {
            Inner::Worker(exchange) => Ok(exchange),
            Inner::Host(_) => {
                Err(Error::new(ErrorCode::State, "not in a handler that runs in hr_server_step()"))
            }
        }
    }

    fn respond(&mut self, response: &Response) -> Result<()> {
        match &mut self.inner {
            Inner::Worker(exchange) => exchange.respond(response),
            Inner::Host(deferred) => take(deferred)?.respond(response),
        }
    }

    fn defer(&mut self) -> Result<Deferred> {
        match &mut self.inner {
            Inner::Worker(exchange) => exchange.defer(),
            Inner::Host(deferred) => take(deferred),
        }
    }
}

fn take(deferred: &mut Option<Deferred>) -> Result<Deferred> {
    deferred.take().ok_or_else(|| {
        Error::new(ErrorCode::State, "this request has been answered or deferred already")
    })
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
        exchange.respond(response.prepared()?)
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
        match (content_type, &mut exchange.inner) {
            (Some(content_type), Inner::Worker(inner)) => {
                inner.respond_bytes(status, content_type, body)
            }
            (Some(""), Inner::Host(_)) => Err(invalid("type", "must not be empty")),
            (Some(content_type), Inner::Host(_)) => {
                let builder = Response::builder(status).header("Content-Type", content_type);
                exchange.respond(&builder.body(body).build()?)
            }
            (None, _) => exchange.respond(&Response::builder(status).body(body).build()?),
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
        out.write(hand_out(hr_deferred { inner: exchange.defer()? }));
        Ok(())
    })
}

/// Answers with the status and the fields of `head`, which has no body, and the content of the
/// regular file `fd`, as far as `request` asks for it: If-None-Match gets 304, one Range of octets 206
/// or 416, also with If-Range (RFC 9110 sections 13 and 14), HEAD no body. ETag and Last-Modified
/// are made of the file's time and size unless `head` has them. On HR_OK `fd` belongs to the
/// library, which closes it; else it is still yours.
///
/// The kernel sends it, any size in the same memory. What is not in its cache is read from the disk
/// meanwhile, which holds up the worker.
///
/// HR_ERR_STATE if the request was answered or deferred already, or in hr_server_step();
/// HR_ERR_INVALID_ARGUMENT for a descriptor that is no regular file, a head with a body or with
/// status 204, 205 or 304, or a request that is a copy; HR_ERR_IO if the file cannot be looked at.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_respond_file(
    exchange: *mut hr_exchange<'_, '_>,
    request: *const hr_request<'_>,
    head: *const hr_response,
    fd: c_int,
) -> hr_result {
    guard(|| {
        // SAFETY: NULL or valid, by the contract of the header.
        let (exchange, request, head) = unsafe {
            let exchange = exclusive(exchange, "exchange")?;
            (exchange, shared(request, "request")?, shared(head, "head")?)
        };
        let exchange = exchange.worker()?;
        let live = request.live().ok_or_else(|| {
            invalid("request", "expected the one that the handler was given, got a copy")
        })?;
        if fd < 0 {
            return Err(invalid("fd", &format!("expected an open descriptor, got {fd}")));
        }
        // A duplicate, so that a failure leaves the caller's own open.
        // SAFETY: not negative; the caller keeps it open during the call.
        let copy = unsafe { BorrowedFd::borrow_raw(fd) }
            .try_clone_to_owned()
            .map_err(|error| invalid("fd", &format!("{error}")))?;
        exchange.respond_file(live, head.prepared()?, File::from(copy))?;
        // SAFETY: open, as it was duplicated just now, and given to us by the contract.
        drop(unsafe { OwnedFd::from_raw_fd(fd) });
        Ok(())
    })
}
