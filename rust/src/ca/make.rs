//! Making a CA, and making its certificate anew.

use super::Info;
use super::files::{create, replace};
use crate::error::{Error, ErrorCode, Result};
use crate::sys::clock;
use crate::tls::{BACKDATED, CERTIFICATE, KEY, OPTION_CA, PASSPHRASE};
use crate::tls::{KeyKind, Parsed, generate_key, load_signer, pem, serial};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, GeneralSubtree, IsCa,
    KeyUsagePurpose, NameConstraints,
};
use std::path::Path;
use time::OffsetDateTime;
use zeroize::Zeroizing;

/// What PKCS#8 is called in PEM (RFC 7468 section 10).
pub(super) const KEY_LABEL: &str = "PRIVATE KEY";

/// Seconds of a day.
const DAY: i64 = 86_400;

/// What a CA shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Its name; at most 64 characters.
    pub name: String,
    /// Days that it lasts.
    pub days: u32,
    /// Domains that it may sign for, with all below them; empty is all. A CA that is stolen can do
    /// no harm elsewhere.
    pub permitted: Vec<String>,
}

impl Default for Plan {
    fn default() -> Self {
        Plan { name: "http_responder CA".into(), days: 3650, permitted: Vec::new() }
    }
}

/// Makes a CA with a P-256 key: `ca.key`, which only its owner can read, and `ca.crt` in the folder
/// `dir`, which is made if it is not there.
///
/// # Errors
/// [`ErrorCode::State`] where one of them is there already: nothing is overwritten;
/// [`ErrorCode::InvalidArgument`] for a plan that cannot be; [`ErrorCode::Io`].
pub fn init(dir: &Path, plan: &Plan) -> Result<Info> {
    let parameters = parameters(plan)?;
    for name in [CERTIFICATE, KEY] {
        let path = dir.join(name);
        if std::fs::symlink_metadata(&path).is_ok() {
            let text = format!("{}: it is there already and is not overwritten", path.display());
            return Err(Error::new(ErrorCode::State, text));
        }
    }
    let (signer, key) = generate_key(KeyKind::Ecdsa).ok_or_else(|| internal(&"no key"))?;
    let signed = parameters.self_signed(&signer).map_err(|error| internal(&error))?;
    std::fs::create_dir_all(dir).map_err(|error| super::files::failed(dir, &error))?;
    let key = Zeroizing::new(pem(KEY_LABEL, &key));
    create(&dir.join(KEY), key.as_bytes(), 0o600)?;
    create(&dir.join(CERTIFICATE), signed.pem().as_bytes(), 0o644)
        .inspect_err(|_| drop(std::fs::remove_file(dir.join(KEY))))?;
    super::show(dir)
}

/// Makes the certificate of the CA in `dir` anew, for `days` from now, with the same key and name: what
/// it has signed stays good. The old one becomes `ca.crt.old`. Clients have to be given the new one
/// before the old one ends.
///
/// # Errors
/// [`ErrorCode::Config`] for what is no CA; [`ErrorCode::InvalidArgument`]; [`ErrorCode::Io`].
pub fn renew(dir: &Path, days: u32) -> Result<Info> {
    let path = dir.join(CERTIFICATE);
    let old = Parsed::read(OPTION_CA, &path)?;
    let signer = load_signer(&dir.join(KEY), &dir.join(PASSPHRASE))?;
    if !old.has_key(&signer) {
        let text = format!("{}: the key is not that of {CERTIFICATE}", dir.join(KEY).display());
        return Err(Error::new(ErrorCode::Config, text));
    }
    let mut parameters = old.ca_parameters().ok_or_else(|| {
        let text = format!("{}: the certificate is not that of a CA", path.display());
        Error::new(ErrorCode::Config, text)
    })?;
    set_time(&mut parameters, days)?;
    parameters.serial_number = serial();
    let signed = parameters.self_signed(&signer).map_err(|error| internal(&error))?;
    let text = std::fs::read(&path).map_err(|error| super::files::failed(&path, &error))?;
    replace(&dir.join(format!("{CERTIFICATE}.old")), &text, 0o644)?;
    replace(&path, signed.pem().as_bytes(), 0o644)?;
    super::show(dir)
}

pub(super) fn parameters(plan: &Plan) -> Result<CertificateParams> {
    let invalid = |text: String| Error::new(ErrorCode::InvalidArgument, text);
    let mut parameters = CertificateParams::default();
    if plan.name.is_empty() || plan.name.len() > 64 || plan.name.contains(char::is_control) {
        return Err(invalid(format!("name: expected 1 to 64 characters, got {:?}", plan.name)));
    }
    set_time(&mut parameters, plan.days)?;
    parameters.serial_number = serial();
    parameters.distinguished_name = DistinguishedName::new();
    parameters.distinguished_name.push(DnType::CommonName, plan.name.as_str());
    // It signs leaves, and no other CA.
    parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    for domain in &plan.permitted {
        if rustls::pki_types::DnsName::try_from(domain.as_str()).is_err() {
            return Err(invalid(format!("permit: expected names of domains, got {domain:?}")));
        }
    }
    if !plan.permitted.is_empty() {
        let domains = plan.permitted.iter().cloned().map(GeneralSubtree::DnsName).collect();
        parameters.name_constraints =
            Some(NameConstraints { permitted_subtrees: domains, excluded_subtrees: Vec::new() });
    }
    Ok(parameters)
}

fn set_time(parameters: &mut CertificateParams, days: u32) -> Result<()> {
    if !(1..=36_500).contains(&days) {
        let text = format!("days: expected a number from 1 to 36500, got {days}");
        return Err(Error::new(ErrorCode::InvalidArgument, text));
    }
    let now = clock::unix_time().0 as i64;
    let at = |second| OffsetDateTime::from_unix_timestamp(second).map_err(|error| internal(&error));
    parameters.not_before = at(now - BACKDATED)?;
    parameters.not_after = at(now + i64::from(days) * DAY)?;
    Ok(())
}

pub(super) fn internal(error: &dyn std::fmt::Display) -> Error {
    Error::new(ErrorCode::Internal, format!("cannot make the certificate: {error}"))
}
