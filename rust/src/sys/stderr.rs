//! Standard error, without ever waiting for whoever reads it.

use std::io::Write;

/// POSIX PIPE_BUF on Linux: a pipe that is writable takes as much at once.
const AT_ONCE: usize = 4096;

/// Writes what standard error takes now; the rest is dropped. A reader that has stopped (a log
/// collector that hangs, a terminal that is paused) shall not stop a server.
pub(crate) fn write_or_drop(text: &[u8]) {
    // Held over all pieces, so that the lines of several threads do not mix.
    let mut stderr = std::io::stderr().lock();
    for piece in text.chunks(AT_ONCE) {
        if !is_writable() || stderr.write_all(piece).is_err() {
            return;
        }
    }
}

fn is_writable() -> bool {
    let mut poll = libc::pollfd { fd: libc::STDERR_FILENO, events: libc::POLLOUT, revents: 0 };
    // SAFETY: one valid entry; a timeout of zero does not wait.
    let ready = unsafe { libc::poll(&mut poll, 1, 0) };
    // POLLERR: the reader of the pipe is gone, and a write would raise SIGPIPE in a host's thread.
    ready == 1 && poll.revents == libc::POLLOUT
}
