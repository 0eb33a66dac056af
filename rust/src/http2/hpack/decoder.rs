//! A field section, field by field (RFC 7541 section 6).

use super::huffman;
use super::table::{Field, Table};

/// Octets that the dynamic table may count for: what every client may take for granted (RFC 9113
/// section 6.5.2).
const TABLE: usize = 4096;

/// The section breaks the rules, and so the connection (RFC 7541 section 3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http2) struct Malformed;

/// Decodes the field sections of one connection.
#[derive(Debug)]
pub(in crate::http2) struct Decoder {
    table: Table,
}

impl Decoder {
    pub(in crate::http2) fn new() -> Self {
        Decoder { table: Table::new(TABLE) }
    }

    /// Octets of memory that it holds, about.
    pub(in crate::http2) fn memory(&self) -> usize {
        self.table.memory()
    }

    /// Hands each field of `section` to `take`; `strings` is room for what has to be decoded.
    pub(in crate::http2) fn decode(
        &mut self,
        section: &[u8],
        strings: &mut Vec<u8>,
        mut take: impl FnMut(Field<'_>),
    ) -> Result<(), Malformed> {
        let mut input = Input(section);
        let mut begun = false;
        while let Some(&first) = input.0.first() {
            if first & 0x80 != 0 {
                let index = input.integer(7)?;
                take(self.table.get(index).ok_or(Malformed)?);
            } else if first & 0xe0 == 0x20 {
                let limit = input.integer(5)?;
                // Only before the first field, and no more than we said (sections 4.2 and 6.3).
                if begun || limit > TABLE {
                    return Err(Malformed);
                }
                self.table.set_limit(limit);
                continue;
            } else {
                let is_kept = first & 0x40 != 0;
                let index = input.integer(if is_kept { 6 } else { 4 })?;
                self.literal(index, is_kept, &mut input, strings, &mut take)?;
            }
            begun = true;
        }
        Ok(())
    }

    fn literal(
        &mut self,
        index: usize,
        is_kept: bool,
        input: &mut Input<'_>,
        strings: &mut Vec<u8>,
        take: &mut impl FnMut(Field<'_>),
    ) -> Result<(), Malformed> {
        strings.clear();
        match index {
            0 => input.string(strings)?,
            _ => strings.extend_from_slice(self.table.get(index).ok_or(Malformed)?.name),
        }
        let name = strings.len();
        input.string(strings)?;
        let (name, value) = strings.split_at(name);
        let field = Field { name, value };
        take(field);
        if is_kept {
            self.table.add(field);
        }
        Ok(())
    }
}

/// What is left of a section.
struct Input<'s>(&'s [u8]);

impl<'s> Input<'s> {
    /// An integer with a prefix of so many bits (RFC 7541 section 5.1); none that anybody needs has
    /// more than 28 bits behind it.
    #[inline]
    fn integer(&mut self, bits: u32) -> Result<usize, Malformed> {
        let most = (1 << bits) - 1;
        let first = usize::from(self.octet()?) & most;
        if first < most {
            return Ok(first);
        }
        let mut value = most;
        for shift in [0, 7, 14, 21] {
            let octet = self.octet()?;
            value += usize::from(octet & 0x7f) << shift;
            if octet & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Malformed)
    }

    fn octet(&mut self) -> Result<u8, Malformed> {
        let (&first, rest) = self.0.split_first().ok_or(Malformed)?;
        self.0 = rest;
        Ok(first)
    }

    /// Appends a string to `text`.
    fn string(&mut self, text: &mut Vec<u8>) -> Result<(), Malformed> {
        let is_coded = self.0.first().ok_or(Malformed)? & 0x80 != 0;
        let length = self.integer(7)?;
        let (string, rest): (&'s [u8], _) = self.0.split_at_checked(length).ok_or(Malformed)?;
        self.0 = rest;
        match is_coded {
            true if !huffman::decode(string, text) => return Err(Malformed),
            true => {}
            false => text.extend_from_slice(string),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decode(decoder: &mut Decoder, section: &[u8]) -> Result<Vec<String>, Malformed> {
        let mut fields = Vec::new();
        decoder.decode(section, &mut Vec::new(), |field| {
            let text = String::from_utf8_lossy;
            fields.push(format!("{}: {}", text(field.name), text(field.value)));
        })?;
        Ok(fields)
    }

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<char> = text.chars().filter(char::is_ascii_hexdigit).collect();
        let octet =
            |pair: &[char]| u8::from_str_radix(&pair.iter().collect::<String>(), 16).unwrap();
        digits.chunks(2).map(octet).collect()
    }

    #[test]
    fn the_requests_of_the_rfc_plain_and_coded() {
        let sections = [
            ["828684410f7777772e6578616d706c652e636f6d", "828684418cf1e3c2e5f23a6ba0ab90f4ff"],
            ["828684be58086e6f2d6361636865", "828684be5886a8eb10649cbf"],
            [
                "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565",
                "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf",
            ],
        ];
        for way in [0, 1] {
            let mut decoder = Decoder::new();
            let fields: Vec<_> =
                sections.iter().map(|it| decode(&mut decoder, &hex(it[way])).unwrap()).collect();
            assert_eq!(
                fields[1][3..],
                [":authority: www.example.com".to_owned(), "cache-control: no-cache".to_owned()]
            );
            assert_eq!(
                fields[2],
                [
                    ":method: GET",
                    ":scheme: https",
                    ":path: /index.html",
                    ":authority: www.example.com",
                    "custom-key: custom-value"
                ]
            );
            assert_eq!(decoder.table.get(62).unwrap().name, b"custom-key");
        }
    }

    #[test]
    fn what_breaks_the_rules_is_malformed() {
        for section in ["80", "be", "ff", "ffffffffff0f", "3fe21f", "82 20", "41", "4105 61", "40"]
        {
            assert_eq!(decode(&mut Decoder::new(), &hex(section)), Err(Malformed), "{section}");
        }
        // The table may shrink, and grow again to what it was.
        assert_eq!(decode(&mut Decoder::new(), &hex("20 3fe11f 82")).unwrap(), [":method: GET"]);
        // Never kept: sensitive, or not worth it.
        let mut decoder = Decoder::new();
        for section in ["1001610162", "0001610162"] {
            assert_eq!(decode(&mut decoder, &hex(section)).unwrap(), ["a: b"]);
            assert_eq!(decoder.table.get(62), None);
        }
    }

    proptest! {
        #[test]
        fn no_section_is_too_much(sections in proptest::collection::vec(
            proptest::collection::vec(any::<u8>(), 0..200), 0..20)) {
            let mut decoder = Decoder::new();
            for section in sections {
                let _ = decode(&mut decoder, &section);
                prop_assert!(decoder.memory() < 4 * TABLE);
            }
        }
    }
}
