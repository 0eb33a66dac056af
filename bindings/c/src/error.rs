//! Result codes and the text of this thread's last error.

use http_responder::{Error, ErrorCode};
use std::cell::RefCell;
use std::ffi::{CString, c_char};
use std::sync::LazyLock;

/// What a call came to. The numbers are part of the ABI and are never reused; new ones may be
/// added, so treat an unknown number as a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum hr_result {
    /// It worked.
    HR_OK = 0,
    /// An argument is NULL, out of its range or malformed; hr_last_error() names it.
    HR_ERR_INVALID_ARGUMENT = 1,
    /// An option or a configuration file is wrong.
    HR_ERR_CONFIG = 2,
    /// An address cannot be listened on.
    HR_ERR_BIND = 3,
    /// The call does not fit the state of the object: started twice, answered twice.
    HR_ERR_STATE = 4,
    /// The client has left: there is no connection to answer on.
    HR_ERR_GONE = 5,
    /// The operating system refused something else.
    HR_ERR_IO = 6,
    /// Not now: try again later.
    HR_ERR_AGAIN = 7,
    /// The time allowed has passed.
    HR_ERR_TIMEOUT = 8,
    /// Your buffer is too small; *need says what it takes.
    HR_ERR_BUFFER_TOO_SMALL = 9,
    /// No memory. Reserved: where the library itself gets none, the process is aborted.
    HR_ERR_NO_MEMORY = 10,
    /// A bug in this library, caught at its boundary. Please report it.
    HR_ERR_INTERNAL = 99,
}

/// Stands for `hr_result` where C passes one in: C may pass any number.
///
/// cbindgen:ignore
pub type RawResult = i32;

impl From<ErrorCode> for hr_result {
    fn from(code: ErrorCode) -> Self {
        match code {
            ErrorCode::InvalidArgument => hr_result::HR_ERR_INVALID_ARGUMENT,
            ErrorCode::Config => hr_result::HR_ERR_CONFIG,
            ErrorCode::Bind => hr_result::HR_ERR_BIND,
            ErrorCode::State => hr_result::HR_ERR_STATE,
            ErrorCode::Gone => hr_result::HR_ERR_GONE,
            ErrorCode::Io => hr_result::HR_ERR_IO,
            ErrorCode::Again => hr_result::HR_ERR_AGAIN,
            ErrorCode::Timeout => hr_result::HR_ERR_TIMEOUT,
            ErrorCode::BufferTooSmall => hr_result::HR_ERR_BUFFER_TOO_SMALL,
            ErrorCode::NoMemory => hr_result::HR_ERR_NO_MEMORY,
            ErrorCode::Internal => hr_result::HR_ERR_INTERNAL,
        }
    }
}

/// What a result code means, in a few words, without a final full stop: "invalid argument".
///
/// The text is constant and never freed. A number that is no result code gives
/// "unknown result code"; never NULL. Any thread.
#[unsafe(no_mangle)]
pub extern "C" fn hr_strerror(result: RawResult) -> *const c_char {
    let text = DESCRIPTIONS.iter().find(|(number, _)| *number == result);
    text.map_or(c"unknown result code", |(_, text)| text).as_ptr()
}

/// The text of the last call of this thread that failed, in one line: which argument or option,
/// what was expected, what was there. "" if none has failed; never NULL.
///
/// A call that works leaves it as it is, so look at result codes first. The text belongs to the
/// library; it is valid until the next call of this thread that fails, or until the thread ends.
#[unsafe(no_mangle)]
pub extern "C" fn hr_last_error() -> *const c_char {
    LAST.try_with(|last| last.borrow().as_ptr()).unwrap_or(c"".as_ptr())
}

/// Keeps the text of `error` for [`hr_last_error`].
pub(crate) fn record(error: &Error) -> hr_result {
    let mut text = Vec::from(error.message());
    // A message may quote what the caller said; a NUL within would cut the rest off.
    text.iter_mut().filter(|byte| **byte == 0).for_each(|byte| *byte = b'?');
    let text = CString::new(text).unwrap_or_default();
    // While the thread ends there is nobody left to ask for the text.
    let _ = LAST.try_with(|last| last.replace(text));
    error.code().into()
}

thread_local! {
    static LAST: RefCell<CString> = RefCell::new(CString::default());
}

/// The engine's descriptions as C strings.
static DESCRIPTIONS: LazyLock<Vec<(i32, CString)>> = LazyLock::new(|| {
    let failures = ErrorCode::ALL.iter().map(|code| (*code as i32, code.description()));
    std::iter::once((hr_result::HR_OK as i32, "success"))
        .chain(failures)
        .map(|(number, text)| (number, CString::new(text).unwrap_or_default()))
        .collect()
});

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::CStr;

    fn description(result: RawResult) -> &'static CStr {
        // SAFETY: `hr_strerror` returns a NUL-terminated text that is never freed.
        unsafe { CStr::from_ptr(hr_strerror(result)) }
    }

    #[test]
    fn every_error_code_has_the_same_number_in_c() {
        for code in ErrorCode::ALL {
            assert_eq!(hr_result::from(code) as i32, code as i32);
            assert_eq!(description(code as i32).to_str(), Ok(code.description()));
        }
    }

    #[test]
    fn a_number_that_is_no_code_has_a_text() {
        assert_eq!(description(4711), c"unknown result code");
        assert_eq!(description(0), c"success");
    }

    #[test]
    fn a_nul_in_a_message_does_not_cut_it_off() {
        record(&Error::new(ErrorCode::Config, "a\0b"));
        // SAFETY: never NULL, and nothing fails on this thread meanwhile.
        assert_eq!(unsafe { CStr::from_ptr(hr_last_error()) }, c"a?b");
    }
}
