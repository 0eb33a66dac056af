//! A socket that listens: bound here or taken over.

use crate::config::Settings;
use crate::connection::Layer;
use crate::error::{Error, ErrorCode, Result};
use socket2::{Domain, SockAddr, Socket, Type};
use std::fmt;
use std::fs::Permissions;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// A listening socket, non-blocking.
#[derive(Debug)]
pub(crate) struct Listener {
    socket: Socket,
    number: u16,
    layer: Layer,
    address: String,
    /// A Unix socket's file, removed with the listener.
    file: Option<SocketFile>,
}

/// The file of a Unix socket that was bound here.
#[derive(Debug)]
struct SocketFile {
    /// Absolute: the working directory may be another one when the file is removed.
    path: PathBuf,
    /// Device and inode: a file that took its place is somebody else's.
    identity: (u64, u64),
    /// A forked child that drops the listener leaves the file to its parent.
    process: u32,
}

/// Who may connect to a Unix socket: its mode, and whose it becomes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Access {
    pub(crate) mode: u32,
    pub(crate) user: Option<u32>,
    pub(crate) group: Option<u32>,
}

impl Access {
    fn give(self, path: &Path) -> io::Result<()> {
        if self.user.is_some() || self.group.is_some() {
            std::os::unix::fs::chown(path, self.user, self.group)?;
        }
        std::fs::set_permissions(path, Permissions::from_mode(self.mode))
    }
}

impl SocketFile {
    fn of(path: &Path) -> Option<Self> {
        let path = std::path::absolute(path).ok()?;
        let identity = identity(&path)?;
        Some(SocketFile { path, identity, process: std::process::id() })
    }

    fn is_still_ours(&self) -> bool {
        self.process == std::process::id() && identity(&self.path) == Some(self.identity)
    }
}

fn identity(path: &Path) -> Option<(u64, u64)> {
    std::fs::symlink_metadata(path).ok().map(|metadata| (metadata.dev(), metadata.ino()))
}

/// An address as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    Inet(SocketAddr),
    Unix(PathBuf),
}

impl Address {
    /// Reads `127.0.0.1:80`, `[::1]:0` or `unix:/run/x`.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        if let Some(path) = text.strip_prefix("unix:") {
            if path.is_empty() || path.contains('\0') {
                return Err(bad_address(text));
            }
            return Ok(Address::Unix(path.into()));
        }
        text.parse().map(Address::Inet).map_err(|_| bad_address(text))
    }

    /// Joins the options `address` and `port`.
    pub(crate) fn join(address: &str, port: u16) -> Result<Self> {
        if address.starts_with("unix:") {
            return Address::parse(address);
        }
        let bare = address.strip_prefix('[').and_then(|a| a.strip_suffix(']')).unwrap_or(address);
        let ip: IpAddr = bare.parse().map_err(|_| bad_address(address))?;
        Ok(Address::Inet(SocketAddr::new(ip, port)))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Inet(address) => address.fmt(f),
            Address::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

impl Listener {
    /// Binds and listens. With `reuseport` other sockets may be bound to the same address.
    pub(crate) fn bind(
        address: &Address,
        (number, layer): (u16, Layer),
        reuseport: bool,
        settings: &Settings,
    ) -> Result<Self> {
        let bound = match address {
            Address::Inet(address) => bind_inet(*address, reuseport, settings),
            Address::Unix(path) => bind_unix(path, None, settings),
        };
        Listener::bound(bound, address, (number, layer))
    }

    /// Binds and listens where, if it is a Unix socket, only those of `access` may connect.
    pub(crate) fn bind_private(
        address: &Address,
        number: u16,
        access: Access,
        settings: &Settings,
    ) -> Result<Self> {
        let bound = match address {
            Address::Inet(address) => bind_inet(*address, false, settings),
            Address::Unix(path) => bind_unix(path, Some(access), settings),
        };
        Listener::bound(bound, address, (number, Layer::Plain))
    }

    fn bound(
        bound: io::Result<Socket>,
        address: &Address,
        (number, layer): (u16, Layer),
    ) -> Result<Self> {
        let socket = bound.map_err(|error| cannot_listen(address, &error))?;
        let file = match address {
            Address::Unix(path) => SocketFile::of(path),
            Address::Inet(_) => None,
        };
        Ok(Listener { address: address_of(&socket), socket, number, layer, file })
    }

    /// Takes over a socket that is bound and listening.
    pub(crate) fn adopt(fd: OwnedFd, number: u16) -> Result<Self> {
        let raw = fd.as_raw_fd();
        let refuse = |what: &str| {
            let text = format!("descriptor {raw}: expected a listening stream socket, {what}");
            Error::new(ErrorCode::InvalidArgument, text)
        };
        let socket = Socket::from(fd);
        match socket.r#type() {
            Ok(Type::STREAM) => {}
            Ok(_) => return Err(refuse("got a socket of another type")),
            Err(error) => return Err(refuse(&format!("got: {error}"))),
        }
        if !socket.is_listener().unwrap_or(false) {
            return Err(refuse("got one that does not listen"));
        }
        socket.set_nonblocking(true).map_err(|error| refuse(&error.to_string()))?;
        socket.set_cloexec(true).map_err(|error| refuse(&error.to_string()))?;
        // Connections inherit it; a Unix socket has none and needs none.
        let _ = socket.set_tcp_nodelay(true);
        Ok(Listener {
            address: address_of(&socket),
            socket,
            number,
            layer: Layer::Plain,
            file: None,
        })
    }

    pub(crate) fn number(&self) -> u16 {
        self.number
    }

    /// What its connections speak.
    pub(crate) fn layer(&self) -> Layer {
        self.layer
    }

    /// Where it listens, in a form that [`Address::parse`] takes.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Where it listens, if that is an IP address.
    pub(crate) fn inet(&self) -> Option<SocketAddr> {
        self.address.parse().ok()
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl AsRawFd for Listener {
    fn as_raw_fd(&self) -> RawFd {
        self.socket.as_raw_fd()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(file) = self.file.as_ref().filter(|file| file.is_still_ours()) {
            let _ = std::fs::remove_file(&file.path);
        }
    }
}

fn bind_inet(address: SocketAddr, reuseport: bool, settings: &Settings) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    // A restart shall not wait for the last run's connections in TIME_WAIT.
    socket.set_reuse_address(true)?;
    if reuseport {
        socket.set_reuse_port(true)?;
    }
    if address.is_ipv6() {
        // One address and never all: `::` shall not answer IPv4 as well.
        socket.set_only_v6(true)?;
    }
    if !settings.interface.is_empty() {
        bind_to_interface(&socket, &settings.interface)?;
    }
    // Accepted connections inherit it.
    socket.set_tcp_nodelay(true)?;
    socket.bind(&address.into())?;
    socket.listen(backlog(settings))?;
    Ok(socket)
}

/// Only what comes in by the interface is accepted (SO_BINDTODEVICE, socket(7)).
fn bind_to_interface(socket: &Socket, name: &str) -> io::Result<()> {
    socket.bind_device(Some(name.as_bytes())).map_err(|error| {
        let why = match error.raw_os_error() {
            Some(libc::ENODEV) => "there is none of that name".to_owned(),
            _ => error.to_string(),
        };
        io::Error::other(format!("interface {name}: {why}"))
    })
}

fn bind_unix(path: &Path, access: Option<Access>, settings: &Settings) -> io::Result<Socket> {
    let address = SockAddr::unix(path)?;
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    match socket.bind(&address) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse && is_stale(path, &address) => {
            std::fs::remove_file(path)?;
            socket.bind(&address)?;
        }
        bound => bound?,
    }
    // Nobody can connect before it listens.
    if let Some(access) = access {
        access.give(path)?;
    }
    socket.listen(backlog(settings))?;
    Ok(socket)
}

/// Whether a socket file was left behind by a process that is gone.
fn is_stale(path: &Path, address: &SockAddr) -> bool {
    let connect = || {
        let probe = Socket::new(Domain::UNIX, Type::STREAM, None)?;
        // A living owner whose queue is full would keep us waiting.
        probe.set_nonblocking(true)?;
        probe.connect(address)
    };
    let refused = |error: io::Error| error.kind() == io::ErrorKind::ConnectionRefused;
    is_socket(path) && connect().is_err_and(refused)
}

fn is_socket(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket())
}

fn backlog(settings: &Settings) -> i32 {
    i32::try_from(settings.backlog).unwrap_or(i32::MAX)
}

fn address_of(socket: &Socket) -> String {
    match socket.local_addr() {
        Ok(address) => match (address.as_socket(), address.as_pathname()) {
            (Some(address), _) => address.to_string(),
            (None, Some(path)) => format!("unix:{}", path.display()),
            (None, None) => "unix:".to_owned(),
        },
        Err(_) => "unknown".to_owned(),
    }
}

fn bad_address(text: &str) -> Error {
    Error::new(
        ErrorCode::InvalidArgument,
        format!(
            "address: expected an IP address and a port such as 127.0.0.1:8080 or [::1]:8080, \
             or unix:/path, got {text:?}"
        ),
    )
}

fn cannot_listen(address: &Address, error: &io::Error) -> Error {
    let why = match error.kind() {
        io::ErrorKind::AddrInUse if matches!(address, Address::Unix(path) if !is_socket(path)) => {
            "there is something else in its place, which is no socket".to_owned()
        }
        io::ErrorKind::AddrInUse => "the address is in use already".to_owned(),
        io::ErrorKind::AddrNotAvailable => "this machine does not have that address".to_owned(),
        io::ErrorKind::PermissionDenied => match address {
            Address::Inet(address) if address.port() < 1024 => {
                "permission denied: ports below 1024 are for root, or for who has the capability \
                 CAP_NET_BIND_SERVICE"
                    .to_owned()
            }
            _ => "permission denied".to_owned(),
        },
        _ => error.to_string(),
    };
    Error::new(ErrorCode::Bind, format!("cannot listen on {address}: {why}"))
}

#[cfg(test)]
mod tests;
