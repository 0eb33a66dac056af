//! What a server is told from outside, also from signal handlers.

use crate::sys::eventfd::EventFd;
use std::io;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

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
    /// The process that the server belongs to: the one that built it or, after a fork, started it.
    process: AtomicU32,
    /// Made when the server starts, so that a process forked before has none of it.
    eventfd: OnceLock<Arc<EventFd>>,
}

impl Notices {
    pub(crate) fn new() -> Self {
        let process = AtomicU32::new(std::process::id());
        Notices { bits: AtomicU32::new(0), process, eventfd: OnceLock::new() }
    }

    /// Whether this is the process that the server belongs to; async-signal-safe.
    pub(crate) fn is_own_process(&self) -> bool {
        self.process.load(Ordering::Relaxed) == std::process::id()
    }

    /// Makes the server this process's and gives what wakes its supervisor. Called once, when the
    /// server starts.
    pub(crate) fn begin(&self) -> io::Result<Arc<EventFd>> {
        let eventfd = Arc::new(EventFd::new()?);
        self.process.store(std::process::id(), Ordering::Relaxed);
        let _ = self.eventfd.set(eventfd.clone());
        // What was told before is heard now.
        eventfd.ring();
        Ok(eventfd)
    }

    /// Tells the supervisor; async-signal-safe. In a forked child nothing.
    pub(crate) fn notify(&self, notice: Notice) {
        if !self.is_own_process() {
            return;
        }
        self.set(match notice {
            Notice::Stop => STOP,
            Notice::Drain => DRAIN,
            Notice::Reload => RELOAD,
            Notice::DumpStats => DUMP_STATS,
        });
    }

    /// Tells what a signal says; async-signal-safe.
    pub(crate) fn on_signal(&self, signal: i32) {
        let _ = match signal {
            libc::SIGHUP => self.set(RELOAD),
            libc::SIGUSR1 => self.set(DUMP_STATS),
            _ if self.set(TERMINATE) & TERMINATE != 0 => self.set(QUIT),
            _ => 0,
        };
    }

    /// Takes all that was told.
    pub(crate) fn take(&self) -> u32 {
        // Cleared first: what is told after the swap rings again.
        if let Some(eventfd) = self.eventfd.get() {
            eventfd.clear();
        }
        self.bits.swap(0, Ordering::AcqRel)
    }

    /// Adds `bits`; what was there before.
    fn set(&self, bits: u32) -> u32 {
        let before = self.bits.fetch_or(bits, Ordering::AcqRel);
        if let Some(eventfd) = self.eventfd.get() {
            eventfd.ring();
        }
        before
    }
}
