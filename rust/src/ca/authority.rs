//! A CA in memory, which makes certificates to order: for tests, and for programs that hand them out.

use super::make::{KEY_LABEL, Plan, internal, parameters};
use crate::certificates::Certificate;
use crate::error::{Error, ErrorCode, Result};
use crate::sys::clock;
use crate::tls::{BACKDATED, KeyKind, Signer, generate_key, pem, serial};
use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyUsagePurpose, SanType,
};
use std::net::IpAddr;
use time::OffsetDateTime;
use zeroize::Zeroizing;

/// A CA that is in no file. Its key is wiped from memory when it is dropped.
pub struct Authority {
    certificate: String,
    key: Zeroizing<String>,
    issuer: Issuer<'static, Signer>,
}

/// What a certificate shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Host names, with wildcards, and IP addresses that it is good for.
    pub names: Vec<String>,
    /// Its first second, counted from now.
    pub from: i64,
    /// Its last second, counted from now.
    pub until: i64,
    /// Whether it is signed with its own key, so that nobody trusts it.
    pub self_signed: bool,
    /// Whether it is one for a client, named by the common name of the first of `names`.
    pub client: bool,
}

impl Order {
    /// A server's certificate for `names`, good for 30 days.
    pub fn new(names: Vec<String>) -> Order {
        let until = 30 * 86_400;
        Order { names, from: -BACKDATED, until, self_signed: false, client: false }
    }
}

/// A certificate that was made, with its key.
#[derive(Debug)]
pub struct Issued {
    /// As a server takes it.
    pub certificate: Certificate,
    /// In PEM.
    pub pem: String,
    /// Its key, PKCS#8 in PEM.
    pub key: Zeroizing<String>,
}

impl Authority {
    /// A new CA with a P-256 key.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidArgument`] for a plan that cannot be.
    pub fn new(plan: &Plan) -> Result<Authority> {
        let parameters = parameters(plan)?;
        let (signer, key) = new_key()?;
        let certificate = parameters.self_signed(&signer).map_err(|error| internal(&error))?.pem();
        Ok(Authority { certificate, key, issuer: Issuer::new(parameters, signer) })
    }

    /// Its certificate, in PEM: what clients are to trust.
    pub fn certificate_pem(&self) -> &str {
        &self.certificate
    }

    /// Its key, PKCS#8 in PEM.
    pub fn key_pem(&self) -> &str {
        &self.key
    }

    /// Makes a certificate.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidArgument`] for what can be no name, or no time.
    pub fn issue(&self, order: &Order) -> Result<Issued> {
        let parameters = ordered(order)?;
        let (signer, key) = new_key()?;
        let signed = if order.self_signed {
            parameters.self_signed(&signer)
        } else {
            parameters.signed_by(&signer, &self.issuer)
        };
        let signed = signed.map_err(|error| internal(&error))?;
        let certificate = Certificate::made(vec![signed.der().clone()], key.as_bytes())?;
        Ok(Issued { certificate, pem: signed.pem(), key })
    }
}

/// A P-256 key, and its PKCS#8 form in PEM.
fn new_key() -> Result<(Signer, Zeroizing<String>)> {
    let (signer, der) = generate_key(KeyKind::Ecdsa).ok_or_else(|| internal(&"no key"))?;
    Ok((signer, Zeroizing::new(pem(KEY_LABEL, &der))))
}

fn ordered(order: &Order) -> Result<CertificateParams> {
    let invalid = |text: String| Error::new(ErrorCode::InvalidArgument, text);
    let Some(first) = order.names.first() else {
        return Err(invalid("names: expected at least one, got none".into()));
    };
    if order.until <= order.from {
        return Err(invalid("until: expected a time after the first one".into()));
    }
    let now = clock::unix_time().0 as i64;
    let at = |offset: i64| {
        let second = now.checked_add(offset).map(OffsetDateTime::from_unix_timestamp);
        let text = || invalid(format!("expected a time that a certificate can have, got {offset}"));
        second.and_then(std::result::Result::ok).ok_or_else(text)
    };
    let mut parameters = CertificateParams::default();
    parameters.not_before = at(order.from)?;
    parameters.not_after = at(order.until)?;
    parameters.serial_number = serial();
    parameters.distinguished_name = DistinguishedName::new();
    if first.chars().count() <= 64 {
        parameters.distinguished_name.push(DnType::CommonName, first.as_str());
    }
    for name in &order.names {
        let name = match name.parse::<IpAddr>() {
            Ok(address) => SanType::IpAddress(address),
            // The names of clients may be mail addresses.
            Err(_) if order.client && name.contains('@') => {
                let text = name.as_str().try_into();
                SanType::Rfc822Name(text.map_err(|_| invalid(unfit(name)))?)
            }
            Err(_) if is_host(name) || order.client => {
                let text = name.as_str().try_into();
                SanType::DnsName(text.map_err(|_| invalid(unfit(name)))?)
            }
            Err(_) => return Err(invalid(unfit(name))),
        };
        parameters.subject_alt_names.push(name);
    }
    parameters.is_ca = IsCa::ExplicitNoCa;
    parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    parameters.extended_key_usages = vec![match order.client {
        true => ExtendedKeyUsagePurpose::ClientAuth,
        false => ExtendedKeyUsagePurpose::ServerAuth,
    }];
    parameters.use_authority_key_identifier_extension = !order.self_signed;
    Ok(parameters)
}

fn is_host(name: &str) -> bool {
    let name = name.strip_prefix("*.").unwrap_or(name);
    rustls::pki_types::DnsName::try_from(name).is_ok()
}

fn unfit(name: &str) -> String {
    format!("names: expected names of hosts and IP addresses, got {name:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_ordered_is_told() {
        let authority = Authority::new(&Plan::default()).unwrap();
        let order = |names: &[&str]| Order::new(names.iter().map(|it| (*it).to_owned()).collect());
        assert!(authority.issue(&order(&["*.example.com", "127.0.0.1", "::1"])).is_ok());
        for names in [&[][..], &["a b"], &["../x"], &["a.example", ""], &["é.example"]] {
            let error = authority.issue(&order(names)).unwrap_err();
            assert_eq!(error.code(), ErrorCode::InvalidArgument, "{names:?}");
        }
        let backwards = Order { until: -BACKDATED, ..order(&["a.example"]) };
        assert!(authority.issue(&backwards).is_err());
        let never = Order { until: i64::MAX, ..order(&["a.example"]) };
        assert!(authority.issue(&never).is_err());
    }
}
