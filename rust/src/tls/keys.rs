//! Private keys: read, made, wiped from memory, and made to sign certificates.

use super::files::{read_secret, wrong};
use crate::error::Result;
use crate::sys::pem;
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use rcgen::{PublicKeyData, SignatureAlgorithm, SubjectPublicKeyInfo};
use rustls::SignatureScheme;
use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::PrivateKeyDer;
use rustls::sign::SigningKey;
use std::path::Path;
use std::sync::Arc;
use zeroize::Zeroizing;

const EXPECTED: &str = "expected a private key in PEM, for RSA, ECDSA or Ed25519";

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
    let der = if is_encrypted(text) {
        let Some(file) = passphrase.filter(|file| file.exists()) else {
            return Err(wrong(option, path, "the key is encrypted and no passphrase is there"));
        };
        let words = read_secret(option, file)?;
        pem::private_key(text, first_line(&words)).ok_or_else(|| {
            wrong(option, path, &format!("the passphrase in {} does not open it", file.display()))
        })?
    } else {
        pem::private_key(text, b"").ok_or_else(|| wrong(option, path, EXPECTED))?
    };
    from_der(&der).ok_or_else(|| wrong(option, path, EXPECTED))
}

fn from_der(der: &[u8]) -> Option<Arc<dyn SigningKey>> {
    any_supported_type(&PrivateKeyDer::Pkcs8(der.into())).ok()
}

fn is_encrypted(text: &[u8]) -> bool {
    let has = |words: &[u8]| memchr::memmem::find(text, words).is_some();
    has(b"BEGIN ENCRYPTED PRIVATE KEY") || has(b"Proc-Type: 4,ENCRYPTED")
}

fn first_line(words: &[u8]) -> &[u8] {
    let end = words.iter().position(|octet| matches!(octet, b'\r' | b'\n'));
    &words[..end.unwrap_or(words.len())]
}

/// What clients can check signatures of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum KeyKind {
    /// P-256.
    Ecdsa,
    /// Of 2,048 bits.
    Rsa,
}

/// A new key, and its PKCS#8 form.
pub(crate) fn generate(kind: KeyKind) -> Option<(Signer, Zeroizing<Vec<u8>>)> {
    let der = Zeroizing::new(match kind {
        KeyKind::Ecdsa => {
            let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).ok()?;
            pair.to_pkcs8v1().ok()?.as_ref().to_vec()
        }
        KeyKind::Rsa => {
            let pair = rsa::KeyPair::generate(rsa::KeySize::Rsa2048).ok()?;
            AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).ok()?.as_ref().to_vec()
        }
    });
    Some((Signer::from_der(kind, &der)?, der))
}

/// A key of rustls as rcgen wants one; signing is all that it is asked for.
#[derive(Debug)]
pub(crate) struct Signer {
    pub(super) key: Arc<dyn SigningKey>,
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

    /// The key of PKCS#8, if it is one of the kind.
    pub(super) fn from_der(kind: KeyKind, der: &[u8]) -> Option<Signer> {
        let scheme = match kind {
            KeyKind::Ecdsa => SignatureScheme::ECDSA_NISTP256_SHA256,
            KeyKind::Rsa => SignatureScheme::RSA_PKCS1_SHA256,
        };
        Signer::new(from_der(der)?).filter(|signer| signer.scheme == scheme)
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
