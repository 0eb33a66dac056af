//! Clients that show certificates of their own: who vouches for them, and who one of them is.

use super::files::{certificates, read_secret, wrong};
use crate::config::Settings;
use crate::error::{Error, ErrorCode, Result};
use rustls::RootCertStore;
use rustls::crypto::CryptoProvider;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use std::path::Path;
use std::sync::Arc;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

const OPTION: &str = "client_ca";

/// The CAs of clients.
#[derive(Clone, Debug)]
pub(crate) struct ClientTrust {
    roots: Arc<RootCertStore>,
    /// Whether a client without certificate is turned away.
    required: bool,
}

impl ClientTrust {
    /// What the options say; `None` where clients are asked for nothing.
    pub(super) fn of(settings: &Settings) -> Result<Option<ClientTrust>> {
        let Some(path) = &settings.client_ca else { return Ok(None) };
        let text = read_secret(OPTION, path)?;
        ClientTrust::read(path, &text, settings.client_certificate_required).map(Some)
    }

    /// The CAs of PEM text.
    ///
    /// # Errors
    /// [`ErrorCode::Config`] where it has none, or something else.
    pub(super) fn from_pem(pem: &[u8], required: bool) -> Result<ClientTrust> {
        ClientTrust::read(Path::new("in memory"), pem, required)
    }

    fn read(path: &Path, text: &[u8], required: bool) -> Result<ClientTrust> {
        let mut roots = RootCertStore::empty();
        for certificate in certificates(OPTION, path, text)? {
            let is_ca = X509Certificate::from_der(&certificate).is_ok_and(|(_, it)| it.is_ca());
            if !is_ca || roots.add(certificate).is_err() {
                return Err(wrong(OPTION, path, "expected certificates of CAs"));
            }
        }
        Ok(ClientTrust { roots: Arc::new(roots), required })
    }

    pub(super) fn verifier(
        &self,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Arc<dyn ClientCertVerifier>> {
        let builder =
            WebPkiClientVerifier::builder_with_provider(self.roots.clone(), provider.clone());
        let builder = if self.required { builder } else { builder.allow_unauthenticated() };
        builder.build().map_err(|error| Error::new(ErrorCode::Config, format!("{OPTION}: {error}")))
    }
}

/// What a client's certificate says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientIdentity {
    /// The subject, as text: `CN=alice, O=Example`.
    pub subject: String,
    /// The alternative names: of hosts, mail addresses, URIs.
    pub names: Vec<String>,
    /// The serial number, in hexadecimal with colons.
    pub serial: String,
}

impl ClientIdentity {
    /// Reads a certificate, in DER, as [`crate::Request::client_certificate`] gives it.
    pub fn of(der: &[u8]) -> Option<ClientIdentity> {
        let (_, parsed) = X509Certificate::from_der(der).ok()?;
        let alternatives = parsed.subject_alternative_name().ok().flatten();
        let names = alternatives.iter().flat_map(|names| &names.value.general_names);
        let names = names.filter_map(|name| match name {
            GeneralName::DNSName(text) | GeneralName::RFC822Name(text) | GeneralName::URI(text) => {
                Some((*text).to_owned())
            }
            _ => None,
        });
        Some(ClientIdentity {
            subject: parsed.subject().to_string(),
            names: names.collect(),
            serial: parsed.raw_serial_as_string(),
        })
    }
}
