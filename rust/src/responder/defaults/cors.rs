//! Cross-origin answers that a browser accepts (Fetch standard, section 3.2; Private Network
//! Access; Resource Timing; Cross-Origin-Resource-Policy).
//!
//! What a client sends comes back in three fields; each is validated first, so that nothing can
//! be smuggled into a head.

use crate::http::Head;
use crate::responder::Response;
use crate::responder::lines::Lines;
use crate::responder::response::is_token;

/// The longest Origin that is echoed; longer ones are answered as if there were none.
const ORIGIN_MAX: usize = 512;
/// The longest list of header names that is echoed.
const HEADERS_MAX: usize = 2048;
/// The longest method that is echoed.
const METHOD_MAX: usize = 64;

/// Fields of an answer to a request without Origin. It varies all the same: a cache may not give
/// it to a page that sends credentials.
pub(super) const FOR_ANYBODY: &[(&str, &str)] =
    &[("Access-Control-Allow-Origin", "*"), ("Vary", "Origin"), TIMING, RESOURCE_POLICY];

/// Fields of an answer to a request with Origin, beside [`origin_line`].
pub(super) const FOR_ORIGIN: &[(&str, &str)] =
    &[("Access-Control-Allow-Credentials", "true"), ("Vary", "Origin"), TIMING, RESOURCE_POLICY];

const TIMING: (&str, &str) = ("Timing-Allow-Origin", "*");
const RESOURCE_POLICY: (&str, &str) = ("Cross-Origin-Resource-Policy", "cross-origin");

/// Whether `value` may be echoed: visible ASCII, not longer than any real origin. A comma would
/// make it a list.
pub(super) fn is_origin(value: &[u8]) -> bool {
    let fits = (1..=ORIGIN_MAX).contains(&value.len());
    fits && value.iter().all(|b| b.is_ascii_graphic() && *b != b',')
}

/// The line that echoes `origin`, which is valid.
pub(super) fn origin_line(origin: &[u8]) -> Lines<{ ORIGIN_MAX + 32 }> {
    let mut lines = Lines::new();
    lines.field("Access-Control-Allow-Origin", origin);
    lines
}

/// The answer to a preflight; [`preflight_lines`] are added.
pub(super) fn preflight_response() -> Response {
    let vary = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers";
    let builder = Response::builder(204)
        .header("Access-Control-Allow-Credentials", "true")
        .header("Access-Control-Max-Age", "86400")
        .header("Vary", vary);
    builder.build().expect("the preflight answer is well-formed")
}

/// What a preflight asks for: rare enough to be looked up when it comes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Preflight<'b> {
    method: Option<&'b [u8]>,
    headers: Option<&'b [u8]>,
    private_network: Option<&'b [u8]>,
}

impl<'b> Preflight<'b> {
    pub(super) fn of(head: &Head<'_, 'b>) -> Self {
        Preflight {
            method: head.field("access-control-request-method"),
            headers: head.field("access-control-request-headers"),
            private_network: head.field("access-control-request-private-network"),
        }
    }
}

/// The answer to what a preflight from `origin`, which is valid, asks for; `None` if it is none.
pub(super) fn preflight_lines(origin: &[u8], asked: &Preflight<'_>) -> Option<Lines<4096>> {
    let method = asked.method.filter(|m| m.len() <= METHOD_MAX && is_token(m))?;
    let mut lines = Lines::new();
    lines.field("Access-Control-Allow-Origin", origin);
    lines.field("Access-Control-Allow-Methods", method);
    if let Some(names) = asked.headers.filter(|names| is_token_list(names)) {
        lines.field("Access-Control-Allow-Headers", names);
    }
    if asked.private_network == Some(b"true") {
        lines.field("Access-Control-Allow-Private-Network", b"true");
    }
    Some(lines)
}

/// Whether `value` is a comma-separated list of tokens (RFC 9110 section 5.6.1).
fn is_token_list(value: &[u8]) -> bool {
    let tokens = || value.split(|b| *b == b',').map(trim_blanks);
    (1..=HEADERS_MAX).contains(&value.len()) && tokens().all(is_token)
}

/// Space and TAB only: other white space has no place in a field value.
fn trim_blanks(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn preflight<'a>(method: &'a [u8], headers: Option<&'a [u8]>) -> Preflight<'a> {
        Preflight { method: Some(method), headers, private_network: None }
    }

    fn lines(asked: &Preflight<'_>) -> Option<String> {
        let lines = preflight_lines(b"http://a", asked)?;
        Some(String::from_utf8(lines.as_bytes().to_vec()).unwrap())
    }

    #[test]
    fn only_what_cannot_break_a_head_is_an_origin() {
        for good in [&b"https://example.org"[..], b"null", b"http://[::1]:8080", &[b'a'; 512]] {
            assert!(is_origin(good));
        }
        for bad in
            [&b""[..], b"a b", b"a\r\nX: y", b"a\tb", b"a\0", b"\xc3\xa9", b"a,b", &[b'a'; 513]]
        {
            assert!(!is_origin(bad), "{bad:?}");
        }
    }

    #[test]
    fn the_longest_origin_fits_its_line() {
        let line = origin_line(&[b'a'; ORIGIN_MAX]);
        assert_eq!(line.as_bytes().len(), "Access-Control-Allow-Origin: \r\n".len() + ORIGIN_MAX);
    }

    #[test]
    fn the_largest_preflight_fits_its_lines() {
        let names = [b'a'; HEADERS_MAX];
        let asked = Preflight {
            private_network: Some(b"true"),
            ..preflight(&[b'M'; METHOD_MAX], Some(&names))
        };
        let lines = preflight_lines(&[b'o'; ORIGIN_MAX], &asked).unwrap();
        let text = std::str::from_utf8(lines.as_bytes()).unwrap();
        assert_eq!(text.lines().count(), 4, "{text}");
    }

    #[test]
    fn a_preflight_is_allowed_what_it_asks_for() {
        assert_eq!(
            lines(&preflight(b"PUT", Some(b"x-a, Content-Type,\tx-b"))).unwrap(),
            "Access-Control-Allow-Origin: http://a\r\n\
             Access-Control-Allow-Methods: PUT\r\n\
             Access-Control-Allow-Headers: x-a, Content-Type,\tx-b\r\n"
        );
        let asked = Preflight { private_network: Some(b"true"), ..preflight(b"GET", None) };
        assert!(lines(&asked).unwrap().ends_with("Access-Control-Allow-Private-Network: true\r\n"));
    }

    #[test]
    fn without_a_valid_method_it_is_no_preflight() {
        assert_eq!(lines(&Preflight::default()), None);
        for bad in [&b""[..], b"A B", b"GET\r\nX: y", &[b'M'; METHOD_MAX + 1]] {
            assert_eq!(lines(&preflight(bad, None)), None);
        }
    }

    #[test]
    fn header_names_that_are_no_token_list_are_not_reflected() {
        for bad in
            [&b""[..], b"a b", b"a,,b", b"a,", b"a;b", b"a\r\nX: y", &[b'a'; HEADERS_MAX + 1]]
        {
            let text = lines(&preflight(b"GET", Some(bad))).unwrap();
            assert!(!text.contains("Allow-Headers"), "{text}");
        }
    }
}
