//! Heads of answers, packed. Most answers are prepared responses that differ in nothing but their
//! Date; so what a head comes to is remembered, and found again by its octets. Nothing in it depends
//! on a connection.

use super::hpack::{self, Lines, encoder};

/// Heads that are remembered.
const PLACES: usize = 128;

/// Octets of a head that is worth remembering.
const LONGEST: usize = 2048;

/// Where the name of the Date field ends and where its line does: it stands behind the status line.
const DATE: &[u8] = b"Date: ";
const DATE_VALUE: usize = hpack::DATE;
const DATE_LINE: usize = DATE.len() + DATE_VALUE + 2;

/// How the end of a body is told in HTTP/1, other than by the end of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    Length(u64),
    Chunked,
}

/// What a head comes to.
#[derive(Debug, Default)]
pub(super) struct Packed {
    /// The head without its Date line.
    text: Vec<u8>,
    /// The fields as HTTP/2 has them.
    pub(super) section: Vec<u8>,
    /// Where the value of Date stands among them.
    date: Option<usize>,
    /// Where the first field stands among them.
    fields: usize,
    /// The fields without Date, as they go into the client's table.
    pub(super) lines: Lines,
    /// It was sent before.
    pub(super) is_known: bool,
    pub(super) status: u16,
    pub(super) framing: Option<Framing>,
}

/// The heads that one worker remembers.
#[derive(Debug)]
pub(crate) struct Heads {
    places: Box<[Packed]>,
    /// How many were packed.
    made: u64,
}

impl Default for Heads {
    fn default() -> Self {
        Heads { places: (0..PLACES).map(|_| Packed::default()).collect(), made: 0 }
    }
}

impl Heads {
    /// What `head`, a whole one, comes to; `None` where it is none.
    #[inline]
    pub(super) fn pack(&mut self, head: &[u8]) -> Option<&Packed> {
        let line = memchr::memchr(b'\n', head)? + 1;
        let has_date = head[line..].starts_with(DATE) && head.len() >= line + DATE_LINE;
        let rest = if has_date { line + DATE_LINE } else { line };
        let (first, fields) = (&head[..line], &head[rest..]);
        let place = &mut self.places[hash(fields) as usize % PLACES];
        place.is_known = place.date.is_some() == has_date
            && place.text.len() == line + fields.len()
            && place.text.starts_with(first)
            && place.text.ends_with(fields);
        if !place.is_known {
            self.made += 1;
            place.make(first, has_date, fields, self.made)?;
        }
        if let Some(at) = place.date {
            let value = line + DATE.len();
            place.section[at..at + DATE_VALUE].copy_from_slice(&head[value..value + DATE_VALUE]);
        }
        Some(place)
    }
}

impl Packed {
    /// The status as HTTP/2 has it.
    pub(super) fn status_line(&self) -> &[u8] {
        &self.section[..self.fields]
    }

    /// The value of Date.
    pub(super) fn date(&self) -> Option<&[u8; DATE_VALUE]> {
        self.date.and_then(|at| self.section[at..].first_chunk())
    }

    #[cold]
    fn make(&mut self, first: &[u8], has_date: bool, fields: &[u8], id: u64) -> Option<()> {
        self.text.clear();
        self.lines.clear();
        self.section.clear();
        self.framing = None;
        self.status = std::str::from_utf8(first.get(9..12)?).ok()?.parse().ok()?;
        encoder::status(self.status, &mut self.section);
        self.fields = self.section.len();
        let mut secret = false;
        let at = || encoder::patched_field(b"date", &[b' '; DATE_VALUE], &mut self.section);
        self.date = has_date.then(at);
        for (name, value) in lines(fields) {
            if name.eq_ignore_ascii_case(b"content-length") {
                let length = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
                self.framing = length.map(Framing::Length);
            } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
                self.framing = Some(Framing::Chunked);
            }
            if !is_of_connection(name) {
                encoder::field(name, value, &mut self.section);
                self.lines.add(name, value);
                secret |= name.eq_ignore_ascii_case(b"set-cookie");
            }
        }
        // What is meant for one client alone stands in no table (RFC 7541 section 7.1.3).
        if self.lines.fit() && !secret {
            self.lines.id = id;
        }
        if first.len() + fields.len() <= LONGEST {
            self.text.extend_from_slice(first);
            self.text.extend_from_slice(fields);
        } else {
            self.text.shrink_to(LONGEST);
        }
        Some(())
    }
}

/// The names and values of whole field lines.
pub(super) fn lines(fields: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    fields.split(|octet| *octet == b'\n').filter_map(|line| {
        let colon = memchr::memchr(b':', line)?;
        Some((&line[..colon], line[colon + 1..].trim_ascii()))
    })
}

/// Whether a field is about the connection, which is not one of HTTP/1 (RFC 9113 section 8.2.2).
fn is_of_connection(name: &[u8]) -> bool {
    const NAMES: [&[u8]; 5] =
        [b"connection", b"transfer-encoding", b"keep-alive", b"proxy-connection", b"upgrade"];
    NAMES.iter().any(|it| it.eq_ignore_ascii_case(name))
}

/// A number for these octets: what is remembered need not be well spread, and is compared.
fn hash(octets: &[u8]) -> u64 {
    let mix = |sum: u64, word: u64| (sum.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    let (words, rest) = octets.as_chunks::<8>();
    let sum = words.iter().fold(0, |sum, word| mix(sum, u64::from_le_bytes(*word)));
    rest.iter().fold(sum, |sum, &octet| mix(sum, u64::from(octet))) >> 32
}

#[cfg(test)]
mod tests {
    use super::super::hpack::Decoder;
    use super::*;

    const HEAD: &str = "HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n";

    fn unpacked(heads: &mut Heads, head: &str) -> (Vec<String>, Option<Framing>) {
        let packed = heads.pack(head.as_bytes()).unwrap();
        let mut fields = Vec::new();
        Decoder::new()
            .decode(&packed.section, &mut Vec::new(), |field| {
                let text = String::from_utf8_lossy;
                fields.push(format!("{}: {}", text(field.name), text(field.value)));
            })
            .unwrap();
        (fields, packed.framing)
    }

    #[test]
    fn a_head_is_packed_without_what_belongs_to_the_connection() {
        let mut heads = Heads::default();
        let head = format!("{HEAD}X-A:  b \r\nConnection: close\r\nContent-Length: 3\r\n\r\n");
        let (fields, framing) = unpacked(&mut heads, &head);
        let date = "date: Thu, 01 Jan 1970 00:00:00 GMT";
        assert_eq!(fields, [":status: 200", date, "x-a: b", "content-length: 3"]);
        assert_eq!(framing, Some(Framing::Length(3)));
        let chunked = "HTTP/1.1 404 \r\nTransfer-Encoding: chunked\r\n\r\n";
        let expected = (vec![":status: 404".to_owned()], Some(Framing::Chunked));
        assert_eq!(unpacked(&mut heads, chunked), expected);
        assert_eq!(heads.pack(b"HTTP/1.1 x\r\n\r\n").map(|it| it.status), None);
    }

    #[test]
    fn what_is_remembered_has_the_date_of_the_moment() {
        let mut heads = Heads::default();
        for second in ["00", "01", "59"] {
            let head = HEAD.replace("00:00:00", &format!("00:00:{second}")) + "A: b\r\n\r\n";
            let (fields, _) = unpacked(&mut heads, &head);
            assert_eq!(fields[1], format!("date: Thu, 01 Jan 1970 00:00:{second} GMT"));
            assert_eq!(fields[2], "a: b");
        }
        // The same fields, another status or no Date.
        assert_eq!(
            unpacked(&mut heads, "HTTP/1.1 500 x\r\nA: b\r\n\r\n").0,
            [":status: 500", "a: b"]
        );
        assert_eq!(unpacked(&mut heads, &format!("{HEAD}A: b\r\n\r\n")).0.len(), 3);
    }

    #[test]
    fn a_head_that_is_too_long_to_be_remembered_is_packed_all_the_same() {
        let mut heads = Heads::default();
        let long = format!("HTTP/1.1 200 OK\r\nA: {}\r\n\r\n", "x".repeat(5000));
        for _ in 0..2 {
            assert_eq!(unpacked(&mut heads, &long).0[1].len(), 5003);
        }
    }
}
