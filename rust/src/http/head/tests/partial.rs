//! What is waited for, and what is refused before it is complete.

use super::*;

#[test]
fn nothing_and_the_beginnings_of_a_head_are_waited_for() {
    for bytes in [
        "",
        "\r",
        "\r\n",
        "\r\n\r\n",
        "G",
        "GET",
        "GET ",
        "GET /",
        "GET / ",
        "GET / H",
        "GET / HTTP/1.1",
        "GET / HTTP/1.1\r",
        "GET / HTTP/1.1\r\n",
        "GET / HTTP/3.0",
        "GET / HTTP/3.0\r",
        "GET / HTTP/1.1\r\nHo",
        "GET / HTTP/1.1\r\nHost:",
        "GET / HTTP/1.1\r\nHost: a\r",
        "GET / HTTP/1.1\r\nHost: a\r\n",
        "PRI *",
    ] {
        assert_eq!(parse_with(bytes.as_bytes(), &LIMITS), Outcome::Partial, "{bytes:?}");
    }
}

#[test]
fn what_cannot_become_a_head_is_refused_at_once() {
    for (bytes, reason) in [
        ("\u{0}", Refusal::Protocol),
        ("\u{16}", Refusal::Protocol),
        ("PRI * HTTP", Refusal::Protocol),
        (" ", Refusal::RequestLine),
        ("{", Refusal::RequestLine),
        ("GET /\t", Refusal::RequestLine),
        ("GET  ", Refusal::RequestLine),
        ("GET foo ", Refusal::RequestLine),
        ("GET foo HTTP/1.1\r\n", Refusal::RequestLine),
        ("GET / HTTX", Refusal::VersionSyntax),
        ("GET / HTTP/3.0\r\n", Refusal::Version),
        ("GET / HTTP/1.1 ", Refusal::RequestLine),
        ("GET /\r\n", Refusal::VersionSyntax),
        ("GET / HTTP/1.1\n", Refusal::LineEnd),
        ("GET / HTTP/1.1\rH", Refusal::LineEnd),
        ("GET / HTTP/1.1\r\n ", Refusal::Field),
        ("GET / HTTP/1.1\r\nA ", Refusal::Field),
        ("GET / HTTP/1.1\r\nA\r", Refusal::Field),
        ("GET / HTTP/1.1\r\nA: \u{0}", Refusal::Field),
        ("GET / HTTP/1.1\r\nA: b\n", Refusal::LineEnd),
        ("GET / HTTP/1.1\r\nA: b\nC", Refusal::LineEnd),
        ("MMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMM", Refusal::RequestLine),
    ] {
        assert_eq!(refusal(bytes), reason, "{bytes:?}");
    }
}

#[test]
fn a_name_that_a_cr_cuts_off_has_no_colon_to_come() {
    let fault = diagnosis::first_fault(b"GET / HTTP/1.1\r\nA\r", &LIMITS);
    assert_eq!(fault, Some(Refusal::Field));
}

#[test]
fn an_unserved_version_is_told_from_a_malformed_one_wherever_it_is_cut() {
    for (line, reason) in [
        ("GET / HTTP/2.0", Refusal::Version),
        ("GET / HTTP/2", Refusal::VersionSyntax),
        ("GET / HTTP/2.01", Refusal::VersionSyntax),
        ("GET / HTTP/0.1\r\u{b9}", Refusal::LineEnd),
    ] {
        let head = with_line(line);
        for cut in 0..head.len() {
            let outcome = parse_with(&head[..cut], &LIMITS);
            let early = outcome == Outcome::Partial || outcome == Outcome::Refused(reason);
            assert!(early, "{:?}: {outcome:?}", head[..cut].escape_ascii());
        }
        assert_eq!(refusal(&head), reason);
    }
}
