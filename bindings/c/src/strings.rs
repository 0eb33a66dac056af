//! Text and octets across the boundary: NUL-terminated arguments, `hr_str` views, caller's buffers.

use crate::ffi::{Out, invalid};
use http_responder::{Error, ErrorCode, Result};
use std::ffi::{CStr, c_char, c_void};

/// A view of octets that belong to somebody else: never free it. It is not NUL-terminated and may
/// hold any octet; print it with printf("%.*s", (int)s.len, s.data). What is absent has a data of
/// NULL; what is there and empty has not.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct hr_str {
    /// The first octet, or NULL.
    pub data: *const c_char,
    /// How many octets.
    pub len: usize,
}

impl hr_str {
    /// What is not there.
    pub(crate) const ABSENT: hr_str = hr_str { data: std::ptr::null(), len: 0 };

    /// A view of `octets`, valid as long as these.
    pub(crate) fn of(octets: &[u8]) -> Self {
        hr_str { data: octets.as_ptr().cast(), len: octets.len() }
    }

    /// A view of `octets`, if there are any to view.
    pub(crate) fn of_option(octets: Option<&[u8]>) -> Self {
        octets.map_or(Self::ABSENT, Self::of)
    }
}

/// The text behind `pointer`, which must be there and be UTF-8.
///
/// # Safety
/// `pointer` is NULL or a NUL-terminated text that lives and stays the same during `'a`.
pub(crate) unsafe fn text<'a>(pointer: *const c_char, name: &str) -> Result<&'a str> {
    // SAFETY: the caller's promise.
    unsafe { optional_text(pointer, name) }?.ok_or_else(|| invalid(name, "must not be NULL"))
}

/// The text behind `pointer`, `None` for NULL.
///
/// # Safety
/// As [`text`].
pub(crate) unsafe fn optional_text<'a>(
    pointer: *const c_char,
    name: &str,
) -> Result<Option<&'a str>> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: not NULL, and NUL-terminated by the caller's promise.
    let text = unsafe { CStr::from_ptr(pointer) };
    text.to_str().map(Some).map_err(|_| invalid(name, "must be UTF-8"))
}

/// The `len` octets behind `pointer`; NULL stands for none.
///
/// # Safety
/// `pointer` is NULL or valid for reading `len` octets that stay the same during `'a`.
pub(crate) unsafe fn octets<'a>(
    pointer: *const c_void,
    len: usize,
    name: &str,
) -> Result<&'a [u8]> {
    match (pointer.is_null(), len) {
        (_, 0) => Ok(&[]),
        (true, _) => Err(invalid(name, "must not be NULL where the length is not 0")),
        (false, len) if isize::try_from(len).is_err() => {
            Err(invalid(name, "is longer than memory can hold"))
        }
        // SAFETY: not NULL, at most isize::MAX octets, readable by the caller's promise.
        (false, len) => Ok(unsafe { std::slice::from_raw_parts(pointer.cast(), len) }),
    }
}

/// The caller's room for a text: `buf` of `cap` octets, and where to say how many it takes.
pub(crate) struct Buffer {
    data: *mut c_char,
    cap: usize,
    need: *mut usize,
}

impl Buffer {
    /// Checks that there is room, or that only the size is asked for.
    ///
    /// # Safety
    /// `data` is NULL or valid for writing `cap` octets, `need` is NULL or valid for writing.
    pub(crate) unsafe fn new(data: *mut c_char, cap: usize, need: *mut usize) -> Result<Self> {
        match (data.is_null(), cap, need.is_null()) {
            (true, 1.., _) => Err(invalid("buf", "must not be NULL where cap is not 0")),
            (true, 0, true) => Err(invalid("need", "must not be NULL where buf is NULL")),
            _ => Ok(Buffer { data, cap, need }),
        }
    }

    /// Writes as much of `text` as there is room for, with a NUL behind it.
    ///
    /// # Errors
    /// `HR_ERR_BUFFER_TOO_SMALL` if that is not all, unless only the size was asked for.
    pub(crate) fn write(self, text: &str) -> Result<()> {
        // SAFETY: NULL or valid by the promise at construction.
        unsafe { Out::optional(self.need) }.write(text.len());
        if self.data.is_null() {
            return Ok(());
        }
        if self.cap > 0 {
            self.write_prefix(prefix(text, self.cap - 1));
        }
        if text.len() < self.cap { Ok(()) } else { Err(self.too_small(text)) }
    }

    fn write_prefix(&self, text: &str) {
        debug_assert!(text.len() < self.cap);
        // SAFETY: `text` and a NUL are at most `cap` octets, which the promise at construction
        // makes writable; the caller's buffer cannot overlap a text that is ours.
        unsafe {
            self.data.copy_from_nonoverlapping(text.as_ptr().cast(), text.len());
            self.data.add(text.len()).write(0);
        }
    }

    fn too_small(&self, text: &str) -> Error {
        let message = format!("buf: {} octets and a NUL do not fit into {}", text.len(), self.cap);
        Error::new(ErrorCode::BufferTooSmall, message)
    }
}

/// As much of the start of `text` as `len` octets hold without cutting a character.
fn prefix(text: &str, len: usize) -> &str {
    let end = (0..=len.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or(0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str, cap: usize) -> (Result<()>, Vec<u8>, usize) {
        let mut room = vec![b'#'; cap + 1];
        let mut need = usize::MAX;
        // SAFETY: `room` has more than `cap` octets and `need` is a live local.
        let buffer = unsafe { Buffer::new(room.as_mut_ptr().cast(), cap, &mut need) };
        let result = buffer.and_then(|buffer| buffer.write(text));
        (result, room, need)
    }

    #[test]
    fn a_text_that_fits_is_written_with_its_nul_and_nothing_more() {
        let (result, room, need) = written("abc", 4);
        assert_eq!(result, Ok(()));
        assert_eq!(room, b"abc\0#");
        assert_eq!(need, 3);
    }

    #[test]
    fn a_text_that_does_not_fit_is_cut_and_the_size_is_told() {
        let (result, room, need) = written("abc", 3);
        assert_eq!(result.unwrap_err().code(), ErrorCode::BufferTooSmall);
        assert_eq!(room, b"ab\0#");
        assert_eq!(need, 3);
    }

    #[test]
    fn a_text_is_never_cut_within_a_character() {
        let (_, room, need) = written("a\u{e4}b", 3);
        assert_eq!(&room[..2], b"a\0");
        assert_eq!(need, 4);
    }

    #[test]
    fn room_for_nothing_stays_untouched() {
        let (result, room, need) = written("", 0);
        assert_eq!(result.unwrap_err().code(), ErrorCode::BufferTooSmall);
        assert_eq!(room, b"#");
        assert_eq!(need, 0);
    }

    #[test]
    fn asking_for_the_size_is_no_error() {
        let mut need = 0;
        // SAFETY: NULL is allowed for the buffer, and `need` is a live local.
        let buffer = unsafe { Buffer::new(std::ptr::null_mut(), 0, &mut need) };
        assert_eq!(buffer.and_then(|buffer| buffer.write("abc")), Ok(()));
        assert_eq!(need, 3);
    }
}
