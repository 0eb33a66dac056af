//! Which fault a head has. Off the fast path: reached when httparse refuses a head or wants more
//! of it, never for a head that is complete and well-formed.

use super::{Limits, METHOD_MAX, Target};
use crate::http::syntax::{is_target_byte, is_tchar, is_token, is_value_byte};
use crate::http::{Method, Refusal};
use memchr::memchr;

/// Empty lines that may stand before a request line.
const EMPTY_LINES_MAX: usize = 2;

/// How every HTTP/2 connection begins (RFC 9113 section 3.4), and how much of that HTTP/1 never has.
const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0";
const HTTP2_TELLING: usize = b"PRI * ".len();

/// Octets of the empty lines before the request line (RFC 9112 section 2.2).
///
/// # Errors
/// [`Refusal::RequestLine`] for too many, [`Refusal::LineEnd`] for a bare CR or LF.
#[cold]
pub(super) fn empty_lines(text: &[u8], limits: &Limits) -> Result<usize, Refusal> {
    let mut at = 0;
    for _ in 0..EMPTY_LINES_MAX {
        at += match &text[at..] {
            [b'\r', b'\n', ..] => 2,
            // Half a CRLF stays where it is: what follows sees it as a line that has not ended.
            [b'\r'] => return Ok(at),
            [b'\r', ..] => return Err(Refusal::LineEnd),
            [b'\n', ..] if limits.allow_bare_lf => 1,
            [b'\n', ..] => return Err(Refusal::LineEnd),
            _ => return Ok(at),
        };
    }
    match text.get(at) {
        Some(b'\r' | b'\n') => Err(Refusal::RequestLine),
        _ => Ok(at),
    }
}

/// The first fault of a head, whole or partial, that begins with its request line. Whether the
/// fields contradict each other is not asked here.
#[cold]
pub(super) fn first_fault(text: &[u8], limits: &Limits) -> Option<Refusal> {
    first_foreign(text).or_else(|| scan(text, limits).err())
}

/// The refusal for a head that fills `max_head` and has no fault but that.
#[cold]
pub(super) fn over_max_head(text: &[u8]) -> Refusal {
    match memchr(b'\n', text) {
        // Still in the request line, and a valid method is short: it is the target that is long.
        None if memchr(b' ', text).is_some() => Refusal::TargetTooLong,
        _ => Refusal::HeadTooLarge,
    }
}

/// The refusal for an error of httparse that [`first_fault`] cannot explain; there is none known.
#[cold]
pub(super) fn of_error(error: httparse::Error) -> Refusal {
    match error {
        httparse::Error::HeaderName | httparse::Error::HeaderValue => Refusal::Field,
        httparse::Error::NewLine => Refusal::LineEnd,
        httparse::Error::Status | httparse::Error::Token => Refusal::RequestLine,
        httparse::Error::TooManyHeaders => Refusal::HeadTooLarge,
        httparse::Error::Version => Refusal::VersionSyntax,
    }
}

/// Bytes that are some other protocol: a TLS record, the HTTP/2 preface, anything binary.
fn first_foreign(text: &[u8]) -> Option<Refusal> {
    let binary = !matches!(text.first()?, b'\t'..=b'\r' | b' '..=b'~');
    let start = &text[..text.len().min(HTTP2_PREFACE.len())];
    let http2 = start.len() >= HTTP2_TELLING && HTTP2_PREFACE.starts_with(start);
    (binary || http2).then_some(Refusal::Protocol)
}

fn scan(text: &[u8], limits: &Limits) -> Result<(), Refusal> {
    let mut line = Line::next(text, limits)?;
    check_request_line(line, limits)?;
    let mut fields = 0;
    while line.ended {
        // One more begins, whatever it will be: the same however the head is cut.
        if fields == limits.max_fields && !matches!(line.rest, [] | [b'\r' | b'\n', ..]) {
            return Err(Refusal::HeadTooLarge);
        }
        line = Line::next(line.rest, limits)?;
        if line.content.is_empty() {
            return Ok(());
        }
        check_field_line(line)?;
        fields += 1;
    }
    Ok(())
}

/// A line without its end, or as much of it as is there.
#[derive(Clone, Copy)]
struct Line<'b> {
    content: &'b [u8],
    ended: bool,
    /// Whether a CR is the last byte so far: nothing can be added to `content` any more.
    cr: bool,
    rest: &'b [u8],
}

impl<'b> Line<'b> {
    fn next(text: &'b [u8], limits: &Limits) -> Result<Self, Refusal> {
        let lf = memchr(b'\n', text);
        let line = &text[..lf.unwrap_or(text.len())];
        let content = match line.strip_suffix(b"\r") {
            Some(content) => content,
            None if lf.is_some() && !limits.allow_bare_lf => return Err(Refusal::LineEnd),
            None => line,
        };
        if memchr(b'\r', content).is_some() {
            return Err(Refusal::LineEnd);
        }
        let rest = lf.map_or(&[][..], |at| &text[at + 1..]);
        Ok(Line { content, ended: lf.is_some(), cr: content.len() < line.len(), rest })
    }
}

fn check_request_line(line: Line<'_>, limits: &Limits) -> Result<(), Refusal> {
    let (method, rest) = split_at_space(line.content);
    if method.len() > METHOD_MAX || !method.iter().all(|&b| is_tchar(b)) {
        return Err(Refusal::RequestLine);
    }
    let Some(rest) = rest else {
        return if line.ended { Err(Refusal::RequestLine) } else { Ok(()) };
    };
    let (target, version) = split_at_space(rest);
    // What comes first is told, so that it is the same however the head is cut.
    let shown = &target[..target.len().min(limits.max_target)];
    if method.is_empty() || !shown.iter().all(|&b| is_target_byte(b)) {
        return Err(Refusal::RequestLine);
    }
    if target.len() > limits.max_target {
        return Err(Refusal::TargetTooLong);
    }
    if version.is_none() && !line.ended {
        return Ok(());
    }
    check_target(method, target)?;
    match version {
        Some(version) => check_version(version, line.ended),
        None => Err(Refusal::VersionSyntax),
    }
}

fn split_at_space(text: &[u8]) -> (&[u8], Option<&[u8]>) {
    match memchr(b' ', text) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    }
}

fn check_target(method: &[u8], target: &[u8]) -> Result<(), Refusal> {
    let method = std::str::from_utf8(method).map_err(|_| Refusal::RequestLine)?;
    let target = std::str::from_utf8(target).map_err(|_| Refusal::RequestLine)?;
    Target::split(Method::from_name(method), target).map(|_| ())
}

/// Judges what follows the second space; `ended` tells whether more may come.
fn check_version(version: &[u8], ended: bool) -> Result<(), Refusal> {
    match version {
        b"HTTP/1.0" | b"HTTP/1.1" => Ok(()),
        [b'H', b'T', b'T', b'P', b'/', major, b'.', minor]
            if major.is_ascii_digit() && minor.is_ascii_digit() =>
        {
            // With more behind it, it is none.
            if ended { Err(Refusal::Version) } else { Ok(()) }
        }
        _ if !ended && may_become_version(version) => Ok(()),
        // Then it is no version that is wrong but the target that has a space in it.
        _ if version.iter().any(|&b| b == b' ' || b == b'\t') => Err(Refusal::RequestLine),
        _ => Err(Refusal::VersionSyntax),
    }
}

fn may_become_version(text: &[u8]) -> bool {
    text.len() < b"HTTP/1.1".len()
        && text.iter().zip(b"HTTP/0.0").all(|(&byte, &pattern)| match pattern {
            b'0' => byte.is_ascii_digit(),
            _ => byte == pattern,
        })
}

fn check_field_line(line: Line<'_>) -> Result<(), Refusal> {
    let valid = match memchr(b':', line.content) {
        Some(at) => {
            is_token(&line.content[..at])
                && line.content[at + 1..].iter().all(|&b| is_value_byte(b))
        }
        None => !line.ended && !line.cr && line.content.iter().all(|&b| is_tchar(b)),
    };
    if valid { Ok(()) } else { Err(Refusal::Field) }
}
