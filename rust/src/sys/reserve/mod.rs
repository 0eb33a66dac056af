//! Memory put aside for the moment when there is none.

#[cfg(feature = "tls")]
mod cryptography;

use std::alloc::{GlobalAlloc, Layout, System};
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

/// Octets put aside: an address range of which no page is ever touched.
const RESERVE: usize = 1 << 20;
/// What asks for more than this is refused at once: it would need the reserve for itself.
const HELPED: usize = RESERVE / 4;

/// Where it is; null while it is spent.
static RESERVED: AtomicPtr<libc::c_void> = AtomicPtr::new(ptr::null_mut());

/// Puts memory aside for a program, in which it stands once: its global allocator is then a [`ReservingAllocator`], and
/// the cryptography of TLS, which is C, allocates likewise.
///
/// The C library and the Python module have it; without it, an allocation that fails ends the process.
///
/// ```
/// http_responder::reserve_memory!();
/// ```
#[macro_export]
macro_rules! reserve_memory {
    () => {
        const _: () = {
            #[global_allocator]
            static ALLOCATOR: $crate::ReservingAllocator = $crate::ReservingAllocator;

            // SAFETY: functions in this section are called without arguments, before all others.
            #[used]
            #[unsafe(link_section = ".init_array")]
            static AT_LOAD: extern "C" fn() = $crate::ReservingAllocator::at_load;
        };
    };
}

/// The system's allocator with a reserve: where there is no memory the first time, the reserve (1 MiB of addresses) is
/// given up and the allocation tried again. Until a reserve can be put aside anew, servers take new connections only in
/// the place of idle ones, and else answer them 503.
///
/// [`reserve_memory!`](crate::reserve_memory) makes it a program's.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReservingAllocator;

impl ReservingAllocator {
    /// What [`reserve_memory!`](crate::reserve_memory) has called as the program is loaded.
    #[doc(hidden)]
    pub extern "C" fn at_load() {
        #[cfg(feature = "tls")]
        cryptography::take_over();
    }
}

// SAFETY: every call goes to the system's allocator with what its caller gave; no call unwinds or allocates by itself.
unsafe impl GlobalAlloc for ReservingAllocator {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        or_from_reserve(layout.size(), || unsafe { System.alloc(layout) })
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        or_from_reserve(layout.size(), || unsafe { System.alloc_zeroed(layout) })
    }

    #[inline]
    unsafe fn realloc(&self, old: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller's promise; `old` stays what it was where it cannot be grown.
        or_from_reserve(size, || unsafe { System.realloc(old, layout, size) })
    }

    #[inline]
    unsafe fn dealloc(&self, old: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(old, layout) }
    }
}

#[inline]
fn or_from_reserve(size: usize, allocate: impl Fn() -> *mut u8) -> *mut u8 {
    let got = allocate();
    if !got.is_null() || size > HELPED {
        return got;
    }
    spend();
    // Also where another thread was first: what it gave up is more than it needed.
    allocate()
}

#[cold]
fn spend() {
    release(RESERVED.swap(ptr::null_mut(), Ordering::AcqRel));
}

fn release(address: *mut libc::c_void) {
    if !address.is_null() {
        // SAFETY: the mapping is of `replenish` and of this length; who swapped it out is alone with it.
        unsafe { libc::munmap(address, RESERVE) };
    }
}

#[inline]
fn is_there() -> bool {
    !RESERVED.load(Ordering::Relaxed).is_null()
}

/// Whether there is a reserve, put aside now if need be.
#[inline]
pub(crate) fn replenish() -> bool {
    is_there() || put_aside()
}

#[cold]
fn put_aside() -> bool {
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    // SAFETY: a new mapping at an address of the kernel's choice touches nothing that exists.
    let address = unsafe { libc::mmap(ptr::null_mut(), RESERVE, protection, flags, -1, 0) };
    if address == libc::MAP_FAILED {
        return false;
    }
    let put =
        RESERVED.compare_exchange(ptr::null_mut(), address, Ordering::AcqRel, Ordering::Relaxed);
    if put.is_err() {
        release(address);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    /// Asks twice, of which the first finds nothing.
    fn refused_once(size: usize) -> (*mut u8, u32) {
        let asked = Cell::new(0);
        let got = or_from_reserve(size, || {
            asked.set(asked.get() + 1);
            if asked.get() == 1 { ptr::null_mut() } else { ptr::dangling_mut() }
        });
        (got, asked.get())
    }

    // One test, as the reserve is the process's.
    #[test]
    fn what_is_refused_once_has_the_reserve_and_there_is_another_one() {
        assert!(replenish() && is_there());
        assert_eq!(refused_once(HELPED + 1), (ptr::null_mut(), 1), "too much for it");
        assert!(is_there());
        assert_eq!(refused_once(HELPED), (ptr::dangling_mut(), 2));
        assert!(!is_there());
        assert!(replenish() && replenish() && is_there());
    }
}
