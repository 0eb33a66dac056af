//! The memory of the allocator.

/// Gives the kernel what was freed, of the whole process. glibc joins small pieces only when something
/// large is freed, and keeps them until then; other allocators see to it themselves.
pub(crate) fn give_back() {
    #[cfg(target_env = "gnu")]
    // SAFETY: it may be called at any time, by any thread.
    unsafe {
        libc::malloc_trim(0)
    };
}

/// Has the allocator take what the next allocations of this thread need in one go. glibc lets the heap of a
/// thread other than the first grow page by page, each by an `mprotect` that stops all threads for a moment.
pub(crate) fn make_room() {
    /// Less than what it would map apart, or give back at once.
    const ROOM: usize = 96 << 10;
    drop(std::hint::black_box(Vec::<u8>::with_capacity(ROOM)));
}
