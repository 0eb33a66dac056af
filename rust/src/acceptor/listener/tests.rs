use super::*;
use crate::config::Config;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::UnixListener;

fn settings() -> Settings {
    Config::new().resolve().unwrap()
}

fn bind(address: &str) -> Result<Listener> {
    Listener::bind(&Address::parse(address)?, (0, Layer::Plain), false, &settings())
}

/// A path for a socket, in a folder of its own that goes with it.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("hr-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Place(folder.join("socket"))
    }

    fn address(&self) -> String {
        format!("unix:{}", self.0.display())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(self.0.parent().unwrap());
    }
}

#[test]
fn addresses_are_read_in_their_three_forms() {
    let v4 = Address::parse("127.0.0.1:80").unwrap();
    assert_eq!(v4, Address::Inet("127.0.0.1:80".parse().unwrap()));
    let v6 = Address::parse("[::1]:0").unwrap();
    assert_eq!(v6, Address::Inet("[::1]:0".parse().unwrap()));
    assert_eq!(Address::parse("unix:/run/x").unwrap(), Address::Unix("/run/x".into()));
}

#[test]
fn a_malformed_address_is_named_in_one_line() {
    for text in ["", "80", "127.0.0.1", "localhost:80", "::1:80", "127.0.0.1:65536", "unix:"] {
        let error = Address::parse(text).unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidArgument, "{text}");
        assert!(error.message().contains(&format!("{text:?}")), "{error}");
        assert!(!error.message().contains('\n'));
    }
}

#[test]
fn address_and_port_are_joined_with_and_without_brackets() {
    for address in ["::1", "[::1]"] {
        let joined = Address::join(address, 8080).unwrap();
        assert_eq!(joined, Address::Inet("[::1]:8080".parse().unwrap()));
    }
    assert_eq!(Address::join("unix:/x", 0).unwrap(), Address::Unix("/x".into()));
    assert!(Address::join("example.org", 80).is_err());
}

#[test]
fn port_0_is_a_free_one_that_can_be_connected_to() {
    let listener = bind("127.0.0.1:0").unwrap();
    let address = listener.inet().unwrap();
    assert_ne!(address.port(), 0);
    assert_eq!(listener.address(), address.to_string());
    TcpStream::connect(address).unwrap();
}

#[test]
fn an_address_in_use_or_not_ours_is_said_so() {
    let taken = bind("127.0.0.1:0").unwrap();
    let error = bind(taken.address()).unwrap_err();
    assert_eq!(error.code(), ErrorCode::Bind);
    assert!(error.message().contains(taken.address()) && error.message().contains("in use"));
    // RFC 5737: nobody has an address for documentation.
    let error = bind("192.0.2.1:0").unwrap_err();
    assert!(error.message().contains("does not have that address"), "{error}");
}

#[test]
fn listeners_of_one_address_share_it_with_reuseport() {
    let address = Address::parse("127.0.0.1:0").unwrap();
    let first = Listener::bind(&address, (0, Layer::Plain), true, &settings()).unwrap();
    let same = Address::parse(first.address()).unwrap();
    let second = Listener::bind(&same, (0, Layer::Plain), true, &settings()).unwrap();
    assert_eq!(first.address(), second.address());
}

#[test]
fn a_unix_socket_is_removed_with_its_listener_and_replaced_if_it_was_left_behind() {
    let place = Place::new("left-behind");
    // std does not remove the file: as after a crash.
    drop(UnixListener::bind(&place.0).unwrap());
    assert!(place.0.exists());
    let listener = bind(&place.address()).unwrap();
    assert_eq!(listener.address(), place.address());
    drop(listener);
    assert!(!place.0.exists());
}

#[test]
fn a_unix_socket_that_somebody_listens_on_is_not_taken_away() {
    let place = Place::new("in-use");
    let _other = UnixListener::bind(&place.0).unwrap();
    let error = bind(&place.address()).unwrap_err();
    assert!(error.message().contains("in use"), "{error}");
    assert!(place.0.exists());
}

#[test]
fn a_file_that_is_no_socket_is_not_taken_away() {
    let place = Place::new("a-file");
    std::fs::write(&place.0, "precious").unwrap();
    let error = bind(&place.address()).unwrap_err();
    assert_eq!(error.code(), ErrorCode::Bind);
    assert!(
        error.message().ends_with("something else in its place, which is no socket"),
        "{error}"
    );
    assert_eq!(std::fs::read_to_string(&place.0).unwrap(), "precious");
}

#[test]
fn a_listening_socket_is_taken_over_non_blocking() {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let listener = Listener::adopt(socket.into(), 3).unwrap();
    assert_eq!((listener.number(), listener.inet()), (3, Some(address)));
    let error = crate::sys::socket::accept(&listener).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
}

#[test]
fn what_does_not_listen_is_not_taken_over() {
    let silent = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    let datagrams = UdpSocket::bind("127.0.0.1:0").unwrap();
    let file = std::fs::File::open("/dev/null").unwrap();
    for fd in [OwnedFd::from(silent), datagrams.into(), file.into()] {
        let number = fd.as_raw_fd();
        let error = Listener::adopt(fd, 0).unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidArgument);
        assert!(error.message().starts_with(&format!("descriptor {number}: ")), "{error}");
    }
}
