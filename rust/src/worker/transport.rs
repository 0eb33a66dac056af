//! What stands between a turn and the socket: nothing, or TLS (`worker/secure`).

use crate::responder::response::FilePart;
use crate::sys::{sendfile, socket};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;

/// What a receive brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Received {
    /// So many octets of HTTP, which may be none; whether more may be there already.
    Octets { count: usize, more: bool },
    /// The peer will send nothing more.
    End,
    /// Its first octets are HTTP where TLS was expected.
    Clear,
    /// TLS has failed; the peer was told why.
    Broken,
}

/// The two ends of a connection's octets. Each kind has its own copy of the code of a turn, so that a
/// plain connection knows nothing of TLS.
pub(super) trait Transport {
    /// Whether what goes through it counts as received and sent.
    const COUNTS: bool = true;

    /// Whether what it receives may be early data.
    const EARLY: bool = false;

    /// How many octets of what was received and not used yet are early data: the first ones.
    fn early(&self) -> usize {
        0
    }

    /// So many of them are left.
    fn keep_early(&mut self, _left: usize) {}

    /// Receives octets of HTTP into `buffer`.
    fn receive(&mut self, buffer: &mut [u8]) -> io::Result<Received>;

    /// Sends octets of HTTP; how many are on their way. Those that are not have to be the first ones
    /// of the next call.
    fn send(&mut self, bytes: &[u8]) -> io::Result<usize>;

    /// Sends octets of a file, at most `length` of them, through `scratch` where it has to; 0 is the end
    /// of the file. What is not on its way yet has to be the first of the next call.
    fn send_file(
        &mut self,
        part: &FilePart<'_>,
        length: usize,
        scratch: &mut [u8],
    ) -> io::Result<usize> {
        let room = length.min(scratch.len());
        match part.file.read_at(&mut scratch[..room], part.offset)? {
            0 => Ok(0),
            count => self.send(&scratch[..count]),
        }
    }

    /// Whether a handshake has come to its end in the last receive; said once.
    fn has_opened(&mut self) -> bool;

    /// Says that nothing more will be sent.
    fn end(&mut self);

    /// Says goodbye before the socket is closed.
    fn farewell(&mut self);

    /// Has the connection reset when it is closed.
    fn reset(&mut self) {
        socket::reset_on_close(self.socket());
    }

    /// The socket itself.
    fn socket(&self) -> &OwnedFd;
}

impl<T: Transport> Transport for &mut T {
    const COUNTS: bool = T::COUNTS;
    const EARLY: bool = T::EARLY;

    fn early(&self) -> usize {
        (**self).early()
    }

    fn keep_early(&mut self, left: usize) {
        (**self).keep_early(left);
    }

    fn receive(&mut self, buffer: &mut [u8]) -> io::Result<Received> {
        (**self).receive(buffer)
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (**self).send(bytes)
    }

    fn send_file(
        &mut self,
        part: &FilePart<'_>,
        length: usize,
        scratch: &mut [u8],
    ) -> io::Result<usize> {
        (**self).send_file(part, length, scratch)
    }

    fn has_opened(&mut self) -> bool {
        (**self).has_opened()
    }

    fn end(&mut self) {
        (**self).end();
    }

    fn farewell(&mut self) {
        (**self).farewell();
    }

    fn reset(&mut self) {
        (**self).reset();
    }

    fn socket(&self) -> &OwnedFd {
        (**self).socket()
    }
}

/// What a receive brought that was made before the turn, into the start of its scratch.
pub(super) type Ahead = Option<io::Result<usize>>;

/// A socket as it is.
pub(super) struct Plain<'t> {
    pub(super) socket: &'t OwnedFd,
    pub(super) ahead: Ahead,
}

impl<'t> Plain<'t> {
    pub(super) fn new(socket: &'t OwnedFd) -> Self {
        Plain { socket, ahead: None }
    }
}

impl Transport for Plain<'_> {
    #[inline]
    fn receive(&mut self, buffer: &mut [u8]) -> io::Result<Received> {
        let room = buffer.len();
        let received = match self.ahead.take() {
            Some(received) => received,
            None => socket::receive(self.socket, buffer),
        };
        Ok(match received? {
            0 => Received::End,
            count => Received::Octets { count, more: count == room },
        })
    }

    #[inline]
    fn send(&mut self, bytes: &[u8]) -> io::Result<usize> {
        socket::send(self.socket, bytes)
    }

    #[inline]
    fn send_file(
        &mut self,
        part: &FilePart<'_>,
        length: usize,
        scratch: &mut [u8],
    ) -> io::Result<usize> {
        sendfile::send(self.socket, part.file, part.offset, length, scratch)
    }

    #[inline]
    fn has_opened(&mut self) -> bool {
        false
    }

    #[inline]
    fn end(&mut self) {
        socket::shutdown_write(self.socket);
    }

    #[inline]
    fn farewell(&mut self) {}

    #[inline]
    fn socket(&self) -> &OwnedFd {
        self.socket
    }
}
