//! The address of the other end of a connection.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsFd, BorrowedFd};

/// The address of the other end, in 20 octets. An IPv4 address in its IPv6 form is that IPv4
/// address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PeerAddress {
    octets: [u8; 16],
    port: u16,
    family: Family,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    Unknown,
    Unix,
    Inet,
}

impl PeerAddress {
    /// Not known.
    pub(crate) const UNKNOWN: PeerAddress =
        PeerAddress { octets: [0; 16], port: 0, family: Family::Unknown };
    /// A Unix socket, which has no name at that end.
    pub(crate) const UNIX: PeerAddress =
        PeerAddress { octets: [0; 16], port: 0, family: Family::Unix };

    pub(crate) fn inet(address: SocketAddr) -> Self {
        let octets = match address.ip() {
            IpAddr::V4(v4) => v4.to_ipv6_mapped().octets(),
            IpAddr::V6(v6) => v6.octets(),
        };
        PeerAddress { octets, port: address.port(), family: Family::Inet }
    }

    /// Asks the kernel who is at the other end of `socket`.
    pub(crate) fn of(socket: impl AsFd) -> Self {
        match socket2::SockRef::from(&socket.as_fd()).peer_addr() {
            Ok(address) => address.as_socket().map_or(PeerAddress::UNIX, PeerAddress::inet),
            Err(_) => PeerAddress::UNKNOWN,
        }
    }

    /// The IP address; `None` where there is none.
    pub(crate) fn ip(&self) -> Option<IpAddr> {
        let inet = self.family == Family::Inet;
        inet.then(|| IpAddr::V6(Ipv6Addr::from(self.octets)).to_canonical())
    }

    /// The IP address and its port; `None` where there is none.
    pub(crate) fn inet_address(&self) -> Option<SocketAddr> {
        self.ip().map(|ip| SocketAddr::new(ip, self.port))
    }

    /// Nineteen octets that [`PeerAddress::from_octets`] takes, in this process.
    pub(crate) fn to_octets(self) -> [u8; 19] {
        let mut octets = [0; 19];
        octets[..16].copy_from_slice(&self.octets);
        octets[16..18].copy_from_slice(&self.port.to_ne_bytes());
        octets[18] = self.family as u8;
        octets
    }

    /// What [`PeerAddress::to_octets`] has written.
    pub(crate) fn from_octets(octets: [u8; 19]) -> Self {
        let [address @ .., low, high, family] = octets;
        let family = [Family::Unknown, Family::Unix, Family::Inet]
            .into_iter()
            .find(|it| *it as u8 == family)
            .unwrap_or(Family::Unknown);
        PeerAddress { octets: address, port: u16::from_ne_bytes([low, high]), family }
    }

    pub(crate) fn is_known(&self) -> bool {
        self.family != Family::Unknown
    }
}

/// `127.0.0.1:4711`, `[::1]:4711`, `unix:`; nothing where it is not known.
impl fmt::Display for PeerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.inet_address(), self.family) {
            (Some(inet), _) => inet.fmt(f),
            (None, Family::Unix) => f.write_str("unix:"),
            (None, _) => Ok(()),
        }
    }
}

/// Where the address of a connection can be had.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Peer<'p> {
    /// It is remembered: a PROXY header named it, or it was asked for before.
    Known(PeerAddress),
    /// The kernel has it.
    Socket(BorrowedFd<'p>),
    /// Nowhere.
    Nobody,
}

impl Peer<'_> {
    /// The address; one system call where it is not remembered.
    pub(crate) fn address(self) -> PeerAddress {
        match self {
            Peer::Known(address) => address,
            Peer::Socket(socket) => PeerAddress::of(socket),
            Peer::Nobody => PeerAddress::UNKNOWN,
        }
    }

    /// The address as text; `None` where nobody knows it.
    pub(crate) fn text(self) -> Option<String> {
        let address = self.address();
        address.is_known().then(|| address.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream};
    use std::os::unix::net::UnixStream;

    const _: () = assert!(size_of::<PeerAddress>() == 20);

    #[test]
    fn an_address_is_written_as_it_is_read() {
        for text in ["127.0.0.1:4711", "[::1]:4711", "[2001:db8::1]:0"] {
            assert_eq!(PeerAddress::inet(text.parse().unwrap()).to_string(), text);
        }
        let mapped = PeerAddress::inet("[::ffff:192.0.2.1]:7".parse().unwrap());
        assert_eq!(mapped.to_string(), "192.0.2.1:7");
        assert_eq!(PeerAddress::UNIX.to_string(), "unix:");
        assert_eq!(PeerAddress::UNKNOWN.to_string(), "");
    }

    #[test]
    fn octets_are_the_same_address() {
        let inet = |text: &str| PeerAddress::inet(text.parse().unwrap());
        let all = [inet("192.0.2.1:4711"), inet("[2001:db8::1]:65535"), PeerAddress::UNIX];
        for address in all.into_iter().chain([PeerAddress::UNKNOWN]) {
            assert_eq!(PeerAddress::from_octets(address.to_octets()), address);
        }
    }

    #[test]
    fn the_kernel_knows_who_is_there() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (accepted, address) = listener.accept().unwrap();
        assert_eq!(PeerAddress::of(&accepted), PeerAddress::inet(address));
        assert_eq!(address, client.local_addr().unwrap());
        let (one, _other) = UnixStream::pair().unwrap();
        assert_eq!(PeerAddress::of(&one), PeerAddress::UNIX);
        assert_eq!(PeerAddress::of(&listener), PeerAddress::UNKNOWN);
    }
}
