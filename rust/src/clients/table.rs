//! The clients of all workers in a fixed amount of memory.
//!
//! The table is set-associative: a keyed hash of the client names a set, and the client is one of
//! the 32 entries of that set or is not known. Finding one costs the same however many there are,
//! and nobody can choose addresses that meet in a set without the key, which is random for each
//! server. An entry is 16 octets: 31 bits of the hash stand for the client, then how many
//! connections it has open, then the moment from which on it may make a whole burst again.
//! (Two clients of one set are taken for one at odds of one in 2^31.) Memory is mapped as a whole
//! and used by the page as clients come.
//!
//! # Who is forgotten
//!
//! A client with open connections is never forgotten: its connections hold its place, and their
//! count stays exact. Of the others the one goes whose burst is whole again, or will be soonest.
//! To forget a client whose burst is whole loses nothing: unknown ones have the same. A client that
//! is over its rate is the last to be forgotten; who wants it to be forgotten, its own owner or not,
//! has to fill its set with clients that have asked for more than it has, so has to pay the
//! same price as many times over, with addresses that end up over their rate themselves. Cycling
//! through fresh addresses only replaces fresh addresses. How often a client was forgotten whose
//! burst was not whole is counted (`clients_forgotten`).
//!
//! Where all entries of a set have connections open, one more client there is let in untracked and
//! counted (`clients_untracked`): to refuse it would hand whoever has many addresses a way to
//! shut others out. With two entries for each connection that the server can hold that does not
//! happen (less than once in a hundred million connections).
//!
//! # Threads
//!
//! Any worker may call anything. A client comes under the lock of its set's stripe, so that it gets
//! one entry and not two; that is once for each connection, and there are a thousand stripes.
//! Requests and closes go straight to the entry, which cannot become somebody else's while a
//! connection holds it.

use crate::sync::{Mutex, PoisonError};
use crate::sys::pages::Pages;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::IpAddr;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

/// Entries of a set.
const WAYS: usize = 32;

/// First who and how many connections, of all entries: a search reads 256 octets. Then from when on
/// the burst is whole, in nanoseconds.
type Set = [AtomicU64; 2 * WAYS];

const STRIPES: usize = 1024;

/// One connection in an entry's first word; the client stands above it.
const ONE: u64 = 1;
const OPEN: u64 = u32::MAX as u64;

/// What came of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entered {
    /// It is counted; whether a client was forgotten that was not quiet.
    In { place: u32, forgot: bool },
    /// The client has as many as it may have.
    Crowded,
    /// Everybody in its set has connections open.
    NoRoom,
}

#[derive(Debug)]
pub(super) struct Table {
    sets: Pages<Set>,
    stripes: Box<[Mutex<()>]>,
    keys: RandomState,
}

impl Table {
    /// A table of `size` octets, at least one set and at most 2^31 entries.
    pub(super) fn new(size: u64) -> io::Result<Self> {
        let most = (1 << 31) / WAYS;
        let sets = usize::try_from(size).unwrap_or(usize::MAX) / size_of::<Set>();
        Ok(Table {
            sets: Pages::zeroed(sets.clamp(1, most))?,
            stripes: (0..STRIPES).map(|_| Mutex::new(())).collect(),
            keys: RandomState::new(),
        })
    }

    /// How many clients it can hold.
    pub(super) fn capacity(&self) -> u64 {
        (self.sets.len() * WAYS) as u64
    }

    /// A connection of `client` has come, which may have `most`. `now` is in nanoseconds.
    pub(super) fn enter(&self, client: IpAddr, most: u32, now: u64) -> Entered {
        let (at, tag) = self.find_set(client);
        let _one_at_a_time =
            self.stripes[at % STRIPES].lock().unwrap_or_else(PoisonError::into_inner);
        let set = &self.sets[at];
        let (who, whole_at) = set.split_at(WAYS);
        let place = |way: usize| (at * WAYS + way) as u32;
        if let Some(way) = position(who, tag) {
            if who[way].load(Relaxed) & OPEN >= u64::from(most) {
                return Entered::Crowded;
            }
            who[way].fetch_add(ONE, Relaxed);
            return Entered::In { place: place(way), forgot: false };
        }
        if most == 0 {
            return Entered::Crowded;
        }
        // Nobody holds these, so nothing but this function changes them. Acquire: what was spent
        // before the last connection left is seen.
        let free = (0..WAYS).filter(|&way| who[way].load(Acquire) & OPEN == 0);
        let Some(way) = free.min_by_key(|&way| whole_at[way].load(Relaxed)) else {
            return Entered::NoRoom;
        };
        let forgot = whole_at[way].load(Relaxed) > now;
        whole_at[way].store(0, Relaxed);
        who[way].store(tag | ONE, Relaxed);
        Entered::In { place: place(way), forgot }
    }

    /// Whether the client at `place` may make a request at `now` (nanoseconds): its burst would be
    /// whole again `whole_in` from now at most. It is counted then: `interval` later.
    #[inline]
    pub(super) fn spend(&self, place: u32, now: u64, interval: u64, whole_in: u64) -> bool {
        let set = &self.sets[place as usize / WAYS];
        let spend = |whole_at: u64| {
            let from = whole_at.max(now);
            (from - now <= whole_in).then_some(from + interval)
        };
        set[WAYS + place as usize % WAYS].fetch_update(Relaxed, Relaxed, spend).is_ok()
    }

    /// A connection of the client at `place` is gone.
    #[inline]
    pub(super) fn leave(&self, place: u32) {
        self.sets[place as usize / WAYS][place as usize % WAYS].fetch_sub(ONE, Release);
    }

    /// How many connections `client` has.
    #[cfg(test)]
    pub(super) fn open(&self, client: IpAddr) -> u32 {
        let (at, tag) = self.find_set(client);
        let set = &self.sets[at];
        position(&set[..WAYS], tag).map_or(0, |way| (set[way].load(Relaxed) & OPEN) as u32)
    }

    /// The set of `client`, and what stands for it there: the upper half of a word, never 0, which
    /// is nobody.
    fn find_set(&self, client: IpAddr) -> (usize, u64) {
        let hash = self.keys.hash_one(client);
        let at = ((hash & OPEN) * self.sets.len() as u64) >> 32;
        (at as usize, (hash & !OPEN) | 1 << 63)
    }
}

fn position(who: &[AtomicU64], tag: u64) -> Option<usize> {
    who.iter().position(|word| word.load(Relaxed) & !OPEN == tag)
}

#[cfg(test)]
mod tests;
