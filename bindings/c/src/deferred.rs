//! An answer given later, from any thread.

use crate::error::hr_result;
use crate::ffi::{guard, guard_or, release, shared};
use crate::response::hr_response;
use http_responder::Deferred;

/// The right to answer one request, once. Any thread may use it, and it may outlive its server.
pub struct hr_deferred {
    pub(crate) inner: Deferred,
}

/// Answers with `response`, which may be used again but no longer changed. It returns at once: the
/// worker sends the answer. Free `deferred` afterwards, whatever came of it.
///
/// HR_ERR_GONE if the client has left or the server has stopped, HR_ERR_STATE if the answer was
/// given already, HR_ERR_INVALID_ARGUMENT for a malformed response.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_deferred_respond(
    deferred: *mut hr_deferred,
    response: *const hr_response,
) -> hr_result {
    guard(|| {
        // SAFETY: NULL or valid, by the contract of the header.
        let (deferred, response) =
            unsafe { (shared(deferred, "deferred")?, shared(response, "response")?) };
        deferred.inner.respond(response.prepared()?)
    })
}

/// Whether the client has left, so that an answer would reach nobody; true for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_deferred_is_gone(deferred: *const hr_deferred) -> bool {
    // SAFETY: NULL or valid, by the contract of the header.
    guard_or(true, || Ok(unsafe { shared(deferred, "deferred")? }.inner.is_gone()))
}

/// Frees `deferred`. NULL is fine. If no answer was given the client gets a 500.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_deferred_free(deferred: *mut hr_deferred) {
    // SAFETY: the header asks for NULL or what hr_exchange_defer gave, freed once.
    unsafe { release(deferred) }
}
