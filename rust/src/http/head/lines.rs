//! Strict line ends, found from where httparse's slices end: no second scan of the head.

use crate::http::syntax::is_ows;

/// Octets of ` HTTP/1.1`.
const VERSION_LEN: usize = 9;

/// The line ends of one complete head. httparse lets a bare LF end a line; a strict head does not
/// (RFC 9112 section 2.2 allows it to a recipient, request smuggling advises against it).
#[derive(Clone, Copy)]
pub(super) struct LineEnds<'b> {
    /// The head from its request line to its empty line.
    pub(super) text: &'b [u8],
    /// Whether every line has to end in CRLF.
    pub(super) strict: bool,
}

impl LineEnds<'_> {
    /// Whether the line that `target` stands in ends as it should.
    #[inline]
    pub(super) fn request_line_ends_well(self, target: &str) -> bool {
        !self.strict || self.crlf_at(self.end_of(target.as_bytes()) + VERSION_LEN)
    }

    /// Whether the line that ends in `value` (a slice of the text) and white space ends as it should.
    #[inline]
    pub(super) fn field_line_ends_well(self, value: &[u8]) -> bool {
        if !self.strict {
            return true;
        }
        let end = self.end_of(value);
        self.crlf_at(end) || self.crlf_after_ows(end)
    }

    /// Whether the last, empty line ends as it should.
    #[inline]
    pub(super) fn head_ends_well(self) -> bool {
        !self.strict || self.text.ends_with(b"\r\n")
    }

    fn end_of(self, slice: &[u8]) -> usize {
        slice.as_ptr().addr().wrapping_sub(self.text.as_ptr().addr()).wrapping_add(slice.len())
    }

    #[inline]
    fn crlf_at(self, at: usize) -> bool {
        matches!(self.text.get(at..), Some([b'\r', b'\n', ..]))
    }

    #[cold]
    fn crlf_after_ows(self, at: usize) -> bool {
        let rest = self.text.get(at..).unwrap_or_default();
        let ows = rest.iter().take_while(|&&b| is_ows(b)).count();
        self.crlf_at(at + ows)
    }
}
