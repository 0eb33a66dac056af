//! The server as a service of systemd: sockets that it opens for us, and what it is told
//! (sd_notify(3), sd_listen_fds(3), systemd.service(5)). Without systemd nothing happens.

use super::{Server, lock};
use crate::error::{Error, ErrorCode, Result};
use crate::stats::Snapshot;
use crate::sync::{Mutex, PoisonError};
use listenfd::ListenFd;
use sd_notify::NotifyState;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

/// How often the status line is renewed.
const STATUS_EVERY: Duration = Duration::from_secs(10);

impl Server {
    /// Works as a service of systemd: takes over the sockets that it has opened (LISTEN_FDS), and tells
    /// it (NOTIFY_SOCKET) when the server is ready, reloads and stops, how much there is to do and,
    /// if it wants to know (WATCHDOG_USEC), that every worker still moves. Returns how many sockets
    /// were taken over. Without systemd it does nothing. To be called once for a process, while it
    /// has one thread: the variables of its environment are removed.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidArgument`] for a descriptor that is no listening stream socket;
    /// [`ErrorCode::State`] once started.
    pub fn use_systemd(&self) -> Result<u32> {
        let _life = self.built("listen")?;
        let mut listeners = lock(&self.inner.listeners);
        let sockets = inherited()?;
        let count = sockets.len() as u32;
        for socket in sockets {
            listeners.adopt(socket)?;
        }
        if let Some(manager) = Manager::of_this_process() {
            let _ = self.inner.manager.set(manager);
        }
        Ok(count)
    }
}

/// What the service manager is told, and how often.
#[derive(Debug)]
pub(super) struct Manager {
    /// How often it wants to hear that all is well; `None` if it does not.
    watchdog: Option<Duration>,
    /// The last status: when, and the requests handled then.
    last: Mutex<Option<(Instant, u64)>>,
}

impl Manager {
    /// The service manager that has started this process; `None` if there is none.
    pub(super) fn of_this_process() -> Option<Manager> {
        let watchdog = sd_notify::watchdog_enabled();
        std::env::var_os("NOTIFY_SOCKET")?;
        Some(Manager { watchdog, last: Mutex::default() })
    }

    /// How often [`Manager::beat`] wants to be called, at least.
    pub(super) fn interval(&self) -> Duration {
        // Twice as often as it has to be.
        self.watchdog.map_or(STATUS_EVERY, |watchdog| (watchdog / 2).min(STATUS_EVERY))
    }

    pub(super) fn ready(&self, status: &str) {
        tell(&[NotifyState::Ready, NotifyState::Status(status)]);
    }

    pub(super) fn stopping(&self) {
        tell(&[NotifyState::Stopping, NotifyState::Status("draining")]);
    }

    /// Says that files are being read again; [`Manager::ready`] follows.
    pub(super) fn reloading(&self) {
        if let Ok(now) = NotifyState::monotonic_usec_now() {
            tell(&[NotifyState::Reloading, now]);
        }
    }

    /// Says that all is well, and from time to time how much there is to do.
    pub(super) fn beat(&self, stats: &Snapshot) {
        if self.watchdog.is_some() {
            tell(&[NotifyState::Watchdog]);
        }
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let (now, requests) = (Instant::now(), stats.requests_handled);
        let Some((before, handled)) = *last else {
            *last = Some((now, requests));
            return;
        };
        let passed = now.duration_since(before);
        if passed >= STATUS_EVERY {
            *last = Some((now, requests));
            let rate = requests.saturating_sub(handled) as f64 / passed.as_secs_f64();
            let open = stats.connections_open;
            tell(&[NotifyState::Status(&format!("{open} connections, {rate:.0} requests/s"))]);
        }
    }
}

/// A manager that does not listen is none of our business.
fn tell(state: &[NotifyState<'_>]) {
    let _ = sd_notify::notify(state);
}

/// The listening sockets that the service manager hands to this process, in the order of its units.
///
/// # Errors
/// [`ErrorCode::InvalidArgument`] for a descriptor that is no listening stream socket.
pub(super) fn inherited() -> Result<Vec<OwnedFd>> {
    let mut from = ListenFd::from_env();
    let mut sockets = Vec::new();
    for index in 0..from.len() {
        let tcp = from.take_tcp_listener(index).map(|socket| socket.map(OwnedFd::from));
        let socket = match tcp {
            Ok(socket) => Ok(socket),
            Err(_) => from.take_unix_listener(index).map(|socket| socket.map(OwnedFd::from)),
        };
        match socket {
            Ok(socket) => sockets.extend(socket),
            Err(error) => {
                let fd = 3 + index;
                let text = format!(
                    "LISTEN_FDS: expected listening stream sockets, descriptor {fd} is not: {error}"
                );
                return Err(Error::new(ErrorCode::InvalidArgument, text));
            }
        }
    }
    Ok(sockets)
}
