//! The operating system: the only place in the engine with unsafe calls.
//!
//! Each function is one system call with its errors as `io::Result`, `EINTR` repeated.

pub(crate) mod ascii;
pub(crate) mod clock;
pub(crate) mod descriptors;
pub(crate) mod eventfd;
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
pub(crate) mod filling;
#[cfg(feature = "tls")]
pub(crate) mod heap;
pub(crate) mod limits;
pub(crate) mod pages;
#[cfg(feature = "tls")]
pub(crate) mod pem;
pub(crate) mod poll;
pub(crate) mod reserve;
// Other processors have less of it.
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
pub(crate) mod scan;
pub(crate) mod sendfile;
pub(crate) mod signals;
pub(crate) mod socket;
pub(crate) mod stderr;
pub(crate) mod thread;
pub(crate) mod timerfd;

use std::io;

/// The result of a system call that returns -1 on failure.
fn check(result: libc::c_int) -> io::Result<libc::c_int> {
    if result == -1 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

/// The result of a transfer, with `EINTR` repeated.
fn transfer(mut call: impl FnMut() -> libc::ssize_t) -> io::Result<usize> {
    loop {
        match usize::try_from(call()) {
            Ok(count) => return Ok(count),
            Err(_) => {
                let error = io::Error::last_os_error();
                if error.kind() != io::ErrorKind::Interrupted {
                    return Err(error);
                }
            }
        }
    }
}
