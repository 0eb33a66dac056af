//! The connection pool: fixed capacity, free lists, keys with a generation.
//!
//! Slots live in chunks that are mapped when first needed and never move, so memory follows use and
//! growing copies nothing. New connections go to the first chunk that has room, so that the last
//! ones run empty when the many have left; an empty chunk goes back to the kernel, but for one that
//! is kept for the next to come. A slot's generation grows each time its connection goes, so a
//! [`Key`] of a connection that is gone finds nothing, even if the slot is in use again.

use super::Connection;
use crate::sys::pages::Pages;

/// Slots of one chunk: 48 KiB at a time. Fewer in tests, where each connection is a descriptor.
const CHUNK: u32 = if cfg!(test) { 8 } else { 1024 };

/// Milliseconds to which the time is known at which a connection came: 32 bits are eight years.
const BORN: u64 = 64;

/// The end of a list of slots.
pub(crate) const NONE: u32 = u32::MAX;

/// Names a connection in a pool: late users of a key whose connection is gone find nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) index: u32,
    pub(crate) generation: u32,
}

#[derive(Debug)]
struct Slot {
    generation: u32,
    /// The next free slot of the chunk; while this one is in use, when its connection came, in
    /// units of [`BORN`] milliseconds.
    next_free: u32,
    connection: Option<Connection>,
}

// An idle keep-alive connection costs its slot and nothing else.
const _: () = assert!(size_of::<Slot>() <= 48);

#[derive(Debug)]
struct Chunk {
    /// None while the kernel has the memory.
    slots: Pages<Slot>,
    /// The first of its free slots, by its index in the pool.
    first_free: u32,
    /// Slots that hold a connection.
    used: u32,
    /// Of its slots when they are made again.
    generation: u32,
}

/// The connections of one worker.
#[derive(Debug)]
pub(crate) struct Pool {
    chunks: Vec<Chunk>,
    /// A bit for each chunk, set where it has a free slot.
    with_room: Vec<u64>,
    /// No word of `with_room` before this one has a bit set.
    first_with_room: usize,
    /// The chunk that is kept though it is empty.
    spare: Option<u32>,
    capacity: u32,
    len: u32,
    /// Of a slot that was never used.
    generation: u32,
}

impl Pool {
    /// A pool for at most `capacity` connections; allocates nothing yet. Generations count from
    /// `generation`: a pool that takes the place of another one starts far from where that was,
    /// so that its keys find nothing here.
    pub(crate) fn new(capacity: u32, generation: u32) -> Self {
        Pool {
            chunks: Vec::new(),
            with_room: Vec::new(),
            first_with_room: 0,
            spare: None,
            capacity,
            len: 0,
            generation,
        }
    }

    pub(crate) fn len(&self) -> u32 {
        self.len
    }

    pub(crate) fn is_full(&self) -> bool {
        self.len == self.capacity
    }

    /// Takes `connection` in, which comes at `now` (milliseconds), or gives it back if the pool is full or no memory is left.
    #[allow(clippy::result_large_err, reason = "the error is the connection itself, 40 bytes")]
    pub(crate) fn insert(&mut self, connection: Connection, now: u64) -> Result<Key, Connection> {
        if self.is_full() {
            return Err(connection);
        }
        let Some(at) = self.chunk_with_room() else { return Err(connection) };
        let chunk = &mut self.chunks[at as usize];
        let index = chunk.first_free;
        let slot = &mut chunk.slots[(index % CHUNK) as usize];
        let generation = slot.generation;
        slot.connection = Some(connection);
        chunk.first_free = std::mem::replace(&mut slot.next_free, (now / BORN) as u32);
        chunk.used += 1;
        if chunk.first_free == NONE {
            self.with_room[at as usize / 64] &= !(1 << (at % 64));
        }
        if self.spare == Some(at) {
            self.spare = None;
        }
        self.len += 1;
        Ok(Key { index, generation })
    }

    /// Gives the connection out for good; its key finds nothing from now on.
    pub(crate) fn remove(&mut self, key: Key) -> Option<Connection> {
        let at = key.index / CHUNK;
        let chunk = self.chunks.get_mut(at as usize)?;
        let slot = chunk.slots.get_mut((key.index % CHUNK) as usize)?;
        if slot.generation != key.generation {
            return None;
        }
        let connection = slot.connection.take()?;
        slot.generation = slot.generation.wrapping_add(1);
        slot.next_free = chunk.first_free;
        chunk.first_free = key.index;
        chunk.used -= 1;
        let is_empty = chunk.used == 0;
        self.len -= 1;
        self.has_room(at);
        if is_empty {
            self.keep_one_spare(at);
        }
        Some(connection)
    }

    #[inline]
    pub(crate) fn get(&mut self, key: Key) -> Option<&mut Connection> {
        let slot = self.slot_mut(key.index)?;
        if slot.generation == key.generation { slot.connection.as_mut() } else { None }
    }

    /// The connection in slot `index`, whichever it is now.
    #[inline]
    pub(crate) fn at(&mut self, index: u32) -> Option<&mut Connection> {
        self.slot_mut(index)?.connection.as_mut()
    }

    /// For how many milliseconds, to a sixteenth of a second, the connection in slot `index` has been
    /// here; `None` where there is none.
    pub(crate) fn age_at(&self, index: u32, now: u64) -> Option<u64> {
        let slot = self.slot(index)?;
        slot.connection.as_ref()?;
        Some(u64::from(((now / BORN) as u32).wrapping_sub(slot.next_free)) * BORN)
    }

    /// The key of the connection in slot `index` now.
    pub(crate) fn key_at(&self, index: u32) -> Option<Key> {
        let slot = self.slot(index)?;
        slot.connection.is_some().then_some(Key { index, generation: slot.generation })
    }

    /// One more than the highest index in use so far.
    pub(crate) fn extent(&self) -> u32 {
        (self.chunks.len() as u32).saturating_mul(CHUNK).min(self.capacity)
    }

    #[inline]
    fn slot(&self, index: u32) -> Option<&Slot> {
        self.chunks.get((index / CHUNK) as usize)?.slots.get((index % CHUNK) as usize)
    }

    #[inline]
    fn slot_mut(&mut self, index: u32) -> Option<&mut Slot> {
        self.chunks.get_mut((index / CHUNK) as usize)?.slots.get_mut((index % CHUNK) as usize)
    }

    /// The first chunk with a free slot, its memory there. `None` if there is no memory.
    fn chunk_with_room(&mut self) -> Option<u32> {
        while self.with_room.get(self.first_with_room).is_some_and(|&word| word == 0) {
            self.first_with_room += 1;
        }
        let at = match self.with_room.get(self.first_with_room) {
            Some(word) => self.first_with_room as u32 * 64 + word.trailing_zeros(),
            None => self.chunks.len() as u32,
        };
        if self.chunks.get(at as usize).is_some_and(|chunk| !chunk.slots.is_empty()) {
            return Some(at);
        }
        match self.spare {
            Some(spare) => Some(spare),
            None => self.map(at).map(|()| at),
        }
    }

    /// Maps the memory of chunk `at`, which may be one more than there are.
    #[cold]
    fn map(&mut self, at: u32) -> Option<()> {
        let generation = self.chunks.get(at as usize).map_or(self.generation, |it| it.generation);
        let start = at * CHUNK;
        let end = start.saturating_add(CHUNK).min(self.capacity);
        let slots = Pages::new((end - start) as usize, |offset| {
            let next = start + offset as u32 + 1;
            Slot { generation, next_free: if next == end { NONE } else { next }, connection: None }
        });
        let chunk = Chunk { slots: slots.ok()?, first_free: start, used: 0, generation };
        match self.chunks.get_mut(at as usize) {
            Some(place) => *place = chunk,
            None => self.chunks.push(chunk),
        }
        self.spare = Some(at);
        self.has_room(at);
        Some(())
    }

    fn has_room(&mut self, at: u32) {
        let word = at as usize / 64;
        if word >= self.with_room.len() {
            self.with_room.resize(word + 1, 0);
        }
        self.with_room[word] |= 1 << (at % 64);
        self.first_with_room = self.first_with_room.min(word);
    }

    /// Chunk `at` has become empty: the kernel has its memory back, or that of the last spare one.
    #[cold]
    fn keep_one_spare(&mut self, at: u32) {
        let kept = self.spare.map_or(at, |spare| spare.min(at));
        if let Some(given) = self.spare.replace(kept).map(|spare| spare.max(at)) {
            let base = self.generation;
            let chunk = &mut self.chunks[given as usize];
            // Beyond all that its slots have had.
            let ages = chunk.slots.iter().map(|slot| slot.generation.wrapping_sub(base));
            chunk.generation = base.wrapping_add(ages.max().unwrap_or(0));
            chunk.slots = Pages::empty();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;

    fn connection() -> Connection {
        Connection::new(File::open("/dev/null").expect("/dev/null").into(), 0)
    }

    #[test]
    fn a_key_of_a_removed_connection_finds_nothing_even_when_its_slot_is_used_again() {
        let mut pool = Pool::new(4, 0);
        let old = pool.insert(connection(), 0).expect("room");
        assert!(pool.remove(old).is_some());
        let new = pool.insert(connection(), 0).expect("room");
        assert_eq!(old.index, new.index);
        assert!(pool.get(old).is_none());
        assert!(pool.remove(old).is_none());
        assert!(pool.get(new).is_some());
    }

    #[test]
    fn a_full_pool_gives_the_connection_back() {
        let mut pool = Pool::new(2, 0);
        assert!(pool.insert(connection(), 0).is_ok());
        assert!(pool.insert(connection(), 0).is_ok());
        assert!(pool.is_full());
        assert!(pool.insert(connection(), 0).is_err());
        assert_eq!(pool.len(), 2);
    }

    #[test]
    fn the_pool_grows_in_chunks_up_to_a_capacity_that_is_no_multiple_of_one() {
        let capacity = CHUNK + 10;
        let mut pool = Pool::new(capacity, 0);
        assert_eq!(pool.extent(), 0);
        let keys: Vec<Key> = (0..capacity).map(|_| pool.insert(connection(), 0).unwrap()).collect();
        assert_eq!(pool.extent(), capacity);
        assert!(pool.insert(connection(), 0).is_err());
        for key in keys {
            assert!(pool.remove(key).is_some());
        }
        assert_eq!(pool.len(), 0);
        assert_eq!(
            pool.insert(connection(), 0).unwrap().index,
            CHUNK - 1,
            "first chunk, last freed"
        );
    }

    fn mapped(pool: &Pool) -> Vec<bool> {
        pool.chunks.iter().map(|chunk| !chunk.slots.is_empty()).collect()
    }

    #[test]
    fn empty_chunks_go_back_but_for_one_and_their_keys_find_nothing_when_they_return() {
        let mut pool = Pool::new(4 * CHUNK, 3);
        let keys: Vec<Key> =
            (0..4 * CHUNK).map(|_| pool.insert(connection(), 0).unwrap()).collect();
        assert_eq!(mapped(&pool), [true; 4]);
        let stays = keys[5];
        for &key in keys.iter().filter(|&&key| key != stays) {
            assert!(pool.remove(key).is_some());
        }
        assert_eq!(mapped(&pool), [true, true, false, false], "in use, spare, gone, gone");
        assert!(pool.get(stays).is_some() && pool.at(stays.index).is_some());
        assert!(pool.at(3 * CHUNK).is_none() && pool.key_at(3 * CHUNK).is_none());
        assert!(keys.iter().all(|&key| key == stays || pool.get(key).is_none()));
        for _ in 1..4 * CHUNK {
            assert!(pool.insert(connection(), 0).is_ok());
        }
        assert!(pool.is_full());
        assert!(keys.iter().all(|&key| key == stays || pool.get(key).is_none()));
        assert!(keys.iter().all(|&key| key == stays || pool.remove(key).is_none()));
    }

    #[test]
    fn new_connections_fill_the_first_chunks() {
        let mut pool = Pool::new(200 * CHUNK, 0);
        // More chunks than one word of the map has bits; every second slot is free again.
        let keys: Vec<Key> =
            (0..70 * CHUNK).map(|_| pool.insert(connection(), 0).unwrap()).collect();
        for key in keys.iter().step_by(2) {
            assert!(pool.remove(*key).is_some());
        }
        let again: Vec<u32> =
            (0..35 * CHUNK).map(|_| pool.insert(connection(), 0).unwrap().index).collect();
        assert!(again.iter().all(|index| index % 2 == 0));
        assert!(again.is_sorted_by_key(|index| index / CHUNK));
        assert_eq!(pool.insert(connection(), 0).unwrap().index, 70 * CHUNK);
    }

    /// Steps of a case; each looks at every key there was.
    const STEPS: usize = if cfg!(miri) { 60 } else { 300 };

    proptest::proptest! {
        /// Whatever comes and goes: a key finds its connection, a late key nothing, and memory is
        /// there for what is in use and one chunk more.
        #[test]
        fn keys_and_chunks_stay_right(steps in proptest::collection::vec((0u8..3, 0usize..40), 0..STEPS)) {
            let capacity = 5 * CHUNK + 3;
            let mut pool = Pool::new(capacity, u32::MAX - 2);
            let (mut held, mut gone) = (Vec::new(), Vec::new());
            for (what, which) in steps {
                if what > 0 && held.len() < capacity as usize {
                    let key = pool.insert(connection(), 0).unwrap();
                    assert!(!held.contains(&key) && !gone.contains(&key));
                    held.push(key);
                } else if !held.is_empty() {
                    let key: Key = held.swap_remove(which % held.len());
                    assert!(pool.remove(key).is_some());
                    gone.push(key);
                }
                assert_eq!(pool.len() as usize, held.len());
                assert!(held.iter().all(|&key| pool.get(key).is_some() && pool.key_at(key.index) == Some(key)));
                assert!(gone.iter().all(|&key| pool.get(key).is_none() && pool.remove(key).is_none()));
                let used: std::collections::HashSet<u32> =
                    held.iter().map(|key| key.index / CHUNK).collect();
                let mapped = mapped(&pool);
                assert!(used.iter().all(|&chunk| mapped[chunk as usize]));
                assert!(mapped.iter().filter(|&&it| it).count() <= used.len() + 1);
            }
        }
    }

    #[test]
    fn the_spare_chunk_is_used_before_another_one_is_mapped() {
        let mut pool = Pool::new(4 * CHUNK, 0);
        let keys: Vec<Key> =
            (0..3 * CHUNK).map(|_| pool.insert(connection(), 0).unwrap()).collect();
        let leave = |pool: &mut Pool, chunk: u32| {
            let those = keys.iter().filter(|key| key.index / CHUNK == chunk);
            those.for_each(|&key| assert!(pool.remove(key).is_some()));
        };
        leave(&mut pool, 0);
        leave(&mut pool, 1);
        (0..CHUNK).for_each(|_| assert!(pool.insert(connection(), 0).is_ok()));
        leave(&mut pool, 2);
        assert_eq!(mapped(&pool), [true, false, true], "in use, gone, spare");
        assert_eq!(pool.insert(connection(), 0).unwrap().index / CHUNK, 2);
    }

    #[test]
    fn one_connection_that_comes_and_goes_maps_once() {
        let mut pool = Pool::new(CHUNK, 0);
        let first = pool.insert(connection(), 0).unwrap();
        let place = pool.chunks[0].slots.as_ptr();
        assert!(pool.remove(first).is_some());
        let second = pool.insert(connection(), 0).unwrap();
        assert_eq!(first.index, second.index);
        assert_eq!(place, pool.chunks[0].slots.as_ptr());
    }

    #[test]
    fn a_connection_is_as_old_as_it_has_been_here_whoever_had_its_slot() {
        let mut pool = Pool::new(2, 0);
        let first = pool.insert(connection(), 1_000).expect("room");
        assert_eq!(pool.age_at(first.index, 1_000), Some(0));
        assert!((8_936..=9_064).contains(&pool.age_at(first.index, 10_000).unwrap()));
        assert!(pool.remove(first).is_some());
        assert_eq!(pool.age_at(first.index, 10_000), None);
        let again = pool.insert(connection(), 20_000).expect("room");
        assert_eq!((again.index, pool.age_at(again.index, 20_010)), (first.index, Some(0)));
        assert!(pool.insert(connection(), 0).is_ok() && pool.insert(connection(), 0).is_err());
    }

    #[test]
    fn an_index_or_key_beyond_the_pool_finds_nothing() {
        let mut pool = Pool::new(1, 0);
        assert!(pool.at(0).is_none());
        assert!(pool.get(Key { index: 5000, generation: 0 }).is_none());
        assert!(pool.key_at(NONE).is_none());
    }
}
