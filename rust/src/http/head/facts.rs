//! One pass over the field lines: what framing, persistence and the answers need to know.

use super::lines::LineEnds;
use super::{Field, Framing, Known, Version, framing, host};
use crate::http::Refusal;
use crate::http::syntax::trim_ows;
use crate::sys::scan::Value;

/// What the field lines say, not yet judged as a whole.
#[derive(Default)]
pub(super) struct Facts<'b> {
    host: Option<&'b [u8]>,
    /// The same, if somebody has found it valid already.
    plain_host: Option<&'b str>,
    content_length: Option<&'b [u8]>,
    transfer_encoding: Option<&'b [u8]>,
    close: bool,
    persist: bool,
    expects_continue: bool,
    expects_other: bool,
    pub(super) known: Known<'b>,
}

impl<'b> Facts<'b> {
    /// Reads every field line once.
    ///
    /// # Errors
    /// [`Refusal::LineEnd`] for a line that ends in a bare LF; [`Refusal::Host`] for a second Host,
    /// [`Refusal::Framing`] for a second Content-Length or Transfer-Encoding, even equal ones.
    #[inline]
    pub(super) fn gather(fields: &[Field<'b>], lines: LineEnds<'b>) -> Result<Self, Refusal> {
        let mut facts = Facts::default();
        for field in fields {
            if !lines.field_line_ends_well(field.value) {
                return Err(Refusal::LineEnd);
            }
            facts.note(field.name.as_bytes(), Value { octets: field.value, plain: None })?;
        }
        Ok(facts)
    }

    /// Notes one field, told by the length of its name first: most names end there.
    #[inline(always)]
    pub(super) fn note(&mut self, name: &[u8], value: Value<'b>) -> Result<(), Refusal> {
        let Value { octets: value, plain } = value;
        match name.len() {
            4 if is(name, b"host") => {
                self.plain_host = plain;
                only(&mut self.host, value, Refusal::Host)?;
            }
            5 if is(name, b"range") => self.known.conditional = true,
            6 if is(name, b"accept") => first(&mut self.known.accept, value),
            6 if is(name, b"origin") => first(&mut self.known.origin, value),
            6 if is(name, b"expect") => self.note_expectation(value),
            7 if is(name, b"ping-to") => first(&mut self.known.ping_to, value),
            10 if is(name, b"connection") => self.note_connection(value),
            13 if is(name, b"if-none-match") => self.known.conditional = true,
            14 if is(name, b"sec-fetch-dest") => first(&mut self.known.sec_fetch_dest, value),
            14 if is(name, b"content-length") => {
                only(&mut self.content_length, value, Refusal::Framing)?;
            }
            17 if is(name, b"transfer-encoding") => {
                only(&mut self.transfer_encoding, value, Refusal::Framing)?;
            }
            _ => {}
        }
        Ok(())
    }

    #[inline]
    fn note_connection(&mut self, value: &[u8]) {
        // Nearly always one option.
        match value.len() {
            10 if is(value, b"keep-alive") => self.persist = true,
            5 if is(value, b"close") => self.close = true,
            _ => self.note_connection_options(value),
        }
    }

    fn note_connection_options(&mut self, value: &[u8]) {
        for option in value.split(|&b| b == b',') {
            let option = trim_ows(option);
            self.close |= option.eq_ignore_ascii_case(b"close");
            self.persist |= option.eq_ignore_ascii_case(b"keep-alive");
        }
    }

    fn note_expectation(&mut self, value: &[u8]) {
        let known = value.eq_ignore_ascii_case(b"100-continue");
        self.expects_continue |= known;
        self.expects_other |= !known;
    }

    /// The value of Host (RFC 9112 section 3.2).
    #[inline]
    pub(super) fn host(&self, version: Version) -> Result<Option<&'b str>, Refusal> {
        match self.host {
            Some(_) if self.plain_host.is_some() => Ok(self.plain_host),
            Some(value) => host::parse(value).map(Some).ok_or(Refusal::Host),
            None if version == Version::Http11 => Err(Refusal::Host),
            None => Ok(None),
        }
    }

    /// How the body is delimited (RFC 9112 section 6.3).
    #[inline(always)]
    pub(super) fn framing(&self, version: Version) -> Result<Framing, Refusal> {
        if self.content_length.is_none() && self.transfer_encoding.is_none() {
            return Ok(Framing::None);
        }
        self.framing_of_body(version)
    }

    fn framing_of_body(&self, version: Version) -> Result<Framing, Refusal> {
        match (self.content_length, self.transfer_encoding) {
            (None, None) => Ok(Framing::None),
            (Some(length), None) => framing::by_length(length),
            // Either of two framings could be believed by somebody on the way (section 6.1).
            (Some(_), Some(_)) => Err(Refusal::Framing),
            (None, Some(_)) if version == Version::Http10 => Err(Refusal::Framing),
            (None, Some(codings)) => framing::by_codings(codings),
        }
    }

    /// Whether the connection persists (RFC 9112 section 9.3).
    #[inline]
    pub(super) fn keep_alive(&self, version: Version) -> bool {
        !self.close && (version == Version::Http11 || self.persist)
    }

    /// Whether 100 (Continue) is waited for; HTTP/1.0 cannot (RFC 9110 section 10.1.1).
    #[inline]
    pub(super) fn expects_continue(&self, version: Version) -> Result<bool, Refusal> {
        match version {
            Version::Http10 => Ok(false),
            _ if self.expects_other => Err(Refusal::Expectation),
            _ => Ok(self.expects_continue),
        }
    }
}

/// Whether `name`, a token or a value, is `lower` but for case. No octet of these but an upper-case
/// letter becomes a letter or a hyphen by the bit set here (a control character would, CR), so this
/// is exact. It compares words that overlap: two for most names.
#[inline]
fn is<const N: usize>(name: &[u8], lower: &[u8; N]) -> bool {
    const { assert!(N >= 4) };
    let Ok(name) = <&[u8; N]>::try_from(name) else {
        return false;
    };
    if N < 8 {
        return differ::<4, N>(name, lower, 0) | differ::<4, N>(name, lower, N - 4) == 0;
    }
    let words = (0..N / 8).map(|word| differ::<8, N>(name, lower, 8 * word));
    words.fold(differ::<8, N>(name, lower, N - 8), |all, word| all | word) == 0
}

/// Which bits of the `W` octets from `at` on differ, but for case.
#[inline]
fn differ<const W: usize, const N: usize>(name: &[u8; N], lower: &[u8; N], at: usize) -> u64 {
    let word = |text: &[u8; N]| {
        let mut word = [0; 8];
        word[..W].copy_from_slice(&text[at..at + W]);
        u64::from_le_bytes(word)
    };
    let case = u64::from_le_bytes([0x20; 8]) >> (64 - 8 * W);
    (word(name) | case) ^ word(lower)
}

fn first<'b>(slot: &mut Option<&'b [u8]>, value: &'b [u8]) {
    slot.get_or_insert(value);
}

fn only<'b>(slot: &mut Option<&'b [u8]>, value: &'b [u8], second: Refusal) -> Result<(), Refusal> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(second),
    }
}
