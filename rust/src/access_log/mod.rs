//! The access log: a line for each answer, or for one of so many.
//!
//! ```text
//! worker 0  Recorder --ring--+
//! worker 1  Recorder --ring--+--> writer thread: format --> file, pipe or socket
//!                  \-- bell -+
//! ```
//!
//! A worker copies what a line needs into its ring, which has one writer and one reader, and goes
//! on; a full ring drops the line. The writer takes all rings empty at most a few times a second,
//! or sooner if one of them is half full, and sleeps while there is nothing. So nothing that the
//! file, the pipe or the daemon does can hold up an answer.
//!
//! | file | idea |
//! | --- | --- |
//! | `recorder` | the worker's end of a ring |
//! | `record` | what stands in a ring |
//! | `bell` | who wakes the writer, and when |
//! | `writer` | the thread that empties the rings |
//! | `format` | lines: combined and JSON; `escape` keeps each to one |
//! | `sink` | where lines go |

mod bell;
mod escape;
mod format;
#[cfg(any(fuzzing, test))]
pub(crate) mod fuzzing;
mod record;
mod recorder;
mod sink;
#[cfg(test)]
mod tests;
mod writer;

pub(crate) use recorder::{Home, Recorder};

use crate::config::{LogTarget, Settings};
use crate::error::{Error, ErrorCode, Result};
use crate::log::Log;
use crate::stats::{Cells, Snapshot};
use crate::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use bell::Bell;
use format::Formatter;
use rtrb::{Consumer, RingBuffer};
use sink::Sink;
use std::io;
use std::os::fd::RawFd;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Time that the writer has for what is left when the server stops.
const LAST_LINES: Duration = Duration::from_secs(2);

/// The access log of one server, as its owner sees it.
#[derive(Debug)]
pub(crate) struct AccessLog {
    target: LogTarget,
    /// What was opened at the start.
    descriptor: RawFd,
    shared: Arc<Shared>,
}

/// What the writer shares with others.
#[derive(Debug)]
pub(super) struct Shared {
    bell: Bell,
    orders: Mutex<Orders>,
    /// Rung when the writer has ended.
    ended: Condvar,
    /// What the writer counts.
    cells: Cells,
}

/// What the writer is told.
#[derive(Debug, Default)]
struct Orders {
    /// Write there from now on.
    reopened: Option<Sink>,
    /// Write what is left until then, and end.
    end: Option<Instant>,
    has_ended: bool,
}

/// A log whose target is open and whose writer is not started.
#[derive(Debug)]
pub(crate) struct Prepared {
    log: AccessLog,
    sink: Sink,
}

impl Prepared {
    /// Opens what `settings` name; `None` where there shall be no log.
    ///
    /// # Errors
    /// [`ErrorCode::Io`] naming what cannot be opened.
    pub(crate) fn open(settings: &Settings) -> Result<Option<Prepared>> {
        let target = settings.access_log.clone();
        let Some(sink) = open(&target)? else { return Ok(None) };
        let shared = Shared {
            bell: Bell::new(),
            orders: Mutex::default(),
            ended: Condvar::new(),
            cells: Cells::default(),
        };
        let log = AccessLog { target, descriptor: sink.descriptor(), shared: Arc::new(shared) };
        Ok(Some(Prepared { log, sink }))
    }

    /// The file that is opened again at a reload.
    pub(crate) fn file(&self) -> Option<&Path> {
        match &self.log.target {
            LogTarget::File(path) => Some(path),
            _ => None,
        }
    }

    /// Starts the writer; gives the log and a recorder for each worker. `listeners` are the
    /// addresses that lines show.
    pub(crate) fn start(
        self,
        settings: &Settings,
        listeners: &[String],
        log: Log,
    ) -> io::Result<(AccessLog, Vec<Home>)> {
        let Prepared { log: access_log, sink } = self;
        let (mut homes, mut rings) = (Vec::new(), Vec::new());
        for _ in 0..settings.workers {
            let (producer, consumer) = RingBuffer::new(settings.access_log_buffer);
            rings.push(consumer);
            let recorder =
                Recorder::new(producer, access_log.shared.clone(), settings.access_log_sample);
            homes.push(Home::of(recorder));
        }
        let formatter = Formatter::new(settings.access_log_format, listeners);
        spawn(access_log.shared.clone(), rings, formatter, sink, log)?;
        Ok((access_log, homes))
    }
}

fn spawn(
    shared: Arc<Shared>,
    rings: Vec<Consumer<u8>>,
    formatter: Formatter,
    sink: Sink,
    log: Log,
) -> io::Result<()> {
    let writer = move || writer::run(shared, rings, formatter, sink, log);
    crate::sys::thread::named("hr-log").spawn(writer).map(drop)
}

impl AccessLog {
    /// Opens the file again, after it was moved away; lines go to the old one or the new one.
    /// Whether it is a file: standard output and daemons stay as they are.
    ///
    /// # Errors
    /// [`ErrorCode::Io`]; the log goes on where it was.
    pub(crate) fn reopen(&self) -> Result<bool> {
        if let (LogTarget::File(_), Some(sink)) = (&self.target, open(&self.target)?) {
            self.shared.orders().reopened = Some(sink);
            self.shared.bell.ring();
            return Ok(true);
        }
        Ok(false)
    }

    /// The descriptor that lines were written to at the start.
    pub(crate) fn descriptor(&self) -> RawFd {
        self.descriptor
    }

    /// What the writer counts.
    pub(crate) fn stats(&self) -> Snapshot {
        self.shared.cells.snapshot()
    }

    /// Has what is left written, but for what takes too long. To be called after the workers have
    /// ended.
    pub(crate) fn finish(&self) {
        let end = Instant::now() + LAST_LINES;
        let mut orders = self.shared.orders();
        orders.end = Some(end);
        self.shared.bell.ring();
        // A disk that hangs may hold the writer for ever: it is left behind then.
        let end = end + LAST_LINES / 4;
        while !orders.has_ended {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let waited = self.shared.ended.wait_timeout(orders, left);
            orders = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Orders {
    fn is_any(&self) -> bool {
        self.reopened.is_some() || self.end.is_some()
    }
}

impl Shared {
    /// No panic leaves orders half-changed: poison means nothing.
    fn orders(&self) -> MutexGuard<'_, Orders> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn open(target: &LogTarget) -> Result<Option<Sink>> {
    Sink::open(target).map_err(|(place, error)| {
        Error::new(ErrorCode::Io, format!("access_log: cannot open {place}: {error}"))
    })
}
