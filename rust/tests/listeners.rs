//! Where a server listens: several addresses, Unix sockets, descriptors of others, a listener for
//! each worker.

mod promise;

use http_responder::{Action, ErrorCode};
use promise::*;
use std::net::{TcpListener, UdpSocket};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;

/// A folder that goes with its last user.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("hr-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder");
        Folder(path)
    }

    fn socket(&self) -> PathBuf {
        self.0.join("socket")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_request_knows_the_listener_that_it_came_by() {
    let folder = Folder::new("several");
    let server = built(&[]);
    route(&server, "/which", |request, exchange| {
        let text = format!("{} {}", request.listener(), request.peer().unwrap());
        exchange.respond(&ok(text)).unwrap();
        Action::Done
    });
    let unix = format!("unix:{}", folder.socket().display());
    for (number, address) in ["127.0.0.1:0", "127.0.0.1:0", &unix].into_iter().enumerate() {
        assert_eq!(server.listen(address).unwrap() as usize, number);
    }
    server.start().unwrap();
    assert_eq!(server.listeners(), 3);
    for number in 0..3 {
        let address = server.address(number).unwrap();
        let text = Client::to(&address).get("/which").text().to_owned();
        let (listener, peer) = text.split_once(' ').unwrap();
        assert_eq!(listener, number.to_string());
        assert_eq!(peer.starts_with("127.0.0.1:"), number < 2, "{peer}");
    }
    assert_eq!(server.address(3).unwrap_err().code(), ErrorCode::InvalidArgument);
}

#[test]
fn ipv6_is_served_where_there_is_any() {
    if TcpListener::bind("[::1]:0").is_err() {
        eprintln!("skipped: no IPv6 here");
        return;
    }
    let server = built(&[]);
    server.listen("[::1]:0").unwrap();
    server.start().unwrap();
    assert!(server.address(0).unwrap().starts_with("[::1]:"));
    assert_eq!(Client::new(&server).get("/").status, 200);
}

#[test]
fn the_options_name_listeners_too() {
    let server = started(&[("port", "0"), ("listen", "127.0.0.1:0,127.0.0.1:0")]);
    assert_eq!(server.listeners(), 3);
    for number in 0..3 {
        assert_eq!(Client::to(&server.address(number).unwrap()).get("/").status, 200);
    }
}

#[test]
fn a_unix_socket_goes_with_its_server() {
    let folder = Folder::new("unix");
    let server = built(&[]);
    server.listen(&format!("unix:{}", folder.socket().display())).unwrap();
    server.start().unwrap();
    assert_eq!(Client::new(&server).get("/").text(), "hello");
    drop(server);
    assert!(!folder.socket().exists());
}

#[test]
fn descriptors_of_others_are_taken_over() {
    let folder = Folder::new("taken-over");
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = tcp.local_addr().unwrap().to_string();
    let unix = UnixListener::bind(folder.socket()).unwrap();
    let server = built(&[]);
    assert_eq!(server.listen_fd(tcp.into()).unwrap(), 0);
    assert_eq!(server.listen_fd(unix.into()).unwrap(), 1);
    server.start().unwrap();
    assert_eq!(server.address(0).unwrap(), address);
    for number in 0..2 {
        assert_eq!(Client::to(&server.address(number).unwrap()).get("/").status, 200);
    }
    drop(server);
    assert!(folder.socket().exists(), "who made the file removes it");
}

#[test]
fn a_client_that_waited_before_the_start_is_served() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut early = Client::to(&listener.local_addr().unwrap().to_string());
    early.ask("/");
    let server = built(&[]);
    server.listen_fd(listener.into()).unwrap();
    server.start().unwrap();
    assert_eq!(early.reply().status, 200);
}

#[test]
fn what_is_no_listening_socket_is_refused() {
    let server = built(&[]);
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    assert_eq!(server.listen_fd(udp.into()).unwrap_err().code(), ErrorCode::InvalidArgument);
    let file = std::fs::File::open("/dev/null").unwrap();
    assert_eq!(server.listen_fd(file.into()).unwrap_err().code(), ErrorCode::InvalidArgument);
    assert_eq!(server.listeners(), 0);
    assert_eq!(server.listen("nonsense").unwrap_err().code(), ErrorCode::InvalidArgument);
    assert_eq!(server.listen("192.0.2.1:0").unwrap_err().code(), ErrorCode::Bind);
}

#[test]
fn dealing_gives_each_worker_the_same_number_of_connections() {
    let server = started(&[("workers", "4")]);
    let mut clients: Vec<_> = (0..40).map(|_| Client::new(&server)).collect();
    clients.iter_mut().for_each(|client| assert_eq!(client.get("/").status, 200));
    for worker in 0..4 {
        assert_eq!(server.worker_stats(worker).unwrap().connections_handled, 10);
    }
}

#[test]
fn with_reuseport_every_worker_accepts_and_all_are_served() {
    let server = started(&[("workers", "2"), ("accept", "reuseport")]);
    // The kernel hashes: all of 64 with one worker happens once in 2^63 times.
    let mut clients: Vec<_> = (0..64).map(|_| Client::new(&server)).collect();
    clients.iter_mut().for_each(|client| assert_eq!(client.get("/").status, 200));
    let each = [0, 1].map(|worker| server.worker_stats(worker).unwrap().connections_handled);
    assert_eq!(each[0] + each[1], 64);
    assert!(each[0] > 0 && each[1] > 0, "{each:?}");
}

#[test]
fn with_reuseport_a_unix_socket_and_a_taken_over_one_are_served_too() {
    let folder = Folder::new("reuseport");
    let server = built(&[("workers", "2"), ("accept", "reuseport")]);
    server.listen(&format!("unix:{}", folder.socket().display())).unwrap();
    server.listen_fd(TcpListener::bind("127.0.0.1:0").unwrap().into()).unwrap();
    server.start().unwrap();
    for number in 0..2 {
        for _ in 0..4 {
            assert_eq!(Client::to(&server.address(number).unwrap()).get("/").status, 200);
        }
    }
}

#[test]
fn a_single_worker_accepts_and_answers() {
    let server = started(&[("workers", "1")]);
    let mut clients: Vec<_> = (0..20).map(|_| Client::new(&server)).collect();
    clients.iter_mut().for_each(|client| assert_eq!(client.get("/").status, 200));
    assert_eq!(server.worker_stats(0).unwrap().connections_handled, 20);
    assert_eq!(server.worker_stats(1).unwrap_err().code(), ErrorCode::InvalidArgument);
}
