//! The address of a client, asked of its socket when somebody wants to know.

use http_responder::Request;
use http_responder::responder::request::peer_of;
use std::cell::RefCell;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// An address that may not have been asked for yet.
pub(crate) struct Peer(Mutex<State>);

enum State {
    /// The handler runs: the engine holds the socket.
    Open(RawFd),
    Known(Option<Arc<str>>),
}

impl Peer {
    /// The peer of `request`, whose socket stays open until [`Peer::settle`].
    pub(crate) fn of(request: &Request<'_>) -> Peer {
        Peer(Mutex::new(match request.socket() {
            Some(socket) => State::Open(socket.as_raw_fd()),
            None => State::Known(request.named_peer().map(Arc::from)),
        }))
    }

    /// The address; `None` if the client has left.
    pub(crate) fn address(&self) -> Option<String> {
        let mut state = self.lock();
        if let State::Open(socket) = *state {
            *state = State::Known(ask(socket));
        }
        match &*state {
            State::Known(address) => address.as_deref().map(str::to_owned),
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

    /// As settle(true), for a connection that has this number: if it was the last of those with its
    /// place in the memory of this thread, it is not asked again.
    pub(crate) fn settle_for(&self, connection: u64) {
        let mut state = self.lock();
        if let State::Open(socket) = *state {
            *state = State::Known(SEEN.with_borrow_mut(|seen| seen.address(connection, socket)));
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Addresses of the connections of one worker.
struct Seen(Vec<Option<(u64, Arc<str>)>>);

/// So many are remembered.
const SEEN_MOST: usize = 1024;

thread_local! {
    static SEEN: RefCell<Seen> = const { RefCell::new(Seen(Vec::new())) };
}

impl Seen {
    fn address(&mut self, connection: u64, socket: RawFd) -> Option<Arc<str>> {
        if self.0.is_empty() {
            self.0.resize(SEEN_MOST, None);
        }
        // The low half is the place in the pool, from nought on.
        let place = &mut self.0[connection as u32 as usize % SEEN_MOST];
        if let Some((known, address)) = place
            && *known == connection
        {
            return Some(address.clone());
        }
        let address = ask(socket)?;
        *place = Some((connection, address.clone()));
        Some(address)
    }
}

fn ask(socket: RawFd) -> Option<Arc<str>> {
    // SAFETY: the engine holds the socket while the handler runs; afterwards, in `settle`, which
    // waits for who is asking, the number is forgotten.
    peer_of(unsafe { BorrowedFd::borrow_raw(socket) }).map(Arc::from)
}
