//! The connection pool: fixed capacity, a free list, keys with a generation.
//!
//! Slots live in chunks that are allocated when first needed and never move, so memory follows
//! use and growing copies nothing. A slot's generation grows each time its connection goes, so a
//! [`Key`] of a connection that is gone finds nothing, even if the slot is in use again.

use super::Connection;

/// Slots of one chunk: 48 KiB at a time.
const CHUNK: u32 = 1024;

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
    /// The next free slot, while this one is free.
    next_free: u32,
    connection: Option<Connection>,
}

// An idle keep-alive connection costs its slot and nothing else.
const _: () = assert!(size_of::<Slot>() <= 64);

/// The connections of one worker.
#[derive(Debug)]
pub(crate) struct Pool {
    chunks: Vec<Box<[Slot]>>,
    capacity: u32,
    len: u32,
    first_free: u32,
    /// Of a slot that was never used.
    generation: u32,
}

impl Pool {
    /// A pool for at most `capacity` connections; allocates nothing yet. Generations count from
    /// `generation`: a pool that takes the place of another one starts far from where that was,
    /// so that its keys find nothing here.
    pub(crate) fn new(capacity: u32, generation: u32) -> Self {
        Pool { chunks: Vec::new(), capacity, len: 0, first_free: NONE, generation }
    }

    pub(crate) fn len(&self) -> u32 {
        self.len
    }

    pub(crate) fn is_full(&self) -> bool {
        self.len == self.capacity
    }

    /// Takes `connection` in, or gives it back if the pool is full.
    #[allow(clippy::result_large_err, reason = "the error is the connection itself, 40 bytes")]
    pub(crate) fn insert(&mut self, connection: Connection) -> Result<Key, Connection> {
        if self.is_full() {
            return Err(connection);
        }
        if self.first_free == NONE {
            self.grow();
        }
        let index = self.first_free;
        let slot = self.slot_mut(index);
        let generation = slot.generation;
        slot.connection = Some(connection);
        self.first_free = slot.next_free;
        self.len += 1;
        Ok(Key { index, generation })
    }

    /// Gives the connection out for good; its key finds nothing from now on.
    pub(crate) fn remove(&mut self, key: Key) -> Option<Connection> {
        let first_free = self.first_free;
        let slot = self.slot_of(key)?;
        let connection = slot.connection.take()?;
        slot.generation = slot.generation.wrapping_add(1);
        slot.next_free = first_free;
        self.first_free = key.index;
        self.len -= 1;
        Some(connection)
    }

    #[inline]
    pub(crate) fn get(&mut self, key: Key) -> Option<&mut Connection> {
        self.slot_of(key)?.connection.as_mut()
    }

    /// The connection in slot `index`, whichever it is now.
    #[inline]
    pub(crate) fn at(&mut self, index: u32) -> Option<&mut Connection> {
        self.chunks.get_mut((index / CHUNK) as usize)?[(index % CHUNK) as usize].connection.as_mut()
    }

    /// The key of the connection in slot `index` now.
    pub(crate) fn key_at(&self, index: u32) -> Option<Key> {
        let slot = &self.chunks.get((index / CHUNK) as usize)?[(index % CHUNK) as usize];
        slot.connection.is_some().then_some(Key { index, generation: slot.generation })
    }

    /// One more than the highest index in use so far.
    pub(crate) fn extent(&self) -> u32 {
        self.chunks.iter().map(|chunk| chunk.len() as u32).sum()
    }

    #[inline]
    fn slot_of(&mut self, key: Key) -> Option<&mut Slot> {
        let chunk = self.chunks.get_mut((key.index / CHUNK) as usize)?;
        let slot = chunk.get_mut((key.index % CHUNK) as usize)?;
        (slot.generation == key.generation).then_some(slot)
    }

    fn slot_mut(&mut self, index: u32) -> &mut Slot {
        &mut self.chunks[(index / CHUNK) as usize][(index % CHUNK) as usize]
    }

    fn grow(&mut self) {
        let start = self.extent();
        let end = start.saturating_add(CHUNK).min(self.capacity);
        let generation = self.generation;
        let slots = (start..end).map(|index| Slot {
            generation,
            next_free: if index + 1 == end { NONE } else { index + 1 },
            connection: None,
        });
        self.chunks.push(slots.collect());
        self.first_free = start;
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
        let old = pool.insert(connection()).expect("room");
        assert!(pool.remove(old).is_some());
        let new = pool.insert(connection()).expect("room");
        assert_eq!(old.index, new.index);
        assert!(pool.get(old).is_none());
        assert!(pool.remove(old).is_none());
        assert!(pool.get(new).is_some());
    }

    #[test]
    fn a_full_pool_gives_the_connection_back() {
        let mut pool = Pool::new(2, 0);
        assert!(pool.insert(connection()).is_ok());
        assert!(pool.insert(connection()).is_ok());
        assert!(pool.is_full());
        assert!(pool.insert(connection()).is_err());
        assert_eq!(pool.len(), 2);
    }

    #[test]
    fn the_pool_grows_in_chunks_up_to_a_capacity_that_is_no_multiple_of_one() {
        let capacity = CHUNK + 10;
        let mut pool = Pool::new(capacity, 0);
        assert_eq!(pool.extent(), 0);
        let keys: Vec<Key> = (0..capacity).map(|_| pool.insert(connection()).unwrap()).collect();
        assert_eq!(pool.extent(), capacity);
        assert!(pool.insert(connection()).is_err());
        for key in keys {
            assert!(pool.remove(key).is_some());
        }
        assert_eq!(pool.len(), 0);
        assert_eq!(pool.insert(connection()).unwrap().index, capacity - 1, "last freed first used");
    }

    #[test]
    fn an_index_or_key_beyond_the_pool_finds_nothing() {
        let mut pool = Pool::new(1, 0);
        assert!(pool.at(0).is_none());
        assert!(pool.get(Key { index: 5000, generation: 0 }).is_none());
        assert!(pool.key_at(NONE).is_none());
    }
}
