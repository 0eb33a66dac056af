use super::*;
use crate::acceptor::Address;
use crate::config::{Config, LogLevel};
use crate::connection::Layer;
use std::net::TcpStream;

fn listener() -> Listener {
    let settings = Config::new().resolve().unwrap();
    Listener::bind(&Address::parse("127.0.0.1:0").unwrap(), (0, Layer::Plain), false, &settings)
        .unwrap()
}

fn accepting() -> Accepting {
    Accepting::new(Log::new(LogLevel::Off))
}

#[test]
fn a_burst_takes_all_that_wait_and_says_that_none_is_left() {
    let listener = listener();
    let address = listener.inet().unwrap();
    let clients: Vec<_> = (0..20).map(|_| TcpStream::connect(address).unwrap()).collect();
    let (stats, mut taken) = (Cells::default(), Vec::new());
    let burst = accepting().burst(&listener, &stats, |connection| taken.push(connection));
    assert_eq!(burst, Burst::Empty);
    assert_eq!(taken.len(), clients.len());
    assert_eq!(stats.accept_errors.get(), 0);
}

#[test]
fn what_is_accepted_neither_blocks_nor_survives_exec() {
    let listener = listener();
    let _client = TcpStream::connect(listener.inet().unwrap()).unwrap();
    let mut taken = None;
    accepting().burst(&listener, &Cells::default(), |connection| taken = Some(connection));
    let socket = socket2::Socket::from(taken.unwrap());
    assert!(socket.nonblocking().unwrap());
    assert!(is_close_on_exec(&socket));
    assert!(socket.tcp_nodelay().unwrap(), "inherited from the listener");
}

#[test]
fn a_failure_that_may_last_is_counted_and_not_met_again_at_once() {
    let listener = listener();
    let shut = socket2::SockRef::from(&listener).shutdown(std::net::Shutdown::Both);
    shut.unwrap();
    let stats = Cells::default();
    let burst = accepting().burst(&listener, &stats, |_| panic!("nobody can be there"));
    assert_eq!(burst, Burst::Paused);
    assert_eq!(stats.accept_errors.get(), 1);
    assert_eq!(stats.accept_pauses.get(), 1);
}

#[test]
fn a_pause_ends_and_is_never_waited_for_too_short() {
    let mut accepting = accepting();
    assert_eq!(accepting.pause_left(), None);
    let stats = Cells::default();
    accepting.pause(&io::Error::from_raw_os_error(libc::ENOMEM), &stats);
    assert_eq!(stats.accept_pauses.get(), 1);
    let left = accepting.pause_left().unwrap();
    assert!(left > Duration::ZERO && left <= PAUSE + Duration::from_millis(1));
    accepting.paused_until = Some(Instant::now());
    assert_eq!(accepting.pause_left(), None, "over");
    assert_eq!(accepting.paused_until, None);
}

fn is_close_on_exec(socket: &socket2::Socket) -> bool {
    use std::os::fd::AsRawFd;
    let info = std::fs::read_to_string(format!("/proc/self/fdinfo/{}", socket.as_raw_fd()));
    let info = info.unwrap();
    let flags = info.lines().find_map(|line| line.strip_prefix("flags:")).unwrap();
    let flags = i32::from_str_radix(flags.trim(), 8).unwrap();
    flags & libc::O_CLOEXEC != 0
}
