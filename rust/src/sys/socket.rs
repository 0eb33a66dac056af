//! Stream sockets: accept, receive, send, half-close.
//!
//! Receiving and sending go to the kernel directly. In a program with threads the C library makes
//! each a cancellation point, four locked instructions for every request; nobody cancels a worker.

use super::transfer;
use std::io;
use std::net::IpAddr;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};

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
    let (start, length) = (buffer.as_mut_ptr(), buffer.len());
    let null = std::ptr::null_mut::<u8>();
    // SAFETY: `buffer` is valid for writing `length` bytes; null means that the address is not wanted.
    transfer(|| unsafe { libc::syscall(libc::SYS_recvfrom, fd, start, length, 0, null, null) } as _)
}

/// Receives into `buffer` what stays to be received again; 0 is the end of the stream.
pub(crate) fn peek(socket: impl AsFd, buffer: &mut [u8]) -> io::Result<usize> {
    let fd = socket.as_fd().as_raw_fd();
    let (start, length) = (buffer.as_mut_ptr(), buffer.len());
    // SAFETY: `buffer` is valid for writing `length` bytes.
    transfer(|| unsafe { libc::recv(fd, start.cast(), length, libc::MSG_PEEK) })
}

/// What is wrong with a connection, such as that it was reset; said once.
pub(crate) fn error(socket: impl AsFd) -> Option<io::Error> {
    socket2::SockRef::from(&socket.as_fd()).take_error().ok().flatten()
}

/// The address that the peer of a socket came to; none of a socket of another kind.
pub(crate) fn own_address(socket: RawFd) -> Option<IpAddr> {
    // SAFETY: the kernel writes an address no longer than the room for it, and its length; a number
    // that is no socket is an error.
    let named = unsafe {
        socket2::SockAddr::try_init(|room, length| {
            match libc::getsockname(socket, room.cast(), length) {
                0 => Ok(()),
                _ => Err(io::Error::last_os_error()),
            }
        })
    };
    let (_, address) = named.ok()?;
    address.as_socket().map(|it| it.ip().to_canonical())
}

/// Sends from `bytes`; never raises SIGPIPE.
#[inline]
pub(crate) fn send(socket: impl AsFd, bytes: &[u8]) -> io::Result<usize> {
    let fd = socket.as_fd().as_raw_fd();
    let flags = libc::MSG_NOSIGNAL;
    let (start, length) = (bytes.as_ptr(), bytes.len());
    let null = std::ptr::null::<u8>();
    // SAFETY: `bytes` is valid for reading `length` bytes; null means the peer that it is connected to.
    transfer(|| unsafe { libc::syscall(libc::SYS_sendto, fd, start, length, flags, null, 0) } as _)
}

/// Says that nothing more will be sent (FIN); failure means that the peer is gone already.
pub(crate) fn shutdown_write(socket: impl AsFd) {
    // SAFETY: no pointers are passed.
    unsafe { libc::shutdown(socket.as_fd().as_raw_fd(), libc::SHUT_WR) };
}

/// Has the close of `socket` reset the connection (RST) instead of ending it.
pub(crate) fn reset_on_close(socket: impl AsFd) {
    // Failure leaves an ordinary close, which ends the connection too.
    let _ = socket2::SockRef::from(&socket.as_fd()).set_linger(Some(std::time::Duration::ZERO));
}
