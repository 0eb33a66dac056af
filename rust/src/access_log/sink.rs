//! Where lines go. Nothing here waits for longer than [`PATIENCE`], but for a disk that hangs.

use super::format;
use crate::config::LogTarget;
use crate::sys::{clock, poll};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long to wait for somebody to take something, at a time.
const PATIENCE: Duration = Duration::from_millis(100);

/// A pipe that is writable takes as much at once: POSIX PIPE_BUF on Linux.
const AT_ONCE: usize = 4096;

/// Octets of a line that a daemon gets: more does not fit into one of its messages.
const MESSAGE_MAX: usize = 32 * 1024;

/// A daemon that is gone is looked for so often, in milliseconds.
const SEEK: u64 = 1000;

/// Where lines go.
#[derive(Debug)]
pub(super) enum Sink {
    /// A file, which takes what it is given.
    File(File),
    /// A pipe, a terminal, a device: who reads it may be slow.
    Pipe(File),
    /// The socket of a daemon, which gets each line by itself.
    Daemon(Daemon),
}

impl Sink {
    /// Opens `target`; `None` for none.
    ///
    /// # Errors
    /// What it is called, and why it cannot be opened.
    pub(super) fn open(target: &LogTarget) -> Result<Option<Sink>, (String, io::Error)> {
        let (name, opened) = match target {
            LogTarget::Off => return Ok(None),
            LogTarget::Stdout => {
                ("standard output".to_owned(), of_descriptor(io::stdout().as_fd()))
            }
            LogTarget::File(path) => (path.display().to_string(), of_path(path)),
            LogTarget::Syslog(path) => (path.display().to_string(), Daemon::open(path, false)),
            LogTarget::Journald(path) => (path.display().to_string(), Daemon::open(path, true)),
        };
        opened.map(Some).map_err(|error| (name, error))
    }

    /// The descriptor that it has now; -1 where there is none.
    pub(super) fn descriptor(&self) -> RawFd {
        match self {
            Sink::File(file) | Sink::Pipe(file) => file.as_raw_fd(),
            Sink::Daemon(daemon) => daemon.socket.as_ref().map_or(-1, AsRawFd::as_raw_fd),
        }
    }

    /// Writes the beginning of `lines`, which are not empty; how many octets. 0 if nothing was
    /// taken in the time there is.
    pub(super) fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        let taken = match self {
            Sink::File(file) => file.write(lines),
            Sink::Pipe(file) => {
                if !poll::is_writable(file.as_fd(), PATIENCE)? {
                    return Ok(0);
                }
                file.write(&lines[..lines.len().min(AT_ONCE)])
            }
            Sink::Daemon(daemon) => daemon.write(lines),
        };
        match taken {
            Ok(0) => Err(io::ErrorKind::WriteZero.into()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(0),
            other => other,
        }
    }
}

fn of_descriptor(descriptor: BorrowedFd<'_>) -> io::Result<Sink> {
    of_file(File::from(descriptor.try_clone_to_owned()?))
}

/// Opens the end of a file, made if it is not there. A named pipe is opened for both directions:
/// its reader may come later, or leave and come again.
fn of_path(path: &Path) -> io::Result<Sink> {
    let is_pipe = path.metadata().is_ok_and(|found| found.file_type().is_fifo());
    let mut options = OpenOptions::new();
    options.append(true).create(!is_pipe).read(is_pipe).mode(0o640);
    of_file(options.custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY).open(path)?)
}

fn of_file(file: File) -> io::Result<Sink> {
    Ok(if file.metadata()?.is_file() { Sink::File(file) } else { Sink::Pipe(file) })
}

/// A daemon that takes datagrams.
#[derive(Debug)]
pub(super) struct Daemon {
    path: PathBuf,
    /// It speaks the journal's native protocol; otherwise syslog's (RFC 3164).
    is_journal: bool,
    socket: Option<UnixDatagram>,
    /// When it was looked for, in milliseconds.
    sought: u64,
    message: Vec<u8>,
}

impl Daemon {
    fn open(path: &Path, is_journal: bool) -> io::Result<Sink> {
        let socket = Some(connect(path)?);
        let (path, message) = (path.to_owned(), Vec::new());
        Ok(Sink::Daemon(Daemon { path, is_journal, socket, sought: 0, message }))
    }

    /// Sends the first of `lines`; how many octets of them that were.
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        let end = memchr::memchr(b'\n', lines).unwrap_or(lines.len());
        self.wrap(&lines[..end.min(MESSAGE_MAX)]);
        if self.socket.is_none() {
            self.seek()?;
        }
        let Some(socket) = &self.socket else { return Err(io::ErrorKind::NotConnected.into()) };
        match socket.send(&self.message) {
            Ok(_) => Ok((end + 1).min(lines.len())),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                poll::is_writable(socket.as_fd(), PATIENCE).map(|_| ())?;
                Err(error)
            }
            Err(_) => {
                self.socket = None;
                self.seek().and(Err(io::ErrorKind::Interrupted.into()))
            }
        }
    }

    /// Looks for the daemon, if that was not tried just now.
    fn seek(&mut self) -> io::Result<()> {
        let now = clock::monotonic_ms();
        if now < self.sought + SEEK {
            return Err(io::ErrorKind::NotConnected.into());
        }
        self.sought = now;
        self.socket = Some(connect(&self.path)?);
        Ok(())
    }

    fn wrap(&mut self, line: &[u8]) {
        self.message.clear();
        if self.is_journal {
            let fields =
                b"PRIORITY=6\nSYSLOG_FACILITY=3\nSYSLOG_IDENTIFIER=http_responder\nMESSAGE=";
            self.message.extend_from_slice(fields);
            self.message.extend_from_slice(line);
            self.message.push(b'\n');
        } else {
            // Facility daemon, severity informational. The daemon knows the time and the host.
            let (second, _) = clock::unix_time();
            let (stamp, process) = (format::stamp(second), std::process::id());
            let head = format!("<30>{stamp} http_responder[{process}]: ");
            self.message.extend_from_slice(head.as_bytes());
            self.message.extend_from_slice(line);
        }
    }
}

fn connect(path: &Path) -> io::Result<UnixDatagram> {
    let socket = UnixDatagram::unbound()?;
    socket.connect(path)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}
