//! The life of a server: built, running, draining, stopped.
//!
//! | file | idea |
//! | --- | --- |
//! | `admin` | its admin side: page, metrics, what it can be told |
//! | `certificates` | those that the program gives by hand |
//! | `ending` | waited for, drained, stopped |
//! | `listeners` | where it listens, and who accepts |
//! | `notice` | what it is told from outside, also from signal handlers |
//! | `private` | who may have workers with a table of descriptors of their own |
//! | `pages` | the pages about itself that it serves |
//! | `reload` | files, read again |
//! | `report` | what it says of itself |
//! | `rules` | the rules file |
//! | `role` | which server of a process it is |
//! | `sandbox` | what the process gives away once its sockets are bound |
//! | `starting` | from built to running: sockets, privileges, threads |
//! | `state` | where it is in its life |
//! | `systemd` | what the service manager gives and is told |
//! | `threads` | its workers and its supervisor |

mod admin;
mod certificates;
mod ending;
mod listeners;
pub(crate) mod notice;
mod pages;
mod private;
mod recording;
mod reload;
mod report;
mod role;
mod rules;
pub(crate) mod sandbox;
mod starting;
mod state;
mod systemd;
mod threads;

pub use rules::check as check_rules;

pub use notice::Notice;
pub(crate) use notice::Notices;
pub use state::ServerState;

use crate::acceptor::Address;
use crate::clients::Clients;
use crate::config::{Config, Settings};
use crate::connection::Layer;
use crate::error::{Error, ErrorCode, Result};
use crate::log::Log;
use crate::record::Extent;
use crate::responder::{Handler, Responder, Response};
use crate::stats::{Format, Snapshot, render};
use crate::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use crate::sys::signals::{self, Subscription};
use crate::tls::Tls;
use crate::worker::Message;
use admin::Admin;
use arc_swap::ArcSwap;
use listeners::Listeners;
use role::Role;
use state::wrong_state;
use std::fmt;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use systemd::Manager;
use threads::Running;

/// A server; all methods may be called from any thread. Dropping it stops it.
pub struct Server {
    inner: Arc<Inner>,
}

/// What the server's threads share with its owner.
struct Inner {
    /// Tells servers of one process apart.
    id: u64,
    role: Role,
    /// What is in force, as of the last reload.
    settings: ArcSwap<Settings>,
    responder: Arc<ArcSwap<Responder>>,
    clients: Arc<Clients>,
    /// What was said, as of the last reload.
    config: Mutex<Config>,
    /// The rules file that was loaded by [`Server::load_rules`].
    rules: Mutex<Option<PathBuf>>,
    /// Held while the responder is replaced: changes are made one after the other.
    changing: Mutex<()>,
    listeners: Mutex<Listeners>,
    life: Mutex<Life>,
    /// Rung when the state of `life` changes.
    changed: Condvar,
    running: OnceLock<Running>,
    /// How much is recorded, if anything is.
    extent: Mutex<Option<Extent>>,
    notices: Arc<Notices>,
    signals: Mutex<Option<Subscription>>,
    /// The admin side, where there is one.
    admin: OnceLock<Admin>,
    /// The service manager, where the server was told to speak to it.
    manager: OnceLock<Manager>,
    /// Where there are certificates, or a CA to make them.
    tls: OnceLock<Arc<Tls>>,
    log: Log,
    born: Instant,
}

struct Life {
    state: ServerState,
    /// The grace of a drain that was asked for with one.
    grace: Option<Duration>,
    supervisor: Option<JoinHandle<()>>,
}

impl Server {
    /// A server that listens nowhere yet.
    ///
    /// # Errors
    /// [`ErrorCode::Config`] where options contradict each other, or the file of `rules` is wrong;
    /// [`ErrorCode::Io`] if that cannot be opened.
    pub fn new(config: &Config) -> Result<Server> {
        Server::in_role(config, Role::Main)
    }

    fn in_role(config: &Config, role: Role) -> Result<Server> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let settings = config.resolve()?;
        let responder =
            rules::in_force(&settings, settings.rules.as_deref(), Responder::new(&settings))?;
        let log = Log::new(settings.log_level);
        let inner = Arc::new(Inner {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            role,
            responder: Arc::new(ArcSwap::from_pointee(responder)),
            clients: Arc::new(Clients::new(log.clone())),
            config: Mutex::new(config.clone()),
            rules: Mutex::new(None),
            changing: Mutex::new(()),
            listeners: Mutex::default(),
            life: Mutex::new(Life { state: ServerState::Built, grace: None, supervisor: None }),
            changed: Condvar::new(),
            running: OnceLock::new(),
            extent: Mutex::new(None),
            notices: Arc::new(Notices::new()),
            signals: Mutex::new(None),
            admin: OnceLock::new(),
            manager: OnceLock::new(),
            tls: Tls::load(&settings)?.map(Arc::new).map_or_else(OnceLock::new, OnceLock::from),
            log,
            settings: ArcSwap::from_pointee(settings),
            born: Instant::now(),
        });
        let pages = pages::load(&inner, &inner.settings.load())?;
        inner.change(|responder| Ok(responder.with_pages(pages)))?;
        Ok(Server { inner })
    }

    /// The options in force. Those that a reload changes are others afterwards.
    pub fn settings(&self) -> Arc<Settings> {
        self.inner.settings.load_full()
    }

    /// Listens on `address` (`127.0.0.1:8080`, `[::1]:0`, `unix:/run/x`) and returns the
    /// listener's number: 0, 1, ... Nothing is accepted before [`Server::start`].
    ///
    /// # Errors
    /// [`ErrorCode::InvalidArgument`] for a malformed address; [`ErrorCode::Bind`] naming it;
    /// [`ErrorCode::State`] once started.
    pub fn listen(&self, address: &str) -> Result<u32> {
        let address = Address::parse(address)?;
        let _life = self.built("listen")?;
        lock(&self.inner.listeners).bind(&address, Layer::Plain, &self.settings())
    }

    /// As [`Server::listen`], for connections that speak TLS; `auto` takes those without as well, as
    /// the first octet of each says.
    ///
    /// # Errors
    /// As [`Server::listen`]; [`ErrorCode::Config`] where the options name neither a CA nor
    /// certificates (`ca_dir`, `certificates`).
    pub fn listen_tls(&self, address: &str, auto: bool) -> Result<u32> {
        let address = Address::parse(address)?;
        let _life = self.built("listen")?;
        if self.inner.tls.get().is_none() {
            let text = "listen_tls: expected the option ca_dir or certificates, or certificates that were added, \
                        got neither";
            return Err(Error::new(ErrorCode::Config, text));
        }
        let layer = if auto { Layer::Auto } else { Layer::Tls };
        lock(&self.inner.listeners).bind(&address, layer, &self.settings())
    }

    /// Takes over a socket that is bound and listening.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidArgument`] if it is no listening stream socket, [`ErrorCode::State`]
    /// once started; it is closed then.
    pub fn listen_fd(&self, fd: OwnedFd) -> Result<u32> {
        let _life = self.built("listen")?;
        lock(&self.inner.listeners).adopt(fd)
    }

    /// The address of a listener, with the port that the kernel picked: a form that
    /// [`Server::listen`] takes.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidArgument`] for a number that was never given out.
    pub fn address(&self, listener: u32) -> Result<String> {
        let listeners = lock(&self.inner.listeners);
        listeners.addresses().get(listener as usize).cloned().ok_or_else(|| {
            let there = listeners.len();
            let text = format!("listener: expected a number below {there}, got {listener}");
            Error::new(ErrorCode::InvalidArgument, text)
        })
    }

    /// Whether a listener speaks TLS: always, or where a client does.
    pub fn speaks_tls(&self, listener: u32) -> bool {
        let listeners = lock(&self.inner.listeners);
        listeners.layers().get(listener as usize).is_some_and(|layer| *layer != Layer::Plain)
    }

    /// How many listeners there are.
    pub fn listeners(&self) -> u32 {
        lock(&self.inner.listeners).len() as u32
    }

    /// Sends requests that match to `handler`; `method` of `None` is any. Also while running: the
    /// next request sees it.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidArgument`] for a malformed method or pattern.
    pub fn route(
        &self,
        method: Option<&str>,
        pattern: &str,
        handler: Arc<dyn Handler>,
    ) -> Result<()> {
        // Whatever is let go of is let go of outside of the change: it is the host's code.
        let _refused = handler.clone();
        self.inner.change(|responder| responder.with_route(method, pattern, handler))
    }

    /// Sends requests that match to `handler` as soon as their heads are there: it may refuse them,
    /// or take their bodies as they arrive with [`crate::Exchange::receive`]. A body of more than
    /// `max_body` octets is refused; 0 stands for the option `max_body`. Also while running.
    ///
    /// # Errors
    /// As [`Server::route`].
    pub fn route_upload(
        &self,
        method: Option<&str>,
        pattern: &str,
        max_body: u64,
        handler: Arc<dyn Handler>,
    ) -> Result<()> {
        let _refused = handler.clone();
        self.inner.change(|responder| responder.with_upload(method, pattern, max_body, handler))
    }

    /// Answers requests that match with `response`, without calling any handler. Also while
    /// running.
    ///
    /// # Errors
    /// As [`Server::route`].
    pub fn rule(&self, method: Option<&str>, pattern: &str, response: Response) -> Result<()> {
        self.inner.change(|responder| responder.with_rule(method, pattern, response))
    }

    /// Takes every route and rule away that was added one by one. Also while running.
    pub fn clear_routes(&self) {
        let _ = self.inner.change(|responder| Ok(responder.without_routes()));
    }

    /// Sends requests that no route takes to `handler`. Also while running.
    pub fn fallback(&self, handler: Arc<dyn Handler>) {
        let changed = self.inner.change(|responder| Ok(responder.with_fallback(handler)));
        let _ = changed.inspect_err(|error| self.inner.log.error(format_args!("{error}")));
    }

    /// Reads rules from a file, or from every `*.toml` of a folder, and puts them in the place of
    /// any before; also while running. They are asked after the routes. A reload reads them again.
    ///
    /// # Errors
    /// [`ErrorCode::Config`] with every mistake, one a line; [`ErrorCode::Io`] if it cannot be
    /// opened; all stays as it was then.
    pub fn load_rules(&self, path: &Path) -> Result<()> {
        self.inner.load_rules(path)
    }

    /// Opens the access log again, and reads everything that was read from a file: options, rules. What is wrong leaves all
    /// as it was. Requests in progress get the old answer, the next ones the new.
    ///
    /// # Errors
    /// [`ErrorCode::Config`], [`ErrorCode::Io`].
    pub fn reload(&self) -> Result<()> {
        self.inner.try_reload().map(|_| ())
    }

    /// Starts and waits until stopped.
    ///
    /// # Errors
    /// As [`Server::start`].
    pub fn run(&self) -> Result<()> {
        self.start()?;
        self.wait(None)
    }

    /// Tells the server something; async-signal-safe.
    pub fn notify(&self, notice: Notice) {
        self.inner.notices.notify(notice);
    }

    /// Acts on SIGTERM and SIGINT (drain; a second one stops), SIGUSR1 (statistics to standard
    /// error) and SIGHUP (reload) of this process until the server is dropped.
    ///
    /// # Errors
    /// [`ErrorCode::Io`].
    pub fn use_signals(&self) -> Result<()> {
        let mut signals = lock(&self.inner.signals);
        if signals.is_none() {
            let notices = self.inner.notices.clone();
            let subscription = signals::subscribe(move |signal| {
                let own = notices.is_own_process();
                if own {
                    notices.on_signal(signal);
                }
                own
            });
            *signals = Some(subscription.map_err(|error| {
                Error::new(ErrorCode::Io, format!("cannot handle signals: {error}"))
            })?);
        }
        Ok(())
    }

    /// The server's life, if it has not begun to run.
    fn built(&self, what: &str) -> Result<MutexGuard<'_, Life>> {
        let life = self.inner.life();
        match life.state {
            ServerState::Built => Ok(life),
            other => Err(wrong_state(what, other)),
        }
    }

    fn in_own_process(&self, what: &str) -> Result<()> {
        if !self.inner.notices.is_own_process() {
            let text = format!(
                "cannot {what} a server of another process: its threads did not survive the fork"
            );
            return Err(Error::new(ErrorCode::State, text));
        }
        Ok(())
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("state", &self.state()).finish_non_exhaustive()
    }
}

impl Inner {
    fn change(&self, change: impl FnOnce(Responder) -> Result<Responder>) -> Result<()> {
        let changing = lock(&self.changing);
        let before = self.responder.load_full();
        let changed = change(Responder::clone(&before))?;
        if self.running.get().is_some() {
            private::check(&changed, &self.settings.load())?;
        }
        self.responder.store(Arc::new(changed));
        drop(changing);
        if let Some(running) = self.running.get() {
            running.tell_all(|| Message::Refresh);
        }
        // A handler that is replaced may be dropped here, which is the host's code: it may call
        // this very function.
        drop(before);
        Ok(())
    }

    fn life(&self) -> MutexGuard<'_, Life> {
        lock(&self.life)
    }

    /// Makes the table of clients, if there is a limit for one and no table; how many it can hold.
    fn prepare_clients(&self, settings: &Settings) -> Result<Option<u64>> {
        self.clients.prepare(&settings.clients).map_err(|error| {
            let size = settings.clients.client_table;
            Error::new(ErrorCode::Io, format!("client_table: no memory for {size} octets: {error}"))
        })
    }

    /// Of each worker, and the sum.
    fn stats(&self) -> (Vec<Snapshot>, Snapshot) {
        match self.running.get() {
            Some(running) => running.stats(),
            None => (vec![Snapshot::default(); self.settings.load().workers], Snapshot::default()),
        }
    }

    fn stats_text(&self, format: Format) -> String {
        let (workers, total) = self.stats();
        render::render(format, &workers, &total)
    }
}

/// No state behind these locks is left half-changed by a panic: poison means nothing.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
