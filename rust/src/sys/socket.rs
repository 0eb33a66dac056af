//! Stream sockets: accept, receive, send, half-close.

use super::transfer;
use std::io;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

/// Takes one connection from a listener: non-blocking, close-on-exec, address not asked for.
pub(crate) fn accept(listener: impl AsFd) -> io::Result<OwnedFd> {
    let flags = libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
    let listener = listener.as_fd().as_raw_fd();
    let null = std::ptr::null_mut();
    // SAFETY: null pointers are allowed and mean that the address is not wanted.
    let fd = transfer(|| unsafe { libc::accept4(listener, null, null.cast(), flags) } as _)?;
    // SAFETY: the descriptor was just made and has no other owner; it fits, as it was a c_int.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as libc::c_int) })
}

/// Receives into `buffer`; 0 is the end of the stream.
#[inline]
pub(crate) fn receive(socket: impl AsFd, buffer: &mut [u8]) -> io::Result<usize> {
    let fd = socket.as_fd().as_raw_fd();
    // SAFETY: `buffer` is valid for writing `buffer.len()` bytes.
    transfer(|| unsafe { libc::recv(fd, buffer.as_mut_ptr().cast(), buffer.len(), 0) })
}

/// Sends from `bytes`; never raises SIGPIPE.
#[inline]
pub(crate) fn send(socket: impl AsFd, bytes: &[u8]) -> io::Result<usize> {
    let fd = socket.as_fd().as_raw_fd();
    let flags = libc::MSG_NOSIGNAL;
    // SAFETY: `bytes` is valid for reading `bytes.len()` bytes.
    transfer(|| unsafe { libc::send(fd, bytes.as_ptr().cast(), bytes.len(), flags) })
}

/// Says that nothing more will be sent (FIN); failure means that the peer is gone already.
pub(crate) fn shutdown_write(socket: impl AsFd) {
    // SAFETY: no pointers are passed.
    unsafe { libc::shutdown(socket.as_fd().as_raw_fd(), libc::SHUT_WR) };
}
