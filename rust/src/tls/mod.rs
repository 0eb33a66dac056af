//! TLS: sessions, certificates of the operator, certificates made on the fly, the operator's CA.
//!
//! | file | idea |
//! | --- | --- |
//! | `session` | one connection's TLS, without its socket |
//! | `outgoing` | records appended to a buffer |
//! | `hello` | what it looks up in records itself |
//! | `trouble` | what goes wrong, and how it is counted |
//! | `resolver` | which certificate a client is shown |
//! | `given` | what a program gives by hand: certificates, a say in which one is shown |
//! | `statics` | the operator's certificates |
//! | `mint`, `names`, `cache` | certificates made on the fly: how, for which names, remembered |
//! | `maker` | the thread on which they are made |
//! | `store` | those of them that are kept in a folder |
//! | `authority` | the CA that signs them |
//! | `certificate` | one certificate, looked at |
//! | `keys`, `files` | what is read from PEM files |
//! | `clients` | certificates of clients |
//! | `distrust` | who does not trust the CA |
//! | `local` | what the handshake in progress is about |
//! | `tickets` | session tickets with keys of a file |
//! | `remembered` | sessions in memory, for clients without tickets and for early data |
//! | `absent` | what stands in for all of it in a build without the feature `tls` |
//!
//! What a handshake needs is shared by the workers and written once; each worker has a resolver of
//! its own that remembers what it showed last. OCSP and certificate transparency have no place here:
//! nobody asks them about a private CA.
//!
//! Early data (0-RTT) is off unless `tls_early_data` says how much. Where it is on there are no tickets:
//! each session is remembered in memory and used once, so that early data cannot be played again
//! (RFC 8446 section 8.1), and what is asked in it has to be safe all the same (RFC 8470).

mod authority;
mod cache;
mod certificate;
mod clients;
mod distrust;
#[cfg(test)]
mod early_tests;
mod files;
#[cfg(any(fuzzing, test))]
pub(crate) mod fuzzing;
mod given;
mod hello;
mod keys;
mod local;
mod maker;
mod mint;
mod names;
mod outgoing;
mod remembered;
mod resolver;
mod session;
mod statics;
mod store;
mod tickets;
mod trouble;

pub(crate) use authority::{CERTIFICATE, KEY, OPTION as OPTION_CA, PASSPHRASE, load_signer};
pub(crate) use certificate::{Parsed, pem};
pub use clients::ClientIdentity;
pub(crate) use distrust::{Distrust, Distrusting};
pub use given::{Certificate, Choice, ChooseCertificate, Misbehaviour};
pub(crate) use keys::{KeyKind, Signer, generate as generate_key};
pub(crate) use mint::{BACKDATED, serial};
pub(crate) use session::{Progress, Session, Workspace};
pub(crate) type LeafInUse = Arc<rustls::sign::CertifiedKey>;
pub(crate) use trouble::Trouble;

use crate::config::{Settings, TlsVersion};
use crate::connection::Key;
use crate::error::{Error, ErrorCode, Result};
use crate::log::Log;
use crate::server::sandbox;
use crate::sync::{Mutex, PoisonError};
use crate::sys::signals;
use crate::worker::Handle;
use arc_swap::{ArcSwap, ArcSwapOption};
use authority::Authority;
use clients::ClientTrust;
use hello::Seen;
use maker::Maker;
use mint::{Minter, RsaKey};
use remembered::Remembered;
use resolver::{Prepared, Resolver};
use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::server::{ProducesTickets, StoresServerSessions};
use rustls::version::{TLS12, TLS13};
use statics::Statics;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, RwLock};
use store::Store;
use tickets::FileTickets;

/// TLS 1.2 sessions that are remembered for clients without tickets.
const SESSIONS: usize = 4096;

/// Sessions that are remembered where there are no tickets: two for each connection.
const SESSIONS_IN_ALL: usize = 64 * 1024;

/// What the workers of a server share of TLS.
pub(crate) struct Tls {
    shared: Arc<Shared>,
    provider: Arc<CryptoProvider>,
    tickets: Tickets,
    sessions: Arc<dyn StoresServerSessions>,
    oldest: TlsVersion,
    /// Octets of early data that a connection may send.
    early_data: u32,
    maker: Arc<Maker>,
    rsa: RsaKey,
    /// Where certificates are kept that were made.
    store: Option<Arc<Store>>,
    clients: Mutex<Option<ClientTrust>>,
    distrust: Arc<Distrust>,
    http2: bool,
}

/// What changes while the server runs.
struct Shared {
    certificates: ArcSwap<Certificates>,
    /// What a program has added; whether that is anything is looked at first.
    given: RwLock<Statics>,
    has_given: AtomicBool,
    chooser: ArcSwapOption<Box<dyn ChooseCertificate>>,
    /// The CA that a program gave.
    authority: Mutex<Option<Arc<Minter>>>,
}

/// What certificates there are and can be.
struct Certificates {
    statics: Statics,
    minter: Option<Arc<Minter>>,
    /// Another one for each reload.
    version: u64,
}

/// Where the keys of tickets come from.
enum Tickets {
    /// There are none: sessions are remembered.
    None,
    /// Made here, and anew every few hours.
    Own(Arc<dyn ProducesTickets>),
    File(Arc<FileTickets>),
}

impl Tls {
    /// Reads what `settings` name; `None` where they name neither a CA nor certificates.
    ///
    /// # Errors
    /// [`ErrorCode::Config`] and [`ErrorCode::Io`], naming the option and the file.
    pub(crate) fn load(settings: &Settings) -> Result<Option<Tls>> {
        if settings.ca_dir.is_none() && settings.certificates.is_empty() {
            return Ok(None);
        }
        Tls::new(settings).map(Some)
    }

    /// As [`Tls::load`], where a program will give certificates.
    pub(crate) fn new(settings: &Settings) -> Result<Tls> {
        let store = open_store(settings)?;
        let rsa = RsaKey::default();
        let certificates = Certificates::load(settings, None, (store.as_ref(), &rsa), None)?;
        let certificates = ArcSwap::from_pointee(certificates);
        let tickets = match &settings.ticket_keys {
            _ if settings.tls_early_data > 0 => Tickets::None,
            Some(path) => Tickets::File(Arc::new(FileTickets::load(path)?)),
            None => Tickets::Own(aws_lc_rs::Ticketer::new().map_err(|error| failed(&error))?),
        };
        let shared = Shared {
            certificates,
            given: RwLock::default(),
            has_given: AtomicBool::new(false),
            chooser: ArcSwapOption::empty(),
            authority: Mutex::default(),
        };
        Ok(Tls {
            shared: Arc::new(shared),
            provider: Arc::new(aws_lc_rs::default_provider()),
            tickets,
            sessions: Arc::new(Remembered::new(match settings.tls_early_data {
                0 => SESSIONS,
                _ => SESSIONS_IN_ALL,
            })),
            early_data: settings.tls_early_data,
            oldest: settings.tls_min_version,
            maker: Arc::default(),
            rsa,
            store,
            http2: settings.http2,
            clients: Mutex::new(ClientTrust::of(settings)?),
            distrust: Arc::default(),
        })
    }

    /// The configuration for the sessions of one worker.
    pub(crate) fn config_for(&self, worker: &Arc<Handle>) -> Terms {
        let versions = match self.oldest {
            TlsVersion::Tls12 => &[&TLS13, &TLS12][..],
            TlsVersion::Tls13 => &[&TLS13],
        };
        let config = ServerConfig::builder_with_provider(self.provider.clone())
            .with_protocol_versions(versions)
            .expect("the provider has suites for both versions");
        let clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner).clone();
        // It was built once before, when it was given.
        let verifier = clients.and_then(|clients| clients.verifier(&self.provider).ok());
        let asks_clients = verifier.is_some();
        let config = match verifier {
            Some(verifier) => config.with_client_cert_verifier(verifier),
            None => config.with_no_client_auth(),
        };
        let (shared, maker) = (self.shared.clone(), self.maker.clone());
        let resolver = Arc::new(Resolver::new(shared, worker.clone(), maker));
        let mut config = config.with_cert_resolver(resolver.clone());
        match &self.tickets {
            Tickets::None => {}
            Tickets::Own(ticketer) => config.ticketer = ticketer.clone(),
            Tickets::File(tickets) => config.ticketer = tickets.clone(),
        }
        config.max_early_data_size = self.early_data;
        // An answer to early data need not wait for the end of the handshake.
        config.send_half_rtt_data = self.early_data > 0;
        config.session_storage = self.sessions.clone();
        let offered: &[&[u8]] = match self.http2 {
            true => &[b"h2", b"http/1.1", b"http/1.0"],
            false => &[b"http/1.1", b"http/1.0"],
        };
        config.alpn_protocols = offered.iter().map(|name| name.to_vec()).collect();
        let config = Conditions { config: Arc::new(config), asks_clients };
        Terms { config, resolver, distrust: self.distrust.clone() }
    }

    /// Shows `certificate` to who asks for one of its names from now on.
    pub(crate) fn give(&self, certificate: &Certificate) {
        let mut given = self.shared.given.write().unwrap_or_else(PoisonError::into_inner);
        given.give(certificate);
        self.shared.has_given.store(true, Ordering::Release);
    }

    /// Makes certificates with the CA of this PEM text, where the options name none.
    ///
    /// # Errors
    /// As [`Authority::from_pem`] and [`Minter::new`]; [`ErrorCode::State`] where the options do name one.
    pub(crate) fn use_ca(&self, certificate: &[u8], key: &[u8], settings: &Settings) -> Result<()> {
        if settings.ca_dir.is_some() {
            let text = "ca_dir: expected none beside a CA in memory, got one";
            return Err(Error::new(ErrorCode::State, text));
        }
        let authority = Authority::from_pem(certificate, key)?;
        let names = settings.certificate_cache;
        let minter = Arc::new(Minter::new(authority, names, self.store.clone(), &self.rsa)?);
        let mut kept = self.shared.authority.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = Some(minter.clone());
        let before = self.shared.certificates.load();
        before.minter.iter().for_each(|before| before.retire());
        let (statics, version) = (before.statics.clone(), before.version + 1);
        let certificates = Certificates { statics, minter: Some(minter.clone()), version };
        self.shared.certificates.store(Arc::new(certificates));
        if self.maker.is_open() {
            self.warm_up(&minter);
        }
        Ok(())
    }

    /// Asks clients for certificates that the CAs in `pem` have signed. Before the workers start.
    ///
    /// # Errors
    /// [`ErrorCode::Config`] for what are no CAs.
    pub(crate) fn trust_clients(&self, pem: &[u8], required: bool) -> Result<()> {
        let trust = ClientTrust::from_pem(pem, required)?;
        trust.verifier(&self.provider)?;
        *self.clients.lock().unwrap_or_else(PoisonError::into_inner) = Some(trust);
        Ok(())
    }

    /// Asks `chooser` at each handshake from now on; nobody where it is `None`.
    pub(crate) fn choose_with(&self, chooser: Option<Box<dyn ChooseCertificate>>) {
        self.shared.chooser.store(chooser.map(Arc::new));
    }

    /// Whether there is a CA that makes certificates.
    pub(crate) fn has_ca(&self) -> bool {
        self.shared.certificates.load().minter.is_some()
    }

    /// The certificate of the CA that makes certificates, in DER.
    pub(crate) fn ca_certificate(&self) -> Option<Vec<u8>> {
        let certificates = self.shared.certificates.load();
        certificates.minter.as_ref().map(|minter| minter.ca_certificate().to_vec())
    }

    /// Who does not trust the CA.
    pub(crate) fn distrusting(&self) -> Vec<Distrusting> {
        self.distrust.list()
    }

    /// Reads everything again; what is wrong leaves all as it was. How many certificates of the
    /// operator there are now.
    ///
    /// # Errors
    /// As [`Tls::load`].
    pub(crate) fn reload(&self, settings: &Settings) -> Result<usize> {
        let before = self.shared.certificates.load();
        let given = self.shared.authority.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let keys = (self.store.as_ref(), &self.rsa);
        let fresh = Certificates::load(settings, Some(&before), keys, given)?;
        if let (Tickets::File(tickets), Some(path)) = (&self.tickets, &settings.ticket_keys) {
            tickets.reload(path)?;
        }
        let count = fresh.statics.len();
        if let (Some(now), Some(then)) = (&fresh.minter, &before.minter)
            && !Arc::ptr_eq(now, then)
        {
            then.retire();
        }
        self.shared.certificates.store(Arc::new(fresh));
        Ok(count)
    }

    /// Starts the threads that make certificates and keep them. What the first client of its kind would
    /// wait for is made ahead, on one more.
    pub(crate) fn start(&self, log: &Log) {
        // The host's signals are for the host's own threads.
        signals::with_all_blocked(|| {
            self.maker.start();
            self.store.iter().for_each(|store| store.start(log.clone()));
        });
        let minter = self.shared.certificates.load().minter.clone();
        minter.iter().for_each(|minter| self.warm_up(minter));
    }

    /// Makes the RSA key on a thread of its own.
    fn warm_up(&self, minter: &Arc<Minter>) {
        if minter.has_key(KeyKind::Rsa) {
            return;
        }
        let (minter, comes) = (minter.clone(), self.maker.rsa_comes());
        let work = move || {
            minter.warm_up();
            drop(comes);
        };
        // Without a thread the first who needs it waits.
        let thread = crate::sys::thread::named("hr-rsa-key");
        let _ = signals::with_all_blocked(|| thread.spawn(work));
    }

    /// The server has ended: what was to be kept is written.
    pub(crate) fn finish(&self) {
        self.maker.finish();
        self.store.iter().for_each(|store| store.finish());
    }

    /// The folder in which files are written while the server runs.
    pub(crate) fn writes_to(&self) -> Option<&Path> {
        self.store.as_deref().map(Store::folder)
    }
}

/// What a session is made with.
#[derive(Clone, Debug)]
pub(crate) struct Conditions {
    config: Arc<ServerConfig>,
    /// Clients are asked for certificates.
    asks_clients: bool,
}

/// What the sessions of one worker are made with.
pub(crate) struct Terms {
    pub(crate) config: Conditions,
    resolver: Arc<Resolver>,
    pub(crate) distrust: Arc<Distrust>,
}

impl Terms {
    /// What becomes of a session of the connection `key` whose first octets are these; `None` as long as
    /// its hello is not whole.
    fn prepare(&self, records: &[u8], socket: &OwnedFd, key: Key) -> Option<Prepared> {
        match hello::wish(records, &mut Vec::new()) {
            Seen::Part => None,
            Seen::Hello(wish) => Some(self.resolver.prepare(&wish, socket, key)),
            Seen::Other => Some(Prepared::Ready(None)),
        }
    }
}

impl Shared {
    /// Looks something up in what a program has added.
    fn given<T>(&self, find: impl FnOnce(&Statics) -> Option<T>) -> Option<T> {
        if !self.has_given.load(Ordering::Acquire) {
            return None;
        }
        find(&self.given.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Certificates {
    /// Reads the files; a CA that is that of `before` is not read again, for its key may be out of
    /// reach by now, and what it has made stays good.
    fn load(
        settings: &Settings,
        before: Option<&Certificates>,
        (store, rsa): (Option<&Arc<Store>>, &RsaKey),
        given: Option<Arc<Minter>>,
    ) -> Result<Certificates> {
        let statics = Statics::load(&settings.certificates)?;
        let known = before.and_then(|before| before.minter.as_ref());
        let minter = match (&settings.ca_dir, known) {
            (None, _) => given,
            (Some(dir), Some(known)) if known.is_of(dir) => Some(known.clone()),
            (Some(dir), _) => {
                let authority = Authority::load(dir)?;
                let names = settings.certificate_cache;
                Some(Arc::new(Minter::new(authority, names, store.cloned(), rsa)?))
            }
        };
        let version = before.map_or(1, |before| before.version + 1);
        Ok(Certificates { statics, minter, version })
    }
}

/// The folder of `certificate_dir`, which is to belong to whom the process becomes.
fn open_store(settings: &Settings) -> Result<Option<Arc<Store>>> {
    let Some(folder) = &settings.certificate_dir else { return Ok(None) };
    let (user, group) = sandbox::wanted(settings)?;
    let owner = (user.map(|user| user.as_raw()), group.map(|group| group.as_raw()));
    Store::open(folder, owner).map(|store| Some(Arc::new(store)))
}

fn failed(error: &rustls::Error) -> Error {
    Error::new(ErrorCode::Internal, format!("TLS: {error}"))
}
