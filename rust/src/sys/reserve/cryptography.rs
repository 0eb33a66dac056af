//! The memory of AWS-LC, which is C and knows no Rust allocator: where it is refused, what is built upon it panics.

use super::or_from_reserve;
use aws_lc_sys as lc;
use std::ffi::{c_char, c_int, c_void};
use std::ptr;

/// Has AWS-LC allocate from the reserve too. Has to come before its first allocation.
pub(super) fn take_over() {
    // SAFETY: what they give is aligned for anything, and is freed by `free` alone.
    unsafe { lc::CRYPTO_set_mem_functions(Some(allocate), Some(reallocate), Some(free)) };
}

unsafe extern "C" fn allocate(size: usize, _file: *const c_char, _line: c_int) -> *mut c_void {
    // SAFETY: it may be asked for any size, 0 too.
    or_from_reserve(size, || unsafe { libc::malloc(size) }.cast()).cast()
}

/// Never in place: what is left behind is wiped.
unsafe extern "C" fn reallocate(
    old: *mut c_void,
    size: usize,
    file: *const c_char,
    line: c_int,
) -> *mut c_void {
    // SAFETY: `old` is null or of `allocate`; what is copied is inside of both.
    unsafe {
        let new = allocate(size, file, line);
        if !old.is_null() && !new.is_null() {
            let count = libc::malloc_usable_size(old).min(size);
            ptr::copy_nonoverlapping(old.cast::<u8>(), new.cast::<u8>(), count);
            free(old, file, line);
        }
        new
    }
}

/// Wipes first, as AWS-LC itself does: there may have been keys.
unsafe extern "C" fn free(old: *mut c_void, _file: *const c_char, _line: c_int) {
    // SAFETY: `old` is null, of which nothing is usable, or of `allocate`, and nobody's any more.
    unsafe {
        lc::OPENSSL_cleanse(old, libc::malloc_usable_size(old));
        libc::free(old);
    }
}
