//! The limit on open descriptors.

use super::check;
use std::io;

/// Raises RLIMIT_NOFILE to its hard limit and returns what is in force then.
pub(crate) fn raise_open_files() -> io::Result<u64> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limit` is a valid place for the result.
    check(unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) })?;
    let wanted = libc::rlimit { rlim_cur: limit.rlim_max, rlim_max: limit.rlim_max };
    if limit.rlim_cur != limit.rlim_max {
        // SAFETY: `wanted` is valid for reading. A refusal leaves the old limit: it serves too.
        let set = unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &wanted) };
        limit = if set == 0 { wanted } else { limit };
    }
    Ok(limit.rlim_cur)
}

/// How many descriptors this process has open now.
pub(crate) fn open_files() -> u64 {
    std::fs::read_dir("/proc/self/fd").map_or(64, |entries| entries.count() as u64)
}
