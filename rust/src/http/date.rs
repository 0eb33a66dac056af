//! The Date line, made once a second.

use std::io::Write;
use std::time::{Duration, UNIX_EPOCH};

/// The last second that the format can express: its year has four digits.
const LAST_SECOND: u64 = 253_402_300_799;

/// `Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n`, kept ready (RFC 9110 section 6.6.1).
#[derive(Clone, Debug)]
pub struct DateLine {
    second: u64,
    line: [u8; DateLine::LEN],
}

impl DateLine {
    /// Octets of the line, CRLF included.
    pub const LEN: usize = 37;

    /// The line for `unix_second`, seconds since 1970 without leap seconds; a time after the year
    /// 9999 stands still at its end.
    pub fn new(unix_second: u64) -> Self {
        let mut date = DateLine { second: u64::MAX, line: [0; DateLine::LEN] };
        date.refresh(unix_second);
        date
    }

    /// Makes the line anew if the second has changed. Allocates nothing.
    pub fn refresh(&mut self, unix_second: u64) {
        let second = unix_second.min(LAST_SECOND);
        if second != self.second {
            self.second = second;
            let date = httpdate::HttpDate::from(UNIX_EPOCH + Duration::from_secs(second));
            let fits = write!(&mut self.line[..], "Date: {date}\r\n");
            debug_assert!(fits.is_ok(), "IMF-fixdate has a fixed length");
        }
    }

    /// The second that it says.
    #[inline]
    pub(crate) fn second(&self) -> u64 {
        self.second
    }

    /// The line, CRLF included.
    pub fn as_bytes(&self) -> &[u8; DateLine::LEN] {
        &self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_the_imf_fixdate_of_the_second() {
        let line = |second| String::from_utf8(DateLine::new(second).as_bytes().to_vec()).unwrap();
        assert_eq!(line(784_111_777), "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
        assert_eq!(line(0), "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n");
        assert_eq!(line(1_709_164_799), "Date: Wed, 28 Feb 2024 23:59:59 GMT\r\n");
        assert_eq!(line(1_709_164_800), "Date: Thu, 29 Feb 2024 00:00:00 GMT\r\n");
    }

    #[test]
    fn a_time_beyond_the_format_stands_still() {
        let last = b"Date: Fri, 31 Dec 9999 23:59:59 GMT\r\n";
        assert_eq!(DateLine::new(LAST_SECOND + 1).as_bytes(), last);
        assert_eq!(DateLine::new(u64::MAX).as_bytes(), last);
    }

    #[test]
    fn the_line_follows_the_second_in_both_directions() {
        let mut date = DateLine::new(1000);
        for second in [1000, 1001, 5000, 999] {
            date.refresh(second);
            assert_eq!(date.as_bytes(), DateLine::new(second).as_bytes());
        }
    }
}
