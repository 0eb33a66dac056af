//! What holds for every head, made up by proptest.

use super::*;
use proptest::prelude::*;

/// Bytes that are mostly a head, mutated so that most faults occur.
fn almost_a_head() -> impl Strategy<Value = Vec<u8>> {
    let pieces = prop::sample::select(vec![
        "GET ",
        "POST ",
        "/",
        "/a?b",
        "http://a/",
        "*",
        " HTTP/1.1\r\n",
        " HTTP/1.0\r\n",
        " HTTP/2.0\r\n",
        "Host: a\r\n",
        "Host:\r\n",
        "A: b\r\n",
        "A: b \t\r\n",
        "A:\n",
        "Content-Length: 1\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Connection: close\r\n",
        "\r\n",
        "\n",
        "\r",
        " ",
        "\t",
        ":",
        "\u{0}",
        "\u{e4}",
        "x",
        "HTTP/1.1",
        "Expect: 100-continue\r\n",
    ]);
    let noise = prop::collection::vec(pieces, 0..12);
    (any::<bool>(), noise).prop_map(|(begin, noise)| {
        let start = if begin { "GET / HTTP/1.1\r\nHost: a\r\n" } else { "" };
        [start, &noise.concat()].concat().into_bytes()
    })
}

fn valid_head() -> impl Strategy<Value = Vec<u8>> {
    let name = "X-[!#$%&'*+.^_`|~0-9A-Za-z-]{1,20}";
    let value = "[ -~\u{80}-\u{7ff}\t]{0,40}";
    let fields = prop::collection::vec((name, value), 0..12);
    ("(\r\n){0,2}", "[A-Z]{1,10}", "/[!-~]{0,30}", fields).prop_map(
        |(lead, method, path, fields)| {
            let method = if method == "CONNECT" { "GET" } else { method.as_str() };
            let fields: String = fields.iter().map(|(n, v)| format!("{n}: {v}\r\n")).collect();
            format!("{lead}{method} {path} HTTP/1.1\r\nHost: a\r\n{fields}\r\n").into_bytes()
        },
    )
}

/// The head in `bytes` without the strictness that is ours, as httparse sees it.
fn plain_httparse(bytes: &[u8]) -> httparse::Result<usize> {
    httparse::Request::new(&mut [httparse::EMPTY_HEADER; 100]).parse(bytes)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_valid_head_is_partial_at_every_cut_and_then_the_same(head in valid_head()) {
        for cut in 0..head.len() {
            prop_assert_eq!(parse_with(&head[..cut], &LIMITS), Outcome::Partial);
        }
        let whole = parse_with(&head, &LIMITS);
        prop_assert!(matches!(&whole, Outcome::Complete(seen) if seen.len == head.len()), "{:?}", whole);
        prop_assert_eq!(parse_with(&[&head[..], b"\x00more"].concat(), &LIMITS), whole);
    }

    #[test]
    fn a_refusal_is_final_and_completion_too(bytes in almost_a_head(), lf in any::<bool>()) {
        let limits = Limits { allow_bare_lf: lf, ..LIMITS };
        let whole = parse_with(&bytes, &limits);
        for cut in 0..bytes.len() {
            match parse_with(&bytes[..cut], &limits) {
                Outcome::Partial => {}
                Outcome::Complete(seen) => {
                    prop_assert_eq!(&whole, &Outcome::Complete(seen));
                }
                Outcome::Refused(_) => {
                    prop_assert!(matches!(whole, Outcome::Refused(_)), "{:?} at {}", whole, cut);
                }
            }
        }
    }

    #[test]
    fn what_is_taken_is_what_httparse_takes(bytes in almost_a_head(), lf in any::<bool>()) {
        let limits = Limits { allow_bare_lf: lf, ..LIMITS };
        match (parse_with(&bytes, &limits), plain_httparse(&bytes)) {
            (Outcome::Complete(seen), theirs) => {
                prop_assert_eq!(theirs, Ok(httparse::Status::Complete(seen.len)));
            }
            (Outcome::Partial, theirs) => prop_assert_ne!(theirs.map(|s| s.is_complete()), Ok(true)),
            (Outcome::Refused(_), _) => {}
        }
    }

    #[test]
    fn every_error_of_httparse_has_a_diagnosis(bytes in almost_a_head(), lf in any::<bool>()) {
        let limits = Limits { allow_bare_lf: lf, ..LIMITS };
        let starts_with_empty_line = matches!(bytes.first(), Some(b'\r' | b'\n'));
        if plain_httparse(&bytes).is_err() && !starts_with_empty_line {
            let fault = diagnosis::first_fault(&bytes, &limits);
            let undecided = !bytes.contains(&b'\n');
            prop_assert!(fault.is_some() || undecided, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn no_bytes_at_all_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse_with(&bytes, &LIMITS);
        let _ = parse_with(&bytes, &BARE_LF);
        let _ = parse_with(&bytes, &Limits { max_head: 20, max_fields: 0, max_target: 3, allow_bare_lf: true });
    }
}
