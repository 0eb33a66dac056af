//! JSON for pages that load it as a script and name a function of theirs in the query
//! (`/data.json?callback=f` gets `f({})`).
//!
//! What the client sends becomes script, so nothing but a name does: identifiers joined by points,
//! each perhaps with numbers in brackets.

use super::index::Row;
use super::types::Class;
use super::{Defaults, NOT_CACHED, cors, echoed};
use crate::http::{Head, Method};
use crate::responder::rules::condition::query_value;
use crate::responder::source::Kind;
use crate::responder::{Exchange, Response};
use std::borrow::Cow;

/// The longest name of a function.
const NAME_MAX: usize = 128;
/// The parameters that name it.
const PARAMETERS: [&str; 2] = ["callback", "jsonp"];

impl Defaults {
    /// Whether a request, whose path names this row, may be one for JSON that a function takes.
    #[inline]
    pub(super) fn may_be_jsonp(&self, head: &Head<'_, '_>, named: Option<Row>) -> bool {
        head.query.is_some() && named.is_some_and(|row| self.index.class(row) == Class::Json)
    }

    /// Answers a request for JSON if a function takes it; whether it did.
    #[inline(never)]
    pub(super) fn answer_jsonp(&self, head: &Head<'_, '_>, exchange: &mut Exchange<'_>) -> bool {
        let script = matches!(head.known.sec_fetch_dest, None | Some(b"script" | b"empty"));
        let query = head.query.unwrap_or_default();
        match function(query).filter(|_| script && takes_body(head.method)) {
            None => false,
            Some(name) => {
                self.call(&name, head, exchange);
                true
            }
        }
    }

    #[cold]
    fn call(&self, name: &str, head: &Head<'_, '_>, exchange: &mut Exchange<'_>) {
        let builder = Response::builder(200)
            .header("Content-Type", "text/javascript")
            .header("Cache-Control", NOT_CACHED)
            .header("X-Content-Type-Options", "nosniff")
            .body(format!("{name}({{}})"));
        let origin = echoed(head, self.cors);
        let fields = match origin {
            _ if !self.cors => &[],
            None => cors::FOR_ANYBODY,
            Some(_) => cors::FOR_ORIGIN,
        };
        let builder = fields.iter().fold(builder, |b, (name, value)| b.header(name, value));
        // The fields are constants, and the name is no part of them.
        let response = builder.build().expect("an answer with JSON is well-formed");
        exchange.is_kind(Kind::Json);
        let _ = match origin {
            None => exchange.respond(&response),
            Some(origin) => exchange.respond_with(&response, cors::origin_line(origin).as_bytes()),
        };
    }
}

fn takes_body(method: Method) -> bool {
    matches!(method, Method::Get | Method::Head)
}

/// The function that a query names.
fn function(query: &str) -> Option<String> {
    let named = PARAMETERS.iter().find_map(|name| query_value(query, name.as_bytes()))?;
    match named {
        Cow::Borrowed(name) => std::str::from_utf8(name).ok().map(str::to_owned),
        Cow::Owned(name) => String::from_utf8(name).ok(),
    }
    .filter(|name| is_name(name))
}

fn is_name(name: &str) -> bool {
    (1..=NAME_MAX).contains(&name.len()) && name.split('.').all(is_part)
}

/// `a`, `a[0]`, `a[0][1]`
fn is_part(part: &str) -> bool {
    let mut pieces = part.split('[');
    let identifier = pieces.next().unwrap_or_default();
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$';
    let begins = identifier.starts_with(|c: char| legal(c) && !c.is_ascii_digit());
    let number = |piece: &str| {
        let digits = piece.strip_suffix(']').unwrap_or_default();
        !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
    };
    begins && identifier.chars().all(legal) && pieces.all(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_identifiers_joined_by_points() {
        for good in ["f", "$", "_a1", "jQuery111_5", "a.b.c", "a[0].b[1][2]", &"f".repeat(NAME_MAX)]
        {
            assert!(is_name(good), "{good}");
        }
        let long = "f".repeat(NAME_MAX + 1);
        for bad in [
            "",
            "1a",
            ".a",
            "a.",
            "a..b",
            "a b",
            "a(",
            "alert(1)//",
            "a;b",
            "a[",
            "a[]",
            "a[x]",
            "[0]",
            "a[0",
            "a]0[",
            "<script>",
            "\u{e9}",
            "a-b",
            "a\n",
            &long,
        ] {
            assert!(!is_name(bad), "{bad}");
        }
    }

    #[test]
    fn the_query_names_the_function() {
        for (query, name) in [
            ("callback=f", Some("f")),
            ("x=1&callback=a.b&y", Some("a.b")),
            ("jsonp=f", Some("f")),
            ("callback=a%5B0%5D", Some("a[0]")),
            ("callback=", None),
            ("callback=alert(1)", None),
            ("callback=%ff", None),
            ("callbacks=f", None),
            ("", None),
        ] {
            assert_eq!(function(query).as_deref(), name, "{query}");
        }
    }
}
