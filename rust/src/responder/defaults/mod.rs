//! The default answers: whatever is asked for gets the smallest valid thing of its kind.
//!
//! The kind is chosen by fixed path, `Sec-Fetch-Dest`, extension, `Accept`, in this order
//! ([`choice`]); the kinds are rows of one table ([`types`]). Every answer is prepared when the
//! responder is made, so that a request costs a lookup and a copy.

mod bodies;
mod choice;
mod cors;
mod index;
mod jsonp;
mod probes;
#[cfg(test)]
mod tests;
mod types;

use super::routes::COMMON_METHODS;
use super::source::Kind;
use super::{Exchange, Request, Response};
use super::{conditional, hash};
use crate::config::Settings;
use crate::http::{Head, Method};
use index::Index;
pub(crate) use index::extension;
use std::sync::LazyLock;
use types::Cache;

/// Every default answer, prepared.
pub(super) struct Defaults {
    index: Index,
    /// One for each row of [`types::TABLE`].
    kinds: Box<[Prepared]>,
    /// One for each row of [`probes::TABLE`]; empty where `probes` is off.
    probes: Box<[Prepared]>,
    no_content: Prepared,
    options: Prepared,
    preflight: Response,
    cors: bool,
}

/// One answer, in the two forms that CORS asks for.
pub(super) struct Prepared {
    /// For requests without Origin: whole.
    alone: Response,
    /// For requests with Origin, which is added.
    echoing: Response,
    /// The entity tag that both have, for conditional and range requests.
    etag: Option<Box<str>>,
    kind: Kind,
}

impl Defaults {
    /// Prepares the answers as `settings` say, with the line `server` in them.
    pub(super) fn new(settings: &Settings, server: &[u8]) -> Self {
        let maker = Maker { cors: settings.cors, server };
        let rows = if settings.probes { probes::TABLE } else { &[] };
        Defaults {
            index: Index::new(types::TABLE),
            kinds: types::TABLE.iter().map(|kind| maker.kind(kind)).collect(),
            probes: rows.iter().map(|probe| maker.probe(probe)).collect(),
            no_content: maker.answer(Kind::Empty, 204, &[("Cache-Control", NOT_CACHED)], b""),
            options: maker.answer(Kind::Options, 204, &[("Allow", COMMON_METHODS)], b""),
            preflight: cors::preflight_response().with_server(server),
            cors: settings.cors,
        }
    }

    /// Answers `request`, whatever it is.
    #[inline]
    pub(super) fn answer(&self, request: &Request<'_>, exchange: &mut Exchange<'_>) {
        let head = request.head;
        if head.method == Method::Options {
            return self.answer_options(head, exchange);
        }
        let named = self.named(head);
        if self.may_be_jsonp(head, named) && self.answer_jsonp(head, exchange) {
            return;
        }
        self.choose(head, named).send(head, exchange, self.cors);
    }

    #[inline(never)]
    fn answer_options(&self, head: &Head<'_, '_>, exchange: &mut Exchange<'_>) {
        let lines = echoed(head, self.cors)
            .and_then(|origin| cors::preflight_lines(origin, &cors::Preflight::of(head)));
        match lines {
            Some(lines) => {
                exchange.is_kind(Kind::Options);
                let _ = exchange.respond_with(&self.preflight, lines.as_bytes());
            }
            None => self.options.send(head, exchange, self.cors),
        }
    }

    /// Answers with `row` of the table of kinds.
    pub(super) fn answer_kind(&self, row: u16, head: &Head<'_, '_>, exchange: &mut Exchange<'_>) {
        self.kinds[usize::from(row)].send(head, exchange, self.cors);
    }

    /// Answers with an empty 204.
    pub(super) fn answer_nothing(&self, head: &Head<'_, '_>, exchange: &mut Exchange<'_>) {
        self.no_content.send(head, exchange, self.cors);
    }
}

impl Prepared {
    /// Answers with the form that the request asks for. The exchange is open.
    #[inline]
    pub(super) fn send(&self, head: &Head<'_, '_>, exchange: &mut Exchange<'_>, cors: bool) {
        exchange.is_kind(self.kind);
        if head.known.conditional && self.send_part(head, exchange, cors) {
            return;
        }
        match echoed(head, cors) {
            None => drop(exchange.respond(&self.alone)),
            Some(origin) => self.send_echoing(origin, exchange),
        }
    }

    #[inline(never)]
    fn send_echoing(&self, origin: &[u8], exchange: &mut Exchange<'_>) {
        let _ = exchange.respond_with(&self.echoing, cors::origin_line(origin).as_bytes());
    }

    /// Answers a request that may want a part only; whether it does.
    #[cold]
    fn send_part(&self, head: &Head<'_, '_>, exchange: &mut Exchange<'_>, cors: bool) -> bool {
        let etag = self.etag.as_deref().unwrap_or_default().as_bytes();
        if etag.is_empty() {
            return false;
        }
        let Some(part) = conditional::part(head, etag, self.alone.body().len()) else {
            return false;
        };
        match echoed(head, cors) {
            None => exchange.respond_part(&self.alone, b"", &part),
            Some(origin) => {
                let line = cors::origin_line(origin);
                exchange.respond_part(&self.echoing, line.as_bytes(), &part);
            }
        }
        true
    }
}

/// The origin that an answer names.
#[inline]
fn echoed<'b>(head: &Head<'_, 'b>, cors: bool) -> Option<&'b [u8]> {
    if cors { head.known.origin.filter(|o| cors::is_origin(o)) } else { None }
}

static INDEX: LazyLock<Index> = LazyLock::new(|| Index::new(types::TABLE));

/// The row of the table of kinds for an extension.
pub(super) fn row_of(extension: &str) -> Option<u16> {
    INDEX.by_extension(extension.as_bytes())
}

/// The media type that the name of a file suggests.
pub(super) fn media_type(file: &str) -> String {
    let extension = std::path::Path::new(file).extension().and_then(|e| e.to_str());
    match extension.and_then(row_of) {
        Some(row) => types::TABLE[usize::from(row)].mime.to_owned(),
        None => mime_guess::from_path(file).first_or_octet_stream().to_string(),
    }
}

/// Not to be kept by anybody.
const NOT_CACHED: &str = "no-store";

/// The fields, beside Origin, that a kind may be chosen by.
const CHOSEN_BY: &str = "Sec-Fetch-Dest, Accept";

/// A strong entity tag: the same for the same octets and fields, whatever machine answers.
fn etag_of(body: &[u8], fields: &[u8]) -> Box<str> {
    format!("\"{:016x}\"", hash::extend(hash::hash(body), fields)).into()
}

/// Prepares answers.
pub(super) struct Maker<'s> {
    pub(super) cors: bool,
    pub(super) server: &'s [u8],
}

impl Maker<'_> {
    fn kind(&self, kind: &types::Kind) -> Prepared {
        let body = kind.body;
        let etag = etag_of(body, kind.mime.as_bytes());
        let fields = [("Content-Type", kind.mime), ("Cache-Control", kind.cache.value())];
        let what = kind.class.kind();
        // Caches shall not give a picture to whoever wants a script of the same name.
        let tagged = [("Vary", CHOSEN_BY), ("ETag", &*etag), ("Accept-Ranges", "bytes")];
        match kind.cache {
            Cache::Never => self.answer(what, 200, &fields, body),
            Cache::Hour => {
                let fields = [&fields[..], if body.is_empty() { &tagged[..2] } else { &tagged }];
                Prepared {
                    etag: Some(etag.clone()),
                    ..self.answer(what, 200, &fields.concat(), body)
                }
            }
        }
    }

    fn probe(&self, probe: &probes::Probe) -> Prepared {
        if probe.mime.is_empty() {
            let fields = [("Cache-Control", NOT_CACHED)];
            return self.answer(Kind::Probe, 204, &fields, b"");
        }
        let fields = [("Content-Type", probe.mime), ("Cache-Control", NOT_CACHED)];
        self.answer(Kind::Probe, 200, &fields, probe.body)
    }

    /// The forms of a response of the operator's, which says itself who may read it if it says
    /// anything about that.
    pub(super) fn dress(&self, response: &Response) -> Prepared {
        let mut response = response.with_server(self.server);
        let mut etag = None;
        if response.status() == 200 && !response.body().is_empty() && !response.names("ETag") {
            let made = etag_of(response.body(), response.field_lines());
            response = response.with_fields(&[("ETag", &*made), ("Accept-Ranges", "bytes")]);
            etag = Some(made);
        }
        if !self.cors || response.names("Access-Control-Allow-Origin") {
            let alone = response.clone();
            return Prepared { alone, echoing: response, etag, kind: Kind::Other };
        }
        Prepared {
            alone: response.with_fields(cors::FOR_ANYBODY),
            echoing: response.with_fields(cors::FOR_ORIGIN),
            etag,
            kind: Kind::Other,
        }
    }

    fn answer(&self, kind: Kind, status: u16, fields: &[(&str, &str)], body: &[u8]) -> Prepared {
        let prepare = |cors: &[(&str, &str)]| {
            let all = fields.iter().chain(if self.cors { cors } else { &[] }).copied();
            let (vary, others): (Vec<_>, Vec<_>) = all.partition(|(name, _)| *name == "Vary");
            let vary = vary.into_iter().map(|(_, value)| value).collect::<Vec<_>>().join(", ");
            let builder = Response::builder(status).body(body);
            let builder =
                others.into_iter().fold(builder, |b, (name, value)| b.header(name, value));
            let builder = if vary.is_empty() { builder } else { builder.header("Vary", vary) };
            // All fields are constants of ours, which a test builds.
            builder.build().expect("a default answer is well-formed").with_server(self.server)
        };
        Prepared {
            alone: prepare(cors::FOR_ANYBODY),
            echoing: prepare(cors::FOR_ORIGIN),
            etag: None,
            kind,
        }
    }
}
