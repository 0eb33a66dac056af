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
