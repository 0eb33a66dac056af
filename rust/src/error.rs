//! One error type for every face: a stable number, a stable name and one line of text.

use std::fmt;

/// What went wrong, by kind. The numbers are part of the C ABI and are never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum ErrorCode {
    /// An argument is out of its range or malformed.
    InvalidArgument = 1,
    /// An option or a configuration file is wrong.
    Config = 2,
    /// An address cannot be listened on.
    Bind = 3,
    /// The call does not fit the state of the object (started twice, answered twice).
    State = 4,
    /// The client has left: there is no connection to answer on.
    Gone = 5,
    /// The operating system refused something else.
    Io = 6,
    /// Not now: try again later.
    Again = 7,
    /// The time allowed has passed.
    Timeout = 8,
    /// The caller's buffer is too small.
    BufferTooSmall = 9,
    /// No memory.
    NoMemory = 10,
    /// A bug in this library, caught at its boundary.
    Internal = 99,
}

impl ErrorCode {
    /// Every code, in the order of its number.
    pub const ALL: [ErrorCode; 11] = [
        ErrorCode::InvalidArgument,
        ErrorCode::Config,
        ErrorCode::Bind,
        ErrorCode::State,
        ErrorCode::Gone,
        ErrorCode::Io,
        ErrorCode::Again,
        ErrorCode::Timeout,
        ErrorCode::BufferTooSmall,
        ErrorCode::NoMemory,
        ErrorCode::Internal,
    ];

    /// A short description of the kind.
    pub fn description(self) -> &'static str {
        match self {
            ErrorCode::InvalidArgument => "invalid argument",
            ErrorCode::Config => "invalid configuration",
            ErrorCode::Bind => "cannot listen on the address",
            ErrorCode::State => "not possible in this state",
            ErrorCode::Gone => "the client has left",
            ErrorCode::Io => "input/output error",
            ErrorCode::Again => "not ready, try again",
            ErrorCode::Timeout => "timed out",
            ErrorCode::BufferTooSmall => "buffer too small",
            ErrorCode::NoMemory => "out of memory",
            ErrorCode::Internal => "internal error",
        }
    }
}

/// An [`ErrorCode`] with one line that names the thing, the value and what was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    code: ErrorCode,
    message: Box<str>,
}

/// `std::result::Result` with this crate's [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error of kind `code`; `message` is one line without a final full stop.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Error { code, message: message.into().into_boxed_str() }
    }

    /// The kind of error.
    pub fn code(&self) -> ErrorCode {
        self.code
    }

    /// The one line of text.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
