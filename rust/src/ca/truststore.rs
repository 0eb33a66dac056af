//! PKCS#12 (RFC 7292) with one certificate that is trusted and no key: what Java calls a truststore.
//!
//! Java takes a certificate as trusted only where an attribute of its own says so, which AWS-LC does not
//! write. Nothing in it is secret, so nothing is encrypted; the password is for the MAC alone.

use aws_lc_rs::digest::{Context, SHA256};
use aws_lc_rs::hmac;

/// Rounds of the key's derivation: as many as Java makes.
const ROUNDS: u16 = 10_000;

/// Octets of a block of SHA-256 (`v` of RFC 7292 appendix B.2).
const BLOCK: usize = 64;

const DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1];
const CERT_BAG: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 10, 1, 3];
const X509_CERTIFICATE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 22, 1];
const FRIENDLY_NAME: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 20];
/// Oracle's, by which a certificate is trusted; 2.16.840.1.113894.746875.1.1.
const TRUSTED_KEY_USAGE: &[u8] = &[0x60, 0x86, 0x48, 1, 0x86, 0xf9, 0x66, 0xad, 0xca, 0x7b, 1, 1];
const ANY_USAGE: &[u8] = &[0x55, 0x1d, 0x25, 0];
const SHA_256: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1];

const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const NULL: u8 = 0x05;
const IDENTIFIER: u8 = 0x06;
const BMP_STRING: u8 = 0x1e;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const EXPLICIT_0: u8 = 0xa0;

/// The file for the certificate `der`, called `title`; `None` where there is no randomness.
pub(super) fn pack(der: &[u8], title: &str, password: &str) -> Option<Vec<u8>> {
    let mut salt = [0; 20];
    aws_lc_rs::rand::fill(&mut salt).ok()?;
    let safe = item(SEQUENCE, &[&content(&item(SEQUENCE, &[&bag(der, title)]))]);
    let key = hmac::Key::new(hmac::HMAC_SHA256, &mac_key(password, &salt));
    let mac = hmac::sign(&key, &safe);
    let algorithm = item(SEQUENCE, &[&item(IDENTIFIER, &[SHA_256]), &item(NULL, &[])]);
    let mac = item(
        SEQUENCE,
        &[
            &item(SEQUENCE, &[&algorithm, &item(OCTETS, &[mac.as_ref()])]),
            &item(OCTETS, &[&salt]),
            &item(INTEGER, &[&ROUNDS.to_be_bytes()]),
        ],
    );
    Some(item(SEQUENCE, &[&item(INTEGER, &[&[3]]), &content(&safe), &mac]))
}

/// A ContentInfo of the type data.
fn content(octets: &[u8]) -> Vec<u8> {
    let inner = item(EXPLICIT_0, &[&item(OCTETS, &[octets])]);
    item(SEQUENCE, &[&item(IDENTIFIER, &[DATA]), &inner])
}

/// The certificate, with its name and that it is trusted.
fn bag(der: &[u8], title: &str) -> Vec<u8> {
    let kept = item(EXPLICIT_0, &[&item(OCTETS, &[der])]);
    let kept = item(SEQUENCE, &[&item(IDENTIFIER, &[X509_CERTIFICATE]), &kept]);
    let attribute = |kind: &[u8], value: Vec<u8>| {
        item(SEQUENCE, &[&item(IDENTIFIER, &[kind]), &item(SET, &[&value])])
    };
    let mut attributes = [
        attribute(FRIENDLY_NAME, item(BMP_STRING, &[&wide(title)])),
        attribute(TRUSTED_KEY_USAGE, item(IDENTIFIER, &[ANY_USAGE])),
    ];
    // The order of a set in DER (X.690 section 11.6).
    attributes.sort();
    let attributes = item(SET, &[&attributes[0], &attributes[1]]);
    item(SEQUENCE, &[&item(IDENTIFIER, &[CERT_BAG]), &item(EXPLICIT_0, &[&kept]), &attributes])
}

/// One item of DER: its tag, its length, and `parts` one after another.
fn item(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut out = vec![tag];
    if length < 0x80 {
        out.push(length as u8);
    } else {
        let octets = length.to_be_bytes();
        let first = octets.iter().position(|octet| *octet != 0).unwrap_or(octets.len() - 1);
        out.push(0x80 | (octets.len() - first) as u8);
        out.extend_from_slice(&octets[first..]);
    }
    parts.iter().for_each(|part| out.extend_from_slice(part));
    out
}

/// UTF-16, big end first.
fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

/// RFC 7292 appendix B.2 with ID 3, for one block of output.
fn mac_key(password: &str, salt: &[u8]) -> Vec<u8> {
    let words = [wide(password), vec![0, 0]].concat();
    let filled = |octets: &[u8]| -> Vec<u8> {
        let length = octets.len().div_ceil(BLOCK) * BLOCK;
        octets.iter().copied().cycle().take(length).collect()
    };
    let mut digest = Context::new(&SHA256);
    digest.update(&[3; BLOCK]);
    digest.update(&filled(salt));
    digest.update(&filled(&words));
    let mut key = digest.finish().as_ref().to_vec();
    for _ in 1..ROUNDS {
        key = aws_lc_rs::digest::digest(&SHA256, &key).as_ref().to_vec();
    }
    key
}
