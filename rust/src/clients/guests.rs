//! The other ends of one worker's connections: addresses that have to be remembered, because the
//! kernel does not know them, and the places of clients that are limited. An idle connection of
//! nobody special has neither.

use super::sparse::Sparse;
use super::{Clients, Crowded, Peer, PeerAddress, Place};
use crate::config::ClientLimits;
use crate::stats::Cells;
use std::os::fd::BorrowedFd;
use std::sync::Arc;

/// What one worker knows of the other ends, by the slots of its connections.
#[derive(Debug)]
pub(crate) struct Guests {
    clients: Arc<Clients>,
    addresses: Sparse<PeerAddress>,
    places: Sparse<Place>,
}

impl Guests {
    pub(crate) fn new(clients: Arc<Clients>) -> Self {
        Guests { clients, addresses: Sparse::new(), places: Sparse::new() }
    }

    /// The clients of all workers.
    pub(crate) fn clients(&self) -> &Clients {
        &self.clients
    }

    /// Where the address of the connection in slot `index` can be had.
    #[inline]
    pub(crate) fn peer<'s>(&self, index: u32, socket: Option<BorrowedFd<'s>>) -> Peer<'s> {
        match (self.addresses.get(index), socket) {
            (Some(address), _) => Peer::Known(address),
            (None, Some(socket)) => Peer::Socket(socket),
            (None, None) => Peer::Nobody,
        }
    }

    /// Remembers the address of the connection in slot `index`.
    pub(crate) fn name(&mut self, index: u32, address: PeerAddress) {
        self.addresses.put(index, address);
    }

    /// A connection of `address` has come; its slot gets the place with [`Guests::seat`].
    ///
    /// # Errors
    /// [`Crowded`] if it is one too many.
    pub(crate) fn enter(
        &self,
        address: PeerAddress,
        limits: &ClientLimits,
        now: u64,
        stats: &Cells,
    ) -> Result<Option<Place>, Crowded> {
        self.clients.enter(address, limits, now, stats)
    }

    /// The connection in slot `index` is that of the client at `place`.
    #[inline]
    pub(crate) fn seat(&mut self, index: u32, place: Option<Place>) {
        if let Some(place) = place {
            self.places.put(index, place);
        }
    }

    /// Whether the connection in slot `index` is that of a client that is limited, or never will
    /// be.
    pub(crate) fn has_seat(&self, index: u32) -> bool {
        self.places.get(index).is_some()
    }

    /// Whether the client in slot `index` may make a request now; it is counted then.
    #[inline]
    pub(crate) fn spend(&self, index: u32, limits: &ClientLimits, now: u64) -> bool {
        self.places.get(index).is_none_or(|place| self.clients.spend(place, limits, now))
    }

    /// The connection in slot `index` is gone.
    #[inline]
    pub(crate) fn leave(&mut self, index: u32) {
        self.addresses.take(index);
        if let Some(place) = self.places.take(index) {
            self.clients.leave(place);
        }
    }
}

/// After a panic the connections are gone, but their clients are those of other workers too.
impl Drop for Guests {
    fn drop(&mut self) {
        self.places.values().for_each(|place| self.clients.leave(place));
    }
}

#[cfg(any(fuzzing, test))]
impl Guests {
    /// Of a server that was told nothing.
    pub(crate) fn nobody() -> Self {
        let log = crate::log::Log::new(crate::config::LogLevel::Off);
        Guests::new(Arc::new(Clients::new(log)))
    }
}
