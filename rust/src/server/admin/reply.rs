//! What is said: answers with the fields that all of them have.

use super::json::{Json, Object, Raw};
use crate::responder::{Exchange, Response};
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

/// What a request gets.
pub(super) struct Reply {
    status: u16,
    kind: &'static str,
    fields: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Reply {
    fn new(status: u16, kind: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Reply { status, kind, fields: Vec::new(), body: body.into() }
    }

    pub(super) fn json(status: u16, value: &Raw) -> Self {
        Reply::new(status, "application/json", format!("{}\n", value.0))
    }

    /// Octets of a media type.
    pub(super) fn file(kind: &'static str, body: Vec<u8>) -> Self {
        Reply::new(200, kind, body)
    }

    pub(super) fn text(body: String) -> Self {
        Reply::new(200, "text/plain; charset=utf-8", body)
    }

    /// Prometheus text exposition format.
    pub(super) fn metrics(body: String) -> Self {
        Reply::new(200, "text/plain; version=0.0.4; charset=utf-8", body)
    }

    pub(super) fn nothing() -> Self {
        Reply::new(204, "", String::new())
    }

    /// What was wrong.
    pub(super) fn error(status: u16, message: impl Json) -> Self {
        Reply::json(status, &Object::new().with("error", message).end())
    }

    /// The page, whose own script and style alone may be used.
    pub(super) fn page(page: &str) -> Self {
        let nonce = nonce();
        let policy = format!(
            "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; \
             img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
             frame-ancestors 'none'"
        );
        Reply::new(200, "text/html; charset=utf-8", page.replace("{nonce}", &nonce))
            .with("Content-Security-Policy", policy)
    }

    #[must_use]
    pub(super) fn with(mut self, name: &'static str, value: String) -> Self {
        self.fields.push((name, value));
        self
    }

    pub(super) fn send(self, exchange: &mut Exchange<'_>) {
        let own_policy = self.fields.iter().any(|(name, _)| *name == "Content-Security-Policy");
        let mut builder = Response::builder(self.status)
            .header("Cache-Control", "no-store")
            .header("X-Content-Type-Options", "nosniff")
            .header("X-Frame-Options", "DENY")
            .header("Cross-Origin-Resource-Policy", "same-origin")
            .header("Referrer-Policy", "no-referrer");
        if !own_policy {
            let nothing = "default-src 'none'; frame-ancestors 'none'";
            builder = builder.header("Content-Security-Policy", nothing);
        }
        if !self.kind.is_empty() {
            builder = builder.header("Content-Type", self.kind);
        }
        for (name, value) in self.fields {
            builder = builder.header(name, value);
        }
        if let Ok(response) = builder.body(self.body).build() {
            let _ = exchange.respond(&response);
        }
    }
}

/// 128 bits that nobody can guess: a counter under a key of the operating system's randomness.
fn nonce() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let count = NEXT.fetch_add(1, Ordering::Relaxed);
    let half = || RandomState::new().hash_one(count);
    format!("{:016x}{:016x}", half(), half())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonces_differ() {
        let (one, two) = (nonce(), nonce());
        assert!(one != two && one.len() == 32 && one[..16] != one[16..], "{one} {two}");
    }
}
