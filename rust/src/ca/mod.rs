//! The life of a certificate authority of the operator's own: made, shown, handed out, renewed.
//!
//! A CA is a folder with `ca.crt` and `ca.key` (and `ca.key.passphrase` where the key is encrypted): the
//! folder that the option `ca_dir` names, and the one that pixelserv-tls has.
//!
//! ```
//! # let dir = std::env::temp_dir().join(format!("hr-ca-doc-{}", std::process::id()));
//! use http_responder::ca::{self, Format};
//!
//! let made = ca::init(&dir, &ca::Plan::default())?;
//! assert_eq!(ca::show(&dir)?.sha256, made.sha256);
//! let profile = ca::export(&dir, Format::Mobileconfig)?;
//! # assert!(profile.starts_with(b"<?xml"));
//! # std::fs::remove_dir_all(&dir).unwrap();
//! # Ok::<(), http_responder::Error>(())
//! ```

mod authority;
mod command;
mod export;
mod files;
mod make;
mod truststore;

pub use authority::{Authority, Issued, Order};
pub use command::{Outcome, run as run_command};
pub use export::{Format, export};
pub use make::{Plan, init, renew};

pub(crate) use export::write;

use crate::error::Result;
use crate::tls::{OPTION_CA, Parsed};
use aws_lc_rs::digest::{Algorithm, SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use std::fmt::Write;
use std::path::Path;

/// What there is to say of a CA.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Info {
    /// Its name, as certificates that it signs call their issuer.
    pub subject: String,
    /// SHA-256 of the certificate: what to compare where it is installed.
    pub sha256: String,
    /// SHA-1 of the certificate, which some platforms show.
    pub sha1: String,
    /// Its first second.
    pub not_before: String,
    /// Its last second.
    pub not_after: String,
    /// The names that it may sign for; empty is all.
    pub permitted: Vec<String>,
}

/// Says what the CA in the folder `dir` is.
///
/// # Errors
/// [`crate::ErrorCode::Io`] where `ca.crt` cannot be read, [`crate::ErrorCode::Config`] where it is no
/// certificate.
pub fn show(dir: &Path) -> Result<Info> {
    let certificate = Parsed::read(OPTION_CA, &dir.join(crate::tls::CERTIFICATE))?;
    Ok(Info::of(&certificate))
}

/// What a CA with this certificate, in DER, is; `None` for what is none.
pub(crate) fn describe(der: &[u8]) -> Option<Info> {
    Parsed::from_der(der).map(|certificate| Info::of(&certificate))
}

impl Info {
    fn of(certificate: &Parsed) -> Info {
        let facts = certificate.facts();
        Info {
            subject: facts.subject,
            sha256: fingerprint(&SHA256, certificate.der()),
            sha1: fingerprint(&SHA1_FOR_LEGACY_USE_ONLY, certificate.der()),
            not_before: facts.not_before,
            not_after: facts.not_after,
            permitted: facts.permitted,
        }
    }
}

/// Octets in hexadecimal with colons, as every platform shows them.
fn fingerprint(algorithm: &'static Algorithm, octets: &[u8]) -> String {
    let digest = digest(algorithm, octets);
    let mut text = String::with_capacity(3 * digest.as_ref().len());
    for octet in digest.as_ref() {
        let colon = if text.is_empty() { "" } else { ":" };
        let _ = write!(text, "{colon}{octet:02X}");
    }
    text
}
