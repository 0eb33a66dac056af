//! What is made is believed by webpki, which verifies for every client that is written in Rust.

use super::*;
use crate::ca::{self, Plan};
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::{ServerName, UnixTime};
use std::time::Duration;

/// A minter whose CA nobody else has, and what verifies with that CA alone.
fn made(test: &str) -> (Minter, Arc<WebPkiServerVerifier>) {
    made_by(test, &Plan::default())
}

fn made_by(test: &str, plan: &Plan) -> (Minter, Arc<WebPkiServerVerifier>) {
    let folder = std::env::temp_dir().join(format!("hr_mint_{test}_{}", std::process::id()));
    ca::init(&folder, plan).unwrap();
    let authority = Authority::load(&folder).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    let minter = Minter::new(authority, 100, None, &RsaKey::default()).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(minter.ca_certificate().to_vec().into()).unwrap();
    let provider = Arc::new(default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider);
    (minter, verifier.build().unwrap())
}

fn verify(
    verifier: &WebPkiServerVerifier,
    leaf: &Leaf,
    name: &str,
    days: i64,
) -> std::result::Result<(), rustls::Error> {
    let (first, intermediates) = leaf.key.cert.split_first().unwrap();
    let seconds = clock::unix_time().0 as i64 + days * 24 * 60 * 60;
    let now = UnixTime::since_unix_epoch(Duration::from_secs(seconds as u64));
    let name = ServerName::try_from(name.to_owned()).unwrap();
    verifier.verify_server_cert(first, intermediates, &name, &[], now).map(|_| ())
}

#[test]
fn webpki_believes_what_is_made_for_as_long_as_it_is_good() {
    let (minter, verifier) = made("time");
    let address = "192.0.2.7".parse().unwrap();
    for (subject, name) in [
        (Subject::of("ads.example.com"), "ads.example.com"),
        (Subject::of("example.com"), "example.com"),
        (Subject::of("a.b.example.co.uk"), "a.b.example.co.uk"),
        (Subject::of("xn--bcher-kva.example"), "xn--bcher-kva.example"),
        (Subject::of("localhost"), "localhost"),
        (Subject::Address(address), "192.0.2.7"),
    ] {
        for kind in [KeyKind::Ecdsa, KeyKind::Rsa] {
            let leaf = minter.leaf(&subject, kind, || ()).unwrap();
            for days in [-1, 0, 177] {
                verify(&verifier, &leaf, name, days).unwrap();
            }
            for days in [-3, 179] {
                assert!(verify(&verifier, &leaf, name, days).is_err(), "{name} after {days} days");
            }
            assert!(verify(&verifier, &leaf, "other.example.org", 0).is_err());
        }
    }
}

/// The first and the last second of a certificate.
fn validity(leaf: &Leaf) -> (i64, i64) {
    let (_, parsed) = X509Certificate::from_der(&leaf.key.cert[0]).unwrap();
    let validity = parsed.validity();
    (validity.not_before.timestamp(), validity.not_after.timestamp())
}

#[test]
fn a_certificate_is_made_anew_a_month_ahead_of_its_end() {
    let (minter, _) = made("anew");
    let subject = Subject::of("ads.example.com");
    let begin = now();
    let ask = |after: i64| {
        let mut made = false;
        let leaf = minter.leaf_at(begin + after, &subject, KeyKind::Ecdsa, || made = true).unwrap();
        (leaf, made)
    };
    let (first, made) = ask(0);
    assert!(made);
    assert_eq!(validity(&first), (begin - 2 * DAY, begin + 178 * DAY));
    // 148 days later there are thirty left.
    for (after, anew) in
        [(DAY, false), (148 * DAY - 1, false), (148 * DAY, true), (149 * DAY, false)]
    {
        let (leaf, made) = ask(after);
        assert_eq!(made, anew, "after {after} s");
        let serial = |leaf: &Leaf| leaf.key.cert[0].to_vec();
        assert_eq!(serial(&leaf) != serial(&first), after >= 148 * DAY);
    }
    assert_eq!(validity(&ask(149 * DAY).0).1, begin + (148 + 178) * DAY);
}

#[test]
fn no_certificate_outlives_its_ca_or_is_made_anew_for_that() {
    let (minter, _) = made_by("short", &Plan { days: 10, ..Plan::default() });
    let subject = Subject::of("ads.example.com");
    let begin = now();
    let end = minter.authority.not_after;
    let mut times = 0;
    for day in 0..10 {
        let leaf =
            minter.leaf_at(begin + day * DAY, &subject, KeyKind::Ecdsa, || times += 1).unwrap();
        assert_eq!((validity(&leaf).1, leaf.renew_at), (end, end));
    }
    assert_eq!(times, 1);
}

#[test]
fn webpki_believes_no_other_ca() {
    let ((minter, _), (_, other)) = (made("one"), made("other"));
    let leaf = minter.leaf(&Subject::of("a.example.com"), KeyKind::Ecdsa, || ()).unwrap();
    assert!(verify(&other, &leaf, "a.example.com", 0).is_err());
}

#[test]
fn many_names_in_a_row_are_all_made_and_believed() {
    let (minter, verifier) = made("many");
    for number in 0..500 {
        let name = format!("x.site{number}.example");
        let leaf = minter.leaf(&Subject::of(&name), KeyKind::Ecdsa, || ()).unwrap();
        verify(&verifier, &leaf, &name, 0).unwrap();
    }
}
