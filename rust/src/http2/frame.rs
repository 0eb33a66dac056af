//! Frames (RFC 9113 section 4): their heads, and those that the server sends.

/// Octets of the head of a frame.
pub(super) const HEAD: usize = 9;

/// The most octets that a frame may carry where nothing else is agreed on; we agree on nothing else.
pub(super) const MAX_FRAME: usize = 16_384;

/// The largest a window may be (RFC 9113 section 6.9.1).
pub(super) const MAX_WINDOW: i64 = (1 << 31) - 1;

/// What a window is before anything is said about it.
pub(crate) const WINDOW: i64 = 65_535;

/// How every connection begins (RFC 9113 section 3.4).
pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The types of frames.
pub(super) mod kind {
    pub(crate) const DATA: u8 = 0;
    pub(crate) const HEADERS: u8 = 1;
    pub(crate) const PRIORITY: u8 = 2;
    pub(crate) const RST_STREAM: u8 = 3;
    pub(crate) const SETTINGS: u8 = 4;
    pub(crate) const PUSH_PROMISE: u8 = 5;
    pub(crate) const PING: u8 = 6;
    pub(crate) const GOAWAY: u8 = 7;
    pub(crate) const WINDOW_UPDATE: u8 = 8;
    pub(crate) const CONTINUATION: u8 = 9;
}

/// The flags of frames.
pub(super) mod flag {
    /// Of SETTINGS and PING.
    pub(crate) const ACK: u8 = 1;
    pub(crate) const END_STREAM: u8 = 1;
    pub(crate) const END_HEADERS: u8 = 4;
    pub(crate) const PADDED: u8 = 8;
    pub(crate) const PRIORITY: u8 = 0x20;
}

/// The parameters of SETTINGS that matter here.
pub(super) mod setting {
    pub(crate) const HEADER_TABLE_SIZE: u16 = 1;
    pub(crate) const ENABLE_PUSH: u16 = 2;
    pub(crate) const MAX_CONCURRENT_STREAMS: u16 = 3;
    pub(crate) const INITIAL_WINDOW_SIZE: u16 = 4;
    pub(crate) const MAX_FRAME_SIZE: u16 = 5;
    pub(crate) const MAX_HEADER_LIST_SIZE: u16 = 6;
}

/// Why a stream or a connection ends (RFC 9113 section 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Code {
    NoError = 0,
    Protocol = 1,
    Internal = 2,
    FlowControl = 3,
    SettingsTimeout = 4,
    StreamClosed = 5,
    FrameSize = 6,
    RefusedStream = 7,
    Compression = 9,
    EnhanceYourCalm = 11,
}

/// The head of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) length: usize,
    pub(super) kind: u8,
    pub(super) flags: u8,
    pub(super) stream: u32,
}

impl Head {
    /// The head that `input` begins with, if it is there.
    #[inline]
    pub(super) fn parse(input: &[u8]) -> Option<Head> {
        let head: &[u8; HEAD] = input.first_chunk()?;
        Some(Head {
            length: usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2]),
            kind: head[3],
            flags: head[4],
            stream: number(&head[5..]) & 0x7fff_ffff,
        })
    }

    pub(super) fn has(self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

/// Four octets as a number.
pub(super) fn number(octets: &[u8]) -> u32 {
    octets.iter().take(4).fold(0, |sum, &octet| sum << 8 | u32::from(octet))
}

/// Appends the head of a frame.
#[inline]
pub(super) fn head(out: &mut Vec<u8>, length: usize, kind: u8, flags: u8, stream: u32) {
    let length = (length as u32).to_be_bytes();
    let stream = stream.to_be_bytes();
    out.extend_from_slice(&[
        length[1], length[2], length[3], kind, flags, stream[0], stream[1], stream[2], stream[3],
    ]);
}

pub(super) fn settings(out: &mut Vec<u8>, parameters: &[(u16, u32)]) {
    head(out, 6 * parameters.len(), kind::SETTINGS, 0, 0);
    for (name, value) in parameters {
        out.extend_from_slice(&name.to_be_bytes());
        out.extend_from_slice(&value.to_be_bytes());
    }
}

pub(super) fn settings_ack(out: &mut Vec<u8>) {
    head(out, 0, kind::SETTINGS, flag::ACK, 0);
}

pub(super) fn ping_ack(out: &mut Vec<u8>, payload: &[u8]) {
    head(out, payload.len(), kind::PING, flag::ACK, 0);
    out.extend_from_slice(payload);
}

pub(super) fn window_update(out: &mut Vec<u8>, stream: u32, octets: u32) {
    head(out, 4, kind::WINDOW_UPDATE, 0, stream);
    out.extend_from_slice(&octets.to_be_bytes());
}

pub(super) fn reset(out: &mut Vec<u8>, stream: u32, code: Code) {
    head(out, 4, kind::RST_STREAM, 0, stream);
    out.extend_from_slice(&(code as u32).to_be_bytes());
}

pub(super) fn goaway(out: &mut Vec<u8>, last: u32, code: Code, why: &str) {
    head(out, 8 + why.len(), kind::GOAWAY, 0, 0);
    out.extend_from_slice(&last.to_be_bytes());
    out.extend_from_slice(&(code as u32).to_be_bytes());
    out.extend_from_slice(why.as_bytes());
}

/// Appends a field section of one stream, in as many frames as it takes.
pub(super) fn section(out: &mut Vec<u8>, stream: u32, section: &[u8], ended: bool) {
    let (first, mut rest) = section.split_at(section.len().min(MAX_FRAME));
    let end = |rest: &[u8]| if rest.is_empty() { flag::END_HEADERS } else { 0 };
    let flags = end(rest) | if ended { flag::END_STREAM } else { 0 };
    head(out, first.len(), kind::HEADERS, flags, stream);
    out.extend_from_slice(first);
    while !rest.is_empty() {
        let (next, behind) = rest.split_at(rest.len().min(MAX_FRAME));
        rest = behind;
        head(out, next.len(), kind::CONTINUATION, end(rest), stream);
        out.extend_from_slice(next);
    }
}

/// Appends a field section that `write` writes, which fits into one frame.
#[inline]
pub(super) fn short_section(
    out: &mut Vec<u8>,
    stream: u32,
    ended: bool,
    write: impl FnOnce(&mut Vec<u8>),
) {
    let start = out.len();
    let flags = flag::END_HEADERS | if ended { flag::END_STREAM } else { 0 };
    head(out, 0, kind::HEADERS, flags, stream);
    write(out);
    let length = ((out.len() - start - HEAD) as u32).to_be_bytes();
    out[start..start + 3].copy_from_slice(&length[1..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_written_as_it_is_read() {
        let mut out = Vec::new();
        head(&mut out, 0x01_0203, kind::DATA, flag::PADDED, 0x7fff_fffe);
        assert_eq!(out, [1, 2, 3, 0, 8, 0x7f, 0xff, 0xff, 0xfe]);
        let parsed = Head::parse(&out).unwrap();
        let expected = Head { length: 0x01_0203, kind: 0, flags: 8, stream: 0x7fff_fffe };
        assert_eq!((parsed, Head::parse(&out[..8])), (expected, None));
        // The reserved bit is nobody's business.
        out[5] = 0xff;
        assert_eq!(Head::parse(&out).unwrap().stream, 0x7fff_fffe);
    }

    #[test]
    fn a_long_section_goes_on_in_further_frames() {
        let mut out = Vec::new();
        section(&mut out, 5, &[7; MAX_FRAME + 1], true);
        let first = Head::parse(&out).unwrap();
        assert_eq!((first.length, first.kind, first.flags), (MAX_FRAME, kind::HEADERS, 1));
        let second = Head::parse(&out[HEAD + MAX_FRAME..]).unwrap();
        assert_eq!((second.length, second.kind, second.flags), (1, kind::CONTINUATION, 4));
        assert_eq!(out.len(), 2 * HEAD + MAX_FRAME + 1);
        out.clear();
        section(&mut out, 5, b"x", false);
        assert_eq!(Head::parse(&out).unwrap().flags, flag::END_HEADERS);
    }
}
