//! PEM files of certificates, and what is said of them when they are wrong.

use crate::error::{Error, ErrorCode, Result};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::io::Read;
use std::path::Path;
use x509_parser::prelude::{FromDer, X509Certificate};
use zeroize::Zeroizing;

/// The largest file that is read as certificates or a key.
const LARGEST: u64 = 1 << 20;

/// What is wrong with the file at `path`, which the option `option` names.
pub(super) fn wrong(option: &str, path: &Path, what: &str) -> Error {
    Error::new(ErrorCode::Config, format!("{option}: {}: {what}", path.display()))
}

/// Reads a file whose octets are wiped from memory when they are dropped.
pub(super) fn read_secret(option: &str, path: &Path) -> Result<Zeroizing<Vec<u8>>> {
    let failed = |error: std::io::Error| {
        Error::new(ErrorCode::Io, format!("{option}: {}: {error}", path.display()))
    };
    let file = std::fs::File::open(path).map_err(failed)?;
    let length = file.metadata().map_err(failed)?.len();
    if length > LARGEST {
        return Err(wrong(option, path, "expected a file of at most a mebibyte"));
    }
    // Room for all of it: a buffer that grows leaves what it held behind.
    let mut text = Zeroizing::new(Vec::with_capacity(length as usize + 1));
    file.take(LARGEST).read_to_end(&mut text).map_err(failed)?;
    Ok(text)
}

/// The certificates of PEM text, in their order; at least one.
pub(super) fn certificates(
    option: &str,
    path: &Path,
    text: &[u8],
) -> Result<Vec<CertificateDer<'static>>> {
    // What stands between them may be a key, which is to leave no copy.
    let found = sections(text).flat_map(CertificateDer::pem_slice_iter);
    match found.collect::<std::result::Result<Vec<_>, _>>() {
        Ok(found) if !found.is_empty() => Ok(found),
        _ => Err(wrong(option, path, "expected certificates in PEM")),
    }
}

/// Where certificates stand in PEM text (RFC 7468 section 5.1); the last one may be cut off.
fn sections(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
    const END: &[u8] = b"-----END CERTIFICATE-----";
    memchr::memmem::find_iter(text, BEGIN).map(|begin| {
        let section = &text[begin..];
        let end = memchr::memmem::find(section, END);
        &section[..end.map_or(section.len(), |end| end + END.len())]
    })
}

/// A certificate's parts.
pub(super) fn parse<'c>(
    option: &str,
    path: &Path,
    certificate: &'c CertificateDer<'_>,
) -> Result<X509Certificate<'c>> {
    let parsed = X509Certificate::from_der(certificate);
    parsed.map(|(_, parsed)| parsed).map_err(|_| wrong(option, path, "malformed certificate"))
}

/// Whether a certificate's time is now; what is wrong where it is not.
pub(super) fn check_time(
    option: &str,
    path: &Path,
    certificate: &X509Certificate<'_>,
) -> Result<()> {
    let validity = certificate.validity();
    let now = x509_parser::time::ASN1Time::now();
    if now > validity.not_after {
        let text = format!("the certificate has expired on {}", validity.not_after);
        return Err(wrong(option, path, &text));
    }
    if now < validity.not_before {
        let text = format!("the certificate is not valid before {}", validity.not_before);
        return Err(wrong(option, path, &text));
    }
    Ok(())
}
