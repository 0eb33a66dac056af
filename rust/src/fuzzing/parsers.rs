//! The parsers that take octets of clients and proxies.

use super::reference::{self, Verdict};
use super::{Asked, Choices};
use crate::http::head::{self, FieldSlots, Framing, Limits, Parsed, Version};
use crate::http::{BodyDecoder, Progress, Refusal, proxy};

/// Every cut of so many octets is tried; of longer texts, only some.
const CUTS: usize = 48;

/// What came of a head, without what it borrows.
#[derive(Debug, PartialEq)]
enum Came {
    Complete(String),
    Partial,
    Refused(Refusal),
}

fn came(parsed: &Parsed<'_, '_>) -> Came {
    match parsed {
        Parsed::Complete(head) => Came::Complete(format!("{head:?}")),
        Parsed::Partial => Came::Partial,
        Parsed::Refused(refusal) => Came::Refused(*refusal),
    }
}

fn parse(bytes: &[u8], limits: &Limits) -> Came {
    came(&head::parse(bytes, &mut FieldSlots::new(), limits))
}

pub(super) fn request_head(data: &[u8]) {
    let mut choices = Choices(data);
    let flags = choices.octet();
    let limits = Limits {
        max_head: if flags & 1 == 0 { 16 * 1024 } else { 200 },
        max_fields: if flags & 2 == 0 { 100 } else { 3 },
        max_target: if flags & 4 == 0 { 8192 } else { 30 },
        allow_bare_lf: flags & 8 != 0,
    };
    let bytes = choices.0;
    let whole = parse(bytes, &limits);
    let thorough = came(&head::parse_thoroughly(bytes, &mut FieldSlots::new(), &limits));
    assert_eq!(whole, thorough, "the fast way and the thorough one");
    against_the_reference(bytes, &limits);
    let step = (bytes.len() / CUTS).max(1);
    for cut in (0..bytes.len()).step_by(step) {
        match (parse(&bytes[..cut], &limits), &whole) {
            (Came::Partial, _) => {}
            (Came::Complete(seen), Came::Complete(same)) => assert_eq!(&seen, same),
            (Came::Refused(_), Came::Refused(_)) => {}
            (early, late) => panic!("at {cut} {early:?}, at the end {late:?}"),
        }
    }
}

fn against_the_reference(bytes: &[u8], limits: &Limits) {
    let mut slots = FieldSlots::new();
    let parsed = head::parse(bytes, &mut slots, limits);
    match (&parsed, reference::head(bytes, limits)) {
        (Parsed::Complete(head), Verdict::Whole(asked, used)) => {
            assert_eq!(head.len, used);
            assert_eq!((head.method_name, head.target), (&*asked.method, &*asked.target));
            assert_eq!((head.path, head.host), (&*asked.path, asked.host.as_deref()));
            assert_eq!(head.version == Version::Http10, asked.is_old);
            assert_eq!(head.keep_alive, asked.stays);
            assert_eq!(head.framing == Framing::Chunked, asked.is_chunked);
            let length = if let Framing::Length(length) = head.framing { length } else { 0 };
            assert_eq!(length, asked.length);
        }
        (Parsed::Refused(refusal), Verdict::Refused(status)) => {
            assert!(
                status.is_none_or(|status| status == refusal.status()),
                "{refusal:?} {status:?}"
            );
        }
        // What is wrong may be seen before the end is there; then nothing can mend it.
        (Parsed::Refused(refusal), Verdict::Unfinished) => {
            assert!(reference::is_beyond_repair(bytes, limits), "{refusal:?} is told too early");
        }
        (Parsed::Partial, Verdict::Unfinished) | (_, Verdict::Unsure) => {}
        (parsed, verdict) => panic!("{parsed:?}, but {verdict:?}"),
    }
}

pub(super) fn chunked_body(data: &[u8]) {
    let mut choices = Choices(data);
    let max_body = [u64::MAX, 40, 0, 4096][usize::from(choices.octet() % 4)];
    let every = usize::from(choices.octet()).max(1);
    let input = choices.0;
    let whole = decode(input, input.len().max(1), max_body);
    assert_eq!(whole, decode(input, every, max_body), "cut every {every} octets");
    match (whole, reference::chunked(input, max_body)) {
        (Ok((body, Progress { consumed, done: true })), Verdict::Whole(asked, used)) => {
            assert_eq!((body, consumed), (asked.body, used));
        }
        (Err(refusal), Verdict::Refused(status)) => {
            assert!(
                status.is_none_or(|status| status == refusal.status()),
                "{refusal:?} {status:?}"
            );
        }
        // A fault may stand in the line that has not ended.
        (Err(_) | Ok((_, Progress { done: false, .. })), Verdict::Unfinished) => {}
        (_, Verdict::Unsure) => {}
        (whole, verdict) => panic!("{whole:?}, but {verdict:?}"),
    }
}

type Decoded = Result<(Vec<u8>, Progress), Refusal>;

fn decode(input: &[u8], every: usize, max_body: u64) -> Decoded {
    let mut decoder = BodyDecoder::new(Framing::Chunked, max_body)?;
    let mut body = Vec::new();
    let mut sink = |piece: &[u8]| {
        assert!(!piece.is_empty());
        body.extend_from_slice(piece);
        Ok(())
    };
    let mut all = Progress { consumed: 0, done: false };
    for piece in input.chunks(every) {
        let progress = decoder.decode(piece, &mut sink)?;
        assert!(progress.done || progress.consumed == piece.len());
        all = Progress { consumed: all.consumed + progress.consumed, done: progress.done };
        if all.done {
            break;
        }
    }
    assert!(body.len() as u64 <= max_body);
    Ok((body, all))
}

pub(super) fn proxy_header(data: &[u8]) {
    let whole = proxy::parse(data);
    if let proxy::Parsed::Complete { len, .. } = whole {
        assert!(len <= data.len() && len <= proxy::V2_MAX.max(proxy::V1_MAX));
        assert_eq!(proxy::parse(&data[..len]), whole, "what follows is not looked at");
    }
    let step = (data.len() / CUTS).max(1);
    for cut in (0..data.len()).step_by(step) {
        match proxy::parse(&data[..cut]) {
            proxy::Parsed::Partial => {}
            early => assert_eq!(early, whole, "at {cut}"),
        }
    }
    if let proxy::Parsed::Complete { source: proxy::Source::Client(address), .. } = whole {
        let (family, ip) = (if address.is_ipv4() { 4 } else { 6 }, address.ip());
        let again = format!("PROXY TCP{family} {ip} {ip} {0} {0}\r\n", address.port());
        let source = proxy::Source::Client(address);
        let expected = proxy::Parsed::Complete { len: again.len(), source };
        assert_eq!(proxy::parse(again.as_bytes()), expected, "{again}");
    }
}

impl Asked {
    /// A body alone.
    pub(super) fn of_body(body: Vec<u8>) -> Asked {
        Asked { body, ..Asked::default() }
    }
}
