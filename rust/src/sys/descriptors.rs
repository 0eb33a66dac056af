//! A table of descriptors of a thread's own.
//!
//! Threads share a table, and the kernel then counts a reference for each call that names a
//! descriptor, and takes a lock for each that makes or closes one. A thread with a table of its own
//! is spared both.

use super::check;
use std::io;
use std::os::fd::RawFd;

/// Gives this thread a table of its own: a copy, every descriptor open under its number, but for
/// `others`, which belong to somebody else and shall end when they close them.
///
/// # Errors
/// Where the kernel refuses; the table is shared as before.
pub(crate) fn leave_shared_table(others: &[RawFd]) -> io::Result<()> {
    // SAFETY: no pointers are passed. What this thread owns is open under the same number.
    check(unsafe { libc::unshare(libc::CLONE_FILES) })?;
    close_copies(others);
    Ok(())
}

/// Closes the copies of `descriptors` in this thread's table, whose owners are threads with another
/// table.
pub(crate) fn close_copies(descriptors: &[RawFd]) {
    for &fd in descriptors {
        // SAFETY: nobody owns the number in this table: for its owner, in another one, it stays open.
        unsafe { libc::close(fd) };
    }
}
