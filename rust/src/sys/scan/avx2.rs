//! [`super::head`] for processors with AVX2 and the bit instructions that came with it.

use super::super::filling::Filling;
use super::Words;
use httparse::Header;
use std::arch::x86_64::*;
use std::marker::PhantomData;

/// Octets that are looked at together: one vector.
const VECTOR: usize = 32;

/// A text of at least one vector, by places in it. A place is a pointer: with indices and a slice
/// there are more numbers than registers, and half the time goes into moving them about.
struct Text<'b> {
    /// Behind the last octet.
    end: *const u8,
    /// Where the last vector starts.
    last: *const u8,
    octets: PhantomData<&'b [u8]>,
}

/// See [`super::head`].
#[target_feature(enable = "avx2,bmi1,bmi2")]
pub(super) fn head<'b, const N: usize>(
    octets: &'b [u8],
    fields: &mut Filling<Header<'b>, N>,
    limit: usize,
) -> Option<Words<'b>> {
    fields.clear();
    let text = Text::new(octets)?;
    let limit = limit.min(N);
    let mut slots = fields.room()[..limit].iter_mut();
    // SAFETY: every place is the start of `octets` or one that a method gave.
    unsafe {
        let space = text.find(octets.as_ptr(), |octets| token_ends(octets))?;
        let method = text.token(octets.as_ptr(), space)?;
        let target = text.past(space, *b" ")?;
        let space = text.find(target, |octets| target_ends(octets))?;
        // Visible ASCII.
        let target = std::str::from_utf8_unchecked(text.between(target, space));
        let digit = text.past(space, *b" HTTP/1.")?;
        let (minor, mut at) = match text.past(digit, *b"1\r\n") {
            Some(at) => (1, at),
            None => (0, text.past(digit, *b"0\r\n")?),
        };
        loop {
            let colon = text.find(at, |octets| token_ends(octets))?;
            let Some(name) = text.token(at, colon) else { break };
            let from = text.past_blanks(text.past(colon, *b":")?);
            let end = text.find(from, |octets| value_ends(octets))?;
            let value = trim_end(text.between(from, end));
            at = text.past(end, *b"\r\n")?;
            slots.next()?.write(Header { name, value });
        }
        let len = text.past(at, *b"\r\n")?.offset_from_unsigned(octets.as_ptr());
        let count = limit - slots.len();
        fields.assume_filled(count);
        Some(Words { method, target, minor, len })
    }
}

impl<'b> Text<'b> {
    #[inline]
    fn new(octets: &'b [u8]) -> Option<Self> {
        let range = octets.as_ptr_range();
        let last = octets.last_chunk::<VECTOR>()?;
        Some(Text { end: range.end, last: last.as_ptr(), octets: PhantomData })
    }

    /// The first of `ends` from `at` on: an octet of the text.
    ///
    /// # Safety
    /// `at` is a place in the text or its end.
    #[inline]
    #[target_feature(enable = "avx2,bmi1,bmi2")]
    unsafe fn find(&self, mut at: *const u8, ends: impl Fn(__m256i) -> u32) -> Option<*const u8> {
        loop {
            // SAFETY: a vector's octets are there from `last` on and from all places before it;
            // `at` and `last` are of the text.
            let found = unsafe {
                if at <= self.last {
                    ends(_mm256_loadu_si256(at.cast()))
                } else if at < self.end {
                    // The last vector, without what stands before `at`.
                    let before = at.offset_from_unsigned(self.last) % VECTOR;
                    ends(_mm256_loadu_si256(self.last.cast())) >> before
                } else {
                    return None;
                }
            };
            if found != 0 {
                // SAFETY: the octet was just looked at.
                return Some(unsafe { at.add(found.trailing_zeros() as usize) });
            }
            at = at.wrapping_add(VECTOR);
        }
    }

    /// The octets between two places.
    ///
    /// # Safety
    /// Both are places in the text, `from` not behind `to`.
    #[inline]
    unsafe fn between(&self, from: *const u8, to: *const u8) -> &'b [u8] {
        // SAFETY: the octets live as long as the text.
        unsafe { std::slice::from_raw_parts(from, to.offset_from_unsigned(from)) }
    }

    /// As [`Text::between`]; `None` if it is empty.
    ///
    /// # Safety
    /// And `to` is what was found from `from` on by [`token_ends`].
    #[inline]
    unsafe fn token(&self, from: *const u8, to: *const u8) -> Option<&'b str> {
        if from == to {
            return None;
        }
        // SAFETY: none of the octets ends a token: each is a tchar, and every tchar is ASCII.
        Some(unsafe { std::str::from_utf8_unchecked(self.between(from, to)) })
    }

    /// The place behind `expected`, if that is what stands at `at`.
    ///
    /// # Safety
    /// `at` is a place in the text or its end.
    #[inline]
    unsafe fn past<const N: usize>(&self, at: *const u8, expected: [u8; N]) -> Option<*const u8> {
        // SAFETY: both are of the text; what is read is before its end.
        unsafe {
            let is_there =
                self.end.offset_from_unsigned(at) >= N && *at.cast::<[u8; N]>() == expected;
            is_there.then(|| at.add(N))
        }
    }

    /// The first place from `at` on that has no blank; perhaps the end.
    ///
    /// # Safety
    /// `at` is a place in the text or its end.
    #[inline]
    unsafe fn past_blanks(&self, mut at: *const u8) -> *const u8 {
        // SAFETY: `at` is before the end when it is read.
        unsafe {
            while at < self.end && matches!(*at, b' ' | b'\t') {
                at = at.add(1);
            }
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
                    let octets = _mm256_loadu_si256(text.as_ptr().cast());
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
            let octets = vec![b' '; len];
            let text = Text::new(&octets).unwrap();
            for at in 0..=len {
                // SAFETY: asked above; the place is in the text or its end.
                let found = unsafe {
                    text.find(octets.as_ptr().add(at), |it| token_ends(it))
                        .map(|place| place.offset_from_unsigned(octets.as_ptr()))
                };
                assert_eq!(found, (at < len).then_some(at));
            }
        }
    }
}
