//! `uri-host [ ":" port ]` (RFC 9110 section 7.2, RFC 3986 section 3.2.2).

use crate::http::syntax::is_reg_name_byte;
use crate::sys::ascii;
use std::net::Ipv6Addr;

/// The value of a Host field, if it is valid: an authority, or empty (RFC 9112 section 3.2).
#[inline]
pub(super) fn parse(value: &[u8]) -> Option<&str> {
    if !value.is_empty() && !is_authority(value) {
        return None;
    }
    ascii::text(value)
}

/// Whether `text` is a host, not empty, with an optional port. Userinfo is none of it.
#[inline]
pub(super) fn is_authority(text: &[u8]) -> bool {
    match split(text) {
        Some((_, None)) => true,
        Some((_, Some(port))) => port.iter().all(u8::is_ascii_digit),
        None => false,
    }
}

/// Whether `text` is what CONNECT takes: a host and a port that can be connected to (RFC 9110
/// section 9.3.6).
pub(super) fn is_connect_authority(text: &[u8]) -> bool {
    let Some((_, Some(port))) = split(text) else {
        return false;
    };
    // `u16::from_str` would take a plus sign.
    port.iter().all(u8::is_ascii_digit)
        && std::str::from_utf8(port).is_ok_and(|p| p.parse::<u16>().is_ok_and(|p| p != 0))
}

/// Host and what follows the colon; `None` if the host is empty or invalid.
#[inline]
fn split(text: &[u8]) -> Option<(&[u8], Option<&[u8]>)> {
    let host = match text.first()? {
        b'[' => ip_literal_len(text)?,
        _ => reg_name_len(text)?,
    };
    match (&text[..host], &text[host..]) {
        ([], _) => None,
        (host, []) => Some((host, None)),
        (host, [b':', port @ ..]) => Some((host, Some(port))),
        _ => None,
    }
}

/// Octets of the reg-name (or IPv4 address) at the start of `text`.
#[inline]
fn reg_name_len(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let rest = &text[at..];
        at += rest.iter().position(|&b| !is_reg_name_byte(b)).unwrap_or(rest.len());
        match text.get(at..) {
            Some([b'%', a, b, ..]) if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => at += 3,
            Some([b'%', ..]) => return None,
            _ => return Some(at),
        }
    }
}

/// Octets of the bracketed address at the start of `text`.
fn ip_literal_len(text: &[u8]) -> Option<usize> {
    let close = memchr::memchr(b']', text)?;
    let inside = std::str::from_utf8(&text[1..close]).ok()?;
    (inside.parse::<Ipv6Addr>().is_ok() || is_ip_future(inside)).then_some(close + 1)
}

/// `"v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" )`.
fn is_ip_future(text: &str) -> bool {
    let Some((version, address)) = text.strip_prefix(['v', 'V']).and_then(|t| t.split_once('.'))
    else {
        return false;
    };
    !version.is_empty()
        && version.bytes().all(|b| b.is_ascii_hexdigit())
        && !address.is_empty()
        && address.bytes().all(|b| b == b':' || is_reg_name_byte(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_addresses_and_ports_are_hosts() {
        for host in [
            "a",
            "example.com",
            "Example.COM.:8080",
            "127.0.0.1:80",
            "a_b.example",
            "a:",
            "[::1]",
            "[::ffff:1.2.3.4]:443",
            "[v1.a:b]",
            "%C3%A4.example",
            "0.0.0.0=5000",
            "",
        ] {
            assert_eq!(parse(host.as_bytes()), Some(host));
        }
    }

    #[test]
    fn what_is_no_authority_is_no_host() {
        for host in [
            "u@a",
            "u:p@a",
            "a/b",
            "/",
            "a,b",
            "a b",
            "a:b",
            "a:80:80",
            "a:-1",
            "a:+1",
            ":80",
            "[::1",
            "[::1]x",
            "[]",
            "[::g]",
            "[fe80::1%25eth0]",
            "[v.a]",
            "[v1.]",
            "a]",
            "%",
            "%4",
            "%zz",
            "a?b",
            "a#b",
            "a\\b",
            "<a>",
            "\"a\"",
            "\u{e4}.example",
            "a\u{0}",
            "a\tb",
            "http://a",
        ] {
            assert_eq!(parse(host.as_bytes()), None, "{host}");
        }
        assert_eq!(parse(b"a\xff"), None);
    }
}
