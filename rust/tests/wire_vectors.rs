//! Raw requests that others wrote, where the file with them is present: what is known to be an
//! attack is refused, what is known to be right is taken.
//!
//! The file is `$HR_WIRE_VECTORS`, or `requests.jsonl` in a `shared/wire` directory beside the
//! repository; one JSON object a line with the string members `src`, `name`, `expect` and `b64`.

use http_responder::http::head::parse;
use http_responder::http::{BodyDecoder, FieldSlots, Limits, Parsed, Refusal};
use std::path::PathBuf;

const LIMITS: Limits =
    Limits { max_head: 16 * 1024, max_fields: 100, max_target: 8192, allow_bare_lf: false };
const MAX_BODY: u64 = 64 << 20;

/// What becomes of a connection on which the bytes of a vector arrive.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    /// So many requests are taken, and the bytes end with the last one.
    Taken(usize),
    /// The bytes end within a body whose head is taken.
    Unfinished,
    /// The bytes end within a head, so nothing is answered for it.
    Partial,
    Refused(Refusal),
}

fn outcome(mut bytes: &[u8]) -> Outcome {
    let mut heads = 0;
    while !bytes.is_empty() {
        let mut slots = FieldSlots::new();
        let (len, framing) = match parse(bytes, &mut slots, &LIMITS) {
            Parsed::Complete(head) => (head.len, head.framing),
            Parsed::Partial => return Outcome::Partial,
            Parsed::Refused(refusal) => return Outcome::Refused(refusal),
        };
        heads += 1;
        let decoded = BodyDecoder::new(framing, MAX_BODY)
            .and_then(|mut decoder| decoder.decode(&bytes[len..], &mut |_| Ok(())));
        match decoded {
            Ok(progress) if !progress.done => return Outcome::Unfinished,
            Ok(progress) => bytes = &bytes[len + progress.consumed..],
            Err(refusal) => return Outcome::Refused(refusal),
        }
    }
    Outcome::Taken(heads)
}

struct Vector {
    src: String,
    name: String,
    expect: String,
    bytes: Vec<u8>,
}

/// The vectors, or none where there is no file.
fn vectors() -> Vec<Vector> {
    let path = std::env::var_os("HR_WIRE_VECTORS").map_or_else(default_path, PathBuf::from);
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: no {}", path.display());
        return vec![];
    };
    text.lines().filter(|line| !line.is_empty()).map(vector).collect()
}

fn default_path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/wire/requests.jsonl")
}

fn vector(line: &str) -> Vector {
    let bytes = base64(&member(line, "b64"));
    Vector {
        src: member(line, "src"),
        name: member(line, "name"),
        expect: member(line, "expect"),
        bytes,
    }
}

/// The string member `name` of a flat JSON object, its escapes left as they are.
fn member(line: &str, name: &str) -> String {
    let start = format!("\"{name}\": \"");
    let at = line.find(&start).unwrap_or_else(|| panic!("no {name} in {line}")) + start.len();
    let mut escaped = false;
    let end = line[at..].find(|c| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    });
    line[at..at + end.expect("a closing quote")].to_owned()
}

fn base64(text: &str) -> Vec<u8> {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits: Vec<u32> = text
        .bytes()
        .filter(|&b| b != b'=')
        .map(|b| ALPHABET.bytes().position(|a| a == b).expect("base64") as u32)
        .collect();
    let mut bytes = Vec::new();
    for group in digits.chunks(4) {
        let bits = group.iter().fold(0, |sum, digit| sum << 6 | digit) << (6 * (4 - group.len()));
        bytes.extend_from_slice(&bits.to_be_bytes()[1..group.len()]);
    }
    bytes
}

/// Asserts that of the vectors of `src` and `expect` just those named in `except` do not do `what`.
fn all_but(src: &str, expect: &str, except: &[&str], what: impl Fn(&Outcome) -> bool) {
    let mut wrong = vec![];
    for vector in vectors().iter().filter(|v| v.src == src && v.expect == expect) {
        let outcome = outcome(&vector.bytes);
        let excepted = except.iter().any(|name| vector.name.ends_with(name));
        if what(&outcome) == excepted {
            wrong.push(format!("{}: {outcome:?}: {}", vector.name, vector.bytes.escape_ascii()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_severe_request_is_refused() {
    let severe = vectors().iter().filter(|v| v.expect == "Severe").count();
    assert!(severe == 58 || vectors().is_empty(), "{severe} vectors were read");
    all_but("desync", "Severe", &[], |outcome| matches!(outcome, Outcome::Refused(_)));
}

#[test]
fn every_compliant_request_is_taken_unless_its_coding_is_not_implemented() {
    let except = [
        "Correct TE OK",
        "identity and chunked OK",
        "Multiple transfer encoding headers in a single request OK",
        "TE with custom parameters OK",
        "Different Transfer-Encoding headers",
        "Different Transfer-Encoding headers combined",
        "chunked;custom_param",
        // Two spaces: compliant for a proxy that mends it, malformed for everybody else.
        "Empty URI",
    ];
    all_but("desync", "Compliant", &except, |outcome| {
        matches!(outcome, Outcome::Taken(1) | Outcome::Unfinished)
    });
}

#[test]
fn no_invalid_request_is_taken_unless_only_another_servers_limit_forbids_it() {
    let except = [
        // Limits that are lower than ours.
        "006.http",
        "007.http",
        "008.http",
        "limit_header_default_01.http",
        // An equals sign in a host is a sub-delimiter.
        "invalid/011.http",
        "invalid/012.http",
        // Content-Type twice.
        "041.http",
        // The escape is written out, so there is no control byte.
        "ctl_bel_01.http",
        "ctl_del_01.http",
        // Trailers are dropped whatever they are.
        "trailer_forbidden_cl_01.http",
        "trailer_forbidden_host_01.http",
        "trailer_forbidden_te_01.http",
    ];
    all_but("gunicorn", "invalid", &except, |outcome| !matches!(outcome, Outcome::Taken(_)));
}

#[test]
fn no_vector_makes_the_parser_panic_or_disagree_with_itself_when_cut() {
    for vector in vectors() {
        for cut in 0..vector.bytes.len().min(600) {
            if let Outcome::Refused(_) = outcome(&vector.bytes[..cut]) {
                let whole = outcome(&vector.bytes);
                assert!(matches!(whole, Outcome::Refused(_)), "{} at {cut}", vector.name);
                break;
            }
        }
    }
}
