//! A slice in pages of its own, which the kernel has back the moment it is dropped: an allocator
//! would keep what is freed between other things in use.

use std::io;
use std::ops::{Deref, DerefMut};
use std::ptr::{self, NonNull};
use std::sync::atomic::AtomicU64;

/// A slice of `T` in an anonymous mapping. The empty one has no mapping.
#[derive(Debug)]
pub(crate) struct Pages<T> {
    start: NonNull<T>,
    len: usize,
    /// Octets of the mapping.
    size: usize,
}

impl<T> Pages<T> {
    /// No values and no memory.
    pub(crate) const fn empty() -> Self {
        Pages { start: NonNull::dangling(), len: 0, size: 0 }
    }

    /// `len` values, each made from its index.
    ///
    /// # Errors
    /// What mmap says where there is no memory.
    pub(crate) fn new(len: usize, mut make: impl FnMut(usize) -> T) -> io::Result<Self> {
        // `len` grows with the values: a panic in `make` drops those that are there.
        let mut pages = Pages::map(len, 0)?;
        for index in 0..len {
            // SAFETY: `index` is below `len`, for which there is room; nothing was there before.
            unsafe { pages.start.add(index).write(make(index)) };
            pages.len = index + 1;
        }
        Ok(pages)
    }

    /// Room for `len` values, with none in it.
    fn map(len: usize, more_flags: libc::c_int) -> io::Result<Self> {
        const { assert!(align_of::<T>() <= 4096, "a mapping begins at a page") };
        let Some(size) = len.checked_mul(size_of::<T>()).filter(|&size| size > 0) else {
            return Err(io::ErrorKind::OutOfMemory.into());
        };
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | more_flags;
        // SAFETY: a new mapping at an address of the kernel's choice touches nothing that exists.
        let address = unsafe { libc::mmap(ptr::null_mut(), size, protection, flags, -1, 0) };
        match NonNull::new(address.cast::<T>()) {
            Some(start) if address != libc::MAP_FAILED => Ok(Pages { start, len: 0, size }),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

impl<const N: usize> Pages<[AtomicU64; N]> {
    /// `len` arrays of zeros. The kernel gives each small page when it is first written to.
    ///
    /// # Errors
    /// What mmap says where there is no memory.
    pub(crate) fn zeroed(len: usize) -> io::Result<Self> {
        let mut pages = Self::map(len, libc::MAP_NORESERVE)?;
        // SAFETY: the mapping is ours. What is written here and there shall not take two megabytes
        // each time; a kernel without large pages refuses, and has none to give.
        unsafe { libc::madvise(pages.start.as_ptr().cast(), pages.size, libc::MADV_NOHUGEPAGE) };
        // Octets of an anonymous mapping are 0, and 0 is a value of these.
        pages.len = len;
        Ok(pages)
    }
}

// SAFETY: values that may go to another thread may do so in pages of their own too.
unsafe impl<T: Send> Send for Pages<T> {}
// SAFETY: shared pages only give out shared values.
unsafe impl<T: Sync> Sync for Pages<T> {}

impl<T> Deref for Pages<T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        // SAFETY: `len` values were written from `start` on, which is aligned, also where dangling.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }
}

impl<T> DerefMut for Pages<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as in `deref`; the borrow is exclusive.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.len) }
    }
}

impl<T> Drop for Pages<T> {
    fn drop(&mut self) {
        if self.size == 0 {
            return;
        }
        // SAFETY: the values are there and nobody sees them any more; the mapping is ours.
        unsafe {
            ptr::drop_in_place(ptr::from_mut::<[T]>(&mut **self));
            libc::munmap(self.start.as_ptr().cast(), self.size);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::rc::Rc;

    #[test]
    fn values_are_where_they_were_put_and_are_dropped_once() {
        let counted = Rc::new(());
        let mut pages = Pages::new(5000, |index| (index, counted.clone())).unwrap();
        assert!(pages.iter().enumerate().all(|(at, value)| value.0 == at));
        pages[4999].0 = 7;
        assert_eq!((pages.len(), pages[4999].0), (5000, 7));
        assert_eq!(Rc::strong_count(&counted), 5001);
        drop(pages);
        assert_eq!(Rc::strong_count(&counted), 1);
    }

    #[test]
    fn zeros_are_there_and_may_be_written() {
        let pages = Pages::<[AtomicU64; 3]>::zeroed(10_000).unwrap();
        let relaxed = std::sync::atomic::Ordering::Relaxed;
        assert!(pages.iter().flatten().all(|word| word.load(relaxed) == 0));
        pages[9_999][2].store(7, relaxed);
        assert_eq!((pages.len(), pages[9_999][2].load(relaxed)), (10_000, 7));
        assert!(Pages::<[AtomicU64; 3]>::zeroed(0).is_err());
    }

    #[test]
    fn the_empty_one_has_nothing() {
        assert!(Pages::<String>::empty().is_empty());
        assert!(Pages::<u64>::new(0, |_| 0).is_err());
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri has that memory itself")]
    fn too_much_is_an_error() {
        assert!(Pages::<u64>::new(usize::MAX, |_| 0).is_err());
        assert!(Pages::<u8>::new(usize::MAX / 2, |_| 0).is_err());
    }
}
