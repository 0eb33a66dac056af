//! The shortest way from a request to its answer: one that came before (`connection/repeats`), on a
//! connection between two requests. Whatever is not so takes a whole turn, which gives the same answer.

use super::Connections;
use crate::connection::machine::Recall;
use crate::connection::{Connection, Key, Layer, Ready, State, count_response};
use crate::sys::socket;
use std::io;

/// How far it led.
pub(super) enum Shortcut {
    /// To the end.
    Taken,
    /// This was received; the rest is a turn's.
    Received(io::Result<usize>),
    /// Not for this connection, or not now.
    None,
}

impl Connections {
    /// Answers what has come if that is one request that came before.
    #[inline]
    pub(super) fn answer_known(&mut self, key: Key, ready: Ready) -> Shortcut {
        let Connections { pool, scratch, repeats, settings, guests, date, responder, .. } = self;
        let is_watched = self.draining || self.watchers.is_on();
        if !ready.readable || ready.read_closed || is_watched {
            return Shortcut::None;
        }
        let Some(Connection { socket, machine, layer, link, since, .. }) = pool.get(key) else {
            return Shortcut::None;
        };
        // Its deadline is the one between two requests then, and runs on.
        if *layer != Layer::Plain || !machine.is_resting() || !super::is_idle(link) {
            return Shortcut::None;
        }
        let count = match socket::receive(&*socket, scratch) {
            Ok(count) if count < scratch.len() => count,
            other => return Shortcut::Received(other),
        };
        let how = Recall {
            settings,
            responder: responder.load(),
            guests,
            client: key.index,
            now: self.now,
            second: date.second(),
        };
        let Some(known) = machine.recall(&scratch[..count], repeats, &how) else {
            return Shortcut::Received(Ok(count));
        };
        *since = self.now as u32;
        let stats = &self.handle.stats;
        stats.bytes_received.add(count as u64);
        stats.requests_handled.add(1);
        count_response(known.status, stats);
        let sent = socket::send(&*socket, &known.answer);
        if let Ok(count) = sent
            && count == known.answer.len()
        {
            stats.bytes_sent.add(count as u64);
            repeats.found();
        } else {
            let answer = known.answer.clone();
            self.not_taken(key, &answer, sent);
        }
        Shortcut::Taken
    }

    /// The socket has not taken all of an answer.
    #[cold]
    fn not_taken(&mut self, key: Key, answer: &[u8], sent: io::Result<usize>) {
        let count = match sent {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
            Err(_) => {
                self.handle.stats.disconnects_reset.add(1);
                return self.leave(key, State::KeepAlive);
            }
        };
        self.handle.stats.bytes_sent.add(count as u64);
        let Some(Connection { machine, .. }) = self.pool.get(key) else { return };
        machine.not_sent(&answer[count..], &mut self.buffers);
        let before = machine.requests().wrapping_sub(1);
        self.settle(key, (State::KeepAlive, before), true);
    }
}
