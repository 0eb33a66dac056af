//! TLS: sessions, certificates of the operator, certificates made on the fly, the operator's CA.
//!
//! | file | idea |
//! | --- | --- |
//! | `session` | one connection's TLS, without its socket |
//! | `trouble` | what goes wrong, and how it is counted |
//! | `resolver` | which certificate a client is shown |
//! | `statics` | the operator's certificates |
//! | `mint`, `names`, `cache` | certificates made on the fly: how, for which names, remembered |
//! | `authority` | the CA that signs them |
//! | `certificate` | one certificate, looked at |
//! | `keys`, `files` | what is read from PEM files |
//! | `local` | where the client of a handshake has come to |
//! | `tickets` | session tickets with keys of a file |
//! | `absent` | what stands in for all of it in a build without the feature `tls` |
//!
//! What a handshake needs is shared by the workers and written once; each worker has a resolver of
//! its own that remembers what it showed last. OCSP and certificate transparency have no place here:
//! nobody asks them about a private CA. Early data (0-RTT) is off: it could be played again.

mod authority;
mod cache;
mod certificate;
mod files;
#[cfg(any(fuzzing, test))]
pub(crate) mod fuzzing;
mod keys;
mod local;
mod mint;
mod names;
mod resolver;
mod session;
mod statics;
mod tickets;
mod trouble;

pub(crate) use authority::{CERTIFICATE, KEY, OPTION as OPTION_CA, PASSPHRASE, load_signer};
pub(crate) use certificate::Certificate;
pub(crate) use mint::{BACKDATED, serial};
pub(crate) use session::{Progress, Session, Workspace};
pub(crate) use trouble::Trouble;

use crate::config::{Settings, TlsVersion};
use crate::error::{Error, ErrorCode, Result};
use crate::worker::Handle;
use arc_swap::ArcSwap;
use authority::Authority;
use mint::Minter;
use resolver::Resolver;
use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::server::{ProducesTickets, ServerSessionMemoryCache, StoresServerSessions};
use rustls::version::{TLS12, TLS13};
use statics::Statics;
use std::sync::Arc;
use tickets::FileTickets;

/// TLS 1.2 sessions that are remembered for clients without tickets.
const SESSIONS: usize = 4096;

/// What the workers of a server share of TLS.
pub(crate) struct Tls {
    shared: Arc<Shared>,
    provider: Arc<CryptoProvider>,
    tickets: Tickets,
    sessions: Arc<dyn StoresServerSessions>,
    oldest: TlsVersion,
}

/// What changes with a reload.
struct Shared {
    certificates: ArcSwap<Certificates>,
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
        let certificates = ArcSwap::from_pointee(Certificates::load(settings, None)?);
        let tickets = match &settings.ticket_keys {
            Some(path) => Tickets::File(Arc::new(FileTickets::load(path)?)),
            None => Tickets::Own(aws_lc_rs::Ticketer::new().map_err(|error| failed(&error))?),
        };
        Ok(Some(Tls {
            shared: Arc::new(Shared { certificates }),
            provider: Arc::new(aws_lc_rs::default_provider()),
            tickets,
            sessions: ServerSessionMemoryCache::new(SESSIONS),
            oldest: settings.tls_min_version,
        }))
    }

    /// The configuration for the sessions of one worker.
    pub(crate) fn config_for(&self, worker: &Arc<Handle>) -> Arc<ServerConfig> {
        let versions = match self.oldest {
            TlsVersion::Tls12 => &[&TLS13, &TLS12][..],
            TlsVersion::Tls13 => &[&TLS13],
        };
        let mut config = ServerConfig::builder_with_provider(self.provider.clone())
            .with_protocol_versions(versions)
            .expect("the provider has suites for both versions")
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(Resolver::new(self.shared.clone(), worker.clone())));
        config.ticketer = match &self.tickets {
            Tickets::Own(ticketer) => ticketer.clone(),
            Tickets::File(tickets) => tickets.clone(),
        };
        config.session_storage = self.sessions.clone();
        config.alpn_protocols = vec![b"http/1.1".to_vec(), b"http/1.0".to_vec()];
        Arc::new(config)
    }

    /// Reads everything again; what is wrong leaves all as it was. How many certificates of the
    /// operator there are now.
    ///
    /// # Errors
    /// As [`Tls::load`].
    pub(crate) fn reload(&self, settings: &Settings) -> Result<usize> {
        let fresh = Certificates::load(settings, Some(&self.shared.certificates.load()))?;
        if let (Tickets::File(tickets), Some(path)) = (&self.tickets, &settings.ticket_keys) {
            tickets.reload(path)?;
        }
        let count = fresh.statics.len();
        self.shared.certificates.store(Arc::new(fresh));
        Ok(count)
    }

    /// Makes ahead, on a thread of its own, what the first client of its kind would wait for.
    pub(crate) fn warm_up(&self) {
        let Some(minter) = self.shared.certificates.load().minter.clone() else { return };
        // Without a thread that client waits.
        let thread = std::thread::Builder::new().name("hr-rsa-key".to_owned());
        let _ = thread.spawn(move || minter.warm_up());
    }
}

impl Certificates {
    /// Reads the files; a CA that is that of `before` is not read again, for its key may be out of
    /// reach by now, and what it has made stays good.
    fn load(settings: &Settings, before: Option<&Certificates>) -> Result<Certificates> {
        let statics = Statics::load(&settings.certificates)?;
        let known = before.and_then(|before| before.minter.as_ref());
        let minter = match (&settings.ca_dir, known) {
            (None, _) => None,
            (Some(dir), Some(known)) if known.is_of(dir) => Some(known.clone()),
            (Some(dir), _) => {
                let authority = Authority::load(dir)?;
                Some(Arc::new(Minter::new(authority, settings.certificate_cache)?))
            }
        };
        let version = before.map_or(1, |before| before.version + 1);
        Ok(Certificates { statics, minter, version })
    }
}

fn failed(error: &rustls::Error) -> Error {
    Error::new(ErrorCode::Internal, format!("TLS: {error}"))
}
