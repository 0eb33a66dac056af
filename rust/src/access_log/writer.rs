//! The thread that empties the rings.

use super::format::Formatter;
use super::sink::Sink;
use super::{Shared, record};
use crate::log::Log;
use crate::sync::{current, park_timeout};
use rtrb::Consumer;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The writer rests so long between two rounds, if no ring is half full: many lines are written
/// at once then, and none is much older.
const REST: Duration = Duration::from_millis(100);

/// Octets taken from a ring at a time: several records of any length.
const TAKEN: usize = 256 * 1024;

/// Octets of lines that are written at a time.
const BATCH: usize = 128 * 1024;

/// Trouble is told about so often.
const TELL: Duration = Duration::from_secs(60);

/// Writes what is in `rings` until it is told to end.
pub(super) fn run(
    shared: Arc<Shared>,
    rings: Vec<Consumer<u8>>,
    formatter: Formatter,
    sink: Sink,
    log: Log,
) {
    let _ended = Ended(shared.clone());
    shared.bell.belongs_to(current());
    let mut writer = Writer {
        lines: Vec::with_capacity(BATCH + 64 * 1024),
        wrapped: Vec::new(),
        torn: false,
        told: None,
        end: None,
        shared,
        formatter,
        sink,
        log,
    };
    writer.run(rings);
}

/// Tells who waits that the writer has ended, by a panic too.
struct Ended(Arc<Shared>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.orders().has_ended = true;
        self.0.ended.notify_all();
    }
}

struct Writer {
    shared: Arc<Shared>,
    formatter: Formatter,
    sink: Sink,
    log: Log,
    /// Lines that are to be written.
    lines: Vec<u8>,
    /// Records that stand at the end and at the beginning of their ring.
    wrapped: Vec<u8>,
    /// The last line was cut off in the middle.
    torn: bool,
    /// When trouble was told about.
    told: Option<Instant>,
    /// When to end, whatever is left.
    end: Option<Instant>,
}

impl Writer {
    fn run(&mut self, mut rings: Vec<Consumer<u8>>) {
        loop {
            self.shared.bell.begin_round();
            self.obey();
            self.formatter.set_clock();
            let mut found = false;
            for ring in &mut rings {
                found |= self.empty(ring);
            }
            self.write_out();
            if self.end.is_some() {
                if !found || self.is_over() {
                    return self.count_rest(&mut rings);
                }
            } else if found {
                self.rest();
            } else {
                let shared = &self.shared;
                let is_idle = || rings.iter().all(Consumer::is_empty) && !shared.orders().is_any();
                shared.bell.sleep(is_idle);
            }
        }
    }

    fn rest(&self) {
        if !self.shared.bell.is_hurried() {
            park_timeout(REST);
        }
    }

    /// Does what it was told.
    fn obey(&mut self) {
        let mut orders = self.shared.orders();
        if let Some(sink) = orders.reopened.take() {
            drop(orders);
            (self.sink, self.torn) = (sink, false);
            orders = self.shared.orders();
        }
        self.end = orders.end;
    }

    fn is_over(&self) -> bool {
        self.end.is_some_and(|end| Instant::now() >= end)
    }

    /// Makes lines of all that is in a ring; whether there was anything.
    fn empty(&mut self, ring: &mut Consumer<u8>) -> bool {
        let mut found = false;
        loop {
            let there = ring.slots().min(TAKEN);
            let Ok(chunk) = ring.read_chunk(there) else { return found };
            let (first, second) = chunk.as_slices();
            let taken = if second.is_empty() {
                self.format(first)
            } else {
                let mut wrapped = std::mem::take(&mut self.wrapped);
                wrapped.clear();
                wrapped.extend_from_slice(first);
                wrapped.extend_from_slice(second);
                let taken = self.format(&wrapped);
                self.wrapped = wrapped;
                taken
            };
            chunk.commit(taken);
            if taken == 0 || self.is_over() {
                return found;
            }
            found = true;
        }
    }

    /// Makes lines of the whole records in `octets`; how many octets they were.
    fn format(&mut self, octets: &[u8]) -> usize {
        let mut rest = octets;
        while let Some(record) = record::take(&mut rest) {
            self.formatter.line(&record, &mut self.lines);
            if self.lines.len() >= BATCH {
                self.write_out();
            }
        }
        octets.len() - rest.len()
    }

    /// Writes all lines, or counts those that nobody takes. Where somebody is only slow, it waits:
    /// the rings fill then, and the workers drop what does not fit.
    fn write_out(&mut self) {
        let mut lines = std::mem::take(&mut self.lines);
        if self.torn && !lines.is_empty() {
            lines.insert(0, b'\n');
        }
        let mut at = 0;
        while at < lines.len() {
            match self.sink.write(&lines[at..]) {
                Ok(0) if self.is_over() => break,
                Ok(0) => self.obey(),
                Ok(count) => {
                    let written = count_lines(&lines[at..at + count]);
                    self.shared.cells.access_log_written.add(written - u64::from(self.torn));
                    self.torn = false;
                    at += count;
                }
                Err(error) => {
                    self.tell(&error);
                    break;
                }
            }
        }
        if at < lines.len() {
            self.torn |= at > 0 && lines[at - 1] != b'\n';
            self.shared.cells.access_log_dropped.add(count_lines(&lines[at..]));
        }
        lines.clear();
        self.lines = lines;
    }

    /// Tells the operator, once in a while.
    fn tell(&mut self, error: &io::Error) {
        if self.told.is_none_or(|told| told.elapsed() >= TELL) {
            self.told = Some(Instant::now());
            self.log.error(format_args!(
                "access_log: lines are dropped (access_log_dropped counts them): {error}"
            ));
        }
    }

    /// The time is over: what is still in the rings is dropped.
    fn count_rest(&mut self, rings: &mut [Consumer<u8>]) {
        for ring in rings {
            while let Ok(chunk) = ring.read_chunk(ring.slots().min(TAKEN)) {
                let (first, second) = chunk.as_slices();
                let octets = [first, second].concat();
                let (mut rest, mut count) = (&octets[..], 0);
                while record::take(&mut rest).is_some() {
                    count += 1;
                }
                if count == 0 {
                    break;
                }
                self.shared.cells.access_log_dropped.add(count);
                chunk.commit(octets.len() - rest.len());
            }
        }
    }
}

fn count_lines(octets: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', octets).count() as u64
}
