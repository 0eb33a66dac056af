//! Whose connection it is.

use super::Key;
use super::watchers::Client;
use crate::clients::{Peer, PeerAddress};

/// The index of a key for connections that are in no pool.
pub(crate) const NOBODY: u32 = u32::MAX;

/// Addresses kept: 160 KiB for each worker that asks for any.
const KEPT: usize = 4096;

/// The addresses of the connections that were busy last, so that each is asked for about once; a
/// connection that is idle costs nothing.
#[derive(Debug)]
pub(crate) struct Peers(Box<[(Key, PeerAddress)]>);

impl Peers {
    pub(crate) fn new() -> Self {
        let none = Key { index: NOBODY, generation: 0 };
        Peers(vec![(none, PeerAddress::UNKNOWN); KEPT].into())
    }

    /// The address of a connection: the one place that knows what that is.
    #[inline]
    pub(crate) fn of(&mut self, client: &Client<'_>) -> PeerAddress {
        let asked = match client.peer {
            Peer::Socket(_) if client.key.index != NOBODY => client.peer,
            // Remembered where it stands, or for no other use.
            peer => return peer.address(),
        };
        let place = &mut self.0[client.key.index as usize % KEPT];
        if place.0 != client.key || place.1 == PeerAddress::UNKNOWN {
            *place = (client.key, asked.address());
        }
        place.1
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
            let address = PeerAddress::inet(client.local_addr().unwrap());
            (client, listener.accept().unwrap().0, address)
        };
        let (_one, server, first) = pair();
        let (_two, other, second) = pair();
        let (unix, _end) = UnixStream::pair().unwrap();
        let mut peers = Peers::new();
        let mut ask = |generation, peer| {
            peers.of(&Client { key: Key { index: 5, generation }, peer, listener: 0 })
        };
        let nobody = Peer::Nobody;
        assert_eq!(ask(0, Peer::Socket(server.as_fd())), first);
        let another = Peer::Socket(other.as_fd());
        assert_eq!(ask(0, another), first, "kept");
        assert_eq!(
            ask(1, Peer::Socket(other.as_fd())),
            second,
            "another connection in the same slot"
        );
        assert_eq!(ask(2, Peer::Socket(unix.as_fd())), PeerAddress::UNIX);
        assert_eq!(ask(3, nobody), PeerAddress::UNKNOWN);
        let named = Peer::Known(PeerAddress::inet("192.0.2.1:7".parse().unwrap()));
        assert_eq!(ask(1, named), PeerAddress::inet("192.0.2.1:7".parse().unwrap()), "by a proxy");
    }
}
