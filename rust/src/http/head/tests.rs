//! What heads are taken and refused, row by row of the list of refusals.

mod accepted;
mod limits;
mod partial;
mod properties;
mod refused;

use super::*;

/// The limits of the defaults.
const LIMITS: Limits =
    Limits { max_head: 16 * 1024, max_fields: 100, max_target: 8192, allow_bare_lf: false };
const BARE_LF: Limits = Limits { allow_bare_lf: true, ..LIMITS };

/// What came of parsing, without what it borrows.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Outcome {
    Complete(Seen),
    Partial,
    Refused(Refusal),
}

/// A head, owned.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    method: Method,
    version: Version,
    target: String,
    path: String,
    query: Option<String>,
    host: Option<String>,
    fields: Vec<(String, Vec<u8>)>,
    framing: Framing,
    keep_alive: bool,
    expect_continue: bool,
    len: usize,
}

fn parse_with(bytes: &[u8], limits: &Limits) -> Outcome {
    let mut slots = FieldSlots::new();
    match parse(bytes, &mut slots, limits) {
        Parsed::Complete(head) => Outcome::Complete(Seen::from(&head)),
        Parsed::Partial => Outcome::Partial,
        Parsed::Refused(refusal) => Outcome::Refused(refusal),
    }
}

impl From<&Head<'_, '_>> for Seen {
    fn from(head: &Head<'_, '_>) -> Self {
        assert_eq!(Method::from_name(head.method_name), head.method);
        Seen {
            method: head.method,
            version: head.version,
            target: head.target.into(),
            path: head.path.into(),
            query: head.query.map(Into::into),
            host: head.host.map(Into::into),
            fields: head.fields.iter().map(|f| (f.name.into(), f.value.into())).collect(),
            framing: head.framing,
            keep_alive: head.keep_alive,
            expect_continue: head.expect_continue,
            len: head.len,
        }
    }
}

/// The head in `bytes`, which has to be taken.
#[track_caller]
fn taken(bytes: impl AsRef<[u8]>) -> Seen {
    match parse_with(bytes.as_ref(), &LIMITS) {
        Outcome::Complete(seen) => seen,
        other => panic!("{}: {other:?}", bytes.as_ref().escape_ascii()),
    }
}

/// The reason for which `bytes` are refused, which they have to be.
#[track_caller]
fn refusal(bytes: impl AsRef<[u8]>) -> Refusal {
    match parse_with(bytes.as_ref(), &LIMITS) {
        Outcome::Refused(refusal) => refusal,
        other => panic!("{}: {other:?}", bytes.as_ref().escape_ascii()),
    }
}

/// An HTTP/1.1 GET with Host and `fields`, lines with their CRLF.
fn get(fields: impl AsRef<[u8]>) -> Vec<u8> {
    [b"GET / HTTP/1.1\r\nHost: a\r\n", fields.as_ref(), b"\r\n"].concat()
}

/// A head with `line` as its request line.
fn with_line(line: impl AsRef<[u8]>) -> Vec<u8> {
    [line.as_ref(), b"\r\nHost: a\r\n\r\n"].concat()
}
