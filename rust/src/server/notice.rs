//! What a server is told from outside, also from signal handlers.

use crate::sys::eventfd::EventFd;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

pub(crate) const STOP: u32 = 1;
pub(crate) const DRAIN: u32 = 1 << 1;
pub(crate) const RELOAD: u32 = 1 << 2;
pub(crate) const DUMP_STATS: u32 = 1 << 3;
/// Drain, or stop where that has begun: SIGTERM and SIGINT.
pub(crate) const TERMINATE: u32 = 1 << 4;
/// A second [`TERMINATE`] before the first one was seen.
pub(crate) const QUIT: u32 = 1 << 5;

/// Something a server is told, also from a signal handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Notice {
    /// Close everything at once.
    Stop = 1,
    /// Finish what is in progress, then stop.
    Drain = 2,
    /// Read rules and files again.
    Reload = 3,
    /// Write the statistics to standard error.
    DumpStats = 4,
}

/// Notices that the supervisor has not seen yet.
#[derive(Debug)]
pub(crate) struct Notices {
    bits: AtomicU32,
    eventfd: Arc<EventFd>,
}

impl Notices {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Notices { bits: AtomicU32::new(0), eventfd: Arc::new(EventFd::new()?) })
    }

    /// What wakes the supervisor.
    pub(crate) fn eventfd(&self) -> &Arc<EventFd> {
        &self.eventfd
    }

    /// Tells the supervisor; async-signal-safe.
    pub(crate) fn notify(&self, notice: Notice) {
        self.set(match notice {
            Notice::Stop => STOP,
            Notice::Drain => DRAIN,
            Notice::Reload => RELOAD,
            Notice::DumpStats => DUMP_STATS,
        });
    }

    /// Tells what a signal says; async-signal-safe.
    pub(crate) fn on_signal(&self, signal: i32) {
        match signal {
            libc::SIGHUP => self.set(RELOAD),
            libc::SIGUSR1 => self.set(DUMP_STATS),
            _ if self.bits.load(Ordering::Relaxed) & TERMINATE != 0 => self.set(QUIT),
            _ => self.set(TERMINATE),
        }
    }

    /// Takes all that was told.
    pub(crate) fn take(&self) -> u32 {
        // Cleared first: what is told after the swap rings again.
        self.eventfd.clear();
        self.bits.swap(0, Ordering::AcqRel)
    }

    fn set(&self, bits: u32) {
        self.bits.fetch_or(bits, Ordering::AcqRel);
        self.eventfd.ring();
    }
}
