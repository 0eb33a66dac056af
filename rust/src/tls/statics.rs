//! Certificates of the operator: files that are there, by the names in them.

use super::files::{certificates, check_time, parse, read_secret, wrong};
use super::given::{Certificate, certified};
use super::keys;
use super::keys::KeyKind;
use crate::error::{Error, ErrorCode, Result};
use rustls::SignatureAlgorithm;
use rustls::sign::CertifiedKey;
use std::collections::HashMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

const OPTION: &str = "certificates";

/// Certificates by name; where one name has several, by the kind of their key.
#[derive(Clone, Debug, Default)]
pub(crate) struct Statics {
    names: HashMap<Box<str>, Pair>,
    /// By what stands behind the `*.`.
    wildcards: HashMap<Box<str>, Pair>,
    addresses: HashMap<IpAddr, Pair>,
    first: Pair,
    count: usize,
}

/// At most one certificate for each kind of key.
#[derive(Clone, Debug, Default)]
struct Pair {
    ecdsa: Option<Arc<CertifiedKey>>,
    rsa: Option<Arc<CertifiedKey>>,
}

impl Pair {
    /// The one whose signatures the client can check, else the one that is there.
    fn choose(&self, kind: KeyKind) -> Option<&Arc<CertifiedKey>> {
        match kind {
            KeyKind::Ecdsa => self.ecdsa.as_ref().or(self.rsa.as_ref()),
            KeyKind::Rsa => self.rsa.as_ref().or(self.ecdsa.as_ref()),
        }
    }

    /// Of files the first one that was named stays; what a program adds takes its place.
    fn add(&mut self, key: &Arc<CertifiedKey>, replaces: bool) {
        let place = match key.key.algorithm() {
            SignatureAlgorithm::RSA => &mut self.rsa,
            _ => &mut self.ecdsa,
        };
        if replaces || place.is_none() {
            *place = Some(key.clone());
        }
    }
}

impl Statics {
    /// Reads each of `paths`: a PEM file with a certificate, its chain and its key, in this or
    /// another order; a certificate `NAME.crt` or `NAME.pem` whose key is `NAME.key`; or a folder of them.
    ///
    /// # Errors
    /// [`ErrorCode::Io`], [`ErrorCode::Config`]: one for the first file that is wrong.
    pub(crate) fn load(paths: &[PathBuf]) -> Result<Statics> {
        let mut statics = Statics::default();
        for path in paths {
            for file in files_of(path)? {
                statics.add(&file)?;
            }
        }
        Ok(statics)
    }

    /// How many certificates there are.
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// The certificate for `name`, which is lower-case.
    pub(crate) fn for_name(&self, name: &str, kind: KeyKind) -> Option<&Arc<CertifiedKey>> {
        let name = name.strip_suffix('.').unwrap_or(name);
        let wildcard = || {
            let (_, parent) = name.split_once('.')?;
            self.wildcards.get(parent)
        };
        self.names.get(name).or_else(wildcard)?.choose(kind)
    }

    /// The certificate for an address.
    pub(crate) fn for_address(&self, address: IpAddr, kind: KeyKind) -> Option<&Arc<CertifiedKey>> {
        self.addresses.get(&address)?.choose(kind)
    }

    /// The certificate for whoever asks for nothing that is there.
    pub(crate) fn first(&self, kind: KeyKind) -> Option<&Arc<CertifiedKey>> {
        self.first.choose(kind)
    }

    fn add(&mut self, path: &Path) -> Result<()> {
        let text = read_secret(OPTION, path)?;
        let chain = certificates(OPTION, path, &text)?;
        check_time(OPTION, path, &parse(OPTION, path, &chain[0])?)?;
        let has_key = memchr::memmem::find(&text, b"PRIVATE KEY-----").is_some();
        let key_path = if has_key { path.to_owned() } else { path.with_extension("key") };
        if !has_key && !key_path.exists() {
            let text = format!("expected its key in it, or in {}", key_path.display());
            return Err(wrong(OPTION, path, &text));
        }
        let key = keys::load(OPTION, &key_path, None)?;
        let certified = certified((OPTION, path), chain, (&key_path, key))?;
        self.put(&certified, false);
        Ok(())
    }

    /// Takes in a certificate that a program gives, in the place of those with its names.
    pub(super) fn give(&mut self, certificate: &Certificate) {
        self.put(&certificate.0, true);
    }

    /// Puts a certificate where each of its names says.
    fn put(&mut self, key: &Arc<CertifiedKey>, replaces: bool) {
        let leaf = key.cert.first().and_then(|leaf| X509Certificate::from_der(leaf).ok());
        let Some((_, leaf)) = leaf else { return };
        self.first.add(key, false);
        self.count += 1;
        let alternatives = leaf.subject_alternative_name().ok().flatten();
        for name in alternatives.iter().flat_map(|names| &names.value.general_names) {
            let pair = match name {
                GeneralName::DNSName(name) => {
                    let name = name.to_ascii_lowercase();
                    match name.strip_prefix("*.") {
                        Some(parent) => self.wildcards.entry(parent.into()).or_default(),
                        None => self.names.entry(name.into()).or_default(),
                    }
                }
                GeneralName::IPAddress(octets) => match address(octets) {
                    Some(address) => self.addresses.entry(address).or_default(),
                    None => continue,
                },
                _ => continue,
            };
            pair.add(key, replaces);
        }
    }
}

fn address(octets: &[u8]) -> Option<IpAddr> {
    let four = <[u8; 4]>::try_from(octets).map(IpAddr::from);
    four.or_else(|_| <[u8; 16]>::try_from(octets).map(IpAddr::from)).ok()
}

/// A file, or those of a folder that have certificates, by name.
fn files_of(path: &Path) -> Result<Vec<PathBuf>> {
    let failed = |error: std::io::Error| {
        Error::new(ErrorCode::Io, format!("{OPTION}: {}: {error}", path.display()))
    };
    if !std::fs::metadata(path).map_err(failed)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(failed)? {
        let file = entry.map_err(failed)?.path();
        if file.extension().is_some_and(|it| it == "crt" || it == "pem") {
            files.push(file);
        }
    }
    files.sort();
    if files.is_empty() {
        return Err(wrong(OPTION, path, "expected files that end in .crt or .pem"));
    }
    Ok(files)
}
