//! The table that the client keeps of what we have sent (RFC 7541 section 2.3.2). Heads of answers
//! go into it whole: one that this connection has had before comes to an octet for each field, which
//! costs the client next to nothing. All that is remembered of it here is where a few of them stand.

use super::encoder;
use super::statics::STATIC;

/// Octets that the table counts for where the client says nothing; with less none is used, of more
/// no use is made (RFC 9113 section 6.5.2).
pub(in crate::http2) const TABLE: u32 = 4096;

/// Octets of a head that leaves room for others.
const LARGEST: usize = 1024;

/// Heads whose places are remembered.
const HEADS: usize = 4;

/// Octets of the value of a Date field.
pub(in crate::http2) const DATE: usize = 29;

/// What an entry counts for beside its octets (RFC 7541 section 4.1).
const ENTRY: usize = 32;

/// Fields that stand behind each other, as they go into the table.
#[derive(Debug, Default)]
pub(in crate::http2) struct Lines {
    /// What no other fields have; 0 for those that do not go into any table.
    pub(in crate::http2) id: u64,
    packed: Vec<u8>,
    entries: usize,
    size: usize,
}

impl Lines {
    pub(in crate::http2) fn clear(&mut self) {
        self.id = 0;
        self.packed.clear();
        (self.entries, self.size) = (0, 0);
    }

    pub(in crate::http2) fn add(&mut self, name: &[u8], value: &[u8]) {
        encoder::kept_field(name, value, &mut self.packed);
        self.entries += 1;
        self.size += name.len() + value.len() + ENTRY;
    }

    /// Whether they may stand in a table beside others.
    pub(in crate::http2) fn fit(&self) -> bool {
        self.entries > 0 && self.size <= LARGEST
    }
}

/// Where something was put into the table.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    id: u64,
    /// Entries and their octets that were put there before.
    entries: u64,
    octets: u64,
}

/// The table of one connection.
#[derive(Debug)]
pub(in crate::http2) struct Sent {
    usable: bool,
    /// It is to be said that no table is used.
    untold: bool,
    entries: u64,
    octets: u64,
    heads: [Place; HEADS],
    date: Place,
    date_text: [u8; DATE],
}

impl Sent {
    pub(in crate::http2) fn new() -> Self {
        Sent {
            usable: true,
            untold: false,
            entries: 0,
            octets: 0,
            heads: [Place::default(); HEADS],
            date: Place::default(),
            date_text: [0; DATE],
        }
    }

    /// The client allows a table of so many octets.
    pub(in crate::http2) fn bound(&mut self, octets: u32) {
        if octets < TABLE && self.usable {
            (self.usable, self.untold) = (false, true);
        }
    }

    /// What has to stand before the next fields, once: an update to no octets at all, where the client
    /// has taken some of the table away (RFC 7541 section 4.2).
    pub(in crate::http2) fn update(&mut self) -> Option<u8> {
        std::mem::take(&mut self.untold).then_some(0x20)
    }

    /// Whether `lines` may be written by [`Sent::write`]; those that nobody has had before are not
    /// worth a place.
    #[inline]
    pub(in crate::http2) fn takes(&self, lines: &Lines, is_known: bool) -> bool {
        self.usable && lines.id != 0 && is_known
    }

    /// Appends a Date field where there is one, and `lines`.
    #[inline]
    pub(in crate::http2) fn write(
        &mut self,
        date: Option<&[u8; DATE]>,
        lines: &Lines,
        out: &mut Vec<u8>,
    ) {
        if let Some(date) = date {
            self.write_date(date, out);
        }
        let found = self.heads.iter().find(|place| place.id == lines.id && self.has(place));
        if let Some(first) = found.map(|place| place.entries) {
            let newest = self.entries - 1;
            for entry in first..first + lines.entries as u64 {
                index(newest - entry, out);
            }
            return;
        }
        out.extend_from_slice(&lines.packed);
        let place = self.put(lines.id, lines.entries, lines.size);
        let oldest = self.heads.iter_mut().min_by_key(|place| place.octets);
        if let Some(oldest) = oldest {
            *oldest = place;
        }
    }

    #[inline]
    fn write_date(&mut self, date: &[u8; DATE], out: &mut Vec<u8>) {
        if self.date_text == *date && self.has(&self.date) {
            return index(self.entries - 1 - self.date.entries, out);
        }
        encoder::plain_kept_field(b"date", date, out);
        self.date_text = *date;
        self.date = self.put(u64::MAX, 1, b"date".len() + DATE + ENTRY);
    }

    /// Whether the client cannot have let go of what was put there.
    fn has(&self, place: &Place) -> bool {
        place.id != 0 && self.octets - place.octets <= u64::from(TABLE)
    }

    fn put(&mut self, id: u64, entries: usize, size: usize) -> Place {
        let place = Place { id, entries: self.entries, octets: self.octets };
        self.entries += entries as u64;
        self.octets += size as u64;
        place
    }
}

/// Appends the entry behind which so many newer ones stand.
#[inline]
fn index(newer: u64, out: &mut Vec<u8>) {
    // Of what is in a table of 4096 octets there are at most 128.
    encoder::index(STATIC.len() + 1 + newer as usize, out);
}

#[cfg(test)]
mod tests {
    use super::super::Decoder;
    use super::*;
    use proptest::prelude::*;

    fn lines(id: u64, fields: usize, length: usize) -> (Lines, Vec<String>) {
        let mut lines = Lines { id, ..Lines::default() };
        let value = "v".repeat(length) + &id.to_string();
        let names = (0..fields).map(|number| format!("x-{number}"));
        let text: Vec<String> = names
            .map(|name| {
                lines.add(name.as_bytes(), value.as_bytes());
                format!("{name}: {value}")
            })
            .collect();
        (lines, text)
    }

    fn date(second: u8) -> [u8; DATE] {
        let text = format!("Thu, 01 Jan 1970 00:00:{second:02} GMT");
        *text.as_bytes().first_chunk().unwrap()
    }

    fn read(decoder: &mut Decoder, section: &[u8]) -> Vec<String> {
        let mut found = Vec::new();
        let text = String::from_utf8_lossy;
        let take = |field: super::super::Field<'_>| {
            found.push(format!("{}: {}", text(field.name), text(field.value)));
        };
        decoder.decode(section, &mut Vec::new(), take).unwrap();
        found
    }

    #[test]
    fn what_was_sent_before_is_an_octet_for_each_field() {
        let (mut sent, mut decoder) = (Sent::new(), Decoder::new());
        let (lines, text) = lines(7, 9, 10);
        let expected =
            [vec![format!("date: {}", String::from_utf8_lossy(&date(1)))], text].concat();
        for expected_length in [None, Some(10), Some(10)] {
            let mut out = Vec::new();
            sent.write(Some(&date(1)), &lines, &mut out);
            assert_eq!(read(&mut decoder, &out), expected);
            assert!(expected_length.is_none_or(|length| out.len() == length));
        }
    }

    #[test]
    fn a_client_without_a_table_is_told_once_that_none_is_used() {
        let mut sent = Sent::new();
        let (lines, _) = lines(7, 2, 2);
        sent.bound(65_536);
        sent.bound(4096);
        assert!(sent.takes(&lines, true) && sent.update().is_none());
        assert!(!sent.takes(&lines, false), "nobody has had it before");
        sent.bound(4095);
        assert!(!sent.takes(&lines, true));
        assert_eq!((sent.update(), sent.update()), (Some(0x20), None));
        sent.bound(4096);
        sent.bound(0);
        assert!(!sent.takes(&lines, true) && sent.update().is_none());
    }

    #[test]
    fn what_the_client_has_let_go_of_is_sent_again() {
        let (mut sent, mut decoder) = (Sent::new(), Decoder::new());
        let (lines, text) = lines(7, 9, 10);
        for second in 0..200 {
            let mut out = Vec::new();
            sent.write(Some(&date(second)), &lines, &mut out);
            assert_eq!(read(&mut decoder, &out)[1..], text);
        }
    }

    proptest! {
        /// Whatever is sent in whatever order, the client reads what was meant, its table full or not.
        #[test]
        fn the_client_reads_what_was_meant(
            order in proptest::collection::vec((1u64..9, 0u8..60, any::<bool>()), 1..300),
        ) {
            let heads: Vec<_> = (1..9).map(|id| lines(id, id as usize, 9 * id as usize)).collect();
            let (mut sent, mut decoder) = (Sent::new(), Decoder::new());
            for (id, second, has_date) in order {
                let (lines, text) = &heads[id as usize - 1];
                prop_assert!(lines.fit());
                let date = has_date.then(|| date(second));
                let mut out = Vec::new();
                sent.write(date.as_ref(), lines, &mut out);
                let mut expected = text.clone();
                if let Some(date) = date {
                    expected.insert(0, format!("date: {}", String::from_utf8_lossy(&date)));
                }
                prop_assert_eq!(read(&mut decoder, &out), expected);
            }
        }
    }
}
