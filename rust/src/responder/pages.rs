//! Pages about the server itself, at paths that the operator names: statistics by the names of
//! pixelserv-tls, and the certificate that clients are to trust.
//!
//! They are for whoever reaches the server, as they were there. They carry no CORS fields: a page of
//! another site cannot read them.

use super::{Exchange, Request, Response};
use crate::config::Settings;
use crate::error::{Error, ErrorCode, Result};
use crate::files;
use crate::http::Method;
use crate::stats::servstats::Form;
use std::path::Path;
use std::sync::Weak;

/// Where the certificate is found.
const CERTIFICATE_PATH: &str = "/ca.crt";
/// Octets of the largest certificate.
const CERTIFICATE_MAX: u64 = 64 << 10;

/// Who knows the statistics.
pub(crate) trait Source: Send + Sync {
    /// The statistics at this moment, written out.
    fn servstats(&self, form: Form) -> String;
}

/// Pages by path; the first of two for one path counts.
pub(crate) struct Pages {
    pages: Vec<(String, Page)>,
    /// Gone only while the server itself goes.
    source: Weak<dyn Source>,
}

enum Page {
    Statistics(Form),
    Prepared(Response),
}

impl Pages {
    /// The pages that `settings` ask for, files read.
    ///
    /// # Errors
    /// [`ErrorCode::Io`] or [`ErrorCode::Config`] naming the file of `ca_certificate`.
    pub(crate) fn load(settings: &Settings, source: Weak<dyn Source>) -> Result<Pages> {
        let mut pages = Vec::new();
        let forms = [(&settings.stats_page, Form::Page), (&settings.stats_text, Form::Line)];
        for (path, form) in forms {
            pages.extend(path.clone().map(|path| (path, Page::Statistics(form))));
        }
        if let Some(file) = &settings.ca_certificate {
            let response = certificate(file, settings)?;
            pages.push((CERTIFICATE_PATH.to_owned(), Page::Prepared(response)));
        }
        Ok(Pages { pages, source })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pages.is_empty()
    }

    /// Whether the request was for one of the pages, and is answered.
    pub(super) fn answer(&self, request: &Request<'_>, exchange: &mut Exchange<'_>) -> bool {
        if !matches!(request.method(), Method::Get | Method::Head) {
            return false;
        }
        let Some((_, page)) = self.pages.iter().find(|(path, _)| path == request.path()) else {
            return false;
        };
        match page {
            Page::Prepared(response) => drop(exchange.respond(response)),
            Page::Statistics(form) => {
                let Some(source) = self.source.upgrade() else { return false };
                drop(exchange.respond(&statistics(*form, &source.servstats(*form))));
            }
        }
        true
    }
}

fn statistics(form: Form, text: &str) -> Response {
    let builder = Response::builder(200)
        .header("Content-Type", form.media_type())
        .header("Cache-Control", "no-store")
        .header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
        .header("X-Content-Type-Options", "nosniff");
    // All fields are constants of ours, which a test builds.
    builder.body(text).build().expect("a page of statistics is well-formed")
}

fn certificate(file: &Path, settings: &Settings) -> Result<Response> {
    let said = |code, message: String| {
        Error::new(code, format!("ca_certificate: {}: {message}", file.display()))
    };
    let octets = files::read(file, CERTIFICATE_MAX)
        .map_err(|error| said(ErrorCode::Io, error.to_string()))?;
    if contains(&octets, b"PRIVATE KEY") {
        let message = "expected a certificate alone, got a private key, which is nobody's business";
        return Err(said(ErrorCode::Config, message.into()));
    }
    // PEM (RFC 7468), or the sequence that DER begins with.
    if !contains(&octets, b"-----BEGIN CERTIFICATE-----") && !octets.starts_with(&[0x30]) {
        let message = "expected a certificate in PEM or DER, got something else";
        return Err(said(ErrorCode::Config, message.into()));
    }
    let builder = Response::builder(200)
        .header("Content-Type", "application/x-x509-ca-cert")
        .header("Cache-Control", "no-cache");
    let response = builder.body(octets).build()?;
    Ok(response.with_server(&super::routes::server_line(&settings.server_name)))
}

fn contains(octets: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(octets, part).is_some()
}
