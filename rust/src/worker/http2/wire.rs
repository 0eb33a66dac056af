//! A stream as the transport of an HTTP/1 machine: what it receives is the request as HTTP/1 has it,
//! what it sends becomes frames.

use crate::http2::{Answer, Heads, Open, Way, Written};
use crate::worker::transport::{Received, Transport};
use std::io;
use std::os::fd::OwnedFd;

/// How a stream has ended, beside the end of its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    No,
    /// Nothing more will be sent.
    Said,
    /// Octets that are no answer at all went to the connection, which ends with them.
    Garbage,
    /// The connection is to be reset.
    Reset,
}

/// One stream, for the time of its turn.
pub(super) struct Wire<'t> {
    pub(super) inbox: &'t [u8],
    pub(super) read: &'t mut usize,
    pub(super) answer: &'t mut Answer,
    pub(super) open: &'t mut Open,
    pub(super) way: &'t mut Way,
    pub(super) heads: &'t mut Heads,
    pub(super) socket: &'t OwnedFd,
    pub(super) ended: Ended,
    pub(super) early: bool,
}

impl Transport for Wire<'_> {
    /// They were counted as frames.
    const COUNTS: bool = false;
    const EARLY: bool = true;

    /// A stream is one request: all of it, or none.
    #[inline]
    fn early(&self) -> usize {
        if self.early { usize::MAX } else { 0 }
    }

    #[inline]
    fn receive(&mut self, buffer: &mut [u8]) -> io::Result<Received> {
        let rest = &self.inbox[*self.read..];
        if rest.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        *self.read += count;
        Ok(Received::Octets { count, more: count < rest.len() })
    }

    #[inline]
    fn send(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.ended == Ended::Garbage {
            self.way.out.extend_from_slice(bytes);
            return Ok(bytes.len());
        }
        match self.answer.write(bytes, self.open, self.way, self.heads) {
            Written::Taken(0) => Err(io::ErrorKind::WouldBlock.into()),
            Written::Taken(count) => Ok(count),
            Written::Garbage => {
                self.ended = Ended::Garbage;
                self.way.out.extend_from_slice(bytes);
                Ok(bytes.len())
            }
        }
    }

    #[inline]
    fn has_opened(&mut self) -> bool {
        false
    }

    fn end(&mut self) {
        if self.ended == Ended::No {
            self.ended = Ended::Said;
        }
    }

    fn farewell(&mut self) {
        self.end();
    }

    fn reset(&mut self) {
        self.ended = Ended::Reset;
    }

    fn socket(&self) -> &OwnedFd {
        self.socket
    }
}
