//! Certificates made on the fly.
//!
//! One takes some 20 to 120 microseconds with a CA that has a P-256 key, longer by an RSA signature with
//! one that has an RSA key. They are made on a thread of their own ([`super::maker`]).

#[cfg(test)]
mod tests;

use super::authority::Authority;
use super::cache::Cache;
use super::keys::{self, KeyKind, Signer};
use super::names::Subject;
use super::store::Store;
use crate::error::{Error, ErrorCode, Result};
use crate::sys::clock;
use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose,
    PublicKeyData, SanType, SerialNumber,
};
use rustls::pki_types::CertificateDer;
use rustls::sign::CertifiedKey;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use time::OffsetDateTime;
use x509_parser::prelude::{FromDer, X509Certificate};

/// Seconds of a day.
const DAY: i64 = 86_400;

/// Certificates begin before they are made: clocks of clients are late at times.
pub(crate) const BACKDATED: i64 = 2 * DAY;

/// From the first to the last second of a certificate.
const LIFETIME: i64 = 180 * DAY;

/// Time before its end from which on a certificate is made anew.
const AHEAD: i64 = 30 * DAY;

/// A certificate, ready to be shown.
#[derive(Debug)]
pub(crate) struct Leaf {
    pub(crate) key: Arc<CertifiedKey>,
    /// From when on it is to be made anew, in Unix time.
    pub(crate) renew_at: i64,
}

/// The RSA key, which takes long to make: one for all CAs that a server has in turn.
pub(super) type RsaKey = Arc<OnceLock<Option<Signer>>>;

/// Makes certificates and remembers them; shared by all workers.
pub(crate) struct Minter {
    authority: Authority,
    /// The keys that all leaves of a kind share.
    ecdsa: Signer,
    /// Made when the first client asks for it, or ahead of that by [`Minter::warm_up`].
    rsa: RsaKey,
    cache: Cache,
    /// Where they are kept across restarts.
    store: Option<Arc<Store>>,
    /// Another one has taken its place, and its files.
    is_retired: AtomicBool,
}

impl Minter {
    /// Remembers `names` certificates, those of `store` first of all. Without a store `rsa` is the RSA key.
    ///
    /// # Errors
    /// [`ErrorCode::Internal`] where no key can be made, or the CA cannot sign with it;
    /// [`ErrorCode::Io`] where the store cannot keep it.
    pub(crate) fn new(
        authority: Authority,
        names: usize,
        store: Option<Arc<Store>>,
        rsa: &RsaKey,
    ) -> Result<Minter> {
        let failed = |what: &str| {
            Error::new(ErrorCode::Internal, format!("cannot make certificates: {what}"))
        };
        let (ecdsa, rsa) = match &store {
            // What the process may not write later is written now.
            Some(store) => {
                let rsa = store.key(KeyKind::Rsa)?;
                (store.key(KeyKind::Ecdsa)?, RsaKey::new(OnceLock::from(Some(rsa))))
            }
            None => {
                let made = keys::generate(KeyKind::Ecdsa);
                (made.ok_or_else(|| failed("no key"))?.0, rsa.clone())
            }
        };
        let (cache, is_retired) = (Cache::new(names), AtomicBool::new(false));
        let minter = Minter { authority, ecdsa, rsa, cache, store, is_retired };
        minter
            .make(now(), &Subject::Name("localhost".into()), KeyKind::Ecdsa)
            .ok_or_else(|| failed("the CA does not sign"))?;
        minter.restore(names);
        Ok(minter)
    }

    /// Whether its CA is the one in the folder `dir`.
    pub(crate) fn is_of(&self, dir: &Path) -> bool {
        self.authority.is_in(dir)
    }

    /// That of its CA.
    pub(crate) fn ca_certificate(&self) -> &[u8] {
        &self.authority.certificate
    }

    /// The certificate for `subject`, if it is there.
    pub(crate) fn known(&self, subject: &Subject, kind: KeyKind) -> Option<Arc<Leaf>> {
        self.cache.known(subject, kind, now())
    }

    /// The certificate for `subject`, made now if there is none; `made` is called then. One is made
    /// however many ask at once.
    pub(crate) fn leaf(
        &self,
        subject: &Subject,
        kind: KeyKind,
        made: impl FnOnce(),
    ) -> Option<Arc<Leaf>> {
        self.leaf_at(now(), subject, kind, made)
    }

    /// As [`Minter::leaf`], at the time `now`.
    fn leaf_at(
        &self,
        now: i64,
        subject: &Subject,
        kind: KeyKind,
        made: impl FnOnce(),
    ) -> Option<Arc<Leaf>> {
        let is_mine = |_: &&Store| !self.is_retired.load(Ordering::Relaxed);
        let store = self.store.as_deref().filter(is_mine);
        let forget = |(subject, kind): &_| {
            store.into_iter().for_each(|store| store.forget(subject, *kind));
        };
        let make = || {
            made();
            let leaf = self.make(now, subject, kind)?;
            if let (Some(store), Some(der)) = (store, leaf.key.cert.first()) {
                store.keep(subject, kind, &self.authority.certificate, der);
            }
            Some(leaf)
        };
        self.cache.get_or_make(subject, kind, now, make, forget)
    }

    /// Makes the RSA key, which takes a tenth of a second or more.
    pub(crate) fn warm_up(&self) {
        self.key(KeyKind::Rsa);
    }

    /// Whether its key of the kind is made.
    pub(super) fn has_key(&self, kind: KeyKind) -> bool {
        kind == KeyKind::Ecdsa || self.rsa.get().is_some()
    }

    /// Another CA has taken its place: it leaves the files alone from now on.
    pub(super) fn retire(&self) {
        self.is_retired.store(true, Ordering::Relaxed);
    }

    fn key(&self, kind: KeyKind) -> Option<&Signer> {
        let make = || keys::generate(KeyKind::Rsa).map(|(key, _)| key);
        match kind {
            KeyKind::Ecdsa => Some(&self.ecdsa),
            KeyKind::Rsa => self.rsa.get_or_init(make).as_ref(),
        }
    }

    fn make(&self, now: i64, subject: &Subject, kind: KeyKind) -> Option<Leaf> {
        let key = self.key(kind)?;
        let first = now - BACKDATED;
        let last = (first + LIFETIME).min(self.authority.not_after);
        let parameters = parameters(subject, first, last)?;
        let signed = parameters.signed_by(key, &self.authority.issuer).ok()?;
        Some(self.ready(signed.der().clone(), key, first, last))
    }

    /// A certificate from `first` to `last` as it is shown.
    fn ready(
        &self,
        certificate: CertificateDer<'static>,
        key: &Signer,
        first: i64,
        last: i64,
    ) -> Leaf {
        let mut chain = vec![certificate];
        chain.extend(self.authority.chain.iter().cloned());
        let key = Arc::new(CertifiedKey::new(chain, key.key.clone()));
        // The end of the CA is not put off by making certificates anew all the time.
        let renew_at = if last < first + LIFETIME { last } else { last - AHEAD };
        Leaf { key, renew_at }
    }

    /// Remembers what the store has kept, `names` certificates at most; what is of no use goes.
    fn restore(&self, names: usize) {
        let Some(store) = &self.store else { return };
        let now = now();
        let mut found = store.certificates();
        let room = found.len().saturating_sub(names);
        found.drain(..room).for_each(|found| store.discard(&found));
        for found in found {
            let der = store.read(&found, &self.authority.certificate);
            let leaf = der.and_then(|der| self.recognise(der));
            match leaf {
                Some((subject, kind, leaf))
                    if leaf.renew_at > now && store.is_of(&found, &subject, kind) =>
                {
                    self.cache.put(subject, kind, leaf);
                }
                _ => store.discard(&found),
            }
        }
    }

    /// A certificate that was made before, if its key is the one in use.
    fn recognise(&self, der: Vec<u8>) -> Option<(Subject, KeyKind, Leaf)> {
        let (_, parsed) = X509Certificate::from_der(&der).ok()?;
        let is_for = |kind: &KeyKind| {
            let key = self.key(*kind);
            key.is_some_and(|key| key.subject_public_key_info() == parsed.public_key().raw)
        };
        let kind = [KeyKind::Ecdsa, KeyKind::Rsa].into_iter().find(is_for)?;
        let names = parsed.subject_alternative_name().ok()??.value;
        let subject = Subject::named(&names.general_names)?;
        let validity = parsed.validity();
        let (first, last) = (validity.not_before.timestamp(), validity.not_after.timestamp());
        let leaf = self.ready(der.clone().into(), self.key(kind)?, first, last);
        Some((subject, kind, leaf))
    }
}

/// Seconds of Unix time.
fn now() -> i64 {
    clock::unix_time().0 as i64
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
