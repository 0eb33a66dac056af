//! [`super::head`] for processors with AVX2 and the bit instructions that came with it.

use super::super::filling::Filling;
use super::Words;
use httparse::Header;
use std::arch::x86_64::*;

/// Octets that are looked at together: two vectors, one bit of a word each.
const BLOCK: usize = 64;

/// One bit for each octet of a block: set where the octet ends what is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ends {
    /// Not a `tchar` (RFC 9110 section 5.6.2).
    token: u64,
    /// Not visible ASCII.
    target: u64,
    /// A control character other than HTAB.
    value: u64,
}

/// Goes through the text from its start to its end, never back.
struct Reader<'b> {
    text: &'b [u8],
    /// The octet that is looked at next.
    at: usize,
    /// Where the block starts that `ends` is of.
    start: usize,
    ends: Ends,
}

/// See [`super::head`].
#[target_feature(enable = "avx2,bmi1,bmi2")]
pub(super) fn head<'b, const N: usize>(
    text: &'b [u8],
    fields: &mut Filling<Header<'b>, N>,
    limit: usize,
) -> Option<Words<'b>> {
    fields.clear();
    let mut reader = Reader { text, at: 0, start: 0, ends: ends_at(text, 0) };
    let method = reader.token()?;
    reader.skip(*b" ")?;
    let target = reader.target()?;
    let minor = reader.version()?;
    while reader.skip(*b"\r\n").is_none() {
        let name = reader.token()?;
        reader.skip(*b":")?;
        let value = reader.value()?;
        fields.push(Header { name, value }, limit)?;
    }
    Some(Words { method, target, minor, len: reader.at })
}

impl<'b> Reader<'b> {
    /// A token, not empty.
    #[inline]
    #[target_feature(enable = "avx2,bmi1,bmi2")]
    fn token(&mut self) -> Option<&'b str> {
        let from = self.at;
        while self.ends.token >> (self.at - self.start) == 0 {
            self.next_block()?;
        }
        self.at += (self.ends.token >> (self.at - self.start)).trailing_zeros() as usize;
        let octets = self.text.get(from..self.at)?;
        // SAFETY: none of the octets ends a token: each is a tchar, and every tchar is ASCII.
        let token = unsafe { std::str::from_utf8_unchecked(octets) };
        (!token.is_empty()).then_some(token)
    }

    /// Visible ASCII, perhaps none.
    #[inline]
    #[target_feature(enable = "avx2,bmi1,bmi2")]
    fn target(&mut self) -> Option<&'b str> {
        let from = self.at;
        while self.ends.target >> (self.at - self.start) == 0 {
            self.next_block()?;
        }
        self.at += (self.ends.target >> (self.at - self.start)).trailing_zeros() as usize;
        let octets = self.text.get(from..self.at)?;
        // SAFETY: none of the octets ends a target: each is visible ASCII.
        Some(unsafe { std::str::from_utf8_unchecked(octets) })
    }

    /// A field value, perhaps empty, without the white space around it, and its CRLF.
    #[inline]
    #[target_feature(enable = "avx2,bmi1,bmi2")]
    fn value(&mut self) -> Option<&'b [u8]> {
        while let b' ' | b'\t' = self.text.get(self.at)? {
            self.step(1)?;
        }
        let from = self.at;
        while self.ends.value >> (self.at - self.start) == 0 {
            self.next_block()?;
        }
        self.at += (self.ends.value >> (self.at - self.start)).trailing_zeros() as usize;
        let mut value = self.text.get(from..self.at)?;
        while let [rest @ .., b' ' | b'\t'] = value {
            value = rest;
        }
        self.skip(*b"\r\n")?;
        Some(value)
    }

    /// What stands between a target and the fields.
    #[inline]
    #[target_feature(enable = "avx2,bmi1,bmi2")]
    fn version(&mut self) -> Option<u8> {
        let version: &[u8; 11] = self.text.get(self.at..)?.first_chunk()?;
        match version {
            b" HTTP/1.1\r\n" => self.step(11).map(|()| 1),
            b" HTTP/1.0\r\n" => self.step(11).map(|()| 0),
            _ => None,
        }
    }

    #[inline]
    #[target_feature(enable = "avx2,bmi1,bmi2")]
    fn skip<const N: usize>(&mut self, expected: [u8; N]) -> Option<()> {
        if *self.text.get(self.at..)?.first_chunk::<N>()? == expected {
            return self.step(N);
        }
        None
    }

    /// Past `count` octets that are there.
    #[inline]
    #[target_feature(enable = "avx2,bmi1,bmi2")]
    fn step(&mut self, count: usize) -> Option<()> {
        self.at += count;
        if self.at - self.start >= BLOCK {
            self.load();
        }
        Some(())
    }

    /// To the start of the next block, if there is one.
    #[inline]
    #[target_feature(enable = "avx2,bmi1,bmi2")]
    fn next_block(&mut self) -> Option<()> {
        self.at = self.start + BLOCK;
        if self.at >= self.text.len() {
            return None;
        }
        self.load();
        Some(())
    }

    /// Makes a block of what comes next. It need not start at a multiple of anything.
    #[inline]
    #[target_feature(enable = "avx2,bmi1,bmi2")]
    fn load(&mut self) {
        self.start = self.at;
        self.ends = ends_at(self.text, self.at);
    }
}

#[inline]
#[target_feature(enable = "avx2,bmi1,bmi2")]
fn ends_at(text: &[u8], start: usize) -> Ends {
    let rest = text.get(start..).unwrap_or_default();
    match rest.first_chunk::<BLOCK>() {
        Some(block) => ends(block),
        None => ends_of_the_last(rest),
    }
}

#[inline(never)]
#[target_feature(enable = "avx2,bmi1,bmi2")]
fn ends_of_the_last(rest: &[u8]) -> Ends {
    // NUL ends everything.
    let mut block = [0; BLOCK];
    block[..rest.len()].copy_from_slice(rest);
    ends(&block)
}

/// What ends where in `block`.
#[inline]
#[target_feature(enable = "avx2,bmi1,bmi2")]
fn ends(block: &[u8; BLOCK]) -> Ends {
    // SAFETY: 32 octets are there from each of the two places; unaligned loads are meant.
    let (first, second) = unsafe {
        let start = block.as_ptr();
        (_mm256_loadu_si256(start.cast()), _mm256_loadu_si256(start.add(BLOCK / 2).cast()))
    };
    let (a, b) = (half(first), half(second));
    Ends { token: join(a.0, b.0), target: join(a.1, b.1), value: join(a.2, b.2) }
}

#[inline]
fn join(first: u32, second: u32) -> u64 {
    u64::from(first) | u64::from(second) << 32
}

/// A `tchar` has a bit in common in both tables: `LOW` by its low four bits, `HIGH` by its high
/// four, which pick one of the rows 2 to 7 of ASCII.
const LOW: [u8; 16] = low();
const HIGH: [u8; 16] = [0, 0, 1, 2, 4, 8, 16, 32, 0, 0, 0, 0, 0, 0, 0, 0];

const fn low() -> [u8; 16] {
    const MARKS: &[u8] = b"!#$%&'*+-.^_`|~";
    let mut table = [0; 16];
    let mut octet = 0x20u8;
    while octet < 0x7f {
        let mut is_tchar = octet.is_ascii_alphanumeric();
        let mut mark = 0;
        while mark < MARKS.len() {
            is_tchar |= MARKS[mark] == octet;
            mark += 1;
        }
        if is_tchar {
            table[(octet & 15) as usize] |= HIGH[(octet >> 4) as usize];
        }
        octet += 1;
    }
    table
}

/// The ends of tokens, targets and values among 32 octets.
#[inline]
#[target_feature(enable = "avx2,bmi1,bmi2")]
fn half(octets: __m256i) -> (u32, u32, u32) {
    let row = _mm256_and_si256(_mm256_srli_epi16::<4>(octets), _mm256_set1_epi8(15));
    // A shuffle gives 0 for an octet beyond ASCII: it has no bit in common.
    let low = _mm256_shuffle_epi8(table(&LOW), octets);
    let common = _mm256_and_si256(low, _mm256_shuffle_epi8(table(&HIGH), row));
    let token = _mm256_cmpeq_epi8(common, _mm256_setzero_si256());

    let delete = _mm256_cmpeq_epi8(octets, _mm256_set1_epi8(0x7f));
    // The sign bit is that of octets beyond ASCII.
    let beyond = _mm256_or_si256(delete, octets);
    let target = _mm256_or_si256(at_most(octets, 0x20), beyond);
    let tab = _mm256_cmpeq_epi8(octets, _mm256_set1_epi8(b'\t' as i8));
    let value = _mm256_or_si256(_mm256_andnot_si256(tab, at_most(octets, 0x1f)), delete);
    (bits(token), bits(target), bits(value))
}

#[inline]
#[target_feature(enable = "avx2,bmi1,bmi2")]
fn at_most(octets: __m256i, bound: i8) -> __m256i {
    _mm256_cmpeq_epi8(_mm256_min_epu8(octets, _mm256_set1_epi8(bound)), octets)
}

#[inline]
#[target_feature(enable = "avx2,bmi1,bmi2")]
fn table(row: &[u8; 16]) -> __m256i {
    // SAFETY: 16 octets are there; an unaligned load is meant.
    _mm256_broadcastsi128_si256(unsafe { _mm_loadu_si128(row.as_ptr().cast()) })
}

#[inline]
#[target_feature(enable = "avx2,bmi1,bmi2")]
fn bits(mask: __m256i) -> u32 {
    _mm256_movemask_epi8(mask) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::syntax::{is_tchar, is_value_byte};

    #[test]
    fn every_octet_ends_what_it_shall_at_every_place() {
        if !super::super::is_supported() {
            return;
        }
        for octet in 0..=255u8 {
            for at in 0..BLOCK {
                let mut block = [b'a'; BLOCK];
                block[at] = octet;
                let bit = |ends: bool| u64::from(ends) << at;
                let expected = Ends {
                    token: bit(!is_tchar(octet)),
                    target: bit(!octet.is_ascii_graphic()),
                    value: bit(!is_value_byte(octet)),
                };
                // SAFETY: asked above.
                assert_eq!(unsafe { ends(&block) }, expected, "{octet:#x} at {at}");
            }
        }
    }
}
