//! The default answers: whatever is asked for gets the smallest valid thing of its kind.
//!
//! The kind is chosen by fixed path, `Sec-Fetch-Dest`, extension, `Accept`, in this order
//! ([`choice`]); the kinds are rows of one table ([`types`]). Every answer is prepared when the
//! responder is made, so that a request costs a lookup and a copy.

mod bodies;
mod choice;
mod cors;
mod index;
mod probes;
#[cfg(test)]
mod tests;
mod types;

use super::routes::COMMON_METHODS;
use super::{Exchange, Request, Response};
use crate::config::Settings;
use crate::http::Method;
use index::Index;

/// Every default answer, prepared.
pub(super) struct Defaults {
    index: Index,
    /// One for each row of [`types::TABLE`].
    kinds: Box<[Answer]>,
    /// One for each row of [`probes::TABLE`]; empty where `probes` is off.
    probes: Box<[Answer]>,
    no_content: Answer,
    options: Answer,
    preflight: Response,
    cors: bool,
}

/// One answer, in the two forms that CORS asks for.
struct Answer {
    /// For requests without Origin: whole.
    alone: Response,
    /// For requests with Origin, which is added.
    echoing: Response,
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
            no_content: maker.answer(204, &[("Cache-Control", NOT_CACHED)], b""),
            options: maker.answer(204, &[("Allow", COMMON_METHODS)], b""),
            preflight: cors::preflight_response().with_server(server),
            cors: settings.cors,
        }
    }

    /// Answers `request`, whatever it is.
    pub(super) fn answer(&self, request: &Request<'_>, exchange: &mut Exchange<'_>) {
        let head = request.head;
        let origin =
            if self.cors { head.known.origin.filter(|o| cors::is_origin(o)) } else { None };
        let answer = match (head.method, origin) {
            (Method::Options, Some(origin)) => {
                if let Some(lines) = cors::preflight_lines(origin, &cors::Preflight::of(head)) {
                    return drop(exchange.respond_with(&self.preflight, lines.as_bytes()));
                }
                &self.options
            }
            (Method::Options, None) => &self.options,
            _ => self.choose(head),
        };
        // The exchange is open: nothing before the default answers has answered.
        let _ = match origin {
            None => exchange.respond(&answer.alone),
            Some(origin) => {
                exchange.respond_with(&answer.echoing, cors::origin_line(origin).as_bytes())
            }
        };
    }
}

/// Not to be kept by anybody.
const NOT_CACHED: &str = "no-store";

/// Prepares answers.
struct Maker<'s> {
    cors: bool,
    server: &'s [u8],
}

impl Maker<'_> {
    fn kind(&self, kind: &types::Kind) -> Answer {
        let fields = [("Content-Type", kind.mime), ("Cache-Control", kind.cache.value())];
        self.answer(200, &fields, kind.body.unwrap_or_default())
    }

    fn probe(&self, probe: &probes::Probe) -> Answer {
        if probe.mime.is_empty() {
            return self.answer(204, &[("Cache-Control", NOT_CACHED)], b"");
        }
        let fields = [("Content-Type", probe.mime), ("Cache-Control", NOT_CACHED)];
        self.answer(200, &fields, probe.body)
    }

    fn answer(&self, status: u16, fields: &[(&str, &str)], body: &[u8]) -> Answer {
        let prepare = |cors: &[(&str, &str)]| {
            let builder = Response::builder(status).body(body);
            let fields = fields.iter().chain(if self.cors { cors } else { &[] });
            let builder = fields.fold(builder, |b, (name, value)| b.header(name, value));
            // All fields are constants of ours, which a test builds.
            builder.build().expect("a default answer is well-formed").with_server(self.server)
        };
        Answer { alone: prepare(cors::FOR_ANYBODY), echoing: prepare(cors::FOR_ORIGIN) }
    }
}
