//! Content-Length and Transfer-Encoding, judged (RFC 9112 sections 6 and 7).

use super::Framing;
use crate::http::Refusal;
use crate::http::syntax::{is_token, is_value_byte, trim_ows};

/// The framing that a sole Content-Length of `value` asks for.
///
/// # Errors
/// [`Refusal::Framing`] for anything but digits that fit into 64 bits: no sign, no list, not empty.
pub(super) fn by_length(value: &[u8]) -> Result<Framing, Refusal> {
    if value.is_empty() {
        return Err(Refusal::Framing);
    }
    let length = value.iter().try_fold(0u64, |sum, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        sum.checked_mul(10)?.checked_add(digit)
    });
    match length {
        None => Err(Refusal::Framing),
        Some(0) => Ok(Framing::None),
        Some(length) => Ok(Framing::Length(length)),
    }
}

/// The framing that a sole Transfer-Encoding line of `value` asks for.
///
/// # Errors
/// [`Refusal::Framing`] if the list is malformed, or `chunked` is repeated, not the last one or has
/// parameters; [`Refusal::TransferCoding`] if it is well-formed and names another coding.
#[inline]
pub(super) fn by_codings(value: &[u8]) -> Result<Framing, Refusal> {
    if value.eq_ignore_ascii_case(b"chunked") {
        return Ok(Framing::Chunked);
    }
    Err(fault_of_codings(value))
}

#[cold]
fn fault_of_codings(value: &[u8]) -> Refusal {
    // A list element that is empty could hide a coding from one of two parsers, so it is an error
    // here, although lists elsewhere may have some. So is obs-text.
    let mut after_chunked = false;
    for element in elements(value) {
        let Some(coding) = Coding::parse(element) else {
            return Refusal::Framing;
        };
        let chunked = coding.name.eq_ignore_ascii_case(b"chunked");
        if after_chunked || (chunked && coding.has_parameters) {
            return Refusal::Framing;
        }
        after_chunked = chunked;
    }
    Refusal::TransferCoding
}

/// One element of the list: `token *( OWS ";" OWS parameter )`.
struct Coding<'b> {
    name: &'b [u8],
    has_parameters: bool,
}

impl<'b> Coding<'b> {
    fn parse(element: &'b [u8]) -> Option<Self> {
        let (name, parameters) = match memchr::memchr(b';', element) {
            Some(at) => (&element[..at], Some(&element[at + 1..])),
            None => (element, None),
        };
        let name = trim_ows(name);
        let clean =
            parameters.unwrap_or_default().iter().all(|&b| b.is_ascii() && is_value_byte(b));
        (is_token(name) && clean).then_some(Coding { name, has_parameters: parameters.is_some() })
    }
}

/// The elements of a comma-separated list whose commas may stand in quoted strings.
fn elements(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut quoted = false;
    let mut escaped = false;
    list.split(move |&byte| {
        let separates = byte == b',' && !quoted;
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = quoted,
            b'"' => quoted = !quoted,
            _ => {}
        }
        separates
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_a_length_and_zero_is_no_body() {
        assert_eq!(by_length(b"5"), Ok(Framing::Length(5)));
        assert_eq!(by_length(b"0"), Ok(Framing::None));
        assert_eq!(by_length(b"000000000000000000000000000007"), Ok(Framing::Length(7)));
        assert_eq!(by_length(b"18446744073709551615"), Ok(Framing::Length(u64::MAX)));
    }

    #[test]
    fn anything_else_is_no_length() {
        let bad: [&[u8]; 14] = [
            b"",
            b"+5",
            b"-1",
            b"-0",
            b"0x5",
            b"1_0",
            b"5,5",
            b"5, 5",
            b"5 5",
            b"5.0",
            b"1e3",
            b"5\xa0",
            b"\xd9\xa5",
            b"18446744073709551616",
        ];
        for value in bad {
            assert_eq!(by_length(value), Err(Refusal::Framing), "{value:?}");
        }
    }

    #[test]
    fn chunked_alone_is_taken_in_any_case() {
        assert_eq!(by_codings(b"chunked"), Ok(Framing::Chunked));
        assert_eq!(by_codings(b"cHuNkEd"), Ok(Framing::Chunked));
    }

    #[test]
    fn a_malformed_or_misplaced_chunked_is_a_framing_fault() {
        let bad: [&[u8]; 18] = [
            b"",
            b",",
            b"chunked,",
            b",chunked",
            b"chunked, chunked",
            b"chunked, gzip",
            b"gzip,, chunked",
            b"chunked;x=1",
            b"chunked;",
            b"gzip, chunked;x",
            b"chunked gzip",
            b"\"chunked\"",
            b"=",
            b";",
            b"chunked\xa0",
            b"\xa0chunked",
            b"gzip;a=\xff",
            b"chunked, gzip, chunked",
        ];
        for value in bad {
            assert_eq!(by_codings(value), Err(Refusal::Framing), "{value:?}");
        }
    }

    #[test]
    fn a_well_formed_other_coding_is_not_implemented() {
        let unknown: [&[u8]; 8] = [
            b"gzip",
            b"xchunked",
            b"chunk",
            b"identity",
            b"gzip, chunked",
            b"gzip ; q=1 , chunked",
            b"gzip;a=\"x,\\\"y\", chunked",
            b"gzip;a=\"\\\",chunked,\"",
        ];
        for value in unknown {
            assert_eq!(by_codings(value), Err(Refusal::TransferCoding), "{value:?}");
        }
    }
}
