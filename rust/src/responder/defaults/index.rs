//! Finds a kind by extension or media type.
//!
//! # Implementation
//! An extension of up to 15 octets is a number, letters lowered; numbers lie in an open-addressed
//! table that is at most a quarter full, so that nearly every lookup is one multiplication and
//! one comparison.

use super::types::{Class, Kind};

/// The longest extension that is looked up; one octet of its number is its length.
const EXTENSION_MAX: usize = 15;

/// Octets of a path up to which a plain loop finds its extension sooner than a vector search.
const SHORT: usize = 64;

/// The key of a slot that is free.
const FREE: ExtensionKey = [0; 2];

/// A row of the table of kinds.
pub(super) type Row = u16;

/// Rows by extension and by media type.
pub(super) struct Index {
    slots: Box<[Slot]>,
    /// What is shifted off a hash to get a slot.
    shift: u32,
    table: &'static [Kind],
    /// The row that stands for each class.
    classes: [Row; Class::COUNT],
}

#[derive(Clone, Copy)]
struct Slot {
    /// Zeros are free: no extension is empty.
    key: ExtensionKey,
    row: Row,
}

impl Index {
    pub(super) fn new(table: &'static [Kind]) -> Index {
        let extensions: usize = table.iter().map(|kind| kind.extensions.len()).sum();
        let size = (extensions * 4).next_power_of_two().max(2);
        let free = Slot { key: FREE, row: 0 };
        let mut index = Index {
            slots: vec![free; size].into_boxed_slice(),
            shift: 64 - size.trailing_zeros(),
            table,
            classes: Class::ALL.map(|class| {
                let stands = table.iter().position(|kind| kind.class == class);
                stands.expect("each class has a row") as Row
            }),
        };
        for (row, kind) in table.iter().enumerate() {
            for extension in kind.extensions {
                index.insert(key(extension.as_bytes()).unwrap_or_default(), row as Row);
            }
        }
        index
    }

    fn insert(&mut self, key: ExtensionKey, row: Row) {
        let mut at = self.start(key);
        while self.slots[at].key != FREE && self.slots[at].key != key {
            at = (at + 1) & (self.slots.len() - 1);
        }
        self.slots[at] = Slot { key, row };
    }

    /// The row for an extension, without its dot and in any case.
    #[inline]
    pub(super) fn by_extension(&self, extension: &[u8]) -> Option<Row> {
        let key = key(extension)?;
        let mut at = self.start(key);
        loop {
            let slot = self.slots[at];
            if slot.key == key {
                return Some(slot.row);
            }
            if slot.key == FREE {
                return None;
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }

    /// The first row whose media type is `essence` (`image/png`), or which stands for the type
    /// (`image/*`), and which has a body worth sending.
    pub(super) fn by_media_type(&self, essence: &[u8]) -> Option<Row> {
        if let Some(class) = essence.strip_suffix(b"/*").and_then(Class::of_type) {
            return Some(self.of_class(class));
        }
        let fits = |k: &Kind| k.essence().eq_ignore_ascii_case(essence);
        self.table.iter().position(fits).map(|row| row as Row)
    }

    /// The row that stands for its class: the first.
    pub(super) fn of_class(&self, class: Class) -> Row {
        self.classes[class as usize]
    }

    /// The class of a row.
    pub(super) fn class(&self, row: Row) -> Class {
        self.table[usize::from(row)].class
    }

    #[inline]
    fn start(&self, [low, high]: ExtensionKey) -> usize {
        let folded = low ^ high.rotate_left(31);
        (folded.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> self.shift) as usize
    }
}

/// An extension as two numbers: its octets with letters lowered, its length in the highest octet.
type ExtensionKey = [u64; 2];

#[inline]
fn key(extension: &[u8]) -> Option<ExtensionKey> {
    let len = extension.len();
    let mark = (len as u64) << 56;
    match len {
        0 => None,
        1..=8 => Some([lowered(word(extension)), mark]),
        9..=EXTENSION_MAX => {
            let (low, high) = extension.split_at(8);
            Some([lowered(word(low)), lowered(word(high)) | mark])
        }
        _ => None,
    }
}

/// One to eight octets as a number, the first in its lowest octet: two reads that overlap.
#[inline]
fn word(octets: &[u8]) -> u64 {
    let len = octets.len();
    if let (Some(first), Some(last)) = (octets.first_chunk::<4>(), octets.last_chunk::<4>()) {
        let last = u64::from(u32::from_le_bytes(*last)) << (8 * (len - 4));
        return u64::from(u32::from_le_bytes(*first)) | last;
    }
    let octet = |at: usize| u64::from(octets[at]) << (8 * at);
    octet(0) | octet(len / 2) | octet(len - 1)
}

/// Eight octets, the letters of ASCII among them lowered.
#[inline]
fn lowered(word: u64) -> u64 {
    const ALL: u64 = u64::from_ne_bytes([1; 8]);
    // The sign bit of an octet says whether it is at least `A`, or beyond `Z`.
    let low = word & (0x7f * ALL);
    let from_a = low + (0x80 - u64::from(b'A')) * ALL;
    let beyond_z = low + (0x7f - u64::from(b'Z')) * ALL;
    let upper = (from_a ^ beyond_z) & !word & (0x80 * ALL);
    word | upper >> 2
}

/// The extension of the last segment of `path`, cut at `;`, `?` and `#`.
#[inline]
pub(crate) fn extension(path: &str) -> Option<&[u8]> {
    let mut last = path.as_bytes();
    if last.len() > SHORT {
        last = &last[memchr::memrchr(b'/', last).unwrap_or(0)..];
        last = &last[..memchr::memchr3(b';', b'?', b'#', last).unwrap_or(last.len())];
        return memchr::memrchr(b'.', last).map(|dot| &last[dot + 1..]);
    }
    // From the end: what an extension ends at so far, and its dot.
    let (mut end, mut dot) = (last.len(), None);
    for (at, octet) in last.iter().enumerate().rev() {
        if !ENDS[usize::from(*octet)] {
            continue;
        }
        match octet {
            b'/' => break,
            b'.' if dot.is_none() => dot = Some(at),
            b'.' => {}
            _ => (end, dot) = (at, None),
        }
    }
    dot.map(|dot| &last[dot + 1..end])
}

/// The octets that say where an extension is.
static ENDS: [bool; 256] = {
    let mut ends = [false; 256];
    let mut at = 0;
    while at < 5 {
        ends[b"/.;?#"[at] as usize] = true;
        at += 1;
    }
    ends
};

#[cfg(test)]
mod tests {
    use super::super::types::TABLE;
    use super::*;

    #[test]
    fn a_long_path_has_the_extension_of_a_short_one() {
        for end in ["/a.gif", "/a.b.js;v=1.2?x.css", "/.x", "/a", "/a.", "/a.b/c", "/a#.b", "/;.a"]
        {
            let long = "/x.y".repeat(SHORT) + end;
            assert_eq!(extension(&long), extension(end), "{end}");
        }
    }

    #[test]
    fn the_extension_is_that_of_the_last_segment() {
        let cases = [
            ("/a.gif", Some("gif")),
            ("/a.b.GIF", Some("GIF")),
            ("/.gif", Some("gif")),
            ("/a.js;v=1.2", Some("js")),
            ("/a.js?x.css", Some("js")),
            ("/a.js#x.css", Some("js")),
            ("/a.gif/b", None),
            ("/a.gif/", None),
            ("/a", None),
            ("/", None),
            ("", None),
            ("*", None),
            ("/a.", Some("")),
            ("/a;x=/b.css", Some("css")),
        ];
        for (path, expected) in cases {
            assert_eq!(extension(path), expected.map(str::as_bytes), "{path}");
        }
    }

    #[test]
    fn every_extension_of_the_table_is_found_in_any_case() {
        let index = Index::new(TABLE);
        for (row, kind) in TABLE.iter().enumerate() {
            for name in kind.extensions {
                assert_eq!(index.by_extension(name.as_bytes()), Some(row as Row), "{name}");
                let upper = name.to_ascii_uppercase();
                assert_eq!(index.by_extension(upper.as_bytes()), Some(row as Row), "{upper}");
            }
        }
    }

    #[test]
    fn what_is_no_extension_of_the_table_is_not_found() {
        let index = Index::new(TABLE);
        for name in ["", "g", "gi", "giff", "\0gif", "aaaaaaaaaaaaaaaaagif", "unknown"] {
            assert_eq!(index.by_extension(name.as_bytes()), None, "{name:?}");
        }
    }

    #[test]
    fn letters_and_nothing_else_are_lowered() {
        for octet in 0..=255u8 {
            for at in 0..8 {
                let mut octets = *b"aZ09._\xc1\xff";
                octets[at] = octet;
                let lowered = lowered(u64::from_le_bytes(octets)).to_le_bytes();
                assert_eq!(lowered, octets.map(|octet| octet.to_ascii_lowercase()));
            }
        }
    }

    #[test]
    fn extensions_that_differ_have_numbers_that_differ() {
        let octets = b"abcdefghijklmnop";
        for len in 1..=EXTENSION_MAX {
            let one = key(&octets[..len]).unwrap();
            for at in 0..len {
                let mut other = octets[..len].to_vec();
                other[at] = b'0';
                assert_ne!(key(&other).unwrap(), one);
            }
            assert_ne!(key(&[&octets[..len - 1], b"\0"].concat()).unwrap(), one);
            assert_ne!(key(&octets[..len - 1]), Some(one));
        }
        assert_eq!(key(octets), None);
        assert_ne!(key(b"a"), key(b"a\0"));
    }
}
