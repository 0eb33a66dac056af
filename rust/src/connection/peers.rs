//! Whose connection it is.

use super::Key;
use super::watchers::Client;
use crate::clients::{self, PeerAddress};
use std::net::SocketAddr;

/// The address of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Peer {
    /// It cannot be said, or not any more.
    Unknown,
    /// It came through a Unix socket.
    Unix,
    /// It has an address.
    Inet(SocketAddr),
}

/// The index of a key for connections that are in no pool.
pub(crate) const NOBODY: u32 = u32::MAX;

/// Addresses kept: 160 KiB for each worker that asks for any.
const KEPT: usize = 4096;

/// The addresses of the connections that were busy last, so that each is asked for about once; a
/// connection that is idle costs nothing.
#[derive(Debug)]
pub(crate) struct Peers(Box<[(Key, Peer)]>);

impl Peers {
    pub(crate) fn new() -> Self {
        let none = Key { index: NOBODY, generation: 0 };
        Peers(vec![(none, Peer::Unknown); KEPT].into())
    }

    /// The address of a connection: the one place that knows what that is.
    #[inline]
    pub(crate) fn of(&mut self, client: &Client<'_>) -> Peer {
        let asked = match client.peer {
            clients::Peer::Socket(_) if client.key.index != NOBODY => client.peer,
            // Remembered where it stands, or for no other use.
            peer => return peer.address().into(),
        };
        let place = &mut self.0[client.key.index as usize % KEPT];
        if place.0 != client.key || place.1 == Peer::Unknown {
            *place = (client.key, asked.address().into());
        }
        place.1
    }
}

impl From<PeerAddress> for Peer {
    fn from(address: PeerAddress) -> Self {
        match address.inet_address() {
            Some(inet) => Peer::Inet(inet),
            None if address == PeerAddress::UNIX => Peer::Unix,
            None => Peer::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream};
    use std::os::fd::AsFd;
    use std::os::unix::net::UnixStream;

    #[test]
    fn an_address_is_asked_for_once_and_never_taken_for_anothers() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let pair = || {
            let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let address = Peer::Inet(client.local_addr().unwrap());
            (client, listener.accept().unwrap().0, address)
        };
        let (_one, server, first) = pair();
        let (_two, other, second) = pair();
        let (unix, _end) = UnixStream::pair().unwrap();
        let mut peers = Peers::new();
        let mut ask = |generation, peer| {
            peers.of(&Client { key: Key { index: 5, generation }, peer, listener: 0 })
        };
        let nobody = clients::Peer::Nobody;
        assert_eq!(ask(0, clients::Peer::Socket(server.as_fd())), first);
        let another = clients::Peer::Socket(other.as_fd());
        assert_eq!(ask(0, another), first, "kept");
        assert_eq!(
            ask(1, clients::Peer::Socket(other.as_fd())),
            second,
            "another connection in the same slot"
        );
        assert_eq!(ask(2, clients::Peer::Socket(unix.as_fd())), Peer::Unix);
        assert_eq!(ask(3, nobody), Peer::Unknown);
        let named = clients::Peer::Known(PeerAddress::inet("192.0.2.1:7".parse().unwrap()));
        assert_eq!(ask(1, named), Peer::Inet("192.0.2.1:7".parse().unwrap()), "by a proxy");
    }
}
