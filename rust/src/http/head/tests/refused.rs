//! One test for each row that a head alone decides.

use super::*;

#[test]
fn row_1_http_1_1_without_host_is_refused() {
    assert_eq!(refusal("GET / HTTP/1.1\r\n\r\n"), Refusal::Host);
    assert_eq!(refusal("GET http://a/ HTTP/1.1\r\n\r\n"), Refusal::Host);
    assert_eq!(refusal("GET / HTTP/1.1\r\nHosts: a\r\n\r\n"), Refusal::Host);
}

#[test]
fn row_2_two_host_lines_are_refused_even_equal_ones() {
    assert_eq!(refusal(get("Host: a\r\n")), Refusal::Host);
    assert_eq!(refusal(get("hOST:\r\n")), Refusal::Host);
    assert_eq!(refusal("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n"), Refusal::Host);
}

#[test]
fn row_3_a_host_that_is_no_authority_is_refused() {
    for host in ["u@a", "a/b", "a,b", "a b", "a:b", "[::1", "a, a"] {
        for version in ["1.0", "1.1"] {
            let head = format!("GET / HTTP/{version}\r\nHost: {host}\r\n\r\n");
            assert_eq!(refusal(head), Refusal::Host, "{host}");
        }
    }
    // A valid authority in the target does not excuse it.
    assert_eq!(refusal("GET http://a/ HTTP/1.1\r\nHost: a,b\r\n\r\n"), Refusal::Host);
}

#[test]
fn row_4_white_space_between_field_name_and_colon_is_refused() {
    assert_eq!(refusal(get("A : b\r\n")), Refusal::Field);
    assert_eq!(refusal(get("A\t: b\r\n")), Refusal::Field);
}

#[test]
fn row_5_obs_fold_is_refused() {
    assert_eq!(refusal(get("A: b\r\n c\r\n")), Refusal::Field);
    assert_eq!(refusal(get("A:\r\n\tc\r\n")), Refusal::Field);
}

#[test]
fn row_6_white_space_before_the_first_field_is_refused() {
    assert_eq!(refusal("GET / HTTP/1.1\r\n Host: a\r\n\r\n"), Refusal::Field);
    assert_eq!(refusal("GET / HTTP/1.1\r\n\tA: b\r\nHost: a\r\n\r\n"), Refusal::Field);
}

#[test]
fn row_7_a_bare_cr_is_refused_anywhere() {
    for head in [
        &b"GET /\r HTTP/1.1\r\nHost: a\r\n\r\n"[..],
        b"GET / HTTP/1.1\rHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nA\r: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nA: b\rc\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nA:\rb\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n\rA: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\r\n",
        b"\r\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    ] {
        assert_eq!(refusal(head), Refusal::LineEnd, "{}", head.escape_ascii());
        assert_eq!(parse_with(head, &BARE_LF), Outcome::Refused(Refusal::LineEnd));
    }
}

#[test]
fn row_7_a_bare_lf_is_refused_as_the_end_of_any_line() {
    for head in [
        &b"GET / HTTP/1.1\nHost: a\r\n\r\n"[..],
        b"GET / HTTP/1.1\r\nHost: a\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a \t\n\r\n",
        b"GET / HTTP/1.1\r\nHost:\n\r\n",
        b"GET / HTTP/1.1\r\nA: b\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n\n",
        b"GET / HTTP/1.1\nHost: a\n\n",
        b"\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /\nHTTP/1.1\r\nHost: a\r\n\r\n",
        b"\r\n\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    ] {
        assert_eq!(refusal(head), Refusal::LineEnd, "{}", head.escape_ascii());
    }
}

#[test]
fn row_8_control_bytes_in_a_field_value_are_refused() {
    for byte in (0..b' ').chain([0x7f]).filter(|b| !b"\t\r\n".contains(b)) {
        for value in [&[byte, b'b'][..], &[b'b', byte, b'c'], &[b'b', byte], &[byte]] {
            let line = [b"A: ", value, b"\r\n"].concat();
            assert_eq!(refusal(get(line)), Refusal::Field, "{byte:#x}");
        }
    }
}

#[test]
fn row_9_a_field_name_that_is_no_token_is_refused() {
    for line in [": b", "A", "", "A\u{e4}: b", "\u{e4}: b", "A/B: c", "(: b", "A\u{0}: b", "@: b"] {
        let head =
            [b"GET / HTTP/1.1\r\nHost: a\r\n", line.as_bytes(), b"\r\nB: c\r\n\r\n"].concat();
        match line {
            "" => assert!(taken(head).fields.len() == 1, "an empty line ends the head"),
            _ => assert_eq!(refusal(head), Refusal::Field, "{line}"),
        }
    }
}

#[test]
fn row_10_content_length_with_transfer_encoding_is_refused() {
    let lines = ["Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n"];
    assert_eq!(refusal(get(lines.concat())), Refusal::Framing);
    assert_eq!(refusal(get([lines[1], lines[0]].concat())), Refusal::Framing);
    assert_eq!(refusal(get("Content-Length: 0\r\nTransfer-Encoding: gzip\r\n")), Refusal::Framing);
    assert_eq!(refusal(get("Content-Length: 0\r\nTransfer-Encoding:\r\n")), Refusal::Framing);
}

#[test]
fn row_11_transfer_encoding_in_http_1_0_is_refused() {
    let head = "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n";
    assert_eq!(refusal(head), Refusal::Framing);
}

#[test]
fn row_12_chunked_that_is_not_the_last_coding_is_refused() {
    assert_eq!(refusal(get("Transfer-Encoding: chunked, gzip\r\n")), Refusal::Framing);
}

#[test]
fn row_13_an_unknown_coding_is_not_implemented() {
    for coding in ["xchunked", "identity", "gzip", "gzip, chunked", "identity, chunked"] {
        let line = format!("Transfer-Encoding: {coding}\r\n");
        assert_eq!(refusal(get(line)), Refusal::TransferCoding, "{coding}");
    }
}

#[test]
fn row_14_chunked_twice_or_two_lines_are_refused() {
    for lines in [
        "Transfer-Encoding: chunked, chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: gzip\r\ntransfer-encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding:\r\n",
    ] {
        assert_eq!(refusal(get(lines)), Refusal::Framing, "{lines}");
    }
}

#[test]
fn row_15_several_content_lengths_are_refused() {
    for lines in [
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5\r\nContent-Length: 5\r\n",
        "Content-Length: 0\r\ncontent-length: 0\r\n",
        "Content-Length: 5, 6\r\n",
        "Content-Length: 5,5\r\n",
    ] {
        assert_eq!(refusal(get(lines)), Refusal::Framing, "{lines}");
    }
}

#[test]
fn row_16_a_content_length_of_other_than_digits_is_refused() {
    for value in ["+5", "-1", "0x5", "1_0", "", " ", "5 5", "18446744073709551616", "5;"] {
        let line = format!("Content-Length: {value}\r\n");
        assert_eq!(refusal(get(line)), Refusal::Framing, "{value}");
    }
}

#[test]
fn row_21_a_malformed_request_line_is_refused() {
    for line in [
        "GET",
        "GET ",
        "GET HTTP/1.1",
        "GET  HTTP/1.1",
        "GET  / HTTP/1.1",
        "GET /  HTTP/1.1",
        "GET / HTTP/1.1 ",
        "GET / HTTP/1.1 HTTP/1.1",
        "GET\t/ HTTP/1.1",
        "GET /\tHTTP/1.1",
        "GET /\tb HTTP/1.1",
        "GET /a b HTTP/1.1",
        "GET / ",
        " GET / HTTP/1.1",
        "GE(T / HTTP/1.1",
        "GET: / HTTP/1.1",
        "G\u{e4}T / HTTP/1.1",
        "GET foo HTTP/1.1",
        "GET a:80 HTTP/1.1",
        "GET * HTTP/1.1",
        "GET /\u{7f} HTTP/1.1",
        "GET /\u{0} HTTP/1.1",
        "OPTIONS ** HTTP/1.1",
        "CONNECT / HTTP/1.1",
    ] {
        let expected = if line == "GET / " { Refusal::VersionSyntax } else { Refusal::RequestLine };
        assert_eq!(refusal(with_line(line)), expected, "{line}");
    }
}

#[test]
fn row_21_a_target_that_is_not_utf_8_is_refused() {
    assert_eq!(refusal(with_line(b"GET /\xff HTTP/1.1")), Refusal::RequestLine);
    assert_eq!(refusal(with_line(b"GET /\xc3 HTTP/1.1")), Refusal::RequestLine);
}

#[test]
fn row_21_a_method_of_more_than_32_octets_is_refused() {
    let line = |len| format!("{} / HTTP/1.1", "M".repeat(len));
    assert_eq!(taken(with_line(line(32))).method, Method::Other);
    assert_eq!(refusal(with_line(line(33))), Refusal::RequestLine);
}

#[test]
fn row_24_a_malformed_version_is_refused() {
    for version in
        ["HTTP/1", "http/1.1", "HTTP/1.", "HTTP/1.10", "HTTP/11.1", "HTTP/a.b", "FTP/1.1"]
    {
        let line = format!("GET / {version}");
        assert_eq!(refusal(with_line(line)), Refusal::VersionSyntax, "{version}");
    }
    assert_eq!(refusal("GET /\r\n"), Refusal::VersionSyntax);
}

#[test]
fn row_24_a_version_that_is_not_served_has_its_own_status() {
    for version in ["HTTP/2.1", "HTTP/9.9", "HTTP/2.0", "HTTP/0.9", "HTTP/1.2"] {
        let reason = refusal(with_line(format!("GET / {version}")));
        assert_eq!((reason, reason.status()), (Refusal::Version, 505), "{version}");
    }
}

#[test]
fn row_24_a_tls_record_and_the_http_2_preface_are_no_http_1() {
    assert_eq!(refusal(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"), Refusal::Protocol);
    assert_eq!(refusal(b"\x16"), Refusal::Protocol);
    assert_eq!(refusal(b"\x80\x2e\x01"), Refusal::Protocol);
    assert_eq!(refusal("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), Refusal::Protocol);
    assert_eq!(refusal("PRI * HTTP/2.0"), Refusal::Protocol);
}

#[test]
fn an_expectation_other_than_100_continue_is_refused() {
    for lines in ["Expect: 200-ok\r\n", "Expect:\r\n", "Expect: 100-continue\r\nExpect: x\r\n"] {
        assert_eq!(refusal(get(lines)), Refusal::Expectation, "{lines}");
    }
}
