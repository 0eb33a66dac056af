//! A request's body, given to its handler as it arrives.

use crate::deferred::hr_deferred;
use crate::error::hr_result;
use crate::exchange::hr_exchange;
use crate::ffi::{FreeFn, Out, UserData, exclusive, guard, hand_out, invalid, shared};
use crate::handler::hr_handler_fn;
use crate::host::callback;
use crate::server::hr_server;
use crate::strings::{optional_text, text};
use http_responder::{Pace, Upload};
use std::ffi::{c_char, c_void};

/// Whether a body that is taken as it arrives goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum hr_pace {
    /// More is wanted at once.
    HR_GO_ON = 0,
    /// Nothing more before hr_deferred_resume(): the client has to wait, and no deadline runs.
    HR_PAUSE = 1,
}

/// Stands for `hr_pace` where C passes one in: C may pass any number.
///
/// cbindgen:ignore
pub type RawPace = u32;

/// Takes the next `len` octets of a body, at least one and at most 64 KiB, valid until it returns. A
/// number that is no hr_pace is taken for HR_GO_ON.
pub type hr_body_fn =
    Option<unsafe extern "C" fn(user: *mut c_void, data: *const c_void, len: usize) -> RawPace>;

/// Hears that a body is whole, or that the rest will never come.
pub type hr_body_end_fn = Option<unsafe extern "C" fn(user: *mut c_void)>;

/// Sends requests as hr_server_route() does, but as soon as their heads are there: `handler` may
/// answer (the connection ends with that, for the body is not read), decline, or take the body as it
/// arrives with hr_exchange_receive(). A body of more than `max_body` octets is refused with 413; 0
/// stands for the option max_body.
///
/// HR_ERR_INVALID_ARGUMENT for a malformed method or pattern.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_server_route_upload(
    server: *mut hr_server,
    method: *const c_char,
    pattern: *const c_char,
    max_body: u64,
    handler: hr_handler_fn,
    user: *mut c_void,
    user_free: FreeFn,
) -> hr_result {
    let user = UserData::new(user, user_free);
    guard(move || {
        // SAFETY: NULL or valid, by the contract of the header.
        let (server, method, pattern) = unsafe {
            let method = optional_text(method, "method")?;
            (shared(server, "server")?, method, text(pattern, "pattern")?)
        };
        server.inner.route_upload(method, pattern, max_body, callback(handler, user)?)
    })
}

/// Puts off the answer as hr_exchange_defer() does, and has the body go to `on_body` piece by piece,
/// from the worker, one call at a time: at its end to `on_end`, or to `on_abort` if the client leaves
/// or is too slow, the body is malformed or too large, or the server stops. Then, and also if this
/// fails, comes `user_free`; both it and `on_abort` may be NULL.
///
/// "Expect: 100-continue" is answered now and not before. Once the request is answered nothing but
/// `user_free` is called any more; if the body was not whole, the connection ends with the answer. In
/// a handler of hr_server_route() the whole body goes to `on_body` at once.
///
/// HR_ERR_STATE if the request was answered or deferred already.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_exchange_receive(
    exchange: *mut hr_exchange<'_, '_>,
    on_body: hr_body_fn,
    on_end: hr_body_end_fn,
    on_abort: hr_body_end_fn,
    user: *mut c_void,
    user_free: FreeFn,
    deferred: *mut *mut hr_deferred,
) -> hr_result {
    let user = UserData::new(user, user_free);
    guard(move || {
        // SAFETY: NULL or valid, by the contract of the header.
        let (exchange, out) =
            unsafe { (exclusive(exchange, "exchange")?, Out::required(deferred, "deferred")?) };
        let body = on_body.ok_or_else(|| invalid("on_body", "must not be NULL"))?;
        let end = on_end.ok_or_else(|| invalid("on_end", "must not be NULL"))?;
        let upload = Callbacks { body, end, abort: on_abort, user };
        let inner = exchange.worker()?.receive(Box::new(upload))?;
        out.write(hand_out(hr_deferred { inner }));
        Ok(())
    })
}

/// Has a body go on that `on_body` has paused, from any thread. Does nothing where none is paused.
///
/// HR_ERR_INVALID_ARGUMENT for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_deferred_resume(deferred: *mut hr_deferred) -> hr_result {
    guard(|| {
        // SAFETY: NULL or valid, by the contract of the header.
        unsafe { shared(deferred, "deferred")? }.inner.resume();
        Ok(())
    })
}

/// The C functions with their data, as the engine calls them.
struct Callbacks {
    body: unsafe extern "C" fn(*mut c_void, *const c_void, usize) -> RawPace,
    end: unsafe extern "C" fn(*mut c_void),
    abort: hr_body_end_fn,
    user: UserData,
}

impl Upload for Callbacks {
    fn chunk(&mut self, octets: &[u8]) -> Pace {
        const PAUSE: RawPace = hr_pace::HR_PAUSE as RawPace;
        let data = octets.as_ptr().cast();
        // SAFETY: the function came with this pointer; the octets outlive the call.
        match unsafe { (self.body)(self.user.pointer(), data, octets.len()) } {
            PAUSE => Pace::Pause,
            _ => Pace::GoOn,
        }
    }

    fn end(&mut self) {
        // SAFETY: the function came with this pointer.
        unsafe { (self.end)(self.user.pointer()) }
    }

    fn abort(&mut self) {
        if let Some(abort) = self.abort {
            // SAFETY: the function came with this pointer.
            unsafe { abort(self.user.pointer()) }
        }
    }
}
