//! Private keys: read, wiped from memory, and made to sign certificates.

use super::files::{read_secret, wrong};
use crate::error::Result;
use crate::sys::pem;
use rcgen::{PublicKeyData, SignatureAlgorithm, SubjectPublicKeyInfo};
use rustls::SignatureScheme;
use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use rustls::sign::SigningKey;
use std::path::Path;
use std::sync::Arc;
use zeroize::Zeroizing;

/// Reads the key of `option` from a PEM file: PKCS#8, PKCS#1 or SEC1; encrypted ones with the words
/// of the file at `passphrase`, if there is one.
pub(super) fn load(
    option: &str,
    path: &Path,
    passphrase: Option<&Path>,
) -> Result<Arc<dyn SigningKey>> {
    let text = read_secret(option, path)?;
    parse(option, path, &text, passphrase)
}

/// As [`load`], from the text of the file.
pub(super) fn parse(
    option: &str,
    path: &Path,
    text: &[u8],
    passphrase: Option<&Path>,
) -> Result<Arc<dyn SigningKey>> {
    let key = if is_encrypted(text) {
        let Some(file) = passphrase.filter(|file| file.exists()) else {
            return Err(wrong(option, path, "the key is encrypted and no passphrase is there"));
        };
        let words = read_secret(option, file)?;
        let der = pem::decrypt_key(text, first_line(&words)).ok_or_else(|| {
            wrong(option, path, &format!("the passphrase in {} does not open it", file.display()))
        })?;
        // Wiped when rustls is done with it, and here.
        let der = Zeroizing::new(der);
        let key = PrivateKeyDer::Pkcs8(der.as_slice().into());
        any_supported_type(&key)
    } else {
        let key = PrivateKeyDer::from_pem_slice(text)
            .map_err(|_| wrong(option, path, "expected a private key in PEM"))?;
        let loaded = any_supported_type(&key);
        wipe(key);
        loaded
    };
    key.map_err(|_| wrong(option, path, "expected a key for RSA, ECDSA or Ed25519"))
}

fn wipe(key: PrivateKeyDer<'static>) {
    use zeroize::Zeroize;
    let mut key = key;
    key.zeroize();
}

fn is_encrypted(text: &[u8]) -> bool {
    let has = |words: &[u8]| memchr::memmem::find(text, words).is_some();
    has(b"BEGIN ENCRYPTED PRIVATE KEY") || has(b"Proc-Type: 4,ENCRYPTED")
}

fn first_line(words: &[u8]) -> &[u8] {
    let end = words.iter().position(|octet| matches!(octet, b'\r' | b'\n'));
    &words[..end.unwrap_or(words.len())]
}

/// A key of rustls as rcgen wants one; signing is all that it is asked for.
#[derive(Debug)]
pub(crate) struct Signer {
    key: Arc<dyn SigningKey>,
    scheme: SignatureScheme,
    algorithm: &'static SignatureAlgorithm,
    public: SubjectPublicKeyInfo,
}

/// What certificates are signed with, best first for the keys of its kind.
const SCHEMES: [(SignatureScheme, &SignatureAlgorithm); 5] = [
    (SignatureScheme::ECDSA_NISTP256_SHA256, &rcgen::PKCS_ECDSA_P256_SHA256),
    (SignatureScheme::ECDSA_NISTP384_SHA384, &rcgen::PKCS_ECDSA_P384_SHA384),
    (SignatureScheme::ECDSA_NISTP521_SHA512, &rcgen::PKCS_ECDSA_P521_SHA512),
    (SignatureScheme::RSA_PKCS1_SHA256, &rcgen::PKCS_RSA_SHA256),
    (SignatureScheme::ED25519, &rcgen::PKCS_ED25519),
];

impl Signer {
    /// `None` for a kind of key that signs no certificates.
    pub(super) fn new(key: Arc<dyn SigningKey>) -> Option<Signer> {
        let (scheme, algorithm) =
            SCHEMES.into_iter().find(|(scheme, _)| key.choose_scheme(&[*scheme]).is_some())?;
        let public = SubjectPublicKeyInfo::from_der(&key.public_key()?).ok()?;
        Some(Signer { key, scheme, algorithm, public })
    }
}

impl PublicKeyData for Signer {
    fn der_bytes(&self) -> &[u8] {
        self.public.der_bytes()
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        self.algorithm
    }
}

impl rcgen::SigningKey for Signer {
    fn sign(&self, message: &[u8]) -> std::result::Result<Vec<u8>, rcgen::Error> {
        let signer = self.key.choose_scheme(&[self.scheme]);
        let signer = signer.ok_or(rcgen::Error::RemoteKeyError)?;
        signer.sign(message).map_err(|_| rcgen::Error::RemoteKeyError)
    }
}
