//! What a request must be for a rule to take it, hosts aside (see [`super::hosts`]).

use crate::http::Head;
use crate::responder::defaults::extension;
use crate::responder::pattern::Pattern;
use crate::responder::routes::Methods;

/// All conditions of a rule; each of them has to hold, of alternatives one.
#[derive(Debug, Default)]
pub(super) struct Conditions {
    /// Alternatives; empty takes what [`Methods::Any`] does.
    pub(super) methods: Vec<Methods>,
    /// Alternatives; empty takes every path.
    pub(super) paths: Vec<PathTest>,
    /// Alternatives, in lower case; empty takes every path.
    pub(super) extensions: Vec<Box<str>>,
    pub(super) headers: Vec<(Box<str>, Test)>,
    pub(super) query: Vec<(Box<str>, Test)>,
}

/// What a path must be.
#[derive(Debug)]
pub(super) enum PathTest {
    Pattern(Pattern),
    Prefix(Box<str>),
}

/// What a value must be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Test {
    Present,
    Absent,
    /// The text, in which each `*` stands for any octets.
    Like(Box<str>),
}

impl Conditions {
    /// Whether they hold for `head`.
    pub(super) fn hold(&self, head: &Head<'_, '_>) -> bool {
        self.take_method(head)
            && (self.paths.is_empty() || self.paths.iter().any(|test| test.holds(head.path)))
            && (self.extensions.is_empty() || self.take_extension(head.path))
            && self.headers.iter().all(|(name, test)| test.holds(head.field(name)))
            && self.query.iter().all(|(name, test)| {
                let value = query_value(head.query.unwrap_or_default(), name.as_bytes());
                test.holds(value.as_deref())
            })
    }

    /// Whether a method is named that a default answer would have to stand in for otherwise.
    pub(super) fn name_method(&self, head: &Head<'_, '_>) -> bool {
        !self.methods.is_empty() && self.take_method(head)
    }

    /// Whether nothing is said about the path.
    pub(super) fn takes_every_path(&self) -> bool {
        self.paths.is_empty() && self.extensions.is_empty()
    }

    /// Whether they certainly hold for every request for which `other` do; where that is not cheap to
    /// say, they do not.
    pub(super) fn cover(&self, other: &Conditions) -> bool {
        self.cover_methods(other)
            && self.cover_paths(other)
            && self.cover_extensions(other)
            && are_implied(&self.headers, &other.headers, |a, b| a.eq_ignore_ascii_case(b))
            && are_implied(&self.query, &other.query, |a, b| a == b)
    }

    fn cover_methods(&self, other: &Conditions) -> bool {
        let covered = |theirs: &Methods| match &self.methods[..] {
            [] => Methods::Any.cover(theirs),
            ours => ours.iter().any(|ours| ours.cover(theirs)),
        };
        match &other.methods[..] {
            [] => covered(&Methods::Any),
            theirs => are_few(&self.methods, theirs) && theirs.iter().all(covered),
        }
    }

    fn cover_paths(&self, other: &Conditions) -> bool {
        let covered = |theirs: &PathTest| self.paths.iter().any(|ours| ours.covers(theirs));
        self.paths.is_empty()
            || !other.paths.is_empty()
                && are_few(&self.paths, &other.paths)
                && other.paths.iter().all(covered)
    }

    fn cover_extensions(&self, other: &Conditions) -> bool {
        if self.extensions.is_empty() {
            return true;
        }
        if !other.extensions.is_empty() {
            return are_few(&self.extensions, &other.extensions)
                && other.extensions.iter().all(|name| self.extensions.contains(name));
        }
        let has = |test: &PathTest| match test {
            PathTest::Pattern(path) => path.is_exact() && self.take_extension(path.text()),
            PathTest::Prefix(_) => false,
        };
        !other.paths.is_empty()
            && are_few(&self.extensions, &other.paths)
            && other.paths.iter().all(has)
    }

    fn take_method(&self, head: &Head<'_, '_>) -> bool {
        let takes = |methods: &Methods| methods.take(head.method, head.method_name);
        if self.methods.is_empty() { takes(&Methods::Any) } else { self.methods.iter().any(takes) }
    }

    fn take_extension(&self, path: &str) -> bool {
        let Some(found) = extension(path) else { return false };
        self.extensions.iter().any(|wanted| found.eq_ignore_ascii_case(wanted.as_bytes()))
    }
}

/// Whether comparing each of one list with each of the other is cheap.
fn are_few<A, B>(ours: &[A], theirs: &[B]) -> bool {
    const PAIRS: usize = 4096;
    ours.len().saturating_mul(theirs.len()) <= PAIRS
}

/// Whether each of `ours` holds wherever all of `theirs` do.
fn are_implied(
    ours: &[(Box<str>, Test)],
    theirs: &[(Box<str>, Test)],
    same: impl Fn(&str, &str) -> bool,
) -> bool {
    are_few(ours, theirs)
        && ours.iter().all(|(name, test)| {
            theirs.iter().any(|(their, said)| {
                let present = *test == Test::Present && matches!(said, Test::Like(_));
                same(name, their) && (present || said == test)
            })
        })
}

impl PathTest {
    /// Whether it holds for every path for which `other` does.
    fn covers(&self, other: &PathTest) -> bool {
        match (self, other) {
            (PathTest::Pattern(ours), PathTest::Pattern(their)) => ours.covers(their),
            (PathTest::Pattern(ours), PathTest::Prefix(their)) => ours.covers_prefix(their),
            (PathTest::Prefix(ours), PathTest::Pattern(their)) => their.lead().starts_with(&**ours),
            (PathTest::Prefix(ours), PathTest::Prefix(their)) => their.starts_with(&**ours),
        }
    }

    fn holds(&self, path: &str) -> bool {
        match self {
            PathTest::Pattern(pattern) => pattern.matches(path),
            PathTest::Prefix(prefix) => path.starts_with(&**prefix),
        }
    }
}

impl Test {
    fn holds(&self, value: Option<&[u8]>) -> bool {
        match (self, value) {
            (Test::Present, value) => value.is_some(),
            (Test::Absent, value) => value.is_none(),
            (Test::Like(pattern), Some(value)) => is_like(value, pattern.as_bytes()),
            (Test::Like(_), None) => false,
        }
    }
}

/// Whether `text` is `pattern`, each `*` of which stands for any octets. In time that is at most
/// the product of both lengths: a star that is passed is never gone back to.
fn is_like(text: &[u8], pattern: &[u8]) -> bool {
    let (mut t, mut p) = (0, 0);
    let mut star = None;
    while t < text.len() {
        if pattern.get(p) == Some(&b'*') {
            star = Some((p, t));
            p += 1;
        } else if pattern.get(p) == Some(&text[t]) {
            (t, p) = (t + 1, p + 1);
        } else if let Some((at, from)) = star {
            star = Some((at, from + 1));
            (t, p) = (from + 1, at + 1);
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|b| *b == b'*')
}

/// The first value of `name` in a query of `name=value` pairs, decoded (URL standard, section 5.1).
pub(in crate::responder) fn query_value<'q>(
    query: &'q str,
    name: &[u8],
) -> Option<std::borrow::Cow<'q, [u8]>> {
    query.split('&').filter(|pair| !pair.is_empty()).find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (*decode(key) == *name).then(|| decode(value))
    })
}

fn decode(text: &str) -> std::borrow::Cow<'_, [u8]> {
    if !text.contains(['%', '+']) {
        return text.as_bytes().into();
    }
    let octets = text.as_bytes();
    let mut plain = Vec::with_capacity(octets.len());
    let mut at = 0;
    while let Some(&octet) = octets.get(at) {
        let hex = |i: usize| octets.get(at + i).and_then(|b| char::from(*b).to_digit(16));
        match (octet, hex(1), hex(2)) {
            (b'%', Some(high), Some(low)) => {
                plain.push((high * 16 + low) as u8);
                at += 2;
            }
            (b'+', ..) => plain.push(b' '),
            _ => plain.push(octet),
        }
        at += 1;
    }
    plain.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_star_stands_for_any_octets() {
        for (pattern, text) in [
            ("", ""),
            ("*", ""),
            ("*", "abc"),
            ("a*", "a"),
            ("*c", "abc"),
            ("a*c", "abbbc"),
            ("*b*", "abc"),
            ("a**c", "ac"),
            ("*ab*ab", "abaab"),
            ("*aab", "aaaab"),
        ] {
            assert!(is_like(text.as_bytes(), pattern.as_bytes()), "{pattern} {text}");
        }
        for (pattern, text) in
            [("", "a"), ("a", ""), ("a*c", "ab"), ("*b", "abc"), ("a*b*c", "acb"), ("A", "a")]
        {
            assert!(!is_like(text.as_bytes(), pattern.as_bytes()), "{pattern} {text}");
        }
    }

    #[test]
    fn many_stars_on_a_hostile_text_end_soon() {
        let (text, pattern) = ("a".repeat(8000), "a*".repeat(100) + "b");
        assert!(!is_like(text.as_bytes(), pattern.as_bytes()));
    }

    #[test]
    fn values_of_a_query_are_found_and_decoded() {
        let value = |query, name: &str| {
            let found = query_value(query, name.as_bytes());
            found.map(|v| String::from_utf8_lossy(&v).into_owned())
        };
        assert_eq!(value("a=1&b=2&a=3", "a").as_deref(), Some("1"));
        assert_eq!(value("a&b=", "a").as_deref(), Some(""));
        assert_eq!(value("x+y=%41+%2b%", "x y").as_deref(), Some("A +%"));
        assert_eq!(value("", ""), None);
        assert_eq!(value("a=1", "b"), None);
        assert_eq!(value("q=%4", "q").as_deref(), Some("%4"));
    }

    proptest! {
        #[test]
        fn likeness_is_what_trying_every_length_of_every_star_finds(
            pattern in "[ab*]{0,6}", text in "[ab]{0,8}",
        ) {
            fn slow(text: &[u8], pattern: &[u8]) -> bool {
                match pattern.split_first() {
                    None => text.is_empty(),
                    Some((b'*', rest)) => (0..=text.len()).any(|n| slow(&text[n..], rest)),
                    Some((b, rest)) => text.first() == Some(b) && slow(&text[1..], rest),
                }
            }
            let (text, pattern) = (text.as_bytes(), pattern.as_bytes());
            prop_assert_eq!(is_like(text, pattern), slow(text, pattern));
        }
    }
}
