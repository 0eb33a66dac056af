//! Accept until the queue is empty; when descriptors or memory run out, pause instead of spinning.

use super::{Listener, shed};
use crate::http::DateLine;
use crate::log::{Limiter, Log};
use crate::stats::Cells;
use crate::sys::{clock, socket};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

/// Connections taken from one listener before other work has its turn.
const BURST: usize = 1024;

/// Connections in a row that may fail before they are taken; more is no chance, and would spin.
const LOST: usize = 64;

/// Connections turned away with the reserved descriptor before accepting pauses.
const SHED: usize = 64;

/// How long accepting pauses for want of descriptors or memory.
const PAUSE: Duration = Duration::from_millis(100);

/// How a burst of accepting ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Burst {
    /// The queue is empty: the next connection is announced by an event.
    Empty,
    /// Others first; then there may be more.
    CutOff,
    /// Nothing can be accepted for a while; then there may be more.
    Paused,
}

/// Accepts on behalf of one thread.
#[derive(Debug)]
pub(crate) struct Accepting {
    /// Given up for a moment to answer connections when no other descriptor is left.
    reserve: Option<OwnedFd>,
    paused_until: Option<Instant>,
    log: Log,
    limiter: Limiter,
}

impl Accepting {
    pub(crate) fn new(log: Log) -> Self {
        let reserve = reserve();
        Accepting { reserve, paused_until: None, log, limiter: Limiter::default() }
    }

    /// What is left of a pause; `None` if there is none.
    pub(crate) fn pause_left(&mut self) -> Option<Duration> {
        let until = self.paused_until?;
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            self.paused_until = None;
            return None;
        }
        // A poll that waits a fraction of a millisecond less than this would come too early.
        Some(left + Duration::from_millis(1))
    }

    /// Gives each connection that waits to `take`.
    pub(crate) fn burst(
        &mut self,
        listener: &Listener,
        stats: &Cells,
        mut take: impl FnMut(OwnedFd),
    ) -> Burst {
        let mut failed = 0;
        for _ in 0..BURST {
            let error = match socket::accept(listener) {
                Ok(connection) => {
                    failed = 0;
                    take(connection);
                    continue;
                }
                Err(error) => error,
            };
            match error.raw_os_error() {
                _ if error.kind() == io::ErrorKind::WouldBlock => return Burst::Empty,
                Some(libc::EMFILE | libc::ENFILE) => {
                    self.shed_with_reserve(listener, stats);
                    self.pause(&error, stats);
                    return Burst::Paused;
                }
                // The connection failed before it was taken: accept(2), "Error handling".
                Some(
                    libc::ECONNABORTED
                    | libc::ENETDOWN
                    | libc::EPROTO
                    | libc::ENOPROTOOPT
                    | libc::EHOSTDOWN
                    | libc::ENONET
                    | libc::EHOSTUNREACH
                    | libc::ENETUNREACH,
                ) if failed < LOST => {
                    failed += 1;
                    stats.accept_errors.add(1);
                }
                // Too many of these in a row, no memory, or a condition that may last (a filter that denies it): not at once
                // again.
                _ => {
                    stats.accept_errors.add(1);
                    self.pause(&error, stats);
                    return Burst::Paused;
                }
            }
        }
        Burst::CutOff
    }

    fn pause(&mut self, error: &io::Error, stats: &Cells) {
        stats.accept_pauses.add(1);
        self.paused_until = Some(Instant::now() + PAUSE);
        self.warn(error);
    }

    fn warn(&self, error: &io::Error) {
        if self.limiter.admit().is_some() {
            self.log.warn(format_args!("cannot accept connections: {error}"));
        }
    }

    /// Answers what waits with 503, with the one descriptor that is kept for this.
    fn shed_with_reserve(&mut self, listener: &Listener, stats: &Cells) {
        let date = DateLine::new(clock::unix_time().0);
        for _ in 0..SHED {
            if self.reserve.take().is_none() {
                break;
            }
            let accepted = socket::accept(listener);
            if let Ok(connection) = accepted {
                shed::turn_away(connection, listener.layer(), &date, stats);
            } else {
                self.reserve = reserve();
                return;
            }
            self.reserve = reserve();
        }
        if self.reserve.is_none() {
            self.reserve = reserve();
        }
    }
}

fn reserve() -> Option<OwnedFd> {
    File::open("/dev/null").ok().map(OwnedFd::from)
}

#[cfg(test)]
mod tests;
