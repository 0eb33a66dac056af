//! Who may come in: the limits of a client, and who may speak for others.

use super::connections::Connections;
use crate::clients::{Crowded, PeerAddress, Place};
use crate::config::ClientLimits;
use crate::connection::Machine;
use crate::http::Refusal;
use std::os::fd::{AsFd, OwnedFd};

/// A connection that may come in.
pub(super) struct Arrival {
    pub(super) machine: Machine,
    /// The place of its client, if it is limited.
    pub(super) place: Option<Place>,
}

impl Connections {
    /// Lets a connection in that was accepted by `listener`, or turns it away.
    #[inline]
    pub(super) fn let_in(&mut self, socket: OwnedFd, listener: u16) -> Option<(OwnedFd, Arrival)> {
        let begins_with_header = self.proxied.get(usize::from(listener)).is_some_and(|&it| it);
        if begins_with_header {
            return self.let_proxy_in(socket, listener);
        }
        let mut place = None;
        if self.settings.clients.are_set() {
            let address = PeerAddress::of(&socket);
            let limits = &self.settings.clients;
            match self.guests.enter(address, limits, self.now, &self.handle.stats) {
                Ok(entered) => place = entered,
                Err(Crowded) => {
                    self.guests.clients().note_crowded(address);
                    self.shed(socket, listener, Refusal::ClientConnections);
                    return None;
                }
            }
        }
        Some((socket, Arrival { machine: Machine::new(listener), place }))
    }

    /// A client is known by its header only; only who is trusted may send one.
    fn let_proxy_in(&self, socket: OwnedFd, listener: u16) -> Option<(OwnedFd, Arrival)> {
        let address = PeerAddress::of(&socket);
        if address.is_known() && self.settings.proxy_trusted.contain(address.ip()) {
            let machine = Machine::with_header(listener);
            return Some((socket, Arrival { machine, place: None }));
        }
        self.handle.stats.refused_proxy_source.add(1);
        self.guests.clients().warn(|held_back| {
            format!(
                "{address} is not in proxy_trusted: its connection is closed ({held_back} more \
                 like this)"
            )
        });
        None
    }

    /// Counts the clients of connections that came when there was no limit, and turns nobody away.
    pub(super) fn count_clients(&mut self) {
        if !self.settings.clients.are_set() {
            return;
        }
        let limits = ClientLimits { max_connections_per_client: u32::MAX, ..self.settings.clients };
        for index in 0..self.pool.extent() {
            let Some(key) = self.pool.key_at(index) else { continue };
            let Some(connection) = self.pool.get(key) else { continue };
            if self.guests.has_seat(index) || connection.machine.awaits_header() {
                continue;
            }
            let peer = self.guests.peer(index, Some(connection.socket.as_fd()));
            let (now, stats) = (self.now, &self.handle.stats);
            if let Ok(place) = self.guests.enter(peer.address(), &limits, now, stats) {
                self.guests.seat(index, place);
            }
        }
    }
}
