//! Which certificate a client is shown.
//!
//! What a program chooses ([`super::given`]) stands before everything, then what it has added by hand.
//!
//! | the client asks for | it gets |
//! | --- | --- |
//! | a name that a certificate of the operator has | that one |
//! | another name | one that is made; without a CA the operator's first one |
//! | no name, or an address as a name | the operator's for the address that it came to; else one made for that; else the first |
//! | a name that is none | no certificate: rustls refuses it before |

use super::given::Choice;
use super::local;
use super::mint::{KeyKind, Leaf};
use super::names::Subject;
use super::{Certificates, Shared};
use crate::sync::{Mutex, PoisonError};
use crate::sys::clock;
use crate::worker::Handle;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{CipherSuite, SignatureScheme};
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Certificates that a worker remembers for itself.
const REMEMBERED: usize = 512;

/// One worker's.
pub(super) struct Resolver {
    shared: Arc<Shared>,
    /// Counts what is made on this worker.
    worker: Arc<Handle>,
    /// Only its worker takes this lock: nobody ever waits for it.
    remembered: Mutex<Remembered>,
}

/// The name that was asked for, by a client that can check signatures of this kind, and what it was
/// shown.
type Shown = (Box<str>, KeyKind, Arc<Leaf>);

/// What was shown last, each at a place that the name's hash says.
struct Remembered {
    places: Vec<Option<Shown>>,
    hasher: RandomState,
    /// Of the certificates that they come from.
    version: u64,
}

impl Resolver {
    pub(super) fn new(shared: Arc<Shared>, worker: Arc<Handle>) -> Self {
        let remembered =
            Remembered { places: vec![None; REMEMBERED], hasher: RandomState::new(), version: 0 };
        Resolver { shared, worker, remembered: Mutex::new(remembered) }
    }

    fn for_name(
        &self,
        certificates: &Certificates,
        name: &str,
        kind: KeyKind,
    ) -> Option<Arc<CertifiedKey>> {
        let given = self.shared.given(|given| given.for_name(name, kind).cloned());
        if let Some(found) = given.or_else(|| certificates.statics.for_name(name, kind).cloned()) {
            return Some(found);
        }
        let now = clock::unix_time().0 as i64;
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        let place = remembered.place(name, certificates.version);
        if let Some((known, same, leaf)) = place
            && **known == *name
            && *same == kind
            && leaf.renew_at > now
        {
            return Some(leaf.key.clone());
        }
        let leaf = self.made(certificates, &Subject::of(name), kind)?;
        *place = Some((name.into(), kind, leaf.clone()));
        Some(leaf.key.clone())
    }

    fn for_nobody(&self, certificates: &Certificates, kind: KeyKind) -> Option<Arc<CertifiedKey>> {
        let address = local::address()?;
        let given = self.shared.given(|given| given.for_address(address, kind).cloned());
        let found = given.or_else(|| certificates.statics.for_address(address, kind).cloned());
        if found.is_some() {
            return found;
        }
        self.made(certificates, &Subject::Address(address), kind).map(|leaf| leaf.key.clone())
    }

    /// What the program says, where it wants to be asked.
    fn choice(&self, name: Option<&str>) -> Choice {
        let chooser = self.shared.chooser.load();
        let Some(chooser) = &*chooser else { return Choice::Usual };
        let name = name.map(|name| name.strip_suffix('.').unwrap_or(name));
        catch_unwind(AssertUnwindSafe(|| chooser.choose(name))).unwrap_or(Choice::Refuse)
    }

    fn made(
        &self,
        certificates: &Certificates,
        subject: &Subject,
        kind: KeyKind,
    ) -> Option<Arc<Leaf>> {
        let made = || self.worker.stats.tls_certificates_made.add(1);
        certificates.minter.as_ref()?.leaf(subject, kind, made)
    }
}

impl Remembered {
    fn place(&mut self, name: &str, version: u64) -> &mut Option<Shown> {
        if self.version != version {
            self.places.fill(None);
            self.version = version;
        }
        let place = self.hasher.hash_one(name) as usize % REMEMBERED;
        &mut self.places[place]
    }
}

impl ResolvesServerCert for Resolver {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        match self.choice(hello.server_name()) {
            Choice::Usual => {}
            Choice::Certificate(chosen) => return Some(chosen.0),
            Choice::Refuse => return None,
            Choice::Misbehave(how) => {
                local::plan(how);
                return None;
            }
        }
        let certificates = self.shared.certificates.load();
        let kind = kind_for(&hello);
        let found = match hello.server_name() {
            Some(name) => self.for_name(&certificates, name, kind),
            None => self.for_nobody(&certificates, kind),
        };
        let given = || self.shared.given(|given| given.first(kind).cloned());
        found.or_else(given).or_else(|| certificates.statics.first(kind).cloned())
    }
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolver").finish_non_exhaustive()
    }
}

/// ECDSA for all but those who cannot check it.
fn kind_for(hello: &ClientHello<'_>) -> KeyKind {
    let ecdsa = hello.signature_schemes().contains(&SignatureScheme::ECDSA_NISTP256_SHA256);
    let suite = hello.cipher_suites().iter().any(|suite| {
        matches!(
            suite,
            CipherSuite::TLS13_AES_128_GCM_SHA256
                | CipherSuite::TLS13_AES_256_GCM_SHA384
                | CipherSuite::TLS13_CHACHA20_POLY1305_SHA256
                | CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
                | CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384
                | CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256
        )
    });
    if ecdsa && suite { KeyKind::Ecdsa } else { KeyKind::Rsa }
}
