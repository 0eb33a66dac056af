//! Conditional and range requests (RFC 9110 sections 13 and 14): which part of an answer that has an
//! entity tag a request wants.

use crate::http::{Head, Method};
use std::ops::Range;

/// What is sent of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// 304: the client has it already.
    NotModified,
    /// 206: these octets of the body.
    Range(Range<usize>),
    /// 416: there are no such octets.
    Unsatisfiable,
}

impl Part {
    /// The status that says so.
    pub(crate) fn status(&self) -> u16 {
        match self {
            Part::NotModified => 304,
            Part::Range(_) => 206,
            Part::Unsatisfiable => 416,
        }
    }
}

/// What the request wants of a 200 with the strong entity tag `etag`, quotes included, and a body of
/// `length` octets; `None` is all of it.
#[cold]
pub(super) fn part(head: &Head<'_, '_>, etag: &[u8], length: usize) -> Option<Part> {
    if !matches!(head.method, Method::Get | Method::Head) {
        return None;
    }
    let named = |name: &str| {
        let fields = head.fields.iter().filter(move |f| f.name.eq_ignore_ascii_case(name));
        fields.map(|field| field.value).collect::<Vec<_>>()
    };
    // If-None-Match goes before Range (section 13.2.2).
    if named("if-none-match").iter().any(|tags| lists(tags, etag)) {
        return Some(Part::NotModified);
    }
    let ranges = named("range");
    let [range] = ranges[..] else { return None };
    // Ranges are defined for GET alone (section 14.2); a date in If-Range is none that we gave.
    let fresh = named("if-range").iter().all(|tag| *tag == etag);
    if head.method != Method::Get || !fresh {
        return None;
    }
    wanted(range, length)
}

/// Whether a list of entity tags has `etag`, compared weakly (section 8.8.3.2), or is `*`.
fn lists(tags: &[u8], etag: &[u8]) -> bool {
    tags.split(|b| *b == b',')
        .map(<[u8]>::trim_ascii)
        .any(|tag| tag == b"*" || tag.strip_prefix(b"W/").unwrap_or(tag) == etag)
}

/// The one range of octets that `range` asks for. More than one, another unit and what is malformed
/// are ignored, as a server may (section 14.2).
fn wanted(range: &[u8], length: usize) -> Option<Part> {
    let text = std::str::from_utf8(range).ok()?;
    let (unit, spec) = text.split_once('=')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") || spec.contains(',') {
        return None;
    }
    let (first, last) = spec.trim().split_once('-')?;
    let range = match (position(first)?, position(last)?) {
        (None, None) => return None,
        (None, Some(suffix)) => length.saturating_sub(suffix)..length,
        (Some(first), None) => first..length,
        (Some(first), Some(last)) if last < first => return None,
        (Some(first), Some(last)) => first..last.saturating_add(1).min(length),
    };
    Some(if range.start < range.end { Part::Range(range) } else { Part::Unsatisfiable })
}

/// An optional position; `None` where it is malformed. What is beyond any body is as good as the
/// largest number.
fn position(text: &str) -> Option<Option<usize>> {
    if text.is_empty() {
        return Some(None);
    }
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| Some(text.parse().unwrap_or(usize::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Field;
    use crate::responder::testing::head;

    #[test]
    fn a_range_is_the_octets_that_it_names() {
        for (range, expected) in [
            ("bytes=0-0", Some(Part::Range(0..1))),
            ("bytes=2-4", Some(Part::Range(2..5))),
            ("Bytes = 2-4", Some(Part::Range(2..5))),
            ("bytes=5-", Some(Part::Range(5..10))),
            ("bytes=-3", Some(Part::Range(7..10))),
            ("bytes=-99", Some(Part::Range(0..10))),
            ("bytes=9-99999999999999999999", Some(Part::Range(9..10))),
            ("bytes=10-", Some(Part::Unsatisfiable)),
            ("bytes=99999999999999999999-", Some(Part::Unsatisfiable)),
            ("bytes=-0", Some(Part::Unsatisfiable)),
            ("bytes=4-2", None),
            ("bytes=0-1,3-4", None),
            ("bytes=a-b", None),
            ("bytes=-", None),
            ("bytes=+1-2", None),
            ("lines=0-1", None),
            ("bytes", None),
        ] {
            assert_eq!(wanted(range.as_bytes(), 10), expected, "{range}");
        }
        assert_eq!(wanted(b"bytes=0-", 0), Some(Part::Unsatisfiable));
        assert_eq!(wanted(b"bytes=\xff-", 10), None);
    }

    #[test]
    fn conditions_go_in_their_order() {
        let ask = |method, fields: &[(&'static str, &'static str)]| {
            let fields: Vec<_> = fields
                .iter()
                .map(|(name, value)| Field { name, value: value.as_bytes() })
                .collect();
            let mut head = head(method, "/");
            head.fields = fields.leak();
            part(&head, b"\"a\"", 10)
        };
        let range = ("Range", "bytes=1-2");
        assert_eq!(ask("GET", &[("If-None-Match", "\"b\", W/\"a\"")]), Some(Part::NotModified));
        assert_eq!(ask("HEAD", &[("if-none-match", "*"), range]), Some(Part::NotModified));
        assert_eq!(ask("POST", &[("If-None-Match", "*")]), None);
        assert_eq!(ask("GET", &[("If-None-Match", "\"b\"")]), None);
        assert_eq!(ask("GET", &[("If-None-Match", "a")]), None);
        assert_eq!(ask("GET", &[range]), Some(Part::Range(1..3)));
        assert_eq!(ask("GET", &[range, ("If-Range", "\"a\"")]), Some(Part::Range(1..3)));
        assert_eq!(ask("GET", &[range, ("If-Range", "W/\"a\"")]), None);
        assert_eq!(ask("GET", &[range, ("If-Range", "Sun, 06 Nov 1994 08:49:37 GMT")]), None);
        assert_eq!(ask("GET", &[range, range]), None);
        assert_eq!(ask("HEAD", &[range]), None);
    }
}
