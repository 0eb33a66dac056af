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

    /// What is there.
    #[inline]
    pub(crate) fn filled(&self) -> &[T] {
        let filled = &self.room[..self.count];
        // SAFETY: the first `count` are initialised, and MaybeUninit<T> is laid out as T.
        unsafe { &*(std::ptr::from_ref(filled) as *const [T]) }
    }

    /// Says that the first `count` are there.
    ///
    /// # Safety
    /// The caller has initialised them in [`Filling::room`].
    #[inline]
    pub(super) unsafe fn assume_filled(&mut self, count: usize) {
        debug_assert!(count <= N);
        self.count = count;
    }

    /// Forgets what is there.
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
    fn it_has_what_was_put_there() {
        let mut filling = Filling::<u32, 3>::new();
        assert!(filling.filled().is_empty());
        filling.room()[0].write(7);
        filling.room()[1].write(8);
        // SAFETY: written above.
        unsafe { filling.assume_filled(2) };
        assert_eq!(filling.filled(), [7, 8]);
        assert_eq!(filling.room().len(), 3);
        assert!(filling.filled().is_empty(), "the room is somebody else's");
    }
}
