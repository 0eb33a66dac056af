//! The address of a client, asked of its socket when somebody wants to know.

use http_responder::Request;
use http_responder::responder::request::peer_of;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// An address that may not have been asked for yet.
pub(crate) struct Peer(Mutex<State>);

enum State {
    /// The handler runs: the engine holds the socket.
    Open(RawFd),
    Known(Option<String>),
}

impl Peer {
    /// The peer of `request`, whose socket stays open until [`Peer::settle`].
    pub(crate) fn of(request: &Request<'_>) -> Peer {
        Peer(Mutex::new(match request.socket() {
            Some(socket) => State::Open(socket.as_raw_fd()),
            None => State::Known(request.named_peer()),
        }))
    }

    /// The address; `None` if the client has left.
    pub(crate) fn address(&self) -> Option<String> {
        let mut state = self.lock();
        if let State::Open(socket) = *state {
            *state = State::Known(ask(socket));
        }
        match &*state {
            State::Known(address) => address.clone(),
            State::Open(_) => None,
        }
    }

    /// The handler is done: the address is asked for now if somebody may still want it, or never.
    pub(crate) fn settle(&self, wanted: bool) {
        let mut state = self.lock();
        if let State::Open(socket) = *state {
            *state = State::Known(if wanted { ask(socket) } else { None });
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn ask(socket: RawFd) -> Option<String> {
    // SAFETY: the engine holds the socket while the handler runs; afterwards, in `settle`, which
    // waits for who is asking, the number is forgotten.
    peer_of(unsafe { BorrowedFd::borrow_raw(socket) })
}
