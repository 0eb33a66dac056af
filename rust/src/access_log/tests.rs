//! From an answer to a line.

use super::format::Formatter;
use super::record::{self, Record};
use crate::clients::PeerAddress;
use crate::config::LogFormat;
use crate::connection::watchers::{Answer, Asked, Question};
use crate::http::Version;
use crate::responder::source::{By, Kind, Source};
use proptest::prelude::*;
use tinyjson::JsonValue;

const ANSWER: Answer = Answer {
    status: 200,
    octets: 240,
    body: 43,
    source: Source { by: By::Rule, kind: Kind::Image },
    begun: 1_000_000,
};

fn peer() -> PeerAddress {
    PeerAddress::inet("192.0.2.1:4711".parse().unwrap())
}

fn asked<'r>(target: &'r str, referer: Option<&'r [u8]>) -> Question<'r> {
    Question::Asked(Asked {
        method: "GET",
        target,
        version: Version::Http11,
        host: Some("example.com"),
        referer,
        user_agent: Some(b"agent/1.0"),
    })
}

/// The line without its end, which every line has and has once.
fn line(format: LogFormat, question: &Question<'_>, peer: PeerAddress) -> String {
    let mut octets = Vec::new();
    record::write(&mut octets, question, &ANSWER, 17, (0, peer));
    let mut rest = &octets[..];
    let record = record::take(&mut rest).unwrap();
    assert!(rest.is_empty() && octets.len() <= record::MAX);
    let mut into = Vec::new();
    Formatter::new(format, &["127.0.0.1:80".into()]).line(&record, &mut into);
    let text = String::from_utf8(into).unwrap();
    let line = text.strip_suffix('\n').unwrap();
    assert!(line.bytes().all(|octet| (b' '..=b'~').contains(&octet)), "{line}");
    line.to_owned()
}

fn json(question: &Question<'_>, peer: PeerAddress) -> JsonValue {
    line(LogFormat::Json, question, peer).parse().unwrap()
}

fn text<'v>(value: &'v JsonValue, name: &str) -> Option<&'v str> {
    value[name].get::<String>().map(String::as_str)
}

#[test]
fn a_combined_line_is_apaches() {
    let found = line(LogFormat::Combined, &asked("/a?b", Some(b"http://x/")), peer());
    let (head, tail) = found.split_once('[').unwrap();
    let (time, tail) = tail.split_once(']').unwrap();
    assert_eq!(head, "192.0.2.1 - - ");
    assert!(time.len() == "26/Nov/2026:10:56:13 +0000".len() && time.ends_with(" +0000"));
    assert_eq!(tail, r#" "GET /a?b HTTP/1.1" 200 43 "http://x/" "agent/1.0""#);
    let found =
        line(LogFormat::Combined, &Question::Line(b"\x16\x03\x01\"junk"), PeerAddress::UNIX);
    assert!(
        found.starts_with("unix: - - [")
            && found.ends_with(r#" "\x16\x03\x01\"junk" 200 43 "-" "-""#)
    );
    let found = line(LogFormat::Combined, &Question::Line(b""), PeerAddress::UNKNOWN);
    assert!(found.starts_with("- - - [") && found.ends_with(r#" "-" 200 43 "-" "-""#));
}

#[test]
fn a_json_line_has_all_that_is_known() {
    let found = json(&asked("/a?b", None), peer());
    for (name, expected) in [
        ("client", "192.0.2.1"),
        ("listener", "127.0.0.1:80"),
        ("method", "GET"),
        ("host", "example.com"),
        ("target", "/a?b"),
        ("version", "1.1"),
        ("user_agent", "agent/1.0"),
        ("by", "rule"),
        ("kind", "image"),
    ] {
        assert_eq!(text(&found, name), Some(expected), "{name}");
    }
    let numbers = [
        ("port", 4711.0),
        ("status", 200.0),
        ("octets", 240.0),
        ("body", 43.0),
        ("duration_us", 17.0),
    ];
    for (name, expected) in numbers {
        assert_eq!(found[name].get(), Some(&expected), "{name}");
    }
    assert!(found["referer"].is_null());
    let time = text(&found, "time").unwrap();
    assert!(time.len() == "2026-11-26T10:56:13.123Z".len() && time.ends_with('Z'), "{time}");
    let fields: &std::collections::HashMap<String, JsonValue> = found.get().unwrap();
    assert_eq!(fields.len(), 16);
    let refused =
        json(&Question::Line(b"junk"), PeerAddress::inet("[2001:db8::1]:5".parse().unwrap()));
    assert_eq!(text(&refused, "line"), Some("junk"));
    assert_eq!(text(&refused, "client"), Some("2001:db8::1"));
    assert!(refused["target"].is_null() && refused["method"].is_null());
}

#[test]
fn an_overlong_text_is_cut() {
    let long = "x".repeat(60_000);
    let found = json(&asked(&long, Some(long.as_bytes())), peer());
    assert_eq!(text(&found, "target").unwrap().len(), 8192);
    assert_eq!(text(&found, "referer").unwrap().len(), 8192);
    assert_eq!(text(&found, "user_agent"), Some("agent/1.0"));
}

#[test]
fn half_a_record_is_none() {
    let mut octets = Vec::new();
    record::write(&mut octets, &asked("/", None), &ANSWER, 0, (0, peer()));
    for end in 0..octets.len() {
        let mut rest = &octets[..end];
        assert_eq!(record::take(&mut rest), None::<Record<'_>>);
        assert_eq!(rest.len(), end);
    }
}

/// The text that octets stand for, as the documentation says.
fn meant(octets: &[u8]) -> String {
    octets.utf8_chunks().fold(String::new(), |text, chunk| {
        let invalid: String = chunk.invalid().iter().map(|octet| char::from(*octet)).collect();
        text + chunk.valid() + &invalid
    })
}

proptest! {
    /// Whatever a client sends is one line, and comes back out of it as it was.
    #[test]
    fn nothing_leaves_its_line(referer in prop::collection::vec(any::<u8>(), 0..300), target in "\\PC{0,40}[\"\\\\\u{0}-\u{1f}\u{80}-\u{9f}]{0,20}") {
        let question = asked(&target, Some(&referer));
        let found = json(&question, peer());
        prop_assert_eq!(text(&found, "referer"), Some(&*meant(&referer)));
        prop_assert_eq!(text(&found, "target"), Some(&*target));
        prop_assert_eq!(text(&found, "user_agent"), Some("agent/1.0"));
        let combined = line(LogFormat::Combined, &question, peer());
        // Quotes that end something are six: three texts.
        let mut escaped = false;
        let quotes = combined.bytes().filter(|octet| {
            let ends = *octet == b'"' && !escaped;
            escaped = *octet == b'\\' && !escaped;
            ends
        });
        prop_assert_eq!(quotes.count(), 6);
        let line = json(&Question::Line(&referer), peer());
        prop_assert_eq!(text(&line, "line"), Some(&*meant(&referer)));
    }
}
