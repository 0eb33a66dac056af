//! The last minutes, so that a page that is opened now does not begin with nothing.

use super::json::{Json, Object};
use crate::server::{Inner, lock};
use crate::stats::Snapshot;
use crate::sync::{Condvar, Mutex, PoisonError};
use std::collections::VecDeque;
use std::sync::{Arc, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Between two points.
const EVERY: Duration = Duration::from_secs(1);

/// Points that are kept: three minutes.
const KEPT: usize = 181;

/// A moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Point {
    /// Milliseconds since the start.
    uptime: u64,
    requests: u64,
    /// Answers with a status of 400 and more.
    refused: u64,
}

/// The last minutes, written by a thread that sleeps a second at a time.
#[derive(Debug)]
pub(super) struct History {
    started: Instant,
    points: Mutex<VecDeque<Point>>,
    /// Whether the thread is to end.
    ended: Mutex<bool>,
    told: Condvar,
}

impl History {
    pub(super) fn new() -> Self {
        History {
            started: Instant::now(),
            points: Mutex::default(),
            ended: Mutex::new(false),
            told: Condvar::new(),
        }
    }

    /// Milliseconds since the start, of a clock that only goes forward.
    pub(super) fn uptime(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    pub(super) fn points(&self) -> Vec<Point> {
        lock(&self.points).iter().copied().collect()
    }

    /// Starts the thread that writes it.
    pub(super) fn keep(self: &Arc<Self>, server: Weak<Inner>) -> std::io::Result<JoinHandle<()>> {
        let history = self.clone();
        let work = move || {
            while history.pause() {
                let Some(server) = server.upgrade() else { break };
                history.add(&server.stats().1);
            }
        };
        crate::sys::thread::named("hr-admin-past").spawn(work)
    }

    /// Has the thread end.
    pub(super) fn end(&self) {
        *lock(&self.ended) = true;
        self.told.notify_all();
    }

    fn add(&self, total: &Snapshot) {
        let mut points = lock(&self.points);
        if points.len() == KEPT {
            points.pop_front();
        }
        points.push_back(Point {
            uptime: self.uptime(),
            requests: total.requests_handled,
            refused: total.responses_4xx.wrapping_add(total.responses_5xx),
        });
    }

    /// Sleeps until the next point is due; whether it is wanted.
    fn pause(&self) -> bool {
        let ended = lock(&self.ended);
        if *ended {
            return false;
        }
        // Woken for nothing, it writes a point early.
        let slept = self.told.wait_timeout(ended, EVERY);
        !*slept.unwrap_or_else(PoisonError::into_inner).0
    }
}

impl Json for Point {
    fn write(&self, out: &mut String) {
        let point = Object::new().with("uptime_ms", self.uptime);
        point.with("requests", self.requests).with("refused", self.refused).end().write(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_point_makes_room() {
        let history = History::new();
        for requests_handled in 0..500 {
            history.add(&Snapshot { requests_handled, ..Snapshot::default() });
        }
        let points = history.points();
        assert_eq!((points.len(), points[0].requests, points[180].requests), (KEPT, 319, 499));
        assert!(points.is_sorted_by_key(|point| point.uptime));
    }
}
