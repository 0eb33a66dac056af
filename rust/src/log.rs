//! Lines for the operator on standard error, at most a few a second of each place that writes.

use crate::config::LogLevel;
use std::fmt;
use std::io::Write;
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
            // One write, so that lines of several threads do not mix; nobody is there to hear of
            // a standard error that is closed.
            let text = format!("http_responder: {name}: {line}\n");
            let _ = std::io::stderr().lock().write_all(text.as_bytes());
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
