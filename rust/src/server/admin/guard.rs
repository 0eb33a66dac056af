//! Who may ask. A Unix socket has a mode for that. A loopback port is open to every user of the
//! machine and, through pages that make requests, to the sites that its browsers visit.
//!
//! | attack of a page | what stops it |
//! | --- | --- |
//! | a name of its own that points to 127.0.0.1 (DNS rebinding) | Host has to name this machine |
//! | a form or a simple request that changes something (CSRF) | Origin has to be our own; where there is none, a field that no page may send without a preflight |
//! | our page in a frame of its own (clickjacking) | `frame-ancestors 'none'` |
//! | our answers as a script or an image of its own | `Cross-Origin-Resource-Policy`, `nosniff` |

use crate::responder::Request;
use std::net::{IpAddr, SocketAddr};

/// The field that programs send with what changes something.
const OWN_FIELD: &str = "X-Requested-With";

/// Whether `request`, which came over TCP, may be answered; if not, why.
pub(super) fn check(request: &Request<'_>, changes: bool) -> Result<(), String> {
    let host = request.host().unwrap_or_default();
    if !is_this_machine(host) {
        return Err(format!(
            "Host: expected localhost or a loopback address, got {:?}",
            shorten(host)
        ));
    }
    let origin = request.header("origin");
    if let Some(origin) = origin
        && origin.strip_prefix(b"http://") != Some(host.as_bytes())
    {
        let got = String::from_utf8_lossy(origin);
        return Err(format!("Origin: expected http://{host}, got {:?}", shorten(&got)));
    }
    if changes && origin.is_none() && !cannot_be_simple(request) {
        return Err(format!(
            "expected Origin, Content-Type: application/json or {OWN_FIELD}, so that no page of \
             another site can ask for this: try -H '{OWN_FIELD}: me'"
        ));
    }
    Ok(())
}

/// Whether a page of another site could not have sent it without asking first (Fetch standard,
/// section 2.2.2, CORS-safelisted request-header).
fn cannot_be_simple(request: &Request<'_>) -> bool {
    let json = request.header("content-type").is_some_and(|value| {
        let mime = value.split(|b| *b == b';').next().unwrap_or_default().trim_ascii();
        mime.eq_ignore_ascii_case(b"application/json")
    });
    json || request.header(OWN_FIELD).is_some()
}

/// Whether `host`, with or without a port, can only mean this machine.
fn is_this_machine(host: &str) -> bool {
    if let Ok(address) = host.parse::<SocketAddr>() {
        return address.ip().is_loopback();
    }
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !host.ends_with(']') => (name, port),
        _ => (host, ""),
    };
    let bare = name.strip_prefix('[').and_then(|n| n.strip_suffix(']')).unwrap_or(name);
    let is_loopback = bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    port.bytes().all(|b| b.is_ascii_digit())
        && (is_loopback || name.eq_ignore_ascii_case("localhost"))
}

fn shorten(text: &str) -> &str {
    text.char_indices().nth(80).map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_nobody_else_can_have_are_this_machine() {
        for host in ["localhost", "LOCALHOST:9100", "127.0.0.1", "127.0.0.1:1", "127.1.2.3"] {
            assert!(is_this_machine(host), "{host}");
        }
        for host in ["[::1]", "[::1]:80"] {
            assert!(is_this_machine(host), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example:80",
            "192.0.2.1",
            "0.0.0.0",
            "[::]:80",
            "localhost:80:80",
            "localhost:x",
        ] {
            assert!(!is_this_machine(host), "{host}");
        }
    }
}
