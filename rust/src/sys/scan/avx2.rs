//! [`super::head`] for processors with AVX2 and the bit instructions that came with it.

use super::super::filling::Filling;
use super::{Value, Words};
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
    mut note: impl FnMut(&'b str, Value<'b>) -> bool,
) -> Option<Words<'b>> {
    fields.clear();
    let text = Text::new(octets)?;
    let limit = limit.min(N);
    let mut slots = fields.room()[..limit].iter_mut();
    // SAFETY: every place is the start of `octets` or one that a method gave.
    unsafe {
        let (method, from) = text.method(octets.as_ptr())?;
        let (to, question) = text.target(from)?;
        // Visible ASCII.
        let target = std::str::from_utf8_unchecked(text.between(from, to));
        let digit = text.past(to, *b" HTTP/1.")?;
        let (minor, mut at) = match text.past(digit, *b"1\r\n") {
            Some(at) => (1, at),
            None => (0, text.past(digit, *b"0\r\n")?),
        };
        loop {
            let colon = text.find(at, |octets| token_ends(octets))?;
            let Some(name) = text.token(at, colon) else { break };
            if *colon != b':' {
                return None;
            }
            let end = text.value_end(colon.add(1))?;
            let value = text.trimmed(colon.add(1), end);
            at = text.past(end, *b"\r\n")?;
            slots.next()?.write(Header { name, value });
            let plain = if name.len() == HOST { text.plain_authority(value) } else { None };
            if !note(name, Value { octets: value, plain }) {
                return None;
            }
        }
        let len = text.past(at, *b"\r\n")?.offset_from_unsigned(octets.as_ptr());
        let count = limit - slots.len();
        fields.assume_filled(count);
        Some(Words { method, target, question, minor, len })
    }
}

/// Octets of the name of the one field whose value is looked at.
const HOST: usize = "host".len();

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
    unsafe fn find(&self, at: *const u8, ends: impl Fn(__m256i) -> u32) -> Option<*const u8> {
        // SAFETY: as for the caller; what was found was just looked at.
        unsafe {
            let (octets, before) = self.vector(at)?;
            match ends(octets) >> before {
                0 => self.find_further(at, ends),
                found => Some(at.add(found.trailing_zeros() as usize)),
            }
        }
    }

    /// As [`Text::find`], from a vector behind `at` on. Few words are that long; apart from the
    /// others, they cost those nothing.
    ///
    /// # Safety
    /// As for [`Text::find`].
    #[inline(never)]
    #[target_feature(enable = "avx2,bmi1,bmi2")]
    unsafe fn find_further(
        &self,
        mut at: *const u8,
        ends: impl Fn(__m256i) -> u32,
    ) -> Option<*const u8> {
        loop {
            at = at.wrapping_add(VECTOR);
            // SAFETY: the place is in the text, or not further behind it than a vector; what was
            // found was just looked at.
            unsafe {
                let (octets, before) = self.vector(at)?;
                match ends(octets) >> before {
                    0 => {}
                    found => return Some(at.add(found.trailing_zeros() as usize)),
                }
            }
        }
    }

    /// The first octet from `at` on that ends a value. Values are longer than names: two vectors at
    /// a time.
    ///
    /// # Safety
    /// `at` is a place in the text or its end.
    #[inline]
    #[target_feature(enable = "avx2,bmi1,bmi2")]
    unsafe fn value_end(&self, mut at: *const u8) -> Option<*const u8> {
        // SAFETY: two vectors' octets are there from places a vector before `last`.
        unsafe {
            while at.addr() + VECTOR <= self.last.addr() {
                let first = value_ends(_mm256_loadu_si256(at.cast()));
                let second = value_ends(_mm256_loadu_si256(at.add(VECTOR).cast()));
                match u64::from(first) | u64::from(second) << VECTOR {
                    0 => at = at.add(2 * VECTOR),
                    found => return Some(at.add(found.trailing_zeros() as usize)),
                }
            }
            self.find(at, |octets| value_ends(octets))
        }
    }

    /// A vector with the octets from `at` on, and how many stand before them in it. `None` behind
    /// the text.
    ///
    /// # Safety
    /// `at` is a place in the text, or not further behind it than a vector.
    #[inline]
    #[target_feature(enable = "avx2,bmi1,bmi2")]
    unsafe fn vector(&self, at: *const u8) -> Option<(__m256i, u32)> {
        // SAFETY: a vector's octets are there from `last` on and from all places before it.
        unsafe {
            if at <= self.last {
                Some((_mm256_loadu_si256(at.cast()), 0))
            } else if at < self.end {
                let before = at.offset_from_unsigned(self.last) % VECTOR;
                Some((_mm256_loadu_si256(self.last.cast()), before as u32))
            } else {
                None
            }
        }
    }

    /// The method at `at`, and the place behind the space that ends it.
    ///
    /// # Safety
    /// `at` is a place in the text or its end.
    #[inline]
    #[target_feature(enable = "avx2,bmi1,bmi2")]
    unsafe fn method(&self, at: *const u8) -> Option<(&'b str, *const u8)> {
        // SAFETY: as for the caller.
        unsafe {
            if let Some(target) = self.past(at, *b"GET ") {
                return Some(("GET", target));
            }
            let space = self.find(at, |octets| token_ends(octets))?;
            Some((self.token(at, space)?, self.past(space, *b" ")?))
        }
    }

    /// Where the target that starts at `from` ends, and how many of its octets stand before its
    /// first question mark.
    ///
    /// # Safety
    /// `from` is a place in the text or its end.
    #[inline]
    #[target_feature(enable = "avx2,bmi1,bmi2")]
    unsafe fn target(&self, from: *const u8) -> Option<(*const u8, Option<usize>)> {
        let (mut at, mut question) = (from, None);
        loop {
            // SAFETY: the place is in the text, or not further behind it than a vector.
            let (octets, before) = unsafe { self.vector(at)? };
            let ends = target_ends(octets) >> before;
            let marks = _mm256_cmpeq_epi8(octets, _mm256_set1_epi8(b'?' as i8));
            // Those before the end.
            let marks = (bits(marks) >> before) & (ends ^ ends.wrapping_sub(1));
            if marks != 0 && question.is_none() {
                question = Some(at.addr() - from.addr() + marks.trailing_zeros() as usize);
            }
            if ends != 0 {
                // SAFETY: the octet was just looked at.
                return Some((unsafe { at.add(ends.trailing_zeros() as usize) }, question));
            }
            at = at.wrapping_add(VECTOR);
        }
    }

    /// `value` as text if it is a reg-name without percent signs, perhaps with a port.
    ///
    /// # Safety
    /// `value` is a part of the text, and what follows it in the text can stand in no name.
    #[inline]
    #[target_feature(enable = "avx2,bmi1,bmi2")]
    unsafe fn plain_authority(&self, value: &'b [u8]) -> Option<&'b str> {
        // SAFETY: what is found is in the value or its end.
        unsafe {
            let name = self.find(value.as_ptr(), |octets| reg_name_ends(octets))?;
            let name = name.offset_from_unsigned(value.as_ptr());
            let port = match value.get(name..)? {
                [] => &[],
                [b':', port @ ..] => port,
                _ => return None,
            };
            if name == 0 || !port.iter().all(u8::is_ascii_digit) {
                return None;
            }
            // All that may stand there is ASCII.
            Some(std::str::from_utf8_unchecked(value))
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

    /// The octets between two places without the blanks around them.
    ///
    /// # Safety
    /// Both are places in the text, `from` not behind `to`; `to` is what [`Text::value_end`] found
    /// from there on, and an octet that is no blank stands before `from`.
    #[inline]
    unsafe fn trimmed(&self, mut from: *const u8, mut to: *const u8) -> &'b [u8] {
        // Within a value all that is not above a space is a blank.
        let is_blank = |octet: u8| octet <= b' ';
        // SAFETY: `to` is an octet of the text that is no blank, and so is the one before `from`:
        // no loop leaves what is between them.
        unsafe {
            while is_blank(*to.sub(1)) {
                to = to.sub(1);
            }
            // Nearly always one space.
            from = from.add(usize::from(*from == b' '));
            while is_blank(*from) && from < to {
                from = from.add(1);
            }
            // A value of blanks alone.
            self.between(from, to.max(from))
        }
    }
}

/// An octet of a class has a bit in common in both tables: that of the class by its low four bits,
/// `HIGH` by its high four, which pick one of the rows 2 to 7 of ASCII.
const HIGH: [u8; 16] = [0, 0, 1, 2, 4, 8, 16, 32, 0, 0, 0, 0, 0, 0, 0, 0];
const TOKEN: [u8; 16] = class(b"!#$%&'*+-.^_`|~");
/// What a reg-name has beside percent signs; see [`crate::http::syntax::is_reg_name_byte`].
const REG_NAME: [u8; 16] = class(b"-._~!$&'()*+;=");

/// Letters, digits and `marks`.
const fn class(marks: &[u8]) -> [u8; 16] {
    let mut table = [0; 16];
    let mut octet = 0x20u8;
    while octet < 0x7f {
        let mut is_in = octet.is_ascii_alphanumeric();
        let mut mark = 0;
        while mark < marks.len() {
            is_in |= marks[mark] == octet;
            mark += 1;
        }
        if is_in {
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
    not_in(&TOKEN, octets)
}

/// Octets that cannot stand in a reg-name, or not as themselves.
#[inline]
#[target_feature(enable = "avx2,bmi1,bmi2")]
fn reg_name_ends(octets: __m256i) -> u32 {
    not_in(&REG_NAME, octets)
}

#[inline]
#[target_feature(enable = "avx2,bmi1,bmi2")]
fn not_in(class: &[u8; 16], octets: __m256i) -> u32 {
    let row = _mm256_and_si256(_mm256_srli_epi16::<4>(octets), _mm256_set1_epi8(15));
    // A shuffle gives 0 for an octet beyond ASCII: it has no bit in common.
    let low = _mm256_shuffle_epi8(table(class), octets);
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
    use crate::http::syntax::{is_reg_name_byte, is_tchar, is_value_byte};

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
                let (token, target, value, name) = unsafe {
                    let octets = _mm256_loadu_si256(text.as_ptr().cast());
                    let (token, name) = (token_ends(octets), reg_name_ends(octets));
                    (token, target_ends(octets), value_ends(octets), name)
                };
                assert_eq!(token, bit(!is_tchar(octet)), "{octet:#x} at {at}");
                assert_eq!(target, bit(!octet.is_ascii_graphic()), "{octet:#x} at {at}");
                assert_eq!(value, bit(!is_value_byte(octet)), "{octet:#x} at {at}");
                assert_eq!(name, bit(!is_reg_name_byte(octet)), "{octet:#x} at {at}");
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
