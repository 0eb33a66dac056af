//! One certificate, read and looked at.

use super::files::{certificates, read_secret, wrong};
use crate::error::Result;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, DnValue, GeneralSubtree, IsCa,
    KeyIdMethod, KeyUsagePurpose, NameConstraints, PublicKeyData,
};
use rustls::pki_types::CertificateDer;
use std::path::Path;
use x509_parser::asn1_rs::Tag;
use x509_parser::prelude::{FromDer, GeneralName, ParsedExtension, X509Certificate};

/// A certificate that can be parsed.
pub(crate) struct Parsed(CertificateDer<'static>);

/// What people want to know of one.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub(crate) subject: String,
    /// The common name, or the whole subject.
    pub(crate) title: String,
    pub(crate) not_before: String,
    pub(crate) not_after: String,
    /// Domains that a CA may sign for.
    pub(crate) permitted: Vec<String>,
}

impl Parsed {
    /// The first certificate of a PEM file.
    pub(crate) fn read(option: &str, path: &Path) -> Result<Parsed> {
        let found = certificates(option, path, &read_secret(option, path)?)?;
        let first = found.into_iter().next().filter(|it| X509Certificate::from_der(it).is_ok());
        first.map(Parsed).ok_or_else(|| wrong(option, path, "malformed certificate"))
    }

    pub(crate) fn from_der(der: &[u8]) -> Option<Parsed> {
        X509Certificate::from_der(der).ok()?;
        Some(Parsed(der.to_vec().into()))
    }

    pub(crate) fn der(&self) -> &CertificateDer<'static> {
        &self.0
    }

    /// Whether it is for the key of `signer`.
    pub(crate) fn has_key(&self, signer: &impl PublicKeyData) -> bool {
        X509Certificate::from_der(&self.0).is_ok_and(|(_, parsed)| {
            parsed.public_key().raw == signer.subject_public_key_info().as_slice()
        })
    }

    /// What another certificate of the same CA has to say; `None` where it is that of none.
    pub(crate) fn ca_parameters(&self) -> Option<CertificateParams> {
        let (_, parsed) = X509Certificate::from_der(&self.0).ok()?;
        let basic = parsed.basic_constraints().ok().flatten()?.value;
        let mut parameters = CertificateParams::default();
        parameters.is_ca = IsCa::Ca(match basic.path_len_constraint {
            _ if !basic.ca => return None,
            Some(length) => BasicConstraints::Constrained(u8::try_from(length).ok()?),
            None => BasicConstraints::Unconstrained,
        });
        parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        parameters.distinguished_name = DistinguishedName::new();
        for attribute in parsed.subject().iter_attributes() {
            let kind: Vec<u64> = attribute.attr_type().iter()?.collect();
            let text = attribute.as_str().ok()?;
            let value = match attribute.attr_value().tag() {
                Tag::PrintableString => DnValue::PrintableString(text.try_into().ok()?),
                _ => DnValue::Utf8String(text.to_owned()),
            };
            parameters.distinguished_name.push(DnType::from_oid(&kind), value);
        }
        let permitted = self.facts().permitted;
        if !permitted.is_empty() {
            let domains = permitted.into_iter().map(GeneralSubtree::DnsName).collect();
            let excluded_subtrees = Vec::new();
            parameters.name_constraints =
                Some(NameConstraints { permitted_subtrees: domains, excluded_subtrees });
        }
        // What it has signed names its key by this.
        for extension in parsed.extensions() {
            if let ParsedExtension::SubjectKeyIdentifier(id) = extension.parsed_extension() {
                parameters.key_identifier_method = KeyIdMethod::PreSpecified(id.0.to_vec());
            }
        }
        Some(parameters)
    }

    /// As text (RFC 7468).
    pub(crate) fn pem(&self) -> String {
        pem("CERTIFICATE", &self.0)
    }

    pub(crate) fn facts(&self) -> Facts {
        let Ok((_, parsed)) = X509Certificate::from_der(&self.0) else { return Facts::default() };
        let subject = parsed.subject().to_string();
        let name = parsed.subject().iter_common_name().next();
        let title = name.and_then(|name| name.as_str().ok()).map(str::to_owned);
        let constraints = parsed.name_constraints().ok().flatten();
        let subtrees = constraints.and_then(|it| it.value.permitted_subtrees.as_ref());
        let permitted = subtrees.into_iter().flatten().filter_map(|subtree| match subtree.base {
            GeneralName::DNSName(name) => Some(name.to_owned()),
            _ => None,
        });
        Facts {
            title: title.unwrap_or_else(|| subject.clone()),
            permitted: permitted.collect(),
            not_before: parsed.validity().not_before.to_string(),
            not_after: parsed.validity().not_after.to_string(),
            subject,
        }
    }
}

/// What `label` says as text (RFC 7468); it is made in one place, so that it can be wiped.
pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    let mut text = String::with_capacity(der.len() * 3 / 2 + 2 * label.len() + 64);
    text.extend(["-----BEGIN ", label, "-----\n"]);
    for (index, letter) in base64(der).enumerate() {
        text.push(letter);
        if index % 64 == 63 {
            text.push('\n');
        }
    }
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text.extend(["-----END ", label, "-----\n"]);
    text
}

/// The letters of RFC 4648 section 4.
fn base64(octets: &[u8]) -> impl Iterator<Item = char> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    octets.chunks(3).flat_map(|three| {
        let word = three.iter().fold(0, |word, octet| word << 8 | u32::from(*octet));
        let word = word << (8 * (3 - three.len()));
        (0..4).map(move |place| {
            let letter = LETTERS[(word >> (18 - 6 * place)) as usize & 63] as char;
            if place <= three.len() { letter } else { '=' }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_rfc() {
        for (octets, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(octets.as_bytes()).collect::<String>(), text);
        }
    }
}
