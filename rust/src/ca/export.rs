//! A CA's certificate in the forms that platforms take. The key is in none of them.

use super::truststore;
use crate::error::{Error, ErrorCode, Result};
use crate::tls::{CERTIFICATE, OPTION_CA, Parsed};
use aws_lc_rs::digest::{SHA256, digest};
use std::path::Path;

/// A form of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Text: Linux, Firefox, curl.
    Pem,
    /// Octets: Windows, Android.
    Der,
    /// A configuration profile: iOS, iPadOS, macOS.
    Mobileconfig,
    /// PKCS#12 with the password `changeit` and no key: a truststore of Java.
    Pkcs12,
}

impl Format {
    /// Every form.
    pub const ALL: [Format; 4] = [Format::Pem, Format::Der, Format::Mobileconfig, Format::Pkcs12];

    /// What it is called on a command line.
    pub fn name(self) -> &'static str {
        match self {
            Format::Pem => "pem",
            Format::Der => "der",
            Format::Mobileconfig => "mobileconfig",
            Format::Pkcs12 => "p12",
        }
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Format::Pem => "application/x-pem-file",
            Format::Der => "application/x-x509-ca-cert",
            Format::Mobileconfig => "application/x-apple-aspen-config",
            Format::Pkcs12 => "application/x-pkcs12",
        }
    }
}

/// The password of PKCS#12 files, which keep no secret.
pub(super) const PASSWORD: &str = "changeit";

/// The certificate of the CA in `dir`, in the form `format`.
///
/// # Errors
/// As [`super::show`].
pub fn export(dir: &Path, format: Format) -> Result<Vec<u8>> {
    packed(&Parsed::read(OPTION_CA, &dir.join(CERTIFICATE))?, format)
}

/// The certificate `der` in the form `format`.
pub(crate) fn write(der: &[u8], format: Format) -> Result<Vec<u8>> {
    let malformed = || Error::new(ErrorCode::Internal, "malformed certificate");
    packed(&Parsed::from_der(der).ok_or_else(malformed)?, format)
}

fn packed(certificate: &Parsed, format: Format) -> Result<Vec<u8>> {
    Ok(match format {
        Format::Pem => certificate.pem().into_bytes(),
        Format::Der => certificate.der().to_vec(),
        Format::Mobileconfig => profile(certificate).into_bytes(),
        Format::Pkcs12 => {
            let title = certificate.facts().title;
            truststore::pack(certificate.der(), &title, PASSWORD).ok_or_else(|| {
                Error::new(ErrorCode::Internal, "the certificate cannot be packed as PKCS#12")
            })?
        }
    })
}

/// A profile that installs the certificate as a root. What names it comes from the certificate: the
/// same one replaces itself where it is installed again.
fn profile(certificate: &Parsed) -> String {
    let title = escaped(&certificate.facts().title);
    let digest = digest(&SHA256, certificate.der());
    let hex: String = digest.as_ref().iter().map(|octet| format!("{octet:02x}")).collect();
    let uuid = |from: usize| {
        let h = &hex[from..from + 32];
        // The bits that say "version 8, made of something else" (RFC 9562 section 5.8).
        format!("{}-{}-8{}-8{}-{}", &h[..8], &h[8..12], &h[13..16], &h[17..20], &h[20..32])
    };
    let (inner, outer) = (uuid(0), uuid(32));
    let pem = certificate.pem();
    let base64: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>PayloadContent</key>
  <array>
    <dict>
      <key>PayloadCertificateFileName</key><string>ca.crt</string>
      <key>PayloadContent</key><data>{base64}</data>
      <key>PayloadDisplayName</key><string>{title}</string>
      <key>PayloadIdentifier</key><string>http-responder.ca.{inner}</string>
      <key>PayloadType</key><string>com.apple.security.root</string>
      <key>PayloadUUID</key><string>{inner}</string>
      <key>PayloadVersion</key><integer>1</integer>
    </dict>
  </array>
  <key>PayloadDisplayName</key><string>{title}</string>
  <key>PayloadIdentifier</key><string>http-responder.profile.{outer}</string>
  <key>PayloadType</key><string>Configuration</string>
  <key>PayloadUUID</key><string>{outer}</string>
  <key>PayloadVersion</key><integer>1</integer>
</dict>
</plist>
"#
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
