//! An answer given piece by piece, from any thread.

use crate::deferred::hr_deferred;
use crate::error::hr_result;
use crate::ffi::{FreeFn, Out, UserData, guard, guard_or, hand_out, invalid, release, shared};
use crate::response::hr_response;
use crate::strings::{octets, text};
use http_responder::{Error, Result, Writer};
use std::ffi::{c_char, c_void};
use std::time::Duration;

/// Writes the body of one answer piece by piece. Any thread may use it, several at once, and it may
/// outlive its server.
pub struct hr_writer {
    inner: Writer,
}

/// Called by a worker: there is room again, or the client has left. It must not block, throw or
/// longjmp out; it may call every function of its writer but hr_writer_wait(), hr_writer_free() too.
pub type hr_ready_fn = Option<unsafe extern "C" fn(user: *mut c_void, writer: *mut hr_writer)>;

/// Answers with the status and the fields of `head`, which has no body, and a body that you write
/// through *writer piece by piece: `length` octets, or with -1 as many as come. Free *writer with
/// hr_writer_free(); `deferred` is used up and is freed as ever.
///
/// Without a length the body is sent in chunks, to an HTTP/1.0 client up to the close of the
/// connection (RFC 9112 section 6.3).
///
/// HR_ERR_GONE if the client has left or the server has stopped, HR_ERR_STATE if the request was
/// answered already, HR_ERR_INVALID_ARGUMENT for a head with a body, a status of 205 or a length
/// below -1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_deferred_stream(
    deferred: *mut hr_deferred,
    head: *const hr_response,
    length: i64,
    writer: *mut *mut hr_writer,
) -> hr_result {
    guard(|| {
        // SAFETY: NULL or valid, by the contract of the header.
        let (deferred, head, out) = unsafe {
            let out = Out::required(writer, "writer")?;
            (shared(deferred, "deferred")?, shared(head, "head")?, out)
        };
        let length = match length {
            -1 => None,
            length => Some(u64::try_from(length).map_err(|_| bad_length(length))?),
        };
        let inner = deferred.inner.stream(head.prepared()?, length)?;
        out.write(hand_out(hr_writer { inner }));
        Ok(())
    })
}

fn bad_length(length: i64) -> Error {
    invalid("length", &format!("expected a number of octets, or -1, got {length}"))
}

/// Sends a copy of the `len` octets at `data`, all or none of them; none at all is fine. It returns
/// at once: the worker sends them. Where the answer has no body (HEAD, 204, 304) they are forgotten.
///
/// HR_ERR_AGAIN if the option stream_high_water says that enough is waiting for the client: send
/// them again when hr_writer_on_ready() or hr_writer_wait() say so. HR_ERR_GONE if the client has
/// left or the server has stopped. HR_ERR_STATE if the stream has ended, or if that were more octets
/// than were announced.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_writer_send(
    writer: *mut hr_writer,
    data: *const c_void,
    len: usize,
) -> hr_result {
    guard(|| {
        // SAFETY: NULL or valid, by the contract of the header.
        let (writer, octets) = unsafe { (shared(writer, "writer")?, octets(data, len, "data")?) };
        writer.inner.send(octets)
    })
}

/// Has a worker call `ready` with `user` and `writer` once after each HR_ERR_AGAIN, when no more
/// than stream_low_water octets are waiting, and when the client leaves before the end. Set it
/// before the first hr_writer_send(). `user_free` is called at the latest when `writer` is freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_writer_on_ready(
    writer: *mut hr_writer,
    ready: hr_ready_fn,
    user: *mut c_void,
    user_free: FreeFn,
) -> hr_result {
    let user = UserData::new(user, user_free);
    guard(|| {
        let function = ready.ok_or_else(|| invalid("ready", "must not be NULL"))?;
        // SAFETY: NULL or valid, by the contract of the header.
        let target = unsafe { shared(writer, "writer")? };
        let call = Ready { function, user, writer };
        target.inner.on_ready(move || call.call());
        Ok(())
    })
}

/// The callback with all that it gets.
struct Ready {
    function: unsafe extern "C" fn(*mut c_void, *mut hr_writer),
    user: UserData,
    writer: *mut hr_writer,
}

// SAFETY: the header asks of the caller that callbacks and their data may be used from any thread,
// and says the same of writers.
unsafe impl Send for Ready {}

impl Ready {
    fn call(&self) {
        // SAFETY: the function came with this pointer; freeing the writer waits for the end of this
        // call, or is done by it.
        unsafe { (self.function)(self.user.pointer(), self.writer) }
    }
}

/// Waits until hr_writer_send() has room again, at most timeout_ms milliseconds; -1 waits for ever.
/// Not in a callback: the worker would wait for itself.
///
/// HR_ERR_TIMEOUT if there is none in time, HR_ERR_GONE if the client has left, HR_ERR_STATE if the
/// stream has ended.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_writer_wait(writer: *mut hr_writer, timeout_ms: i64) -> hr_result {
    guard(|| {
        // SAFETY: NULL or valid, by the contract of the header.
        let writer = unsafe { shared(writer, "writer")? };
        writer.inner.wait(u64::try_from(timeout_ms).ok().map(Duration::from_millis))
    })
}

/// Adds a field that is sent behind the body, at hr_writer_finish().
///
/// HR_ERR_STATE if the body is not sent in chunks, which alone can have trailers: its length was
/// announced, or the client speaks HTTP/1.0. HR_ERR_INVALID_ARGUMENT for a malformed field, and for
/// one that must stand before the body, such as Content-Type (RFC 9110 section 6.5.1).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_writer_trailer(
    writer: *mut hr_writer,
    name: *const c_char,
    value: *const c_char,
) -> hr_result {
    guard(|| -> Result<()> {
        // SAFETY: NULL or valid, by the contract of the header.
        let (writer, name, value) =
            unsafe { (shared(writer, "writer")?, text(name, "name")?, text(value, "value")?) };
        writer.inner.trailer(name, value)
    })
}

/// Ends the stream: what was sent goes out, then the connection goes on with the next request. Free
/// `writer` afterwards, whatever came of it.
///
/// HR_ERR_STATE if it has ended already, or if octets are missing of the length that was announced:
/// the connection is then cut off. HR_ERR_GONE if the client has left.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_writer_finish(writer: *mut hr_writer) -> hr_result {
    // SAFETY: NULL or valid, by the contract of the header.
    guard(|| unsafe { shared(writer, "writer")? }.inner.finish())
}

/// Whether the client has left before the end, so that octets would reach nobody; true for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_writer_is_gone(writer: *const hr_writer) -> bool {
    // SAFETY: NULL or valid, by the contract of the header.
    guard_or(true, || Ok(unsafe { shared(writer, "writer")? }.inner.is_gone()))
}

/// Whether the answer has a body at all; false for HEAD, 204 and 304, where you can spare yourself
/// the work, and for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_writer_has_body(writer: *const hr_writer) -> bool {
    // SAFETY: NULL or valid, by the contract of the header.
    guard_or(false, || Ok(unsafe { shared(writer, "writer")? }.inner.has_body()))
}

/// Frees `writer`; waits until a callback that runs has returned, unless that is who frees. NULL is
/// fine. Without hr_writer_finish() before it, what was sent goes out and the connection is cut off,
/// so that the client knows that the answer is not whole.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_writer_free(writer: *mut hr_writer) {
    if writer.is_null() {
        return;
    }
    guard_or((), || {
        // While a callback may still use it, it is not freed.
        // SAFETY: NULL or valid, by the contract of the header.
        unsafe { shared(writer, "writer")? }.inner.off_ready();
        Ok(())
    });
    // SAFETY: the header asks for NULL or what hr_deferred_stream gave, freed once.
    unsafe { release(writer) }
}
