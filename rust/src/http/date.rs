//! The Date line, made once a second.

/// `Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n`, kept ready (RFC 9110 section 6.6.1).
#[derive(Clone, Debug)]
pub struct DateLine {
    second: u64,
    line: [u8; DateLine::LEN],
}

impl DateLine {
    /// Octets of the line, CRLF included.
    pub const LEN: usize = 37;

    /// The line for `unix_second`.
    pub fn new(unix_second: u64) -> Self {
        let mut date = DateLine { second: u64::MAX, line: [0; DateLine::LEN] };
        date.refresh(unix_second);
        date
    }

    /// Makes the line anew if the second has changed.
    pub fn refresh(&mut self, unix_second: u64) {
        if unix_second != self.second {
            self.second = unix_second;
            todo!()
        }
    }

    /// The line, CRLF included.
    pub fn as_bytes(&self) -> &[u8; DateLine::LEN] {
        &self.line
    }
}
