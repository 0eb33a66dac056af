//! What is taken, and what it is taken for.

use super::*;

#[test]
fn a_head_says_what_it_said() {
    let seen = taken(
        "POST /a/b?c=d HTTP/1.1\r\nHost: h:80\r\nX-A:  b c \t\r\nContent-Length: 5\r\n\r\nhello",
    );
    assert_eq!(
        seen,
        Seen {
            method: Method::Post,
            version: Version::Http11,
            target: "/a/b?c=d".into(),
            path: "/a/b".into(),
            query: Some("c=d".into()),
            host: Some("h:80".into()),
            fields: vec![
                ("Host".into(), b"h:80".into()),
                ("X-A".into(), b"b c".into()),
                ("Content-Length".into(), b"5".into()),
            ],
            framing: Framing::Length(5),
            keep_alive: true,
            expect_continue: false,
            len: 70,
        }
    );
}

#[test]
fn empty_values_and_white_space_after_values_keep_their_crlf() {
    let seen = taken(get("A:\r\nB: \t \r\nC:x\r\nD: y \t\r\n"));
    let values: Vec<_> = seen.fields.into_iter().map(|(_, value)| value).collect();
    assert_eq!(values, [&b"a"[..], b"", b"", b"x", b"y"]);
}

#[test]
fn obs_text_in_a_value_and_utf_8_in_a_target_are_taken() {
    assert_eq!(taken(get(b"A: \xff\x80b\r\n")).fields[1].1, b"\xff\x80b");
    assert_eq!(taken(with_line("GET /\u{e4}?\"<>|{}#f HTTP/1.1")).path, "/\u{e4}");
}

#[test]
fn up_to_two_empty_lines_before_the_request_line_are_skipped_and_counted() {
    let len = get("").len();
    assert_eq!(taken([b"\r\n", &get("")[..]].concat()).len, len + 2);
    assert_eq!(taken([b"\r\n\r\n", &get("")[..]].concat()).len, len + 4);
    assert_eq!(refusal([b"\r\n\r\n\r\n", &get("")[..]].concat()), Refusal::RequestLine);
    assert_eq!(refusal("\r\n\r\n\r"), Refusal::RequestLine);
}

#[test]
fn what_follows_a_head_is_not_looked_at() {
    let mut bytes = get("");
    let len = bytes.len();
    bytes.extend(b"\x00\x01 \n\r garbage");
    assert_eq!(taken(bytes).len, len);
}

#[test]
fn an_absolute_target_replaces_host() {
    let seen = taken(with_line("GET http://b:8/x?y HTTP/1.1"));
    assert_eq!((seen.path.as_str(), seen.query.as_deref()), ("/x", Some("y")));
    assert_eq!(seen.host.as_deref(), Some("b:8"));
    assert_eq!(seen.target, "http://b:8/x?y");
}

#[test]
fn options_takes_the_asterisk_and_connect_an_authority() {
    assert_eq!(taken(with_line("OPTIONS * HTTP/1.1")).path, "*");
    let seen = taken(with_line("CONNECT b:443 HTTP/1.1"));
    assert_eq!((seen.path.as_str(), seen.host.as_deref()), ("b:443", Some("a")));
}

#[test]
fn an_empty_host_is_taken_and_http_1_0_needs_none() {
    assert_eq!(taken("GET / HTTP/1.1\r\nHost:\r\n\r\n").host.as_deref(), Some(""));
    assert_eq!(taken("GET / HTTP/1.0\r\n\r\n").host, None);
}

#[test]
fn unknown_methods_are_left_to_the_routes() {
    assert_eq!(taken(with_line("PROPFIND / HTTP/1.1")).method, Method::Other);
    assert_eq!(taken(with_line("get / HTTP/1.1")).method, Method::Other);
}

#[test]
fn framing_comes_from_content_length_or_chunked() {
    let framing = |line: &str| taken(get(line)).framing;
    assert_eq!(framing(""), Framing::None);
    assert_eq!(framing("Content-Length: 0\r\n"), Framing::None);
    assert_eq!(framing("content-LENGTH:7 \r\n"), Framing::Length(7));
    assert_eq!(framing("TRANSFER-encoding: Chunked\r\n"), Framing::Chunked);
    assert_eq!(framing("Transfer_Encoding: gzip\r\nContent_Length: x\r\n"), Framing::None);
}

#[test]
fn connection_is_read_as_a_list_over_all_its_lines() {
    let persists = |version: &str, lines: &str| {
        taken(format!("GET / HTTP/{version}\r\nHost: a\r\n{lines}\r\n")).keep_alive
    };
    for (lines, in_1_0, in_1_1) in [
        ("", false, true),
        ("Connection: close\r\n", false, false),
        ("Connection: Keep-Alive\r\n", true, true),
        ("Connection: keep-alive, close\r\n", false, false),
        ("Connection: foo ,\tCLOSE \r\n", false, false),
        ("Connection: keep-alive\r\nConnection: close\r\n", false, false),
        ("Connection: close\r\nConnection: keep-alive\r\n", false, false),
        ("Connection: ,,,\r\n", false, true),
        ("Connection:\r\n", false, true),
        ("Connection: ,keep-alive,\r\n", true, true),
        ("Connection: closed, keep-alives\r\n", false, true),
        ("Connections: close\r\n", false, true),
    ] {
        assert_eq!(persists("1.0", lines), in_1_0, "1.0 {lines}");
        assert_eq!(persists("1.1", lines), in_1_1, "1.1 {lines}");
    }
}

#[test]
fn a_continue_is_expected_only_with_a_body_and_in_http_1_1() {
    let expects = |head: &str| taken(head).expect_continue;
    let body = "Content-Length: 1\r\nExpect: 100-Continue\r\n\r\n";
    assert!(expects(&format!("POST / HTTP/1.1\r\nHost: a\r\n{body}")));
    assert!(!expects(&format!("POST / HTTP/1.0\r\n{body}")));
    assert!(!expects("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n"));
    assert!(!expects("POST / HTTP/1.0\r\nExpect: something else\r\n\r\n"));
}

#[test]
fn the_fields_that_answers_look_at_are_picked_up_once_each() {
    let bytes = get("ORIGIN: o\r\naccept: a\r\nAccept: b\r\nSec-Fetch-Dest: d\r\nPing-To: p\r\n");
    let mut slots = FieldSlots::new();
    let Parsed::Complete(head) = parse(&bytes, &mut slots, &LIMITS) else {
        panic!("refused");
    };
    let known = head.known;
    assert_eq!(known.origin, Some(&b"o"[..]));
    assert_eq!(known.accept, Some(&b"a"[..]));
    assert_eq!(known.sec_fetch_dest, Some(&b"d"[..]));
    assert_eq!(known.ping_to, Some(&b"p"[..]));
    assert_eq!(head.field("ACCEPT"), Some(&b"a"[..]));
    assert_eq!(head.field("accep"), None);
}

#[test]
fn a_bare_lf_ends_a_line_where_the_option_says_so() {
    for head in [
        "GET / HTTP/1.1\nHost: a\n\n",
        "\nGET / HTTP/1.1\r\nHost: a \n\r\n",
        "\r\n\nGET / HTTP/1.1\nHost: a\r\n\n",
    ] {
        let Outcome::Complete(seen) = parse_with(head.as_bytes(), &BARE_LF) else {
            panic!("{head:?} refused");
        };
        assert_eq!((seen.host.as_deref(), seen.len), (Some("a"), head.len()), "{head:?}");
    }
    assert_eq!(parse_with(b"\n\n\n", &BARE_LF), Outcome::Refused(Refusal::RequestLine));
}
