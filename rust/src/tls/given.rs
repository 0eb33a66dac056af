//! What a program gives the server by hand: certificates from memory, and a say in which one is shown.

use super::files::{certificates, check_time, parse, wrong};
use super::keys;
use crate::error::Result;
use rustls::pki_types::CertificateDer;
use rustls::sign::{CertifiedKey, SigningKey};
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use x509_parser::prelude::GeneralName;

/// What errors call a certificate that is in no file.
const OPTION: &str = "certificate";
const PLACE: &str = "in memory";

/// A certificate with its chain and its key. Cloning copies no key.
#[derive(Clone)]
pub struct Certificate(pub(super) Arc<CertifiedKey>);

impl Certificate {
    /// Reads a certificate and what stands between it and its root, in PEM, with the key in `key`, or
    /// in the same text where that is `None`: PKCS#8, PKCS#1 or SEC1, not encrypted.
    ///
    /// # Errors
    /// [`crate::ErrorCode::Config`] for what is malformed, has expired, names nobody
    /// (subjectAltName), or does not fit together.
    pub fn from_pem(pem: &[u8], key: Option<&[u8]>) -> Result<Certificate> {
        let place = Path::new(PLACE);
        let chain = certificates(OPTION, place, pem)?;
        check_time(OPTION, place, &parse(OPTION, place, &chain[0])?)?;
        let key = keys::parse(OPTION, place, key.unwrap_or(pem), None)?;
        certified((OPTION, place), chain, (place, key)).map(Certificate)
    }

    /// One that is made here, whatever its time is.
    pub(crate) fn made(chain: Vec<CertificateDer<'static>>, key: &[u8]) -> Result<Certificate> {
        let place = Path::new(PLACE);
        let key = keys::parse(OPTION, place, key, None)?;
        Ok(Certificate(Arc::new(CertifiedKey::new(chain, key))))
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").finish_non_exhaustive()
    }
}

/// A certificate of the operator's at `path` of `option`, with its key.
pub(super) fn certified(
    (option, path): (&str, &Path),
    chain: Vec<CertificateDer<'static>>,
    (key_path, key): (&Path, Arc<dyn SigningKey>),
) -> Result<Arc<CertifiedKey>> {
    let leaf = parse(option, path, &chain[0])?;
    if key.public_key().is_none_or(|public| public.as_ref() != leaf.public_key().raw) {
        return Err(wrong(option, key_path, "the key is not that of the certificate"));
    }
    let alternatives = leaf.subject_alternative_name().ok().flatten();
    let named = alternatives.is_some_and(|names| {
        let is_name = |name: &GeneralName<'_>| {
            matches!(name, GeneralName::DNSName(_) | GeneralName::IPAddress(_))
        };
        names.value.general_names.iter().any(is_name)
    });
    if !named {
        return Err(wrong(option, path, "the certificate names nobody (subjectAltName)"));
    }
    Ok(Arc::new(CertifiedKey::new(chain, key)))
}

/// Says which certificate a client is shown. Asked on the workers, several at once, at the first flight
/// of each handshake; whatever it does holds up the other connections of its worker.
pub trait ChooseCertificate: Send + Sync {
    /// What a client gets that asks for `name` (SNI, lower-case, a valid host name); `None` where it
    /// asks for none, or for an address.
    fn choose(&self, name: Option<&str>) -> Choice;
}

/// What a client gets.
#[derive(Clone, Debug)]
pub enum Choice {
    /// What it would get without being asked about: the certificate that fits, or one that is made.
    Usual,
    /// This one.
    Certificate(Certificate),
    /// None: the handshake ends with an alert.
    Refuse,
    /// Something that goes wrong on purpose, for tests of clients.
    Misbehave(Misbehaviour),
}

/// A handshake that goes wrong on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misbehaviour {
    /// Nothing is said until `handshake_timeout`.
    Stall,
    /// A fatal alert with this number (RFC 8446 section 6).
    Alert(u8),
    /// The answer of a server that speaks no newer version than this one: 0x0301 is TLS 1.0, 0x0302 is
    /// 1.1.
    OldVersion(u16),
}

impl Misbehaviour {
    /// The octets that a client gets.
    pub(super) fn record(self) -> Vec<u8> {
        match self {
            Misbehaviour::Stall => Vec::new(),
            Misbehaviour::Alert(number) => vec![0x15, 3, 3, 0, 2, 2, number],
            Misbehaviour::OldVersion(version) => server_hello(version),
        }
    }
}

/// A ServerHello of an old version (RFC 4346 section 7.4.1.3), with a cipher suite that most offer.
fn server_hello(version: u16) -> Vec<u8> {
    let [major, minor] = version.to_be_bytes();
    let mut random = [0; 32];
    let _ = aws_lc_rs::rand::fill(&mut random);
    let mut record = vec![0x16, major, minor, 0, 42, 2, 0, 0, 38, major, minor];
    record.extend_from_slice(&random);
    // No session, TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, no compression.
    record.extend_from_slice(&[0, 0xc0, 0x13, 0]);
    record
}
