//! Certificates made on the fly.
//!
//! They are made on the worker that needs one: a first visit to a name costs 1.03 to 1.22 times the
//! processor time of a visit to a known one (2,000 visits each, a CA with a P-256 key), which is some 20
//! to 120 microseconds, and about what handing the handshake to another thread and back would cost. A CA
//! with an RSA key is slower, by one RSA signature for each new name.

use super::authority::Authority;
use super::cache::Cache;
use super::names::Subject;
use crate::error::{Error, ErrorCode, Result};
use crate::sys::clock;
use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, SanType, SerialNumber,
};
use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::{CertifiedKey, SigningKey};
use std::path::Path;
use std::sync::{Arc, OnceLock};
use time::OffsetDateTime;

/// Seconds of a day.
const DAY: i64 = 86_400;

/// Certificates begin before they are made: clocks of clients are late at times.
pub(crate) const BACKDATED: i64 = 2 * DAY;

/// From the first to the last second of a certificate.
const LIFETIME: i64 = 180 * DAY;

/// Time before its end from which on a certificate is made anew.
const AHEAD: i64 = 30 * DAY;

/// The kind of key that a client can check signatures of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum KeyKind {
    Ecdsa,
    Rsa,
}

/// A certificate, ready to be shown.
#[derive(Debug)]
pub(crate) struct Leaf {
    pub(crate) key: Arc<CertifiedKey>,
    /// From when on it is to be made anew, in Unix time.
    pub(crate) renew_at: i64,
}

/// The key that all leaves of a kind share.
struct LeafKey {
    pair: KeyPair,
    signing: Arc<dyn SigningKey>,
}

/// Makes certificates and remembers them; shared by all workers.
pub(crate) struct Minter {
    authority: Authority,
    ecdsa: LeafKey,
    /// Made when the first client asks for it, or ahead of that by [`Minter::warm_up`].
    rsa: OnceLock<Option<LeafKey>>,
    cache: Cache,
}

impl Minter {
    /// # Errors
    /// [`ErrorCode::Internal`] where no key can be made, or the CA cannot sign with it.
    pub(crate) fn new(authority: Authority, names: usize) -> Result<Minter> {
        let failed = |what: &str| {
            Error::new(ErrorCode::Internal, format!("cannot make certificates: {what}"))
        };
        let pair = KeyPair::generate().map_err(|error| failed(&error.to_string()))?;
        let ecdsa = LeafKey::new(pair).ok_or_else(|| failed("the key is not taken"))?;
        let minter = Minter { authority, ecdsa, rsa: OnceLock::new(), cache: Cache::new(names) };
        minter
            .make(&Subject::Name("localhost".into()), KeyKind::Ecdsa)
            .ok_or_else(|| failed("the CA does not sign"))?;
        Ok(minter)
    }

    /// Whether its CA is the one in the folder `dir`.
    pub(crate) fn is_of(&self, dir: &Path) -> bool {
        self.authority.is_in(dir)
    }

    /// The certificate for `subject`, made now if there is none; `made` is called then. One is made
    /// however many ask at once.
    pub(crate) fn leaf(
        &self,
        subject: &Subject,
        kind: KeyKind,
        made: impl FnOnce(),
    ) -> Option<Arc<Leaf>> {
        let now = clock::unix_time().0 as i64;
        self.cache.get_or_make(subject, kind, now, || {
            made();
            self.make(subject, kind)
        })
    }

    /// Makes the RSA key, which takes a tenth of a second or more.
    pub(crate) fn warm_up(&self) {
        self.rsa();
    }

    fn rsa(&self) -> Option<&LeafKey> {
        let make = || {
            let size = rcgen::RsaKeySize::_2048;
            let pair = KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, size).ok()?;
            LeafKey::new(pair)
        };
        self.rsa.get_or_init(make).as_ref()
    }

    fn make(&self, subject: &Subject, kind: KeyKind) -> Option<Leaf> {
        let key = match kind {
            KeyKind::Ecdsa => &self.ecdsa,
            KeyKind::Rsa => self.rsa()?,
        };
        let now = clock::unix_time().0 as i64;
        let first = now - BACKDATED;
        let last = (first + LIFETIME).min(self.authority.not_after);
        let parameters = parameters(subject, first, last)?;
        let signed = parameters.signed_by(&key.pair, &self.authority.issuer).ok()?;
        let mut chain = vec![signed.der().clone()];
        chain.extend(self.authority.chain.iter().cloned());
        let key = Arc::new(CertifiedKey::new(chain, key.signing.clone()));
        // The end of the CA is not put off by making certificates anew all the time.
        let renew_at = if last < first + LIFETIME { last } else { last - AHEAD };
        Some(Leaf { key, renew_at })
    }
}

impl LeafKey {
    fn new(pair: KeyPair) -> Option<LeafKey> {
        let der = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(pair.serialized_der()));
        let signing = any_supported_type(&der).ok()?;
        Some(LeafKey { pair, signing })
    }
}

/// What a certificate for `subject` says (RFC 5280 section 4.2).
fn parameters(subject: &Subject, first: i64, last: i64) -> Option<CertificateParams> {
    let mut parameters = CertificateParams::default();
    parameters.not_before = OffsetDateTime::from_unix_timestamp(first).ok()?;
    parameters.not_after = OffsetDateTime::from_unix_timestamp(last).ok()?;
    parameters.serial_number = Some(serial()?);
    parameters.distinguished_name = distinguished_name(subject);
    parameters.subject_alt_names = match subject {
        Subject::Address(address) => vec![SanType::IpAddress(*address)],
        named => {
            let names = named.names().into_iter().map(|name| name.try_into().map(SanType::DnsName));
            names.collect::<std::result::Result<_, _>>().ok()?
        }
    };
    parameters.is_ca = IsCa::ExplicitNoCa;
    parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    parameters.use_authority_key_identifier_extension = true;
    Some(parameters)
}

/// 128 random bits (CA/Browser Forum Baseline Requirements section 7.1 asks for 64).
pub(crate) fn serial() -> Option<SerialNumber> {
    let mut octets = [0; 16];
    aws_lc_rs::rand::fill(&mut octets).ok()?;
    Some(SerialNumber::from_slice(&octets))
}

/// A common name has at most 64 characters (RFC 5280 appendix A.1); clients look at the alternative
/// names alone.
fn distinguished_name(subject: &Subject) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    let title = subject.title();
    if title.len() <= 64 {
        name.push(DnType::CommonName, title);
    } else {
        name.push(DnType::OrganizationName, "http_responder");
    }
    name
}
