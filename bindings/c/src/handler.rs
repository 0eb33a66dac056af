//! Callbacks: a C function that answers requests.

use crate::exchange::hr_exchange;
use crate::ffi::UserData;
use crate::request::hr_request;
use http_responder::{Action, Exchange, Handler, Request};
use std::ffi::c_void;

/// What a handler did with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum hr_action {
    /// It answered, or deferred the answer.
    HR_DONE = 0,
    /// Not mine: the next route that matches gets the request. Return it before answering or
    /// deferring: afterwards it is a fault that is logged, and the answer stands.
    HR_DECLINE = 1,
}

/// Stands for `hr_action` where C passes one in: C may pass any number.
///
/// cbindgen:ignore
pub type RawAction = u32;

/// Answers one request. Called on worker threads, several at once, so `user` must bear that, and
/// it must not block for long: it holds up the other connections of its worker. `request` and
/// `exchange` are valid until it returns. It must not throw a C++ exception nor longjmp out.
///
/// If it returns HR_DONE without having answered or deferred, the client gets a 500, which is counted
/// as handler_silences and logged, a line a second at most. A number that is no hr_action is taken
/// for HR_DONE.
pub type hr_handler_fn = Option<
    unsafe extern "C" fn(
        user: *mut c_void,
        request: *const hr_request<'_>,
        exchange: *mut hr_exchange<'_, '_>,
    ) -> RawAction,
>;

/// [`hr_handler_fn`] once it is known not to be NULL.
///
/// cbindgen:ignore
pub(crate) type HandlerFn =
    unsafe extern "C" fn(*mut c_void, *const hr_request<'_>, *mut hr_exchange<'_, '_>) -> RawAction;

/// A C function with its data, as the engine calls it.
pub(crate) struct Callback {
    function: HandlerFn,
    user: UserData,
}

impl Callback {
    pub(crate) fn new(function: HandlerFn, user: UserData) -> Self {
        Callback { function, user }
    }
}

impl Handler for Callback {
    fn handle(&self, request: &Request<'_>, exchange: &mut Exchange<'_>) -> Action {
        self.call(&hr_request::new(request), &mut hr_exchange::new(exchange))
    }
}

impl Callback {
    pub(crate) fn call(
        &self,
        request: &hr_request<'_>,
        exchange: &mut hr_exchange<'_, '_>,
    ) -> Action {
        const DECLINE: RawAction = hr_action::HR_DECLINE as RawAction;
        // SAFETY: the function came as an hr_handler_fn with this pointer; both objects outlive
        // the call.
        match unsafe { (self.function)(self.user.pointer(), request, exchange) } {
            DECLINE => Action::Decline,
            // HR_DONE, or no hr_action at all. Where nothing was answered the engine makes that a 500 and logs it.
            _ => Action::Done,
        }
    }
}
