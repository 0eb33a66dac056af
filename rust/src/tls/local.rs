//! What the handshake in progress on this thread is about: the address that its client has come to, and
//! what shall go wrong with it.

use super::given::Misbehaviour;
use std::cell::Cell;
use std::net::IpAddr;
use std::os::fd::OwnedFd;

thread_local! {
    static ADDRESS: Cell<Option<IpAddr>> = const { Cell::new(None) };
    static PLANNED: Cell<Option<Misbehaviour>> = const { Cell::new(None) };
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

/// The handshake in progress shall go wrong like this.
pub(super) fn plan(what: Misbehaviour) {
    PLANNED.set(Some(what));
}

/// What shall go wrong with the handshake in progress; said once.
pub(super) fn planned() -> Option<Misbehaviour> {
    PLANNED.take()
}

impl Drop for Here {
    fn drop(&mut self) {
        ADDRESS.set(None);
        PLANNED.set(None);
    }
}
