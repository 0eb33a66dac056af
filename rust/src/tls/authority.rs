//! The certificate authority of the operator, which signs the certificates that are made.

use super::files::{certificates, check_time, parse, read_secret, wrong};
use super::keys::{self, Signer};
use crate::error::Result;
use rcgen::Issuer;
use rustls::pki_types::CertificateDer;
use rustls::sign::SigningKey;
use std::path::Path;
use std::sync::Arc;
use x509_parser::prelude::X509Certificate;

/// The files of a CA in its folder.
pub(crate) const CERTIFICATE: &str = "ca.crt";
pub(crate) const KEY: &str = "ca.key";
/// Where pixelserv-tls keeps the words that open the key.
pub(crate) const PASSPHRASE: &str = "ca.key.passphrase";

pub(crate) const OPTION: &str = "ca_dir";

/// A CA that may sign.
pub(crate) struct Authority {
    pub(super) issuer: Issuer<'static, Signer>,
    /// What clients need beside a leaf: intermediate certificates, not the root that they trust.
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) certificate: CertificateDer<'static>,
    /// Its last second, in Unix time.
    pub(super) not_after: i64,
}

impl Authority {
    /// Reads `ca.crt` and `ca.key` of the folder `dir`.
    ///
    /// # Errors
    /// [`crate::ErrorCode::Io`] where they cannot be read; [`crate::ErrorCode::Config`] for what is
    /// no CA, has expired, or does not fit together.
    pub(crate) fn load(dir: &Path) -> Result<Authority> {
        let path = dir.join(CERTIFICATE);
        let text = read_secret(OPTION, &path)?;
        let key_path = dir.join(KEY);
        let key = || keys::load(OPTION, &key_path, Some(&dir.join(PASSPHRASE)));
        Authority::read((&path, &text), (&key_path, key))
    }

    /// The CA with the certificate and the key of PEM text.
    ///
    /// # Errors
    /// As [`Authority::load`].
    pub(crate) fn from_pem(certificate: &[u8], key: &[u8]) -> Result<Authority> {
        let place = Path::new("in memory");
        let key = || keys::parse(OPTION, place, key, None);
        Authority::read((place, certificate), (place, key))
    }

    fn read(
        (path, text): (&Path, &[u8]),
        (key_path, key): (&Path, impl FnOnce() -> Result<Arc<dyn SigningKey>>),
    ) -> Result<Authority> {
        let found = certificates(OPTION, path, text)?;
        let first = parse(OPTION, path, &found[0])?;
        check(path, &first)?;
        let key = key()?;
        if key.public_key().is_none_or(|public| public.as_ref() != first.public_key().raw) {
            let text = format!("the key is not that of {CERTIFICATE}");
            return Err(wrong(OPTION, key_path, &text));
        }
        let signer = signer(key_path, key)?;
        let issuer = Issuer::from_ca_cert_der(&found[0], signer)
            .map_err(|error| wrong(OPTION, path, &error.to_string()))?;
        let not_after = first.validity().not_after.timestamp();
        let chain = found.iter().filter(|it| !is_root(it)).cloned().collect();
        Ok(Authority { issuer, chain, certificate: found[0].clone(), not_after })
    }

    /// Whether the folder `dir` has this CA's certificate.
    pub(super) fn is_in(&self, dir: &Path) -> bool {
        let path = dir.join(CERTIFICATE);
        let found = read_secret(OPTION, &path).and_then(|text| certificates(OPTION, &path, &text));
        found.is_ok_and(|found| found[0] == self.certificate)
    }
}

/// The key of a CA, to sign with.
pub(crate) fn load_signer(key: &Path, passphrase: &Path) -> Result<Signer> {
    signer(key, keys::load(OPTION, key, Some(passphrase))?)
}

fn signer(path: &Path, key: Arc<dyn SigningKey>) -> Result<Signer> {
    Signer::new(key).ok_or_else(|| wrong(OPTION, path, "a key of this kind signs no certificates"))
}

/// Whether a certificate may sign others, now.
fn check(path: &Path, certificate: &X509Certificate<'_>) -> Result<()> {
    check_time(OPTION, path, certificate)?;
    if !certificate.is_ca() {
        return Err(wrong(OPTION, path, "the certificate is not that of a CA (basicConstraints)"));
    }
    let usage = certificate.key_usage().ok().flatten();
    if usage.is_some_and(|usage| !usage.value.key_cert_sign()) {
        return Err(wrong(OPTION, path, "the certificate may not sign others (keyUsage)"));
    }
    Ok(())
}

fn is_root(certificate: &CertificateDer<'_>) -> bool {
    use x509_parser::prelude::FromDer;
    X509Certificate::from_der(certificate)
        .is_ok_and(|(_, parsed)| parsed.subject().as_raw() == parsed.issuer().as_raw())
}
