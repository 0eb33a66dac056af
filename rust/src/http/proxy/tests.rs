use super::*;
use proptest::prelude::*;

fn client(text: &str) -> Source {
    Source::Client(text.parse().unwrap())
}

/// A header of version 2.
fn v2(version_and_command: u8, family: u8, block: &[u8]) -> Vec<u8> {
    let len = (block.len() as u16).to_be_bytes();
    [V2_START, &[version_and_command, family][..], &len, block].concat()
}

const INET: [u8; 12] = [192, 0, 2, 1, 198, 51, 100, 9, 0x12, 0x34, 0, 80];

fn inet6() -> Vec<u8> {
    let (source, destination) = ("2001:db8::1", "2001:db8::2");
    let octets = |text: &str| text.parse::<Ipv6Addr>().unwrap().octets();
    [&octets(source)[..], &octets(destination), &[0xFF, 0xFF, 0, 80]].concat()
}

/// Valid headers and whom they name.
fn valid() -> Vec<(Vec<u8>, Source)> {
    let v1 = |line: &str, source| (format!("PROXY {line}\r\n").into_bytes(), source);
    let tlvs = [&INET[..], &[0x03, 0, 4, 1, 2, 3, 4], &[0xE0, 0, 0], &[0x20, 0, 1, 9]].concat();
    let unix = [0; 216];
    vec![
        v1("TCP4 192.0.2.1 198.51.100.9 4660 80", client("192.0.2.1:4660")),
        v1("TCP4 255.255.255.255 255.255.255.255 65535 65535", client("255.255.255.255:65535")),
        v1("TCP4 0.0.0.0 0.0.0.0 0 0", client("0.0.0.0:0")),
        v1("TCP6 2001:DB8::1 2001:db8::2 65535 80", client("[2001:db8::1]:65535")),
        v1("TCP6 ::ffff:192.0.2.1 ::1 1 2", client("[::ffff:192.0.2.1]:1")),
        v1("UNKNOWN", Source::Connection),
        v1("UNKNOWN anything \x01 at all", Source::Connection),
        v1(&format!("UNKNOWN {}", "x".repeat(91)), Source::Connection),
        (v2(0x21, 0x11, &INET), client("192.0.2.1:4660")),
        (v2(0x21, 0x12, &INET), client("192.0.2.1:4660")),
        (v2(0x21, 0x11, &tlvs), client("192.0.2.1:4660")),
        (v2(0x21, 0x21, &inet6()), client("[2001:db8::1]:65535")),
        (v2(0x21, 0x22, &inet6()), client("[2001:db8::1]:65535")),
        (v2(0x21, 0x31, &unix), Source::Unix),
        (v2(0x21, 0x32, &unix), Source::Unix),
        (v2(0x21, 0x00, b""), Source::Connection),
        (v2(0x21, 0x00, b"whatever"), Source::Connection),
        (v2(0x21, 0x10, b""), Source::Connection),
        (v2(0x20, 0x00, b""), Source::Connection),
        (v2(0x20, 0x11, &INET), Source::Connection),
        (v2(0x20, 0xFF, b"\xFF\xFF\xFF"), Source::Connection),
        (v2(0x21, 0x00, &[0; V2_MAX - V2_FIXED]), Source::Connection),
    ]
}

#[test]
fn a_whole_header_names_the_client_whatever_stands_behind_it() {
    for (header, source) in valid() {
        let complete = Parsed::Complete { len: header.len(), source };
        assert_eq!(parse(&header), complete, "{}", header.escape_ascii());
        for behind in [&b"GET / HTTP/1.1\r\n"[..], b"\r\n", b"PROXY "] {
            assert_eq!(parse(&[&header, behind].concat()), complete, "{}", header.escape_ascii());
        }
    }
}

#[test]
fn every_beginning_of_a_header_is_partial() {
    for (header, _) in valid() {
        for cut in 0..header.len() {
            let part = &header[..cut];
            assert_eq!(parse(part), Parsed::Partial, "{}", part.escape_ascii());
        }
    }
}

#[test]
fn every_malformed_line_of_version_1_is_refused() {
    for line in [
        "",
        " ",
        "TCP",
        "TCP5 192.0.2.1 192.0.2.2 1 2",
        "tcp4 192.0.2.1 192.0.2.2 1 2",
        "UDP4 192.0.2.1 192.0.2.2 1 2",
        "UNKNOWNX",
        "unknown",
        " TCP4 192.0.2.1 192.0.2.2 1 2",
        "TCP4  192.0.2.1 192.0.2.2 1 2",
        "TCP4 192.0.2.1  192.0.2.2 1 2",
        "TCP4\t192.0.2.1 192.0.2.2 1 2",
        "TCP4 192.0.2.1 192.0.2.2 1 2 ",
        "TCP4 192.0.2.1 192.0.2.2 1 2 3",
        "TCP4 192.0.2.1 192.0.2.2 1",
        "TCP4 192.0.2.1 192.0.2.2",
        "TCP4 192.0.2.1",
        "TCP4 192.0.2.256 192.0.2.2 1 2",
        "TCP4 192.0.2 192.0.2.2 1 2",
        "TCP4 192.0.02.1 192.0.2.2 1 2",
        "TCP4 192.0.2.1 example 1 2",
        "TCP4 2001:db8::1 2001:db8::2 1 2",
        "TCP6 192.0.2.1 192.0.2.2 1 2",
        "TCP6 2001:db8::1 192.0.2.2 1 2",
        "TCP6 2001:db8:::1 ::1 1 2",
        "TCP6 fe80::1%eth0 ::1 1 2",
        "TCP6 [::1] ::1 1 2",
        "TCP4 192.0.2.1 192.0.2.2 65536 2",
        "TCP4 192.0.2.1 192.0.2.2 1 65536",
        "TCP4 192.0.2.1 192.0.2.2 -1 2",
        "TCP4 192.0.2.1 192.0.2.2 +1 2",
        "TCP4 192.0.2.1 192.0.2.2 01 2",
        "TCP4 192.0.2.1 192.0.2.2 0x1 2",
        "TCP4 192.0.2.1 192.0.2.2  2",
        "TCP4 192.0.2.1 192.0.2.2 1 ",
        "TCP4 192.0.2.1 192.0.2.2 1 \u{662}",
    ] {
        let header = format!("PROXY {line}\r\n");
        assert_eq!(parse(header.as_bytes()), Parsed::Malformed, "{header:?}");
    }
    let bare = "PROXY TCP4 192.0.2.1 192.0.2.2 1 2";
    for end in ["\n", "\r\r\n", "\rGET", "\0\r\n", "\n\r\n"] {
        assert_eq!(parse(format!("{bare}{end}").as_bytes()), Parsed::Malformed, "{end:?}");
    }
    assert_eq!(parse(b"PROXY UNKNOWN \xFF\r\n"), Parsed::Malformed);
}

#[test]
fn a_line_of_version_1_ends_within_107_octets() {
    let fits = format!("PROXY UNKNOWN {}\r\n", "x".repeat(V1_MAX - 16));
    assert_eq!(fits.len(), V1_MAX);
    assert!(matches!(parse(fits.as_bytes()), Parsed::Complete { len: V1_MAX, .. }));
    let long = fits.replace("\r\n", "x\r\n");
    assert_eq!(parse(long.as_bytes()), Parsed::Malformed);
    assert_eq!(parse(&long.as_bytes()[..V1_MAX - 1]), Parsed::Partial);
    assert_eq!(parse(&long.as_bytes()[..V1_MAX]), Parsed::Malformed, "CR and LF cannot both come");
}

#[test]
fn every_malformed_header_of_version_2_is_refused() {
    let inet6 = inet6();
    let truncated_tlv = [&INET[..], &[1, 0]].concat();
    let tlv_beyond_the_end = [&INET[..], &[1, 0, 9, 1]].concat();
    for (what, header) in [
        ("version 0", v2(0x01, 0x11, &INET)),
        ("version 1", v2(0x11, 0x11, &INET)),
        ("version 3", v2(0x31, 0x11, &INET)),
        ("command 2", v2(0x22, 0x11, &INET)),
        ("command 15", v2(0x2F, 0x11, &INET)),
        ("family 4", v2(0x21, 0x41, &INET)),
        ("family 15", v2(0x21, 0xF1, &INET)),
        ("transport 3", v2(0x21, 0x13, &INET)),
        ("transport 15 without a family", v2(0x21, 0x0F, &INET)),
        ("family without an address", v2(0x21, 0x11, b"")),
        ("IPv4 cut short", v2(0x21, 0x11, &INET[..11])),
        ("IPv6 cut short", v2(0x21, 0x21, &inet6[..35])),
        ("IPv4 as IPv6", v2(0x21, 0x21, &INET)),
        ("Unix cut short", v2(0x21, 0x31, &[0; 215])),
        ("half a TLV", v2(0x21, 0x11, &truncated_tlv)),
        ("a TLV beyond the end", v2(0x21, 0x11, &tlv_beyond_the_end)),
        ("too long", v2(0x21, 0x00, &[0; V2_MAX - V2_FIXED + 1])),
        ("as long as can be", v2(0x20, 0x00, &[0; 65_535])),
    ] {
        assert_eq!(parse(&header), Parsed::Malformed, "{what}");
    }
}

#[test]
fn what_is_too_long_is_refused_before_it_comes() {
    let header = v2(0x21, 0x00, &[0; V2_MAX]);
    assert_eq!(parse(&header[..V2_FIXED]), Parsed::Malformed);
}

#[test]
fn anything_else_is_refused_at_its_first_octet_that_differs() {
    for other in [
        &b"GET / HTTP/1.1\r\n"[..],
        b"G",
        b"P ",
        b"proxy ",
        b"PROXY\r\n",
        b"PROXY\t",
        b"PROXYS",
        b"\n",
        b"\r\r",
        b"\r\n\r\n\0\r\nQUIT\r",
        b"\r\n\r\nGET",
        b"\x16\x03\x01",
        b"\0",
    ] {
        assert_eq!(parse(other), Parsed::Malformed, "{}", other.escape_ascii());
    }
}

proptest! {
    #[test]
    fn nothing_panics_and_a_verdict_never_changes_with_more_octets(
        octets in proptest::collection::vec(any::<u8>(), 0..200),
        version in 0..3usize,
    ) {
        let start: [&[u8]; 3] = [b"", V1_START, V2_START];
        let input = [start[version], &octets].concat();
        let mut decided = None;
        for end in 0..=input.len() {
            let parsed = parse(&input[..end]);
            if let Some(before) = decided {
                prop_assert_eq!(parsed, before);
            } else if parsed != Parsed::Partial {
                decided = Some(parsed);
            }
            if let Parsed::Complete { len, .. } = parsed {
                prop_assert!(len <= end);
            }
        }
    }

    #[test]
    fn an_address_survives_both_versions(octets: [u8; 16], port: u16) {
        let address = SocketAddr::from((octets, port));
        let line = format!("PROXY TCP6 {} ::1 {port} 80\r\n", address.ip());
        let block = [&octets[..], &[0; 16], &port.to_be_bytes(), &[0, 80]].concat();
        for header in [line.into_bytes(), v2(0x21, 0x21, &block)] {
            let complete = Parsed::Complete { len: header.len(), source: Source::Client(address) };
            prop_assert_eq!(parse(&header), complete);
        }
    }
}
