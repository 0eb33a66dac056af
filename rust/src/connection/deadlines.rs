//! Deadlines: O(1), no allocation, nothing touched on the path of a request.
//!
//! All deadlines of one kind have the same length, so a connection on a list need only write the
//! time of its last activity; the sweep looks at it when its place comes up and moves it on if it
//! was active since. With one FIFO list for a kind such a connection would stand behind others
//! that are due later and could live for twice its time. So each kind has a ring of lists, each
//! for a slice of the time to come; a connection is moved to the list of the slice in which it is
//! really due. The ring is as long as the timeout: whoever is in it stands in the order of its
//! activity, so the first connection that has not moved is the one idle for the longest time.
//! Those that a sweep finds due go to one more list of their kind, from which they are taken as
//! the worker has time for them: a million that are due at once need no memory for it.

use super::pool::{NONE, Pool};
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
    /// The end of the TLS handshake; not renewed.
    Handshake = 5,
}

const KINDS: usize = 6;

impl Deadline {
    pub(crate) const ALL: [Deadline; KINDS] = [
        Deadline::Head,
        Deadline::Body,
        Deadline::Write,
        Deadline::KeepAlive,
        Deadline::Linger,
        Deadline::Handshake,
    ];
}

/// Lists of one ring.
const SLOTS: usize = 256;

/// The list behind the ring: who was found due.
const DUE: usize = SLOTS;

/// How long a connection without a deadline stays in its list before it is put into another one.
const ROUND: u32 = 3_600_000;

/// Connections of one list that are looked at for one: the longest idle, or the next that is due.
const CANDIDATES: usize = 64;

/// As far as 32 bits of milliseconds can look ahead safely: 24 days.
const FURTHEST: u32 = i32::MAX as u32;

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
    rings: [Ring; KINDS],
    period: u64,
    pending: u32,
    /// Those of them that were found due: one number says between batches that nobody is.
    due: u32,
}

/// The deadlines of one kind.
#[derive(Debug)]
struct Ring {
    lists: [List; SLOTS + 1],
    /// Milliseconds from the last activity to the deadline; a [`ROUND`] where that is off.
    length: u32,
    is_off: bool,
    /// Milliseconds of one slice.
    width: u64,
    /// The last slice that was swept.
    tick: u64,
}

/// First in, first out.
#[derive(Clone, Copy, Debug)]
struct List {
    head: u32,
    tail: u32,
}

const EMPTY: List = List { head: NONE, tail: NONE };

impl Deadlines {
    /// `now` in milliseconds, as for all that follows.
    pub(crate) fn new(settings: &Settings, now: u64) -> Self {
        let timeouts = [
            settings.head_timeout,
            settings.body_timeout,
            settings.write_timeout,
            settings.keep_alive_timeout,
            settings.linger_timeout,
            settings.handshake_timeout,
        ];
        let shortest = timeouts.iter().flatten().min().map_or(ROUND, |&t| milliseconds(t));
        let period = u64::from((shortest / 4).clamp(10, 1000));
        let rings = timeouts.map(|timeout| Ring::new(timeout, period, now));
        Deadlines { rings, period, pending: 0, due: 0 }
    }

    /// The timeouts are as `settings` say from now on, also for deadlines that run: what is over by
    /// the new measure comes up in the next sweep.
    pub(crate) fn change(&mut self, pool: &mut Pool, settings: &Settings, now: u64) {
        *self = Deadlines::new(settings, now);
        for index in 0..pool.extent() {
            if let Some(kind) = pool.at(index).and_then(|connection| connection.link.kind) {
                self.link(pool, index, kind, now);
            }
        }
    }

    /// How often [`Deadlines::sweep`] wants to be called while connections are pending.
    pub(crate) fn period(&self) -> Duration {
        Duration::from_millis(self.period)
    }

    /// Whether no deadline runs or is over.
    pub(crate) fn is_empty(&self) -> bool {
        self.pending == 0
    }

    /// Starts `kind` for the connection in slot `index`, in place of what ran before.
    pub(crate) fn start(&mut self, pool: &mut Pool, index: u32, kind: Deadline, now: u64) {
        self.stop(pool, index);
        if self.pending == 0 {
            // Nobody sweeps empty lists.
            self.rings.iter_mut().for_each(|ring| ring.tick = now / ring.width);
        }
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
        self.pending -= 1;
        self.due -= u32::from(usize::from(link.slot) == DUE);
        let list = &mut self.rings[kind as usize].lists[usize::from(link.slot)];
        match pool.at(link.prev) {
            Some(previous) => previous.link.next = link.next,
            None => list.head = link.next,
        }
        match pool.at(link.next) {
            Some(next) => next.link.prev = link.prev,
            None => list.tail = link.prev,
        }
    }

    /// Goes through the lists that came up since the last call. Connections that are due are from
    /// then on given by [`Deadlines::next_due`].
    pub(crate) fn sweep(&mut self, pool: &mut Pool, now: u64) {
        for kind in Deadline::ALL {
            while let Some(mut index) = self.rings[kind as usize].next_list(now) {
                while let Some(connection) = pool.at(index) {
                    let current = std::mem::replace(&mut index, connection.link.next);
                    self.pending -= 1;
                    let ring = &self.rings[kind as usize];
                    if ring.due(connection.since, now) > now {
                        self.link(pool, current, kind, now);
                    } else if ring.is_off {
                        self.link_last(pool, current, kind);
                    } else {
                        self.link_to(pool, current, kind, DUE);
                    }
                }
            }
        }
    }

    /// Whether a sweep found connections due that were not taken yet.
    #[inline]
    pub(crate) fn any_due(&self) -> bool {
        self.due != 0
    }

    /// As [`Deadlines::any_due`], for `kind`.
    pub(crate) fn has_due(&self, kind: Deadline) -> bool {
        self.rings[kind as usize].lists[DUE].head != NONE
    }

    /// Takes the next connection that is due for `kind`, by its slot's index: its deadline is over
    /// and stopped. Those that were active since the sweep run on; after a number of them there is
    /// none for now, whatever [`Deadlines::has_due`] says.
    pub(crate) fn next_due(&mut self, pool: &mut Pool, kind: Deadline, now: u64) -> Option<u32> {
        for _ in 0..CANDIDATES {
            let index = self.rings[kind as usize].lists[DUE].head;
            let since = pool.at(index)?.since;
            self.stop(pool, index);
            if self.rings[kind as usize].due(since, now) <= now {
                return Some(index);
            }
            self.link(pool, index, kind, now);
        }
        None
    }

    /// The connection for which `kind` has run for the longest time without activity: exact among
    /// the first [`CANDIDATES`] of its slice of the ring, otherwise to a slice (with a timeout that
    /// is off: within the last hour).
    pub(crate) fn longest(&mut self, pool: &mut Pool, kind: Deadline, now: u64) -> Option<u32> {
        let tick = self.rings[kind as usize].tick;
        (tick + 1..=tick + SLOTS as u64)
            .find_map(|tick| self.oldest_of_slice(pool, kind, tick, now))
    }

    /// Of the first connections that belong into the slice `tick` the one that has been inactive
    /// for the longest time; those that do not belong there are moved to where they do.
    fn oldest_of_slice(
        &mut self,
        pool: &mut Pool,
        kind: Deadline,
        tick: u64,
        now: u64,
    ) -> Option<u32> {
        let mut oldest: Option<(u32, u32)> = None;
        let mut candidates = 0;
        let mut index = self.rings[kind as usize].lists[slot(tick)].head;
        while let Some(connection) = pool.at(index).filter(|_| candidates < CANDIDATES) {
            let since = connection.since;
            let current = std::mem::replace(&mut index, connection.link.next);
            if self.rings[kind as usize].tick_of(since, now) > tick {
                self.stop(pool, current);
                self.link(pool, current, kind, now);
                continue;
            }
            candidates += 1;
            let age = (now as u32).wrapping_sub(since);
            if oldest.is_none_or(|(_, longest)| age > longest) {
                oldest = Some((current, age));
            }
        }
        oldest.map(|(index, _)| index)
    }

    /// Puts the connection into the list of the slice in which it is due.
    fn link(&mut self, pool: &mut Pool, index: u32, kind: Deadline, now: u64) {
        let Some(connection) = pool.at(index) else { return };
        let tick = self.rings[kind as usize].tick_of(connection.since, now);
        self.link_to(pool, index, kind, slot(tick));
    }

    /// Puts a connection that is never due into the list that comes up last.
    fn link_last(&mut self, pool: &mut Pool, index: u32, kind: Deadline) {
        let last = self.rings[kind as usize].last();
        self.link_to(pool, index, kind, slot(last));
    }

    fn link_to(&mut self, pool: &mut Pool, index: u32, kind: Deadline, slot: usize) {
        let list = &mut self.rings[kind as usize].lists[slot];
        let tail = std::mem::replace(&mut list.tail, index);
        match pool.at(tail) {
            Some(previous) => previous.link.next = index,
            None => list.head = index,
        }
        if let Some(connection) = pool.at(index) {
            connection.link = Link { next: NONE, prev: tail, slot: slot as u16, kind: Some(kind) };
        }
        self.pending += 1;
        self.due += u32::from(slot == DUE);
    }
}

impl Ring {
    fn new(timeout: Option<Duration>, period: u64, now: u64) -> Self {
        let length = timeout.map_or(ROUND, milliseconds);
        // The slice of now and the one that a deadline is rounded up to are two of them.
        let width = u64::from(length).div_ceil(SLOTS as u64 - 2).max(period);
        let is_off = timeout.is_none();
        Ring { lists: [EMPTY; SLOTS + 1], length, is_off, width, tick: now / width }
    }

    /// The next list that has come up, taken out.
    fn next_list(&mut self, now: u64) -> Option<u32> {
        let target = now / self.width;
        if self.tick >= target {
            return None;
        }
        // After a long pause every list has come up once: a second round would find nothing new.
        self.tick = (self.tick + 1).max((target + 1).saturating_sub(SLOTS as u64));
        Some(std::mem::replace(&mut self.lists[slot(self.tick)], EMPTY).head)
    }

    /// When a connection that was active at `since` is due, in milliseconds.
    fn due(&self, since: u32, now: u64) -> u64 {
        let age = u64::from((now as u32).wrapping_sub(since));
        now.saturating_sub(age) + u64::from(self.length)
    }

    /// The slice in which it is looked at: the first one that begins when it is due.
    fn tick_of(&self, since: u32, now: u64) -> u64 {
        self.due(since, now).div_ceil(self.width).clamp(self.tick + 1, self.last())
    }

    /// The slice whose list comes up last.
    fn last(&self) -> u64 {
        self.tick + SLOTS as u64 - 1
    }
}

fn slot(tick: u64) -> usize {
    (tick % SLOTS as u64) as usize
}

fn milliseconds(timeout: Duration) -> u32 {
    u32::try_from(timeout.as_millis()).map_or(FURTHEST, |ms| ms.min(FURTHEST))
}

#[cfg(test)]
mod tests;
