//! Whose connection it is.

use super::Key;
use super::watchers::Client;
use socket2::SockRef;
use std::net::SocketAddr;
use std::os::fd::BorrowedFd;

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
        if client.key.index == NOBODY {
            return client.socket.map_or(Peer::Unknown, address_of);
        }
        let place = &mut self.0[client.key.index as usize % KEPT];
        if place.0 == client.key && place.1 != Peer::Unknown {
            return place.1;
        }
        let peer = client.socket.map_or(Peer::Unknown, address_of);
        *place = (client.key, peer);
        peer
    }
}

/// Asks the kernel who is at the other end.
fn address_of(socket: BorrowedFd<'_>) -> Peer {
    match SockRef::from(&socket).peer_addr() {
        Ok(address) => address.as_socket().map_or(Peer::Unix, Peer::Inet),
        Err(_) => Peer::Unknown,
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
        let mut ask = |generation, socket: Option<BorrowedFd<'_>>| {
            peers.of(&Client { key: Key { index: 5, generation }, socket, listener: 0 })
        };
        assert_eq!(ask(0, Some(server.as_fd())), first);
        assert_eq!(ask(0, None), first, "kept");
        assert_eq!(ask(1, Some(other.as_fd())), second, "another connection in the same slot");
        assert_eq!(ask(2, Some(unix.as_fd())), Peer::Unix);
        assert_eq!(ask(3, None), Peer::Unknown);
    }
}
