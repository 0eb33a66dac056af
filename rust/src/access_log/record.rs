//! What stands in a ring: the facts of one line, in a form that is cheap to write.
//!
//! A fixed part, then the texts one behind the other. Numbers are in the order of this machine:
//! nothing of it leaves the process.

use crate::clients::PeerAddress;
use crate::connection::watchers::{Answer, Question};
use crate::http::Version;

/// Octets of a text that are kept; more would let one client fill the ring.
const TEXT_MAX: usize = 8 * 1024;

/// Octets of the fixed part.
const FIXED: usize = 80;

/// The longest record.
#[cfg(test)]
pub(super) const MAX: usize = FIXED + TEXTS * TEXT_MAX;

/// Method, target, host, referer, user agent; or nothing, a line, and three times nothing.
const TEXTS: usize = 5;

/// The length of a text that is not there.
const ABSENT: u16 = u16::MAX;

/// What is known of the version.
const HTTP10: u8 = 0;
const HTTP11: u8 = 1;
const HTTP2: u8 = 3;
/// The request was not understood.
const LINE: u8 = 2;

/// One record, read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Record<'r> {
    /// Microseconds of the monotonic clock.
    pub(super) begun: u64,
    /// Microseconds.
    pub(super) took: u64,
    pub(super) octets: u64,
    pub(super) body: u64,
    pub(super) status: u16,
    pub(super) listener: u16,
    /// The numbers of [`crate::responder::source::By`] and `Kind`.
    pub(super) by: u8,
    pub(super) kind: u8,
    pub(super) peer: PeerAddress,
    /// `None` where the request was not understood: the target is its line then.
    pub(super) version: Option<Version>,
    pub(super) method: Option<&'r [u8]>,
    pub(super) target: Option<&'r [u8]>,
    pub(super) host: Option<&'r [u8]>,
    pub(super) referer: Option<&'r [u8]>,
    pub(super) user_agent: Option<&'r [u8]>,
}

/// Writes a record into `into`, in place of what stands there.
pub(super) fn write(
    into: &mut Vec<u8>,
    question: &Question<'_>,
    answer: &Answer,
    took: u64,
    (listener, peer): (u16, PeerAddress),
) {
    let (version, texts): (u8, [Option<&[u8]>; TEXTS]) = match question {
        Question::Line(line) => (LINE, [None, Some(line), None, None, None]),
        Question::Asked(asked) => (
            match asked.version {
                Version::Http10 => HTTP10,
                Version::Http11 => HTTP11,
                Version::Http2 => HTTP2,
            },
            [
                Some(asked.method.as_bytes()),
                Some(asked.target.as_bytes()),
                asked.host.map(str::as_bytes),
                asked.referer,
                asked.user_agent,
            ],
        ),
    };
    let texts = texts.map(|text| text.map(|text| &text[..text.len().min(TEXT_MAX)]));
    let mut fixed = Fixed([0; FIXED], 4);
    for number in [answer.begun, took, answer.octets, answer.body] {
        fixed.put(number.to_ne_bytes());
    }
    fixed.put(answer.status.to_ne_bytes());
    fixed.put(listener.to_ne_bytes());
    fixed.put([answer.source.by as u8, answer.source.kind as u8, version]);
    fixed.put(peer.to_octets());
    for text in texts {
        fixed.put(text.map_or(ABSENT, |text| text.len() as u16).to_ne_bytes());
    }
    into.clear();
    into.extend_from_slice(&fixed.0);
    for text in texts.into_iter().flatten() {
        into.extend_from_slice(text);
    }
    let length = (into.len() as u32).to_ne_bytes();
    into[..4].copy_from_slice(&length);
}

/// The fixed part, and how much of it is written.
struct Fixed([u8; FIXED], usize);

impl Fixed {
    #[inline]
    fn put<const N: usize>(&mut self, octets: [u8; N]) {
        self.0[self.1..self.1 + N].copy_from_slice(&octets);
        self.1 += N;
    }
}

/// Takes the first record off `octets`, which begin with one or are empty.
pub(super) fn take<'r>(octets: &mut &'r [u8]) -> Option<Record<'r>> {
    let length = u32::from_ne_bytes(*octets.first_chunk()?) as usize;
    let (record, rest) = octets.split_at_checked(length)?;
    *octets = rest;
    let (fixed, texts) = record.split_at_checked(FIXED)?;
    let mut fixed = Reader(&fixed[4..], texts);
    Some(Record {
        begun: u64::from_ne_bytes(fixed.get()?),
        took: u64::from_ne_bytes(fixed.get()?),
        octets: u64::from_ne_bytes(fixed.get()?),
        body: u64::from_ne_bytes(fixed.get()?),
        status: u16::from_ne_bytes(fixed.get()?),
        listener: u16::from_ne_bytes(fixed.get()?),
        by: fixed.get::<1>()?[0],
        kind: fixed.get::<1>()?[0],
        version: match fixed.get::<1>()?[0] {
            LINE => None,
            HTTP10 => Some(Version::Http10),
            HTTP2 => Some(Version::Http2),
            _ => Some(Version::Http11),
        },
        peer: PeerAddress::from_octets(fixed.get()?),
        method: fixed.text()?,
        target: fixed.text()?,
        host: fixed.text()?,
        referer: fixed.text()?,
        user_agent: fixed.text()?,
    })
}

/// What is left of the fixed part, and of the texts.
struct Reader<'r>(&'r [u8], &'r [u8]);

impl<'r> Reader<'r> {
    fn get<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (octets, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*octets)
    }

    fn text(&mut self) -> Option<Option<&'r [u8]>> {
        let length = u16::from_ne_bytes(self.get()?);
        if length == ABSENT {
            return Some(None);
        }
        let (text, rest) = self.1.split_at_checked(length.into())?;
        self.1 = rest;
        Some(Some(text))
    }
}
