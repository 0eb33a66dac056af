//! Uninitialised room that is filled from its start.

use std::fmt;
use std::mem::MaybeUninit;

/// Room for `N` values that need no drop; none is initialised before it is used.
pub struct Filling<T: Copy, const N: usize> {
    room: [MaybeUninit<T>; N],
    count: usize,
}

impl<T: Copy, const N: usize> Filling<T, N> {
    /// Nothing yet.
    #[inline]
    #[must_use]
    pub const fn new() -> Self {
        Filling { room: [const { MaybeUninit::uninit() }; N], count: 0 }
    }

    /// Puts `value` behind the others, of which there may be fewer than `limit`; `None` if there
    /// are as many.
    #[inline]
    pub(crate) fn push(&mut self, value: T, limit: usize) -> Option<()> {
        if self.count >= limit {
            return None;
        }
        self.room.get_mut(self.count)?.write(value);
        self.count += 1;
        Some(())
    }

    /// What was pushed.
    #[inline]
    pub(crate) fn filled(&self) -> &[T] {
        let filled = &self.room[..self.count];
        // SAFETY: `push` wrote each of the first `count`, and MaybeUninit<T> is laid out as T.
        unsafe { &*(std::ptr::from_ref(filled) as *const [T]) }
    }

    /// Forgets what was pushed.
    #[inline]
    pub(crate) fn clear(&mut self) {
        self.count = 0;
    }

    /// All of the room, for somebody else to fill; nothing is left in it.
    pub(crate) fn room(&mut self) -> &mut [MaybeUninit<T>; N] {
        self.clear();
        &mut self.room
    }
}

impl<T: Copy, const N: usize> Default for Filling<T, N> {
    fn default() -> Self {
        Filling::new()
    }
}

impl<T: Copy, const N: usize> fmt::Debug for Filling<T, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Filling").field("room", &N).field("count", &self.count).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_takes_as_many_as_there_is_room_for() {
        let mut filling = Filling::<u32, 3>::new();
        assert!((1..=3).all(|n| filling.push(n, 10).is_some()));
        assert!(filling.push(4, 10).is_none());
        assert_eq!(filling.filled(), [1, 2, 3]);
        filling.clear();
        assert!(filling.push(7, 1).is_some() && filling.push(8, 1).is_none());
        assert_eq!(filling.filled(), [7]);
        assert_eq!(filling.room().len(), 3);
        assert!(filling.filled().is_empty());
    }
}
