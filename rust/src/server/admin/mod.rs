//! The admin side of a running server: what it does, live, and what it can be told.
//!
//! It is a server of its own inside the server: one thread, a small pool, statistics that nobody
//! adds to the others. No worker ever waits for it; who floods it floods that thread alone.
//!
//! | file | idea |
//! | --- | --- |
//! | `acts` | reload, drain, log level, rules |
//! | `authority` | the CA: its forms, how it is installed, who does not trust it |
//! | `guard` | who may ask |
//! | `history` | the last minutes |
//! | `json` | JSON, written |
//! | `look` | what it asks of the workers |
//! | `metrics` | the report for Prometheus |
//! | `process` | what the kernel says of this process |
//! | `reply` | what is said |
//! | `report` | the statistics with what the page and `top` need beside them |
//! | `routes` | which request means what |

mod acts;
#[cfg(feature = "tls")]
mod authority;
mod guard;
mod history;
mod json;
mod look;
mod metrics;
mod process;
mod reply;
mod report;
mod routes;

use super::role::Role;
use super::{Inner, Server, lock, sandbox};
use crate::acceptor::{Access, Address};
use crate::config::{Config, Settings};
use crate::error::{Error, ErrorCode, Result};
use crate::sync::Mutex;
use crate::sys::signals;
use history::History;
use routes::Panel;
use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Connections that it holds: browsers keep six, scrapers one.
pub(super) const CONNECTIONS: u32 = 32;

/// Owner and group, nobody else.
const MODE: u32 = 0o660;

/// Time that answers in progress have once the server itself has ended.
const LAST_WORDS: Duration = Duration::from_millis(600);

/// The admin side, from the moment its socket is bound.
pub(super) struct Admin {
    server: Server,
    history: Arc<History>,
    of: Weak<Inner>,
    /// The thread that writes the history.
    keeper: Mutex<Option<JoinHandle<()>>>,
}

impl Admin {
    /// Binds the address of the option `admin`.
    ///
    /// # Errors
    /// [`crate::ErrorCode::Bind`]; [`crate::ErrorCode::Config`] for a user or group that is not
    /// there.
    pub(super) fn bind(inner: &Arc<Inner>, settings: &Settings) -> Result<Option<Admin>> {
        let Some(address) = &settings.admin else { return Ok(None) };
        let address = Address::parse(address)?;
        let server = Server::in_role(&options(settings)?, Role::Admin)?;
        let (user, group) = sandbox::wanted(settings)?;
        let access = Access {
            mode: MODE,
            user: user.map(|user| user.as_raw()),
            group: group.map(|group| group.as_raw()),
        };
        lock(&server.inner.listeners).bind_private(&address, access, &server.settings())?;
        let is_tcp = matches!(address, Address::Inet(_));
        let (history, of) = (Arc::new(History::new()), Arc::downgrade(inner));
        server.fallback(Arc::new(Panel::new(of.clone(), is_tcp, history.clone())));
        Ok(Some(Admin { server, history, of, keeper: Mutex::default() }))
    }

    /// Begins to answer.
    ///
    /// # Errors
    /// [`crate::ErrorCode::Io`].
    pub(super) fn start(&self) -> Result<()> {
        self.server.start()?;
        let keeper = signals::with_all_blocked(|| self.history.keep(self.of.clone()));
        let keeper = keeper.map_err(|error| {
            let text = format!("cannot start the thread of the admin side: {error}");
            Error::new(ErrorCode::Io, text)
        })?;
        *lock(&self.keeper) = Some(keeper);
        Ok(())
    }

    /// Where it listens, with the port that the kernel picked.
    pub(super) fn address(&self) -> String {
        self.server.address(0).unwrap_or_default()
    }

    /// The file of its socket, if it is a Unix socket.
    pub(super) fn file(&self) -> Option<PathBuf> {
        self.address().strip_prefix("unix:").map(PathBuf::from)
    }

    /// Ends: answers in progress are still given, unless the server was stopped.
    pub(super) fn end(&self, at_once: bool) {
        if !at_once && self.server.drain(Some(LAST_WORDS)).is_ok() {
            let _ = self.server.wait(Some(LAST_WORDS * 2));
        }
        let _ = self.server.stop();
        self.history.end();
        let keeper = lock(&self.keeper).take();
        // It may be this thread that was the last to know the server.
        let others = keeper.filter(|keeper| keeper.thread().id() != thread::current().id());
        others.into_iter().for_each(|keeper| drop(keeper.join()));
    }
}

/// Small and impatient: it serves people and scrapers of this machine.
fn options(settings: &Settings) -> Result<Config> {
    let mut config = Config::new();
    let connections = CONNECTIONS.to_string();
    for (name, value) in [
        ("workers", "1"),
        ("max_connections", connections.as_str()),
        ("backlog", "64"),
        ("default_answers", "off"),
        ("probes", "off"),
        ("http2", "off"),
        ("cors", "off"),
        ("head_timeout", "5s"),
        ("body_timeout", "5s"),
        ("write_timeout", "10s"),
        ("keep_alive_timeout", "75s"),
        ("max_head", "16k"),
        ("max_body", "4k"),
        ("max_body_memory", "1m"),
        ("max_pending_memory", "4m"),
        ("log_level", settings.log_level.name()),
    ] {
        config.set(name, value)?;
    }
    Ok(config)
}
