//! What the handshake in progress on this thread is about: the address that its client has come to, which
//! certificate it gets, and what shall go wrong with it.

use super::given::{Choice, Misbehaviour};
use crate::sys::socket;
use std::cell::{Cell, RefCell};
use std::marker::PhantomData;
use std::net::IpAddr;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};

thread_local! {
    static SOCKET: Cell<Option<RawFd>> = const { Cell::new(None) };
    static CHOSEN: RefCell<Option<Choice>> = const { RefCell::new(None) };
    static PLANNED: Cell<Option<Misbehaviour>> = const { Cell::new(None) };
}

/// While it lives, [`address`] says where the peer of a socket came to, and [`chosen`] what it gets.
pub(super) struct Here<'s>(PhantomData<&'s OwnedFd>);

/// The handshake in progress on this thread is that of `socket`, for which `chosen` was decided before.
pub(super) fn of<'s>(socket: &'s OwnedFd, chosen: Option<&Choice>) -> Here<'s> {
    SOCKET.set(Some(socket.as_raw_fd()));
    CHOSEN.set(chosen.cloned());
    Here(PhantomData)
}

/// What was decided for the handshake in progress.
pub(super) fn chosen() -> Option<Choice> {
    CHOSEN.with_borrow(Clone::clone)
}

/// The address that the handshake in progress on this thread has come to; none on a Unix socket. The
/// kernel is asked only here: nearly every client names whom it wants.
pub(super) fn address() -> Option<IpAddr> {
    SOCKET.get().and_then(socket::own_address)
}

/// The handshake in progress shall go wrong like this.
pub(super) fn plan(what: Misbehaviour) {
    PLANNED.set(Some(what));
}

/// What shall go wrong with the handshake in progress; said once.
pub(super) fn planned() -> Option<Misbehaviour> {
    PLANNED.take()
}

impl Drop for Here<'_> {
    fn drop(&mut self) {
        SOCKET.set(None);
        CHOSEN.set(None);
        PLANNED.set(None);
    }
}
