//! Takes the words of a request head apart, 32 octets at a time, with AVX2.
//!
//! Each word is searched for its end from its start: most are shorter than a vector, so that one
//! load, a few operations and one count of zeros find it, with nothing kept between words but the
//! place. Which processor it runs on is asked at run time; where it has no AVX2 nothing is found,
//! and the caller has another way.

#[cfg(target_arch = "x86_64")]
mod avx2;

use super::filling::Filling;
use httparse::Header;
use std::sync::atomic::{AtomicU8, Ordering};

/// The words of a head whose every line is well-formed and ends in CRLF. What they mean is not
/// looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Words<'b> {
    /// A token.
    pub(crate) method: &'b str,
    /// Visible ASCII.
    pub(crate) target: &'b str,
    /// Octets of the target before its first question mark.
    pub(crate) question: Option<usize>,
    /// The digit behind `HTTP/1.`: 0 or 1.
    pub(crate) minor: u8,
    /// Octets to the end of the empty line.
    pub(crate) len: usize,
}

/// The value of a field.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value<'b> {
    /// Without the blanks around it.
    pub(crate) octets: &'b [u8],
    /// The same, if it is an authority of the plain kind: a reg-name without percent signs, perhaps
    /// with a port. Found out for names of four octets only, of which Host is one.
    pub(crate) plain: Option<&'b str>,
}

/// The words of the head that `text` begins with, its at most `limit` field lines in `fields`; each
/// is shown to `note` as well, which says whether to go on. `None` for everything else: faults, bare
/// line feeds, a head that is not whole or shorter than a vector, another processor.
#[inline]
pub(crate) fn head<'b, const N: usize>(
    text: &'b [u8],
    fields: &mut Filling<Header<'b>, N>,
    limit: usize,
    note: impl FnMut(&'b str, Value<'b>) -> bool,
) -> Option<Words<'b>> {
    #[cfg(target_arch = "x86_64")]
    if is_supported() {
        // SAFETY: the processor has what the function is compiled for.
        return unsafe { avx2::head(text, fields, limit, note) };
    }
    let _ = (text, fields, limit, note);
    None
}

/// Whether [`head`] can find anything.
#[inline]
pub(crate) fn is_supported() -> bool {
    match SUPPORT.load(Ordering::Relaxed) {
        UNKNOWN => find_out(),
        known => known == SUPPORTED,
    }
}

/// What the processor was found to have: one look instead of one for each feature.
static SUPPORT: AtomicU8 = AtomicU8::new(UNKNOWN);
const UNKNOWN: u8 = 0;
const SUPPORTED: u8 = 1;
const LACKING: u8 = 2;

#[cold]
fn find_out() -> bool {
    #[cfg(target_arch = "x86_64")]
    let supported = std::arch::is_x86_feature_detected!("avx2")
        && std::arch::is_x86_feature_detected!("bmi1")
        && std::arch::is_x86_feature_detected!("bmi2");
    #[cfg(not(target_arch = "x86_64"))]
    let supported = false;
    SUPPORT.store(if supported { SUPPORTED } else { LACKING }, Ordering::Relaxed);
    supported
}

#[cfg(test)]
mod tests {
    use super::*;

    type Found = Option<(String, String, u8, usize, Vec<(String, Vec<u8>)>)>;

    fn found(text: &[u8]) -> Found {
        let mut fields = Filling::<_, 8>::new();
        let mut noted = Vec::new();
        let words = head(text, &mut fields, 8, |name, value| {
            noted.push((name.to_owned(), value.octets.to_vec()));
            true
        })?;
        let fields = fields.filled().iter().map(|f| (f.name.to_owned(), f.value.to_vec()));
        assert!(fields.clone().eq(noted));
        let Words { method, target, question, minor, len } = words;
        assert_eq!(question, target.find('?'));
        Some((method.to_owned(), target.to_owned(), minor, len, fields.collect()))
    }

    #[test]
    fn words_are_found_across_blocks_whatever_their_length() {
        if !is_supported() {
            return;
        }
        for len in 1..200 {
            let word = "w".repeat(len);
            for blanks in [0, 1, 63, 64, 65, 130] {
                let (before, after) = (" ".repeat(blanks), "\t".repeat(blanks));
                let text = format!(
                    "{word} /{word} HTTP/1.1\r\n{word}:{before}{word} {word}{after}\r\nE:{before}\r\n\r\nrest"
                );
                let fields = vec![
                    (word.clone(), format!("{word} {word}").into_bytes()),
                    ("E".to_owned(), Vec::new()),
                ];
                let expected = (word.clone(), format!("/{word}"), 1, text.len() - 4, fields);
                assert_eq!(found(text.as_bytes()), Some(expected));
                for end in 0..text.len() - 4 {
                    assert_eq!(found(&text.as_bytes()[..end]), None);
                }
            }
        }
    }

    #[test]
    fn no_more_fields_are_taken_than_there_may_be() {
        if !is_supported() {
            return;
        }
        let text = b"GET /padding HTTP/1.0\r\na:1\r\nb:2\r\n\r\n";
        let mut fields = Filling::<_, 2>::new();
        assert!(head(text, &mut fields, 9, |_, _| true).is_some());
        assert!(head(text, &mut fields, 1, |_, _| true).is_none());
        assert!(head(text, &mut fields, 9, |name, _| name == "a").is_none());
        assert!(head(text, &mut Filling::<_, 1>::new(), 9, |_, _| true).is_none());
    }

    #[test]
    fn the_first_question_mark_is_found_wherever_it_stands() {
        for len in 1..80 {
            for at in 1..len {
                let mut target = "/".repeat(len).into_bytes();
                target[at] = b'?';
                target[len - 1] = b'?';
                let target = String::from_utf8(target).unwrap();
                let text = format!("GET {target} HTTP/1.1\r\nPadding: a?b\r\n\r\n");
                assert!(!is_supported() || found(text.as_bytes()).is_some());
            }
        }
    }

    #[test]
    fn a_plain_authority_is_told_from_other_values() {
        if !is_supported() {
            return;
        }
        let plain = |value: &str| {
            let text = format!("GET /padding HTTP/1.1\r\nHost: {value} \r\n\r\nmore");
            let mut found = None;
            let note = |_, value: Value<'_>| {
                found = value.plain.map(str::to_owned);
                true
            };
            head(text.as_bytes(), &mut Filling::<_, 8>::new(), 8, note).unwrap();
            found
        };
        let long = "a.".repeat(40);
        for value in ["a", "127.0.0.1:80", "a_b.example", "a:", &long, &format!("{long}:65535")] {
            assert_eq!(plain(value).as_deref(), Some(value));
        }
        for value in ["", ":80", "[::1]", "a:8a", "a:80:80", "a b", "%41", "u@a", "a,b", "a/b"] {
            assert_eq!(plain(value), None, "{value}");
        }
    }
}
