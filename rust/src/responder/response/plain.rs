//! The small answers of the server itself: refusals, faults, nothing there.

use super::Response;
use crate::http::Refusal;
use crate::http::status::reason_phrase;
use std::sync::LazyLock;

/// Every status that the server itself answers with a text.
const STATUSES: [u16; 14] = [400, 404, 405, 408, 413, 414, 417, 425, 429, 431, 500, 501, 503, 505];

static PREPARED: LazyLock<[Response; STATUSES.len()]> = LazyLock::new(|| STATUSES.map(prepare));

/// For who asks for `http://` where only `https://` is spoken.
static NOT_TLS: LazyLock<Response> = LazyLock::new(|| {
    let text = "400 Bad Request: this port speaks TLS, ask for https:// in place of http://\n";
    let builder = Response::builder(400).header("Content-Type", "text/plain").body(text);
    builder.build().expect("a plain answer is well-formed")
});

fn prepare(status: u16) -> Response {
    let text = format!("{status} {}\n", reason_phrase(status));
    let mut builder = Response::builder(status).header("Content-Type", "text/plain").body(text);
    if status == 429 {
        // No rate is less than one a second.
        builder = builder.header("Retry-After", "1");
    }
    // Name, value and status are constants of the right form.
    builder.build().expect("a plain answer is well-formed")
}

impl Response {
    /// A plain 500, for handlers that fail; shared, never made anew.
    pub(crate) fn internal_error() -> Response {
        Response::plain(500).clone()
    }

    /// The answer to a request refused for `refusal`. Whether the connection closes is the
    /// caller's to say: a 405 lets it live, broken framing does not.
    pub(crate) fn refusal(refusal: Refusal) -> &'static Response {
        if refusal == Refusal::NotTls {
            return &NOT_TLS;
        }
        Response::plain(refusal.status())
    }

    /// The status and its phrase as text; shared. A status that the server never answers with by
    /// itself gives the 500.
    pub(crate) fn plain(status: u16) -> &'static Response {
        let place = |wanted| STATUSES.iter().position(|status| *status == wanted);
        let index = place(status).or_else(|| place(500)).unwrap_or_default();
        &PREPARED[index]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_an_answer_with_its_own_status() {
        for refusal in Refusal::ALL {
            assert_eq!(Response::refusal(refusal).status(), refusal.status(), "{refusal:?}");
        }
    }

    #[test]
    fn a_plain_answer_says_its_status_in_a_text() {
        assert_eq!(Response::plain(404).body(), b"404 Not Found\n");
        assert_eq!(Response::plain(408).status(), 408);
        assert!(!Response::plain(400).closes());
    }

    #[test]
    fn a_status_without_a_plain_answer_becomes_the_500() {
        assert_eq!(Response::plain(299).status(), 500);
        assert_eq!(Response::internal_error().status(), 500);
    }
}
