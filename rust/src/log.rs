//! Lines for the operator on standard error, at most a few a second of each place that writes.

use crate::config::LogLevel;
use crate::sys::stderr;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

/// Writes lines up to a level, which all clones share.
#[derive(Clone, Debug)]
pub(crate) struct Log(Arc<AtomicU8>);

impl Log {
    pub(crate) fn new(level: LogLevel) -> Self {
        Log(Arc::new(AtomicU8::new(level as u8)))
    }

    /// The level from now on.
    pub(crate) fn set_level(&self, level: LogLevel) {
        self.0.store(level as u8, Ordering::Relaxed);
    }

    pub(crate) fn error(&self, line: fmt::Arguments<'_>) {
        self.write(LogLevel::Error, "error", line);
    }

    pub(crate) fn warn(&self, line: fmt::Arguments<'_>) {
        self.write(LogLevel::Warn, "warning", line);
    }

    pub(crate) fn info(&self, line: fmt::Arguments<'_>) {
        self.write(LogLevel::Info, "info", line);
    }

    fn write(&self, level: LogLevel, name: &str, line: fmt::Arguments<'_>) {
        if level as u8 <= self.0.load(Ordering::Relaxed) {
            stderr::write_or_drop(format!("http_responder: {name}: {line}\n").as_bytes());
        }
    }
}

/// Lets one line a second through, so that a client cannot fill a disk.
#[derive(Debug, Default)]
pub(crate) struct Limiter {
    second: AtomicU64,
    held_back: AtomicU64,
}

impl Limiter {
    /// Whether a line may be written now; if so, how many were held back since the last one.
    pub(crate) fn admit(&self) -> Option<u64> {
        // From 1, so that the first line is never taken for one of second 0.
        let second = crate::sys::clock::monotonic_ms() / 1000 + 1;
        if self.second.swap(second, Ordering::Relaxed) == second {
            self.held_back.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        Some(self.held_back.swap(0, Ordering::Relaxed))
    }
}
