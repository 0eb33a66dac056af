//! [`super::head`] for processors with AVX2 and the bit instructions that came with it.

use super::super::filling::Filling;
use super::Words;
use httparse::Header;
use std::arch::x86_64::*;

/// Octets that are looked at together: one vector.
const VECTOR: usize = 32;

/// A text of at least one vector, so that the octets from any place on can be loaded.
#[derive(Clone, Copy)]
struct Text<'b>(&'b [u8]);

/// See [`super::head`].
#[target_feature(enable = "avx2,bmi1,bmi2")]
pub(super) fn head<'b, const N: usize>(
    text: &'b [u8],
    fields: &mut Filling<Header<'b>, N>,
    limit: usize,
) -> Option<Words<'b>> {
    fields.clear();
    let text = Text::new(text)?;
    let space = text.find(0, |octets| token_ends(octets))?;
    let method = text.token(0, space)?;
    text.skip(space, *b" ")?;
    let end = text.find(space + 1, |octets| target_ends(octets))?;
    let target = text.visible(space + 1, end);
    let (minor, mut at) = text.version(end)?;
    loop {
        let colon = text.find(at, |octets| token_ends(octets))?;
        let Some(name) = text.token(at, colon) else { break };
        let from = text.past_blanks(text.skip(colon, *b":")?);
        let end = text.find(from, |octets| value_ends(octets))?;
        let value = trim_end(text.between(from, end));
        at = text.skip(end, *b"\r\n")?;
        fields.push(Header { name, value }, limit)?;
    }
    let len = text.skip(at, *b"\r\n")?;
    Some(Words { method, target, minor, len })
}

impl<'b> Text<'b> {
    #[inline]
    fn new(octets: &'b [u8]) -> Option<Self> {
        (octets.len() >= VECTOR).then_some(Text(octets))
    }

    /// Where the first of `ends` stands from `at` on: in the text, not before `at`.
    #[inline]
    #[target_feature(enable = "avx2,bmi1,bmi2")]
    fn find(self, mut at: usize, ends: impl Fn(__m256i) -> u32) -> Option<usize> {
        while at < self.0.len() {
            let (octets, before) = self.load(at);
            let found = ends(octets) >> before;
            if found != 0 {
                return Some(at + found.trailing_zeros() as usize);
            }
            at += VECTOR;
        }
        None
    }

    /// A vector that has the octet at `at`, which is in the text, and how many stand before it
    /// there: none, but at the end of the text.
    #[inline]
    #[target_feature(enable = "avx2,bmi1,bmi2")]
    fn load(self, at: usize) -> (__m256i, usize) {
        let from = at.min(self.0.len() - VECTOR);
        // SAFETY: the text has a vector's octets from there on, by `new`; an unaligned load is meant.
        let octets = unsafe { _mm256_loadu_si256(self.0.as_ptr().add(from).cast()) };
        (octets, (at - from) % VECTOR)
    }

    /// What stands between two places of which [`Text::find`] gave the second for the first.
    #[inline]
    fn between(self, from: usize, to: usize) -> &'b [u8] {
        debug_assert!(from <= to && to < self.0.len());
        // SAFETY: what was found is in the text and not before where the search began.
        unsafe { self.0.get_unchecked(from..to) }
    }

    /// As [`Text::between`], searched for by [`token_ends`]; `None` if it is empty.
    #[inline]
    fn token(self, from: usize, to: usize) -> Option<&'b str> {
        // SAFETY: none of the octets ends a token: each is a tchar, and every tchar is ASCII.
        let token = unsafe { std::str::from_utf8_unchecked(self.between(from, to)) };
        (!token.is_empty()).then_some(token)
    }

    /// As [`Text::between`], searched for by [`target_ends`].
    #[inline]
    fn visible(self, from: usize, to: usize) -> &'b str {
        // SAFETY: none of the octets ends a target: each is visible ASCII.
        unsafe { std::str::from_utf8_unchecked(self.between(from, to)) }
    }

    /// What stands between a target and the fields, and where they begin.
    #[inline]
    fn version(self, at: usize) -> Option<(u8, usize)> {
        let at = self.skip(at, *b" HTTP/1.")?;
        match self.0.get(at..)?.first_chunk()? {
            b"1\r\n" => Some((1, at + 3)),
            b"0\r\n" => Some((0, at + 3)),
            _ => None,
        }
    }

    /// The place behind `expected`, if that is what stands at `at`.
    #[inline]
    fn skip<const N: usize>(self, at: usize, expected: [u8; N]) -> Option<usize> {
        let there = *self.0.get(at..)?.first_chunk::<N>()?;
        (there == expected).then_some(at + N)
    }

    /// The first place from `at` on that has no blank; perhaps the end of the text.
    #[inline]
    fn past_blanks(self, mut at: usize) -> usize {
        while let Some(b' ' | b'\t') = self.0.get(at) {
            at += 1;
        }
        at
    }
}

#[inline]
fn trim_end(mut value: &[u8]) -> &[u8] {
    while let [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
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

/// Octets that are no `tchar` (RFC 9110 section 5.6.2), a bit for each.
#[inline]
#[target_feature(enable = "avx2,bmi1,bmi2")]
fn token_ends(octets: __m256i) -> u32 {
    let row = _mm256_and_si256(_mm256_srli_epi16::<4>(octets), _mm256_set1_epi8(15));
    // A shuffle gives 0 for an octet beyond ASCII: it has no bit in common.
    let low = _mm256_shuffle_epi8(table(&LOW), octets);
    let common = _mm256_and_si256(low, _mm256_shuffle_epi8(table(&HIGH), row));
    bits(_mm256_cmpeq_epi8(common, _mm256_setzero_si256()))
}

/// Octets that are not visible ASCII.
#[inline]
#[target_feature(enable = "avx2,bmi1,bmi2")]
fn target_ends(octets: __m256i) -> u32 {
    let delete = _mm256_cmpeq_epi8(octets, _mm256_set1_epi8(0x7f));
    // The sign bit, which `bits` takes, is that of octets beyond ASCII.
    bits(_mm256_or_si256(at_most(octets, 0x20), _mm256_or_si256(delete, octets)))
}

/// Control characters other than HTAB.
#[inline]
#[target_feature(enable = "avx2,bmi1,bmi2")]
fn value_ends(octets: __m256i) -> u32 {
    let delete = _mm256_cmpeq_epi8(octets, _mm256_set1_epi8(0x7f));
    let tab = _mm256_cmpeq_epi8(octets, _mm256_set1_epi8(b'\t' as i8));
    bits(_mm256_or_si256(_mm256_andnot_si256(tab, at_most(octets, 0x1f)), delete))
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
            for at in 0..VECTOR {
                let mut text = [b'a'; VECTOR];
                text[at] = octet;
                let bit = |ends: bool| u32::from(ends) << at;
                // SAFETY: asked above.
                let (token, target, value) = unsafe {
                    let (octets, _) = Text::new(&text).unwrap().load(0);
                    (token_ends(octets), target_ends(octets), value_ends(octets))
                };
                assert_eq!(token, bit(!is_tchar(octet)), "{octet:#x} at {at}");
                assert_eq!(target, bit(!octet.is_ascii_graphic()), "{octet:#x} at {at}");
                assert_eq!(value, bit(!is_value_byte(octet)), "{octet:#x} at {at}");
            }
        }
    }

    #[test]
    fn what_is_found_is_never_before_the_place_where_the_search_begins() {
        if !super::super::is_supported() {
            return;
        }
        for len in VECTOR..3 * VECTOR {
            let text = vec![b' '; len];
            for at in 0..=len {
                // SAFETY: asked above.
                let found = unsafe { Text::new(&text).unwrap().find(at, |it| token_ends(it)) };
                assert_eq!(found, (at < len).then_some(at));
            }
        }
    }
}
