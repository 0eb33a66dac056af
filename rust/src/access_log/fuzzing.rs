//! Lines, whatever the facts are: see [`crate::fuzzing`].

use super::format::Formatter;
use super::record;
use crate::clients::PeerAddress;
use crate::config::LogFormat;

use crate::connection::watchers::{Answer, Asked, Question};
use crate::fuzzing::Choices;
use crate::http::Version;
use crate::responder::source::{By, Kind, Source};
use std::net::{IpAddr, SocketAddr};

pub(crate) fn access_log(data: &[u8]) {
    let mut choices = Choices(data);
    let flags = choices.octet();
    let peer = match flags & 3 {
        0 => PeerAddress::UNKNOWN,
        1 => PeerAddress::UNIX,
        2 => inet(IpAddr::from((choices.number() as u32).to_be_bytes()), flags),
        _ => inet(IpAddr::from((u128::from(choices.number()) << 64).to_be_bytes()), flags),
    };
    let (by, kind) = (usize::from(choices.octet()), usize::from(choices.octet()));
    let answer = Answer {
        status: choices.number() as u16,
        octets: choices.number(),
        body: choices.number(),
        source: Source { by: By::ALL[by % By::ALL.len()], kind: Kind::ALL[kind % Kind::COUNT] },
        begun: choices.number(),
    };
    let listener = u16::from(choices.octet() % 3);
    let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
    let (method, target) = (text(choices.octets(40)), text(choices.octets(255)));
    let (host, referer) = (text(choices.octets(255)), choices.octets(255));
    let asked = Asked {
        method: &method,
        target: &target,
        version: if flags & 4 == 0 { Version::Http10 } else { Version::Http11 },
        host: (flags & 8 != 0).then_some(&host),
        referer: (flags & 16 != 0).then_some(referer),
        user_agent: (flags & 32 != 0).then_some(choices.0),
    };
    let question = if flags & 64 == 0 { Question::Asked(asked) } else { Question::line(data) };
    for format in [LogFormat::Combined, LogFormat::Json] {
        check(format, &question, &answer, listener, peer);
    }
}

fn inet(ip: IpAddr, port: u8) -> PeerAddress {
    PeerAddress::inet(SocketAddr::new(ip, port.into()))
}

fn check(
    format: LogFormat,
    question: &Question<'_>,
    answer: &Answer,
    listener: u16,
    peer: PeerAddress,
) {
    let mut octets = vec![b'x'; 3];
    record::write(&mut octets, question, answer, answer.begun, (listener, peer));
    let two = octets.repeat(2);
    let mut rest = &two[..];
    let first = record::take(&mut rest).expect("a record");
    assert_eq!(record::take(&mut rest), Some(first), "and the one behind it");
    assert!(rest.is_empty() && record::take(&mut rest).is_none());
    let mut line = b"before\n".to_vec();
    Formatter::new(format, &["127.0.0.1:80".into(), "unix:/a\"b\n".into()]).line(&first, &mut line);
    let line = line.strip_prefix(b"before\n").and_then(|line| line.strip_suffix(b"\n"));
    let line = line.expect("a line of its own");
    let text = || line.escape_ascii();
    assert!(line.iter().all(|octet| (b' '..=b'~').contains(octet)), "{}", text());
    match format {
        LogFormat::Json => assert!(json_object(line), "{}", text()),
        LogFormat::Combined => assert_eq!(quoted_strings(line), Some(3), "{}", text()),
    }
}

/// How many texts in quotes there are; `None` if one has no end.
fn quoted_strings(line: &[u8]) -> Option<usize> {
    let (mut rest, mut found) = (line, 0);
    while let Some(start) = rest.iter().position(|octet| *octet == b'"') {
        rest = string(&rest[start..], b'x', 2)?;
        found += 1;
    }
    Some(found)
}

/// What follows the string that `text` begins with; octets are escaped by a backslash, this letter and
/// so many digits.
fn string(text: &[u8], letter: u8, count: usize) -> Option<&[u8]> {
    let mut rest = text.strip_prefix(b"\"")?;
    loop {
        rest = match rest {
            [b'"', after @ ..] => return Some(after),
            [b'\\', mark, digits @ ..] if *mark == letter && digits.len() >= count => {
                let (digits, after) = digits.split_at(count);
                digits.iter().all(u8::is_ascii_hexdigit).then_some(after)?
            }
            [b'\\', b'"' | b'\\', after @ ..] => after,
            [b'\\', ..] | [] => return None,
            [_, after @ ..] => after,
        };
    }
}

/// Whether `text` is an object of strings, numbers and nulls (RFC 8259).
fn json_object(text: &[u8]) -> bool {
    let members = || {
        let mut rest = text.strip_prefix(b"{")?;
        loop {
            rest = string(rest, b'u', 4)?.strip_prefix(b":")?;
            rest = match rest {
                [b'"', ..] => string(rest, b'u', 4)?,
                [b'n', ..] => rest.strip_prefix(b"null")?,
                _ => {
                    let digits = rest.iter().take_while(|octet| octet.is_ascii_digit()).count();
                    (digits > 0).then(|| &rest[digits..])?
                }
            };
            match rest {
                b"}" => return Some(()),
                _ => rest = rest.strip_prefix(b",")?,
            }
        }
    };
    members().is_some()
}
