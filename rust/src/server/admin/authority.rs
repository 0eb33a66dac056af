//! The CA: what it is, in the forms that platforms take, and who does not trust it.

use super::json::{Json, Object};
use super::reply::Reply;
use crate::ca::{Format, Info, describe, write};
use crate::server::Inner;
use crate::tls::Distrusting;

/// The page with instructions.
const PAGE: &str = include_str!("ca.html");

/// `/ca`
pub(super) fn page() -> Reply {
    Reply::page(PAGE)
}

/// `/ca.json`
pub(super) fn json(server: &Inner) -> Reply {
    let certificate = certificate(server).and_then(|der| describe(&der)).as_ref().map(info);
    let distrusting = server.tls.get().map_or_else(Vec::new, |tls| tls.distrusting());
    let answer = Object::new().with("certificate", certificate).with("distrusting", distrusting);
    Reply::json(200, &answer.end())
}

/// `/ca.crt` and the like.
pub(super) fn form(server: &Inner, format: Format) -> Reply {
    let octets = certificate(server).and_then(|der| write(&der, format).ok());
    match octets {
        Some(octets) => Reply::file(format.media_type(), octets),
        None => Reply::error(404, "the server has no CA (option ca_dir)"),
    }
}

fn certificate(server: &Inner) -> Option<Vec<u8>> {
    server.tls.get()?.ca_certificate()
}

fn info(info: &Info) -> impl Json + use<> {
    Object::new()
        .with("subject", info.subject.as_str())
        .with("sha256", info.sha256.as_str())
        .with("sha1", info.sha1.as_str())
        .with("not_before", info.not_before.as_str())
        .with("not_after", info.not_after.as_str())
        .with("permitted", info.permitted.clone())
        .end()
}

impl Json for Distrusting {
    fn write(&self, out: &mut String) {
        Object::new()
            .with("client", self.client.to_string())
            .with("times", self.count)
            .with("alert", self.alert)
            .with("last", self.last)
            .end()
            .write(out);
    }
}
