//! TLS between a turn and its socket.

use super::transport::{Received, Transport};
use crate::connection::Key;
use crate::stats::Cells;
use crate::sys::socket;
use crate::tls::{Progress, Session, Terms, Trouble, Workspace};
use std::io;
use std::os::fd::OwnedFd;

/// Octets of HTTP that are encrypted and sent at a time.
const CHUNK: usize = 64 * 1024;

/// A socket that speaks TLS.
pub(super) struct Secure<'t> {
    pub(super) socket: &'t OwnedFd,
    pub(super) session: &'t mut Session,
    pub(super) space: &'t mut Workspace,
    pub(super) terms: &'t Terms,
    /// Of its connection.
    pub(super) key: Key,
    pub(super) stats: &'t Cells,
    pub(super) opened: bool,
    /// What went wrong in the handshake, to be told once the turn is over.
    pub(super) trouble: Option<Trouble>,
}

impl Secure<'_> {
    /// Sends what the socket did not take before; whether it has taken all.
    pub(super) fn flush(&mut self) -> io::Result<bool> {
        while !self.session.unsent.is_empty() {
            match socket::send(self.socket, &self.session.unsent) {
                Ok(count) => self.session.sent(count),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    /// Sends what TLS itself has to say, behind what waits already. Where a request came with the end
    /// of the handshake, the tickets go out with its answer or at the end of the turn.
    pub(super) fn send_records(&mut self) -> io::Result<()> {
        if self.space.outgoing.is_empty() {
            return Ok(());
        }
        let flushed = self.flush()?;
        let sent = if flushed { self.send_now()? } else { 0 };
        self.session.unsent.extend_from_slice(&self.space.outgoing[sent..]);
        self.space.outgoing.clear();
        Ok(())
    }

    /// How much of the outgoing records the socket takes.
    fn send_now(&self) -> io::Result<usize> {
        match socket::send(self.socket, &self.space.outgoing) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
            sent => sent,
        }
    }

    /// A client that waits for its certificate, and has left, gives its place back at once.
    fn look_whether_left(&mut self) -> io::Result<Received> {
        if socket::peek(self.socket, &mut [0])? == 0 {
            return Ok(self.ended());
        }
        // A reset stands behind what has come before it.
        Err(socket::error(self.socket).unwrap_or_else(|| io::ErrorKind::WouldBlock.into()))
    }

    /// What comes behind the end of TLS is nobody's.
    fn throw_away(&mut self) -> io::Result<Received> {
        let room = self.space.incoming.len();
        Ok(match socket::receive(self.socket, &mut self.space.incoming)? {
            0 => Received::End,
            count => Received::Octets { count: 0, more: count == room },
        })
    }

    fn note(&mut self, progress: &Progress) {
        if progress.began_early {
            self.opened = true;
            self.stats.tls_early_data.add(1);
        }
        if progress.opened {
            self.opened = true;
            let resumed = self.session.is_resumed();
            let stats = self.stats;
            if resumed { &stats.tls_resumptions } else { &stats.tls_handshakes }.add(1);
        }
        if let Some(trouble) = &progress.trouble {
            trouble.count(self.stats);
            self.trouble = Some(trouble.clone());
        }
    }

    /// The end of the stream, with or without goodbye.
    fn ended(&mut self) -> Received {
        if self.session.is_shaking() {
            self.stats.tls_failures.add(1);
        }
        self.session.finish();
        Received::End
    }
}

impl Transport for Secure<'_> {
    const EARLY: bool = true;

    #[inline]
    fn early(&self) -> usize {
        self.session.early
    }

    fn keep_early(&mut self, left: usize) {
        self.session.early = left;
    }

    fn receive(&mut self, buffer: &mut [u8]) -> io::Result<Received> {
        if self.session.is_over() {
            return self.throw_away();
        }
        if self.session.peer_has_closed() {
            return Ok(Received::End);
        }
        if self.session.waits() {
            return self.look_whether_left();
        }
        let mut length = self.session.take_kept(&mut self.space.incoming);
        // Whole records that waited come before the socket: what that may hold is not known here.
        let mut more = self.session.has_more();
        if !more {
            let room = self.space.incoming.len() - length;
            match socket::receive(self.socket, &mut self.space.incoming[length..]) {
                Ok(0) => return Ok(self.ended()),
                Ok(count) => {
                    length += count;
                    more = count == room;
                }
                Err(error) => {
                    self.session.keep(&self.space.incoming[..length]);
                    return Err(error);
                }
            }
        }
        if self.session.speaks_http(&self.space.incoming[..length]) {
            return Ok(Received::Clear);
        }
        let (records, whose) = (&self.space.incoming[..length], (self.socket, self.key));
        if !self.session.is_prepared(self.terms, records, whose) {
            // The end may stand behind them, as the event said: then there is another look.
            return Ok(Received::Octets { count: 0, more });
        }
        let progress = self.session.process(self.space, length, buffer, self.socket);
        self.session.early += progress.early;
        self.note(&progress);
        if progress.octets == 0 || progress.trouble.is_some() {
            self.send_records()?;
        }
        Ok(match progress.octets {
            _ if progress.trouble.is_some() => Received::Broken,
            0 if self.session.peer_has_closed() => Received::End,
            count => {
                let more = more || self.session.has_more() || self.session.peer_has_closed();
                Received::Octets { count, more }
            }
        })
    }

    /// Octets count as sent once all of their records are: those of a record that the socket has
    /// taken a part of are encrypted already and come again with the next call.
    fn send(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.session.is_clear() {
            return socket::send(self.socket, bytes);
        }
        if !self.flush()? {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let mut done = std::mem::take(&mut self.session.owed).min(bytes.len());
        while done < bytes.len() {
            let chunk = &bytes[done..bytes.len().min(done + CHUNK)];
            self.session.encrypt(chunk, &mut self.space.outgoing)?;
            let sent = self.send_now()?;
            if sent < self.space.outgoing.len() {
                self.session.unsent.extend_from_slice(&self.space.outgoing[sent..]);
                self.session.owed = chunk.len();
                self.space.outgoing.clear();
                break;
            }
            self.space.outgoing.clear();
            done += chunk.len();
        }
        self.space.tidy();
        if done == 0 && !bytes.is_empty() {
            Err(io::ErrorKind::WouldBlock.into())
        } else {
            Ok(done)
        }
    }

    fn has_opened(&mut self) -> bool {
        std::mem::take(&mut self.opened)
    }

    fn end(&mut self) {
        self.farewell();
        socket::shutdown_write(self.socket);
    }

    fn farewell(&mut self) {
        if self.session.close(&mut self.space.outgoing) {
            // Who does not take it has left, or will see the end of the stream.
            let _ = self.send_records();
        }
    }

    fn socket(&self) -> &OwnedFd {
        self.socket
    }
}
