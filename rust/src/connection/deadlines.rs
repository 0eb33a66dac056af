//! Deadlines: O(1), no allocation, nothing touched on the path of a request.
//!
//! All deadlines of one kind have the same length, so a connection on a list need only write the
//! time of its last activity; the sweep looks at it when its place comes up and moves it on if it
//! was active since. With one FIFO list for a kind such a connection would stand behind others
//! that are due later and could live for twice its time. So each kind has a ring of lists, one
//! for each coming tick; a connection is moved to the list of the tick when it is really due.

use super::{Connection, pool::NONE, pool::Pool};
use crate::config::Settings;
use std::time::Duration;

/// What a connection may run out of time for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Deadline {
    /// The request head, from its first byte or from accept; not renewed by bytes.
    Head = 0,
    /// Progress of the request body.
    Body = 1,
    /// Progress of the answer.
    Write = 2,
    /// The next request.
    KeepAlive = 3,
    /// The client's end of stream after the last answer; not renewed.
    Linger = 4,
}

const KINDS: usize = 5;

/// Lists of one ring. A deadline further away waits in the last one and is looked at again there.
const SLOTS: usize = 256;

/// The slot of a connection that [`Deadlines::sweep`] found due: it is in no list.
const DUE: u16 = SLOTS as u16;

/// A time that never comes: 24 days, as far as 32 bits of milliseconds can look ahead safely.
const NEVER: u32 = i32::MAX as u32;

/// A connection's place in a list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link {
    next: u32,
    prev: u32,
    slot: u16,
    kind: Option<Deadline>,
}

impl Default for Link {
    fn default() -> Self {
        Link { next: NONE, prev: NONE, slot: 0, kind: None }
    }
}

impl Link {
    /// The deadline that runs, if any.
    #[inline]
    pub(crate) fn kind(&self) -> Option<Deadline> {
        self.kind
    }
}

/// The deadlines of one worker's connections.
#[derive(Debug)]
pub(crate) struct Deadlines {
    rings: [[u32; SLOTS]; KINDS],
    lengths: [u32; KINDS],
    period: u64,
    /// The last tick that was swept.
    tick: u64,
    pending: u32,
}

impl Deadlines {
    /// `now` in milliseconds, as for all that follows.
    pub(crate) fn new(settings: &Settings, now: u64) -> Self {
        let lengths = [
            settings.head_timeout,
            settings.body_timeout,
            settings.write_timeout,
            settings.keep_alive_timeout,
            settings.linger_timeout,
        ]
        .map(milliseconds);
        let shortest = lengths.iter().copied().min().unwrap_or(NEVER);
        let period = u64::from((shortest / 4).clamp(10, 1000));
        Deadlines { rings: [[NONE; SLOTS]; KINDS], lengths, period, tick: now / period, pending: 0 }
    }

    /// How often [`Deadlines::sweep`] wants to be called while connections are pending.
    pub(crate) fn period(&self) -> Duration {
        Duration::from_millis(self.period)
    }

    /// Whether no deadline runs.
    pub(crate) fn is_empty(&self) -> bool {
        self.pending == 0
    }

    /// Starts `kind` for the connection in slot `index`, in place of what ran before.
    pub(crate) fn start(&mut self, pool: &mut Pool, index: u32, kind: Deadline, now: u64) {
        self.stop(pool, index);
        if let Some(connection) = pool.at(index) {
            connection.since = now as u32;
            self.link(pool, index, kind, now);
        }
    }

    /// Stops whatever runs for the connection in slot `index`.
    pub(crate) fn stop(&mut self, pool: &mut Pool, index: u32) {
        let Some(connection) = pool.at(index) else { return };
        let link = std::mem::take(&mut connection.link);
        let Some(kind) = link.kind else { return };
        if link.slot == DUE {
            return;
        }
        self.pending -= 1;
        match pool.at(link.prev) {
            Some(previous) => previous.link.next = link.next,
            None => self.rings[kind as usize][usize::from(link.slot)] = link.next,
        }
        if let Some(next) = pool.at(link.next) {
            next.link.prev = link.prev;
        }
    }

    /// Goes through the lists that came up since the last call. Connections that are due are
    /// taken off their lists and handed to `expired` by their slot's index, to be asked about
    /// again with [`Deadlines::confirm`] when their turn comes.
    pub(crate) fn sweep(
        &mut self,
        pool: &mut Pool,
        now: u64,
        mut expired: impl FnMut(u32, Deadline),
    ) {
        let target = now / self.period;
        // After a long pause every list has come up once: a second round would find nothing new.
        let first = (self.tick + 1).max((target + 1).saturating_sub(SLOTS as u64));
        for tick in first..=target {
            self.tick = tick;
            for kind in ALL {
                let mut index = self.take_list(kind, tick);
                while let Some(connection) = pool.at(index) {
                    let due = self.due(connection, kind, now);
                    let current = std::mem::replace(&mut index, connection.link.next);
                    connection.link = Link { slot: DUE, kind: Some(kind), ..Link::default() };
                    self.pending -= 1;
                    if due <= now {
                        expired(current, kind);
                    } else {
                        self.link(pool, current, kind, now);
                    }
                }
            }
        }
        self.tick = self.tick.max(target);
    }

    /// Whether the connection in slot `index`, which a sweep found due for `kind`, still is: what
    /// has come since may have renewed, replaced or stopped its deadline.
    pub(crate) fn confirm(
        &mut self,
        pool: &mut Pool,
        index: u32,
        kind: Deadline,
        now: u64,
    ) -> bool {
        let Some(connection) = pool.at(index) else { return false };
        if connection.link.slot != DUE || connection.link.kind != Some(kind) {
            return false;
        }
        connection.link = Link::default();
        let is_due = self.due(connection, kind, now) <= now;
        if !is_due {
            self.link(pool, index, kind, now);
        }
        is_due
    }

    /// The connection that has been idle between requests for the longest time, exact to a tick.
    pub(crate) fn longest_idle(&mut self, pool: &mut Pool, now: u64) -> Option<u32> {
        let kind = Deadline::KeepAlive;
        for ahead in 1..=SLOTS as u64 {
            let slot = self.slot(self.tick + ahead);
            let mut index = self.rings[kind as usize][slot];
            while let Some(connection) = pool.at(index) {
                let due = self.due(connection, kind, now);
                if self.slot_of_due(due) == slot {
                    return Some(index);
                }
                // It was active since it was put here: to where it belongs, and on with the next.
                let current = std::mem::replace(&mut index, connection.link.next);
                self.stop(pool, current);
                self.link(pool, current, kind, now);
            }
        }
        None
    }

    /// When the connection is due, in milliseconds.
    fn due(&self, connection: &Connection, kind: Deadline, now: u64) -> u64 {
        let age = (now as u32).wrapping_sub(connection.since);
        now - u64::from(age).min(now) + u64::from(self.lengths[kind as usize])
    }

    fn link(&mut self, pool: &mut Pool, index: u32, kind: Deadline, now: u64) {
        let Some(connection) = pool.at(index) else { return };
        let slot = self.slot_of_due(self.due(connection, kind, now));
        let head = std::mem::replace(&mut self.rings[kind as usize][slot], index);
        connection.link = Link { next: head, prev: NONE, slot: slot as u16, kind: Some(kind) };
        if let Some(next) = pool.at(head) {
            next.link.prev = index;
        }
        self.pending += 1;
    }

    fn take_list(&mut self, kind: Deadline, tick: u64) -> u32 {
        let slot = self.slot(tick);
        std::mem::replace(&mut self.rings[kind as usize][slot], NONE)
    }

    fn slot_of_due(&self, due: u64) -> usize {
        // Rounded up: a deadline never fires early.
        let tick = due.div_ceil(self.period);
        self.slot(tick.clamp(self.tick + 1, self.tick + SLOTS as u64 - 1))
    }

    fn slot(&self, tick: u64) -> usize {
        (tick % SLOTS as u64) as usize
    }
}

const ALL: [Deadline; KINDS] =
    [Deadline::Head, Deadline::Body, Deadline::Write, Deadline::KeepAlive, Deadline::Linger];

fn milliseconds(timeout: Option<Duration>) -> u32 {
    timeout.map_or(NEVER, |t| u32::try_from(t.as_millis()).map_or(NEVER, |ms| ms.min(NEVER)))
}
