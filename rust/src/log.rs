//! Lines for the operator on standard error, at most a few a second of each place that writes.

use crate::config::LogLevel;
use crate::sys::stderr;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// Writes lines up to a level.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Log(pub(crate) LogLevel);

impl Log {
    pub(crate) fn error(self, line: fmt::Arguments<'_>) {
        self.write(LogLevel::Error, "error", line);
    }

    pub(crate) fn warn(self, line: fmt::Arguments<'_>) {
        self.write(LogLevel::Warn, "warning", line);
    }

    pub(crate) fn info(self, line: fmt::Arguments<'_>) {
        self.write(LogLevel::Info, "info", line);
    }

    fn write(self, level: LogLevel, name: &str, line: fmt::Arguments<'_>) {
        if level <= self.0 {
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
