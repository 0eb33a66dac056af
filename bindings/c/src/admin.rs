//! The admin side of a server.

use crate::error::hr_result;
use crate::ffi::{guard, shared};
use crate::server::hr_server;
use crate::strings::Buffer;
use http_responder::{Error, ErrorCode};
use std::ffi::c_char;

/// Writes into `buf` where the admin side of a started server listens, with the port that the kernel
/// picked: what the option "admin" says, "unix:/path" or "127.0.0.1:9100". It serves a page, metrics
/// and what the server can be told; it starts and ends with the server.
///
/// HR_ERR_STATE where there is none: the option is empty, or the server was not started.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_server_admin_address(
    server: *const hr_server,
    buf: *mut c_char,
    cap: usize,
    need: *mut usize,
) -> hr_result {
    guard(|| {
        // SAFETY: NULL or valid, by the contract of the header.
        let (server, buffer) = unsafe { (shared(server, "server")?, Buffer::new(buf, cap, need)?) };
        let address = server.inner.admin_address().ok_or_else(|| {
            let text = "there is no admin side: the option admin is empty, or nothing was started";
            Error::new(ErrorCode::State, text)
        })?;
        buffer.write(&address)
    })
}
