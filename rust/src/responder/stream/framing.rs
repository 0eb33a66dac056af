//! How the end of a streamed answer is told (RFC 9112 section 6), and what may follow it.

use crate::error::{Error, ErrorCode, Result};
use crate::http::Version;
use crate::responder::response::check_field;

/// How the client learns where the body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    /// There is none: HEAD, 204, 304.
    NoBody,
    /// Its length stands in the head.
    Length(u64),
    /// By the last chunk.
    Chunked,
    /// By the close of the connection: HTTP/1.0 has no chunks.
    UntilClose,
}

impl Coding {
    pub(crate) fn new(version: Version, length: Option<u64>) -> Self {
        match (length, version) {
            (Some(length), _) => Coding::Length(length),
            (None, Version::Http11 | Version::Http2) => Coding::Chunked,
            (None, Version::Http10) => Coding::UntilClose,
        }
    }

    /// The field line that says so, with its CRLF.
    pub(crate) fn line(self) -> String {
        match self {
            Coding::NoBody | Coding::UntilClose => String::new(),
            Coding::Length(length) => format!("Content-Length: {length}\r\n"),
            Coding::Chunked => "Transfer-Encoding: chunked\r\n".to_owned(),
        }
    }

    /// Appends `octets`, which are not empty, to `out`.
    pub(crate) fn write(self, octets: &[u8], out: &mut Vec<u8>) {
        if self == Coding::Chunked {
            out.reserve(octets.len() + 20);
            write_hex(octets.len(), out);
            out.extend_from_slice(b"\r\n");
            out.extend_from_slice(octets);
            out.extend_from_slice(b"\r\n");
        } else {
            out.extend_from_slice(octets);
        }
    }

    /// Appends what ends a whole body, with the field lines of `trailers`.
    pub(crate) fn end(self, trailers: &[u8], out: &mut Vec<u8>) {
        if self == Coding::Chunked {
            out.extend_from_slice(b"0\r\n");
            out.extend_from_slice(trailers);
            out.extend_from_slice(b"\r\n");
        }
    }
}

fn write_hex(number: usize, out: &mut Vec<u8>) {
    let digits = (usize::BITS - number.leading_zeros()).div_ceil(4).max(1);
    for at in (0..digits).rev() {
        out.push(b"0123456789abcdef"[(number >> (4 * at)) & 15]);
    }
}

/// Fields that say how a message is framed, routed, authenticated or read, which a recipient needs
/// before the body (RFC 9110 section 6.5.1).
const BEFORE_THE_BODY: &[&str] = &[
    "age",
    "authorization",
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-range",
    "content-type",
    "cookie",
    "date",
    "expect",
    "expires",
    "host",
    "keep-alive",
    "location",
    "max-forwards",
    "pragma",
    "proxy-authenticate",
    "proxy-authorization",
    "range",
    "retry-after",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "vary",
    "warning",
    "www-authenticate",
];

/// Appends a trailer field to `lines`.
pub(crate) fn add_trailer(lines: &mut Vec<u8>, name: &str, value: &[u8]) -> Result<()> {
    let value = value.trim_ascii();
    check_field(name, value)?;
    if BEFORE_THE_BODY.contains(&name.to_ascii_lowercase().as_str()) {
        return Err(Error::new(
            ErrorCode::InvalidArgument,
            format!("trailer {name:?}: expected a field that may stand behind the body"),
        ));
    }
    for part in [name.as_bytes(), b": ", value, b"\r\n"] {
        lines.extend_from_slice(part);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_and_the_length_decide() {
        assert_eq!(Coding::new(Version::Http11, None), Coding::Chunked);
        assert_eq!(Coding::new(Version::Http10, None), Coding::UntilClose);
        for version in [Version::Http10, Version::Http11] {
            assert_eq!(Coding::new(version, Some(5)), Coding::Length(5));
        }
    }

    #[test]
    fn a_chunk_has_its_size_in_hexadecimal() {
        for (length, size) in
            [(1, "1"), (9, "9"), (15, "f"), (16, "10"), (255, "ff"), (65_536, "10000")]
        {
            let (octets, mut out) = (vec![b'x'; length], Vec::new());
            Coding::Chunked.write(&octets, &mut out);
            let expected = [format!("{size}\r\n").as_bytes(), &octets, b"\r\n"].concat();
            assert!(out == expected, "{length}");
        }
        let mut out = Vec::new();
        Coding::Length(3).write(b"abc", &mut out);
        Coding::Length(3).end(b"X: y\r\n", &mut out);
        assert_eq!(out, b"abc");
        Coding::Chunked.end(b"X: y\r\n", &mut out);
        assert_eq!(out, b"abc0\r\nX: y\r\n\r\n");
    }

    #[test]
    fn trailers_that_would_change_what_the_message_is_are_refused() {
        let mut lines = Vec::new();
        add_trailer(&mut lines, "Digest", b" sha-256=x ").unwrap();
        assert_eq!(lines, b"Digest: sha-256=x\r\n");
        for name in ["Content-Length", "transfer-encoding", "TE", "Set-Cookie", "a b", ""] {
            assert!(add_trailer(&mut lines, name, b"1").is_err(), "{name}");
        }
        assert!(add_trailer(&mut lines, "X", b"a\r\nb").is_err());
        assert_eq!(lines, b"Digest: sha-256=x\r\n");
    }
}
