//! An eventfd: wakes a poll from any thread and from signal handlers.

use super::check;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

/// A non-blocking eventfd.
#[derive(Debug)]
pub(crate) struct EventFd(OwnedFd);

impl EventFd {
    pub(crate) fn new() -> io::Result<Self> {
        // SAFETY: no pointers are passed.
        let fd = check(unsafe { libc::eventfd(0, libc::EFD_NONBLOCK | libc::EFD_CLOEXEC) })?;
        // SAFETY: the descriptor was just made and has no other owner.
        Ok(EventFd(unsafe { OwnedFd::from_raw_fd(fd) }))
    }

    /// Makes the descriptor readable. Async-signal-safe: one write(2), `errno` kept.
    pub(crate) fn ring(&self) {
        let one = 1u64.to_ne_bytes();
        // SAFETY: `__errno_location` gives this thread's errno, always valid.
        let errno = unsafe { libc::__errno_location() };
        // SAFETY: as above; reading and restoring it keeps an interrupted caller's value.
        let saved = unsafe { *errno };
        loop {
            // SAFETY: eight readable bytes; a full counter (EAGAIN) is as good as rung.
            let count = unsafe { libc::write(self.0.as_raw_fd(), one.as_ptr().cast(), one.len()) };
            // SAFETY: as above.
            if count >= 0 || unsafe { *errno } != libc::EINTR {
                break;
            }
        }
        // SAFETY: as above.
        unsafe { *errno = saved };
    }

    /// Makes it unreadable until rung again.
    pub(crate) fn clear(&self) {
        let mut count = [0u8; 8];
        // SAFETY: eight writable bytes; an error means that it was not rung.
        unsafe { libc::read(self.0.as_raw_fd(), count.as_mut_ptr().cast(), count.len()) };
    }
}

impl AsRawFd for EventFd {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}
