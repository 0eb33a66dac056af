//! The address that the client of the handshake in progress has come to.

use std::cell::Cell;
use std::net::IpAddr;
use std::os::fd::OwnedFd;

thread_local! {
    static ADDRESS: Cell<Option<IpAddr>> = const { Cell::new(None) };
}

/// While it lives, [`address`] says where the peer of a socket came to.
pub(super) struct Here(());

/// Asks `socket` for its own address.
pub(super) fn of(socket: &OwnedFd) -> Here {
    let address = socket2::SockRef::from(socket).local_addr().ok();
    ADDRESS.set(address.and_then(|address| address.as_socket()).map(|it| it.ip().to_canonical()));
    Here(())
}

/// The address that the handshake in progress on this thread has come to; none on a Unix socket.
pub(super) fn address() -> Option<IpAddr> {
    ADDRESS.get()
}

impl Drop for Here {
    fn drop(&mut self) {
        ADDRESS.set(None);
    }
}
