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

/// The words of a head whose every line is well-formed and ends in CRLF. What they mean is not
/// looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Words<'b> {
    /// A token.
    pub(crate) method: &'b str,
    /// Visible ASCII.
    pub(crate) target: &'b str,
    /// The digit behind `HTTP/1.`: 0 or 1.
    pub(crate) minor: u8,
    /// Octets to the end of the empty line.
    pub(crate) len: usize,
}

/// The words of the head that `text` begins with, its at most `limit` field lines in `fields`.
/// `None` for everything else: faults, bare line feeds, a head that is not whole or shorter than a
/// vector, another processor.
#[inline]
pub(crate) fn head<'b, const N: usize>(
    text: &'b [u8],
    fields: &mut Filling<Header<'b>, N>,
    limit: usize,
) -> Option<Words<'b>> {
    #[cfg(target_arch = "x86_64")]
    if is_supported() {
        // SAFETY: the processor has what the function is compiled for.
        return unsafe { avx2::head(text, fields, limit) };
    }
    let _ = (text, fields, limit);
    None
}

/// Whether [`head`] can find anything.
#[inline]
pub(crate) fn is_supported() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::arch::is_x86_feature_detected!("avx2")
        && std::arch::is_x86_feature_detected!("bmi1")
        && std::arch::is_x86_feature_detected!("bmi2");
    #[cfg(not(target_arch = "x86_64"))]
    return false;
}

#[cfg(test)]
mod tests {
    use super::*;

    type Found = Option<(String, String, u8, usize, Vec<(String, Vec<u8>)>)>;

    fn found(text: &[u8]) -> Found {
        let mut fields = Filling::<_, 8>::new();
        let words = head(text, &mut fields, 8)?;
        let fields = fields.filled().iter().map(|f| (f.name.to_owned(), f.value.to_vec()));
        let Words { method, target, minor, len } = words;
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
        assert!(head(text, &mut fields, 9).is_some());
        assert!(head(text, &mut fields, 1).is_none());
        assert!(head(text, &mut Filling::<_, 1>::new(), 9).is_none());
    }
}
