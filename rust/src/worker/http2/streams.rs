//! The streams of one worker that wait for something: for the rest of a request, for an answer, for
//! room. Those that are answered as soon as they come, nearly all, are never here.

#[cfg(test)]
mod tests;

use crate::clients::Peer;
use crate::connection::{Buffers, Key, Machine, Ready, State, Watchers};
use crate::http2::{Answer, Open};

/// Set in the index of a key that names a stream: no pool of connections is that large.
const STREAM: u32 = 1 << 31;

/// The end of the list of free slots.
const NONE: u32 = u32::MAX;

/// One stream, beside what its session knows of it.
pub(super) struct Stream {
    pub(super) connection: Key,
    pub(super) machine: Machine,
    pub(super) answer: Answer,
    /// What the client has sent, as HTTP/1 has it, from `read` on not looked at.
    pub(super) inbox: Vec<u8>,
    pub(super) read: usize,
    /// Octets of the body for which the client was not given room again.
    pub(super) unused: i64,
    /// Its head came in early data of TLS.
    pub(super) early: bool,
    /// The body is given to the machine in chunks.
    pub(super) chunked: bool,
    /// The rest of a turn that was cut off.
    pub(super) rest: Option<Ready>,
    /// When something last happened, in milliseconds.
    pub(super) since: u64,
    /// An alarm is set for its deadline.
    pub(super) armed: bool,
}

impl Stream {
    /// Octets of memory that its buffers hold.
    fn memory(&self) -> u64 {
        (size_of::<Stream>() + self.inbox.capacity() + self.answer.memory()) as u64
    }

    /// The stream is gone: who still works on an answer is told, and who watches.
    pub(super) fn forsake(
        &mut self,
        connection: Key,
        peer: Peer<'_>,
        watchers: &mut Watchers,
        buffers: &mut Buffers,
    ) {
        if watchers.is_on() {
            self.machine.tell_forsaken(connection, peer, watchers);
        }
        self.machine.release(buffers);
    }
}

struct Slot {
    generation: u32,
    next_free: u32,
    stream: Option<Box<Stream>>,
}

/// The streams, by the slots that their keys name.
pub(super) struct Streams {
    slots: Vec<Slot>,
    first_free: u32,
}

impl Default for Streams {
    fn default() -> Self {
        Streams { slots: Vec::new(), first_free: NONE }
    }
}

impl Streams {
    /// The key that the next stream will have, if it comes to stay.
    #[inline]
    pub(super) fn next_key(&mut self) -> Key {
        if self.first_free == NONE {
            self.first_free = self.slots.len() as u32;
            self.slots.push(Slot { generation: 0, next_free: NONE, stream: None });
        }
        let slot = &mut self.slots[self.first_free as usize];
        // The last stream with this key may be gone without ever having been here.
        slot.generation = slot.generation.wrapping_add(1);
        Key { index: STREAM | self.first_free, generation: slot.generation }
    }

    /// Takes in the stream with the key that was given out last; its slot.
    pub(super) fn put(&mut self, stream: Box<Stream>) -> u32 {
        let at = self.first_free;
        let slot = &mut self.slots[at as usize];
        self.first_free = slot.next_free;
        slot.stream = Some(stream);
        at
    }

    pub(super) fn get(&self, key: Key) -> Option<&Stream> {
        let slot = self.slots.get((key.index & !STREAM) as usize)?;
        let is_meant = key.index & STREAM != 0 && slot.generation == key.generation;
        slot.stream.as_deref().filter(|_| is_meant)
    }

    pub(super) fn at(&self, slot: u32) -> Option<&Stream> {
        self.slots.get(slot as usize)?.stream.as_deref()
    }

    /// The stream in a slot, and the key that names it, for the time of its turn.
    pub(super) fn lend(&mut self, slot: u32) -> Option<(Key, Box<Stream>)> {
        let place = self.slots.get_mut(slot as usize)?;
        let key = Key { index: STREAM | slot, generation: place.generation };
        Some((key, place.stream.take()?))
    }

    pub(super) fn key_of(&self, slot: u32) -> Option<Key> {
        let place = self.slots.get(slot as usize)?;
        Some(Key { index: STREAM | slot, generation: place.generation })
    }

    /// What the stream in a slot is to go on with: what was cut off, or what it has to send where it
    /// `has_room`.
    pub(super) fn rest_of(&mut self, slot: u32, has_room: bool) -> Option<Ready> {
        let stream = self.slots.get_mut(slot as usize)?.stream.as_mut()?;
        let waits = stream.machine.state() == State::Writing && has_room;
        stream.rest.take().or_else(|| waits.then_some(Ready::READABLE))
    }

    /// Puts a stream back that was lent.
    pub(super) fn give_back(&mut self, slot: u32, stream: Box<Stream>) {
        self.slots[slot as usize].stream = Some(stream);
    }

    /// The slot of a stream that was lent and has come to its end is free.
    pub(super) fn free(&mut self, slot: u32) {
        let place = &mut self.slots[slot as usize];
        place.generation = place.generation.wrapping_add(1);
        place.next_free = self.first_free;
        self.first_free = slot;
    }

    /// Takes the stream out of its slot.
    pub(super) fn take(&mut self, slot: u32) -> Option<Box<Stream>> {
        let (_, stream) = self.lend(slot)?;
        self.free(slot);
        Some(stream)
    }
}

/// Octets of memory that these streams hold.
pub(super) fn memory(open: &[Open], streams: &Streams) -> u64 {
    open.iter().filter_map(|open| streams.at(open.slot)).map(Stream::memory).sum()
}
