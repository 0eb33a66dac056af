//! The request head, parsed in place.

use super::{Method, Refusal};
use std::mem::MaybeUninit;

/// One field line: name as sent, value without surrounding white space.
pub type Field<'b> = httparse::Header<'b>;

/// The most field lines a head can ever have (`max_fields` may set a lower limit).
pub const FIELDS_MAX: usize = 256;

/// Uninitialised room for the field lines; lives on the caller's stack.
pub type FieldSlots<'b> = [MaybeUninit<Field<'b>>; FIELDS_MAX];

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
    /// Access-Control-Request-Method
    pub request_method: Option<&'b [u8]>,
    /// Access-Control-Request-Headers
    pub request_headers: Option<&'b [u8]>,
    /// Access-Control-Request-Private-Network
    pub request_private_network: Option<&'b [u8]>,
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

/// Parses one head at the start of `bytes`.
pub fn parse<'h, 'b>(
    bytes: &'b [u8],
    slots: &'h mut FieldSlots<'b>,
    limits: &Limits,
) -> Parsed<'h, 'b> {
    let _ = (bytes, slots, limits);
    todo!()
}

impl<'b> Head<'_, 'b> {
    /// The first value of the field `name`, compared without case.
    pub fn field(&self, name: &str) -> Option<&'b [u8]> {
        self.fields.iter().find(|f| f.name.eq_ignore_ascii_case(name)).map(|f| f.value)
    }
}
