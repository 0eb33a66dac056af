//! The request head, parsed in place.

mod diagnosis;
mod facts;
mod fast;
mod framing;
mod host;
mod lines;
mod target;
#[cfg(test)]
mod tests;

use self::facts::Facts;
use self::lines::LineEnds;
use self::target::Target;
use super::{Method, Refusal};
use crate::sys::filling::Filling;

/// One field line: name as sent, value without surrounding white space.
pub type Field<'b> = httparse::Header<'b>;

/// The most field lines a head can ever have (`max_fields` may set a lower limit).
pub const FIELDS_MAX: usize = 256;

/// Octets of the longest method that is taken; the longest registered one has 17.
pub(crate) const METHOD_MAX: usize = 32;

/// Uninitialised room for the field lines; lives on the caller's stack.
pub type FieldSlots<'b> = Filling<Field<'b>, FIELDS_MAX>;

/// What a head may have.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Octets of the whole head, final empty line included.
    pub max_head: usize,
    /// Field lines.
    pub max_fields: usize,
    /// Octets of the request target.
    pub max_target: usize,
    /// Whether a bare LF ends a line.
    pub allow_bare_lf: bool,
}

/// The version of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// HTTP/1.0
    Http10,
    /// HTTP/1.1
    Http11,
    /// HTTP/2
    Http2,
}

/// How the body is delimited (RFC 9112 section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// No body.
    None,
    /// This many octets (at least one).
    Length(u64),
    /// Chunked transfer coding.
    Chunked,
}

/// A complete and valid request head.
#[derive(Debug)]
pub struct Head<'h, 'b> {
    /// The method, classified.
    pub method: Method,
    /// The method as sent.
    pub method_name: &'b str,
    /// The version.
    pub version: Version,
    /// The request target as sent.
    pub target: &'b str,
    /// The path: of an absolute-form target its path (`/` if empty); `*` for `OPTIONS *`.
    pub path: &'b str,
    /// What follows the first `?`, without it; `None` where there is no `?`.
    pub query: Option<&'b str>,
    /// Host: of an absolute-form target its authority, else the Host field's value.
    pub host: Option<&'b str>,
    /// All field lines, in order.
    pub fields: &'h [Field<'b>],
    /// How the body is delimited.
    pub framing: Framing,
    /// Whether the client lets the connection persist (RFC 9112 section 9.3).
    pub keep_alive: bool,
    /// Whether the client waits for 100 (Continue); never set for HTTP/1.0 or without a body.
    pub expect_continue: bool,
    /// Some fields that the answers look at, picked up while the head is validated.
    pub known: Known<'b>,
    /// Octets of the head, from the first byte given (leading CRLF included) to the empty line.
    pub len: usize,
}

/// Values of the fields that the default answers look at; the first line of each name.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known<'b> {
    /// Origin
    pub origin: Option<&'b [u8]>,
    /// Accept
    pub accept: Option<&'b [u8]>,
    /// Sec-Fetch-Dest
    pub sec_fetch_dest: Option<&'b [u8]>,
    /// Ping-To
    pub ping_to: Option<&'b [u8]>,
    /// Whether If-None-Match or Range is among the fields.
    pub conditional: bool,
}

/// What came of parsing.
#[derive(Debug)]
pub enum Parsed<'h, 'b> {
    /// A whole head.
    Complete(Head<'h, 'b>),
    /// More bytes are needed; nothing so far is wrong.
    Partial,
    /// The bytes are refused.
    Refused(Refusal),
}

/// Parses one head at the start of `bytes`; what follows the head is not looked at.
///
/// Up to two empty lines before the request line are skipped (RFC 9112 section 2.2). The result
/// borrows from `bytes` and `slots`; nothing is allocated. [`Parsed::Partial`] means that all bytes
/// so far may become a valid head: it is never returned once `max_head` octets are there, and a
/// fault is told as soon as it can be seen. After a refusal the bytes must not be parsed again.
#[inline]
pub fn parse<'h, 'b>(
    bytes: &'b [u8],
    slots: &'h mut FieldSlots<'b>,
    limits: &Limits,
) -> Parsed<'h, 'b> {
    let window = &bytes[..bytes.len().min(limits.max_head)];
    let lead = match window.first() {
        Some(b'\r' | b'\n') => match diagnosis::empty_lines(window, limits) {
            Ok(lead) => lead,
            Err(refusal) => return Parsed::Refused(refusal),
        },
        _ => 0,
    };
    let text = &window[lead..];
    let mut facts = Facts::default();
    if let Some(found) = fast::find(text, slots, &mut facts, limits) {
        return Parsed::Complete(found.head(&facts, slots.filled(), lead));
    }
    thorough(text, lead, slots, limits)
}

/// As [`parse`], never by the fast way.
#[cfg(any(fuzzing, test))]
pub(crate) fn parse_thoroughly<'h, 'b>(
    bytes: &'b [u8],
    slots: &'h mut FieldSlots<'b>,
    limits: &Limits,
) -> Parsed<'h, 'b> {
    let window = &bytes[..bytes.len().min(limits.max_head)];
    match window.first() {
        Some(b'\r' | b'\n') => match diagnosis::empty_lines(window, limits) {
            Ok(lead) => thorough(&window[lead..], lead, slots, limits),
            Err(refusal) => Parsed::Refused(refusal),
        },
        _ => thorough(window, 0, slots, limits),
    }
}

/// The way for what [`fast::find`] does not take: httparse, the checks that it does not make, and
/// for what is refused the reason why.
#[inline(never)]
fn thorough<'h, 'b>(
    text: &'b [u8],
    lead: usize,
    slots: &'h mut FieldSlots<'b>,
    limits: &Limits,
) -> Parsed<'h, 'b> {
    let mut request = httparse::Request::new(&mut []);
    let slots = &mut slots.room()[..limits.max_fields.min(FIELDS_MAX)];
    match request.parse_with_uninit_headers(text, slots) {
        Ok(httparse::Status::Complete(len)) => match check(&text[..len], lead, request, limits) {
            Ok(head) => Parsed::Complete(head),
            Err(refusal) => Parsed::Refused(refusal),
        },
        Ok(httparse::Status::Partial) => partial(text, lead, limits),
        Err(error) => malformed(text, lead, error, limits),
    }
}

/// Makes a [`Head`] of what httparse found in `text`, if all that httparse does not look at is
/// right as well.
#[inline]
fn check<'h, 'b>(
    text: &'b [u8],
    lead: usize,
    request: httparse::Request<'h, 'b>,
    limits: &Limits,
) -> Result<Head<'h, 'b>, Refusal> {
    let (Some(method_name), Some(target), Some(minor)) =
        (request.method, request.path, request.version)
    else {
        return Err(Refusal::RequestLine);
    };
    if method_name.len() > METHOD_MAX {
        return Err(Refusal::RequestLine);
    }
    if target.len() > limits.max_target {
        return Err(Refusal::TargetTooLong);
    }
    let lines = LineEnds { text, strict: !limits.allow_bare_lf };
    if !lines.request_line_ends_well(target) || !lines.head_ends_well() {
        return Err(Refusal::LineEnd);
    }
    let method = Method::from_name(method_name);
    let split = Target::split(method, target)?;
    let version = if minor == 0 { Version::Http10 } else { Version::Http11 };
    let fields: &'h [Field<'b>] = request.headers;
    let facts = Facts::gather(fields, lines)?;
    let host = facts.host(version)?;
    let framing = facts.framing(version)?;
    Ok(Head {
        method,
        method_name,
        version,
        target,
        path: split.path,
        query: split.query,
        host: split.authority.or(host),
        fields,
        framing,
        keep_alive: facts.keep_alive(version),
        expect_continue: facts.expects_continue(version)? && framing != Framing::None,
        known: facts.known,
        len: lead + text.len(),
    })
}

/// What to say of a head that is not complete.
#[cold]
fn partial<'h, 'b>(text: &'b [u8], lead: usize, limits: &Limits) -> Parsed<'h, 'b> {
    match diagnosis::first_fault(text, limits) {
        Some(refusal) => Parsed::Refused(refusal),
        None if lead + text.len() < limits.max_head => Parsed::Partial,
        None => Parsed::Refused(diagnosis::over_max_head(text)),
    }
}

/// What to say of a head that httparse refuses.
#[cold]
fn malformed<'h, 'b>(
    text: &'b [u8],
    lead: usize,
    error: httparse::Error,
    limits: &Limits,
) -> Parsed<'h, 'b> {
    match diagnosis::first_fault(text, limits) {
        Some(refusal) => Parsed::Refused(refusal),
        // `HTTP/2` may still become `HTTP/2.0`, which has another answer: wait for the line's end.
        None if memchr::memchr(b'\n', text).is_none() && lead + text.len() < limits.max_head => {
            Parsed::Partial
        }
        None => Parsed::Refused(diagnosis::of_error(error)),
    }
}

impl<'b> Head<'_, 'b> {
    /// The first value of the field `name`, compared without case.
    pub fn field(&self, name: &str) -> Option<&'b [u8]> {
        self.fields.iter().find(|f| f.name.eq_ignore_ascii_case(name)).map(|f| f.value)
    }
}
