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
use super::hello::Wish;
use super::keys::KeyKind;
use super::local;
use super::maker::{Maker, Ticket};
use super::mint::{Leaf, Minter};
use super::names::Subject;
use super::{Certificates, Shared};
use crate::connection::Key;
use crate::sync::{Mutex, PoisonError};
use crate::sys::{clock, socket};
use crate::worker::Handle;
use rustls::pki_types::DnsName;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{CipherSuite, SignatureScheme};
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::os::fd::{AsRawFd, OwnedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Certificates that a worker remembers for itself.
const REMEMBERED: usize = 512;

/// What a session does about its certificate.
pub(crate) enum Prepared {
    /// It goes on; with what was decided, if anything was.
    Ready(Option<Choice>),
    /// It waits for a certificate that is being made.
    Waits(Ticket),
}

/// One worker's.
pub(super) struct Resolver {
    shared: Arc<Shared>,
    /// Counts what is made for it.
    worker: Arc<Handle>,
    maker: Arc<Maker>,
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
    pub(super) fn new(shared: Arc<Shared>, worker: Arc<Handle>, maker: Arc<Maker>) -> Self {
        let remembered =
            Remembered { places: vec![None; REMEMBERED], hasher: RandomState::new(), version: 0 };
        Resolver { shared, worker, maker, remembered: Mutex::new(remembered) }
    }

    /// Decides what the connection `key` gets. What is unusual about a hello is seen to on the way.
    pub(super) fn prepare(&self, wish: &Wish<'_>, socket: &OwnedFd, key: Key) -> Prepared {
        let name = match wish.name.map(DnsName::try_from) {
            Some(Ok(name)) => Some(name.to_lowercase_owned()),
            // An address as a name counts as none.
            Some(Err(_)) if wish.name.is_some_and(is_address) => None,
            Some(Err(_)) => return Prepared::Ready(None),
            None => None,
        };
        let name = name.as_ref().map(AsRef::as_ref);
        match self.choice(name) {
            Choice::Usual => {}
            chosen => return Prepared::Ready(Some(chosen)),
        }
        let certificates = self.shared.certificates.load();
        let kind = kind_of(numbers(wish.schemes), numbers(wish.suites));
        match self.missing(&certificates, name, kind, socket) {
            Some((minter, subject)) => {
                let ticket = self.maker.order(minter, subject, kind, (&self.worker, key));
                ticket.map_or(Prepared::Ready(Some(Choice::Usual)), Prepared::Waits)
            }
            None => Prepared::Ready(Some(Choice::Usual)),
        }
    }

    /// The certificate that has to be made first, by whom and for whom.
    fn missing<'c>(
        &self,
        certificates: &'c Certificates,
        name: Option<&str>,
        kind: KeyKind,
        socket: &OwnedFd,
    ) -> Option<(&'c Arc<Minter>, Subject)> {
        let minter = certificates.minter.as_ref()?;
        let subject = match name {
            // Nearly always: before the public-suffix list is asked.
            Some(name) if self.at_hand(certificates, name, kind).is_some() => return None,
            Some(name) => Subject::of(name),
            None => {
                let address = socket::own_address(socket.as_raw_fd())?;
                if self.given_for(certificates, address, kind).is_some() {
                    return None;
                }
                Subject::Address(address)
            }
        };
        minter.known(&subject, kind).is_none().then_some((minter, subject))
    }

    /// What is shown for `name` without asking the minter.
    fn at_hand(
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
        match remembered.place(name, certificates.version) {
            Some((known, same, leaf))
                if **known == *name && *same == kind && leaf.renew_at > now =>
            {
                Some(leaf.key.clone())
            }
            _ => None,
        }
    }

    fn for_name(
        &self,
        certificates: &Certificates,
        name: &str,
        kind: KeyKind,
    ) -> Option<Arc<CertifiedKey>> {
        if let Some(found) = self.at_hand(certificates, name, kind) {
            return Some(found);
        }
        let leaf = self.made(certificates, &Subject::of(name), kind)?;
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        let place = remembered.place(name, certificates.version);
        *place = Some((name.into(), kind, leaf.clone()));
        Some(leaf.key.clone())
    }

    fn for_nobody(&self, certificates: &Certificates, kind: KeyKind) -> Option<Arc<CertifiedKey>> {
        let address = local::address()?;
        let given = self.given_for(certificates, address, kind);
        let make = || self.made(certificates, &Subject::Address(address), kind);
        given.or_else(|| make().map(|leaf| leaf.key.clone()))
    }

    /// What somebody has given for this address.
    fn given_for(
        &self,
        certificates: &Certificates,
        address: IpAddr,
        kind: KeyKind,
    ) -> Option<Arc<CertifiedKey>> {
        let given = self.shared.given(|given| given.for_address(address, kind).cloned());
        given.or_else(|| certificates.statics.for_address(address, kind).cloned())
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
        match local::chosen().unwrap_or_else(|| self.choice(hello.server_name())) {
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

fn kind_for(hello: &ClientHello<'_>) -> KeyKind {
    kind_of(hello.signature_schemes().iter().copied(), hello.cipher_suites().iter().copied())
}

/// ECDSA for all but those who cannot check it.
fn kind_of(
    mut schemes: impl Iterator<Item = SignatureScheme>,
    mut suites: impl Iterator<Item = CipherSuite>,
) -> KeyKind {
    let ecdsa = schemes.any(|scheme| scheme == SignatureScheme::ECDSA_NISTP256_SHA256);
    let suite = suites.any(|suite| {
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

/// Numbers of two octets each, as what they stand for.
fn numbers<T: From<u16>>(octets: &[u8]) -> impl Iterator<Item = T> {
    octets.chunks_exact(2).map(|two| u16::from_be_bytes([two[0], two[1]]).into())
}

fn is_address(name: &[u8]) -> bool {
    std::str::from_utf8(name).is_ok_and(|name| name.parse::<IpAddr>().is_ok())
}
