//! Path patterns: `/a`, `/a/{name}`, `/files/{*rest}`, `/files/*`.
//!
//! A pattern is compared with the path as it was sent, octet by octet: nothing is decoded, no
//! slash is added or dropped. `{name}` takes one segment that is not empty; `{*name}`, or `*`
//! where no name is wanted, stands last and takes whatever follows the slash, also nothing.

use crate::error::{Error, ErrorCode, Result};
use std::fmt;

/// A pattern, checked and cut into segments.
#[derive(Debug)]
pub(crate) struct Pattern {
    text: Box<str>,
    segments: Box<[Segment]>,
    /// The name of the part that takes the rest; empty where it has none.
    rest: Option<Box<str>>,
}

#[derive(Debug)]
enum Segment {
    Literal(Box<str>),
    Param(Box<str>),
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidArgument`] naming the pattern and what was expected.
    pub(crate) fn parse(text: &str) -> Result<Pattern> {
        parse(text).map_err(|expected| {
            let message = format!("pattern {text:?}: expected {expected}");
            Error::new(ErrorCode::InvalidArgument, message)
        })
    }

    /// The pattern as it was written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whether only one path matches: the text itself.
    pub(crate) fn is_exact(&self) -> bool {
        self.rest.is_none() && self.segments.iter().all(|s| matches!(s, Segment::Literal(_)))
    }

    /// Whether `path` matches.
    pub(crate) fn matches(&self, path: &str) -> bool {
        let mut left = path;
        for segment in &self.segments {
            let Some((part, after)) = next_segment(left) else { return false };
            let fits = match segment {
                Segment::Literal(literal) => **literal == *part,
                Segment::Param(_) => !part.is_empty(),
            };
            if !fits {
                return false;
            }
            left = after;
        }
        if self.rest.is_some() { left.starts_with('/') } else { left.is_empty() }
    }

    /// Whether every path that matches `other` matches this one too.
    pub(crate) fn covers(&self, other: &Pattern) -> bool {
        let mut theirs = other.segments.iter();
        let each = self.segments.iter().all(|ours| match (ours, theirs.next()) {
            (Segment::Literal(ours), Some(Segment::Literal(their))) => ours == their,
            (Segment::Param(_), Some(Segment::Literal(their))) => !their.is_empty(),
            (Segment::Param(_), Some(Segment::Param(_))) => true,
            (Segment::Literal(_), Some(Segment::Param(_))) | (_, None) => false,
        });
        let goes_on = theirs.next().is_some();
        each && if self.rest.is_some() {
            goes_on || other.rest.is_some()
        } else {
            !goes_on && other.rest.is_none()
        }
    }

    /// Whether every path that begins with `prefix` matches.
    pub(crate) fn covers_prefix(&self, prefix: &str) -> bool {
        let marker = self.text.rfind('/').map_or(0, |slash| slash + 1);
        self.rest.is_some()
            && prefix.starts_with(&self.text[..marker])
            && self.lead().len() == marker
    }

    /// What every path that matches begins with.
    pub(crate) fn lead(&self) -> &str {
        &self.text[..self.text.find(['{', '*']).unwrap_or(self.text.len())]
    }
}

/// Cuts `/segment` off the front of `path`.
fn next_segment(path: &str) -> Option<(&str, &str)> {
    let path = path.strip_prefix('/')?;
    Some(path.split_at(memchr::memchr(b'/', path.as_bytes()).unwrap_or(path.len())))
}

fn parse(text: &str) -> std::result::Result<Pattern, String> {
    let Some(inner) = text.strip_prefix('/') else {
        return Err("a path that starts with \"/\" (\"/*\" is every path)".into());
    };
    if let Some(bad) = text.chars().find(|c| !c.is_ascii_graphic() || matches!(c, '?' | '#')) {
        return Err(format!("a path of visible ASCII without query, got {bad:?}"));
    }
    let mut segments = Vec::new();
    let mut rest = None;
    let mut parts = inner.split('/').peekable();
    while let Some(part) = parts.next() {
        match read_segment(part)? {
            Part::Segment(segment) => segments.push(segment),
            Part::Rest(name) if parts.peek().is_none() => rest = Some(name),
            Part::Rest(_) => return Err(format!("{part:?} only as the last segment")),
        }
    }
    let pattern = Pattern { text: text.into(), segments: segments.into(), rest };
    match pattern.repeated_name() {
        Some(name) => Err(format!("each name once, got {name:?} twice")),
        None => Ok(pattern),
    }
}

enum Part {
    Segment(Segment),
    Rest(Box<str>),
}

fn read_segment(part: &str) -> std::result::Result<Part, String> {
    if part == "*" {
        return Ok(Part::Rest("".into()));
    }
    let Some(name) = part.strip_prefix('{').and_then(|p| p.strip_suffix('}')) else {
        if part.contains(['{', '}', '*']) {
            return Err(format!("a name or \"*\" to be a whole segment, got {part:?}"));
        }
        return Ok(Part::Segment(Segment::Literal(part.into())));
    };
    let (name, is_rest) = match name.strip_prefix('*') {
        Some(name) => (name, true),
        None => (name, false),
    };
    let first_ok = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if !first_ok || name.contains(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
        return Err(format!("a name of letters, digits and \"_\" in {part:?}"));
    }
    Ok(if is_rest { Part::Rest(name.into()) } else { Part::Segment(Segment::Param(name.into())) })
}

impl Pattern {
    fn names(&self) -> impl Iterator<Item = &str> {
        let params = self.segments.iter().filter_map(|segment| match segment {
            Segment::Param(name) => Some(&**name),
            Segment::Literal(_) => None,
        });
        params.chain(self.rest.as_deref().filter(|name| !name.is_empty()))
    }

    fn repeated_name(&self) -> Option<&str> {
        self.names().enumerate().find_map(|(i, name)| {
            self.names().take(i).any(|earlier| earlier == name).then_some(name)
        })
    }
}

/// What a pattern took from a path: names and values.
///
/// Holds the two and cuts the path anew when asked, so that matching a request stores nothing.
#[derive(Clone, Copy, Default)]
pub struct Params<'r> {
    /// A path and a pattern that it matches.
    matched: Option<(&'r Pattern, &'r str)>,
}

impl<'r> Params<'r> {
    /// What `pattern` takes from `path`, which matches it.
    pub(crate) fn new(pattern: &'r Pattern, path: &'r str) -> Self {
        Params { matched: Some((pattern, path)) }
    }

    /// The value of `name`.
    pub fn get(&self, name: &str) -> Option<&'r str> {
        self.iter().find(|(n, _)| *n == name).map(|(_, value)| value)
    }

    /// Names and values, in the order of the pattern. The part that an unnamed `*` took is not
    /// among them.
    pub fn iter(&self) -> impl Iterator<Item = (&'r str, &'r str)> + '_ {
        let (pattern, mut left) = match self.matched {
            Some((pattern, path)) => (Some(pattern), path),
            None => (None, ""),
        };
        let mut segments = pattern.map_or(&[][..], |p| &p.segments).iter();
        let mut rest = pattern.and_then(|p| p.rest.as_deref()).filter(|name| !name.is_empty());
        std::iter::from_fn(move || {
            for segment in segments.by_ref() {
                let (part, after) = next_segment(left)?;
                left = after;
                if let Segment::Param(name) = segment {
                    return Some((&**name, part));
                }
            }
            Some((rest.take()?, left.strip_prefix('/')?))
        })
    }
}

impl fmt::Debug for Params<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, path: &str) -> bool {
        Pattern::parse(pattern).unwrap().matches(path)
    }

    fn params(pattern: &str, path: &str) -> Vec<(String, String)> {
        let pattern = Pattern::parse(pattern).unwrap();
        assert!(pattern.matches(path), "{pattern:?} should match {path:?}");
        let pairs = Params::new(&pattern, path);
        pairs.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    fn error(pattern: &str) -> String {
        let error = Pattern::parse(pattern).unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidArgument);
        error.message().to_owned()
    }

    #[test]
    fn a_literal_pattern_matches_itself_only() {
        assert!(matches("/", "/") && matches("/a/b", "/a/b") && matches("/a/", "/a/"));
        for path in ["", "/a", "/a/b/", "/a/bc", "/a/b/c", "/A/b", "/a//b", "a/b", "*"] {
            assert!(!matches("/a/b", path), "{path}");
        }
        assert!(!matches("/", "") && !matches("/a", "/a/") && !matches("/a/", "/a"));
        assert!(Pattern::parse("/a/b").unwrap().is_exact());
    }

    #[test]
    fn a_name_takes_one_segment_that_is_not_empty() {
        assert_eq!(params("/a/{id}", "/a/7"), [pair("id", "7")]);
        assert_eq!(params("/{x}/b/{y}", "/1/b/2%2F3"), [pair("x", "1"), pair("y", "2%2F3")]);
        assert_eq!(params("/{x}/", "/1/"), [pair("x", "1")]);
        for path in ["/a/", "/a", "/a/1/", "/a/1/2", "/b/1"] {
            assert!(!matches("/a/{id}", path), "{path}");
        }
        assert!(!Pattern::parse("/a/{id}").unwrap().is_exact());
    }

    #[test]
    fn the_rest_takes_what_follows_the_slash_also_nothing() {
        assert_eq!(params("/f/{*rest}", "/f/a/b.txt"), [pair("rest", "a/b.txt")]);
        assert_eq!(params("/f/{*rest}", "/f/"), [pair("rest", "")]);
        assert_eq!(params("/{a}/{*rest}", "/f//"), [pair("a", "f"), pair("rest", "/")]);
        assert_eq!(params("/{*all}", "/"), [pair("all", "")]);
        assert!(!matches("/f/{*rest}", "/f") && !matches("/f/{*rest}", "/fx"));
    }

    #[test]
    fn a_star_takes_the_rest_without_a_name() {
        assert_eq!(params("/f/*", "/f/a/b"), []);
        assert_eq!(params("/{x}/*", "/f/"), [pair("x", "f")]);
        assert!(matches("/*", "/") && matches("/*", "/a/b/c") && !matches("/*", "*"));
        assert!(!Pattern::parse("/*").unwrap().is_exact());
    }

    #[test]
    fn values_are_found_by_name() {
        let pattern = Pattern::parse("/{a}/{b}").unwrap();
        let params = Params::new(&pattern, "/1/2");
        assert_eq!(
            (params.get("a"), params.get("b"), params.get("c")),
            (Some("1"), Some("2"), None)
        );
        assert_eq!(format!("{params:?}"), r#"{"a": "1", "b": "2"}"#);
        assert_eq!(Params::default().get("a"), None);
        assert_eq!(Params::default().iter().count(), 0);
    }

    #[test]
    fn a_pattern_may_have_any_number_of_names() {
        let pattern: String = (0..40).map(|i| format!("/{{n{i}}}")).collect();
        let path: String = (0..40).map(|i| format!("/{i}")).collect();
        assert_eq!(params(&pattern, &path)[39], pair("n39", "39"));
    }

    #[test]
    fn errors_name_the_pattern_and_what_was_expected() {
        let cases = [
            ("", "a path that starts with \"/\" (\"/*\" is every path)"),
            ("*", "a path that starts with \"/\" (\"/*\" is every path)"),
            ("a/b", "a path that starts with \"/\" (\"/*\" is every path)"),
            ("/a?b", "a path of visible ASCII without query, got '?'"),
            ("/a b", "a path of visible ASCII without query, got ' '"),
            ("/\u{e9}", "a path of visible ASCII without query, got '\u{e9}'"),
            ("/{*x}/b", "\"{*x}\" only as the last segment"),
            ("/*/b", "\"*\" only as the last segment"),
            ("/a*", "a name or \"*\" to be a whole segment, got \"a*\""),
            ("/x{a}", "a name or \"*\" to be a whole segment, got \"x{a}\""),
            ("/{a", "a name or \"*\" to be a whole segment, got \"{a\""),
            ("/{}", "a name of letters, digits and \"_\" in \"{}\""),
            ("/{*}", "a name of letters, digits and \"_\" in \"{*}\""),
            ("/{1a}", "a name of letters, digits and \"_\" in \"{1a}\""),
            ("/{a-b}", "a name of letters, digits and \"_\" in \"{a-b}\""),
            ("/{a}/{a}", "each name once, got \"a\" twice"),
            ("/{a}/{*a}", "each name once, got \"a\" twice"),
        ];
        for (pattern, expected) in cases {
            assert_eq!(error(pattern), format!("pattern {pattern:?}: expected {expected}"));
        }
    }
}
