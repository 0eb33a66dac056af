//! URLs of a server (RFC 3986).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// What stands for itself in a path, a query or a fragment, or begins one (section 3.3 to 3.5),
/// beside letters and digits.
const PLAIN: &[u8] = b"-._~!$&'()*+,;=:@/?#";

/// The URL of `path` on the server that listens on `address`.
pub(crate) fn join(scheme: &str, address: SocketAddr, path: &str) -> String {
    let mut url = format!("{scheme}://{}", reachable(address));
    if !path.starts_with('/') {
        url.push('/');
    }
    encode(&mut url, path.as_bytes());
    url
}

/// Appends `text` with what may not stand in a URL percent-encoded. An escape is one already.
fn encode(url: &mut String, text: &[u8]) {
    for (index, &octet) in text.iter().enumerate() {
        let escape = || text[index + 1..].get(..2).is_some_and(is_hex);
        if octet.is_ascii_alphanumeric() || PLAIN.contains(&octet) || octet == b'%' && escape() {
            url.push(char::from(octet));
        } else {
            url.push_str(&format!("%{octet:02X}"));
        }
    }
}

fn is_hex(digits: &[u8]) -> bool {
    digits.iter().all(u8::is_ascii_hexdigit)
}

/// Where a client reaches a listener that takes any address of the machine.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

#[cfg(test)]
mod tests {
    use super::encode;

    fn encoded(text: &str) -> String {
        let mut url = String::new();
        encode(&mut url, text.as_bytes());
        url
    }

    #[test]
    fn what_may_stand_in_a_url_stays() {
        for text in ["/a/b.c;d=e", "/a?b=c&d=/?#e", "/%41%c3%a9", "/~user/(x)!$'*+,:@-_"] {
            assert_eq!(encoded(text), text);
        }
    }

    #[test]
    fn what_may_not_is_percent_encoded() {
        assert_eq!(encoded("/a b"), "/a%20b");
        assert_eq!(encoded("/é\r\n\"<>[]"), "/%C3%A9%0D%0A%22%3C%3E%5B%5D");
    }

    #[test]
    fn a_percent_sign_that_begins_no_escape_is_encoded() {
        assert_eq!(encoded("100%"), "100%25");
        assert_eq!(encoded("%zz%4"), "%25zz%254");
        assert_eq!(encoded("%%41"), "%25%41");
    }
}
