//! The end of a server: waited for, drained, stopped.

use super::state::wrong_state;
use super::{Inner, Notice, Server, ServerState, lock};
use crate::error::{Error, ErrorCode, Result};
use crate::sync::PoisonError;
use crate::worker;
use std::time::{Duration, Instant};

impl Server {
    /// Waits until the server has stopped; `None` waits for ever.
    ///
    /// # Errors
    /// [`ErrorCode::Timeout`]; [`ErrorCode::State`] if it was never started, or when called from
    /// one of the server's own handlers.
    pub fn wait(&self, timeout: Option<Duration>) -> Result<()> {
        self.not_from_inside("wait for")?;
        let end = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let mut life = self.inner.life();
        loop {
            match life.state {
                ServerState::Stopped => break,
                ServerState::Built => return Err(wrong_state("wait for", ServerState::Built)),
                ServerState::Running | ServerState::Draining => {}
            }
            life = match end.map(|end| end.saturating_duration_since(Instant::now())) {
                Some(left) if left.is_zero() => {
                    let text = "the server has not stopped in the time given";
                    return Err(Error::new(ErrorCode::Timeout, text));
                }
                Some(left) => {
                    let waited = self.inner.changed.wait_timeout(life, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.inner.changed.wait(life).unwrap_or_else(PoisonError::into_inner),
            };
        }
        let supervisor = life.supervisor.take();
        drop(life);
        supervisor.into_iter().for_each(|thread| drop(thread.join()));
        Ok(())
    }

    /// Begins to drain; returns at once. Listeners are closed, idle connections end, requests in
    /// progress are answered with `Connection: close`. `grace` of `None` takes `drain_timeout`.
    ///
    /// # Errors
    /// [`ErrorCode::State`] if it was never started.
    pub fn drain(&self, grace: Option<Duration>) -> Result<()> {
        self.in_own_process("drain")?;
        self.inner.drain(grace)
    }

    /// Closes everything at once and waits for the threads to end. A server that was never
    /// started is stopped for good; one that has stopped stays so.
    ///
    /// # Errors
    /// [`ErrorCode::State`] when called from one of the server's own handlers: it is told to stop
    /// then, but not waited for.
    pub fn stop(&self) -> Result<()> {
        self.in_own_process("stop")?;
        self.inner.notices.notify(Notice::Stop);
        self.not_from_inside("wait for")?;
        let mut life = self.inner.life();
        if life.state == ServerState::Built {
            life.state = ServerState::Stopped;
            lock(&self.inner.listeners).deal(self.settings().workers);
        }
        drop(life);
        self.wait(None)
    }

    /// A thread of the server that waits for its own end would wait for ever.
    fn not_from_inside(&self, what: &str) -> Result<()> {
        self.in_own_process(what)?;
        if worker::is_worker_of(self.inner.id) {
            let text = format!("cannot {what} a server from one of its own handlers");
            return Err(Error::new(ErrorCode::State, text));
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        lock(&self.inner.signals).take();
        // In a forked child there is nothing to stop; in a handler the threads end by themselves.
        let _ = self.stop();
    }
}

impl Inner {
    /// See [`Server::drain`].
    pub(super) fn drain(&self, grace: Option<Duration>) -> Result<()> {
        let mut life = self.life();
        match life.state {
            ServerState::Built => Err(wrong_state("drain", ServerState::Built)),
            ServerState::Running => {
                life.grace = grace;
                drop(life);
                self.notices.notify(Notice::Drain);
                Ok(())
            }
            ServerState::Draining | ServerState::Stopped => Ok(()),
        }
    }

    pub(super) fn drain_grace(&self) -> Option<Duration> {
        self.life().grace.or(self.settings.load().drain_timeout)
    }

    pub(super) fn has_begun_to_drain(&self) {
        let mut life = self.life();
        if life.state == ServerState::Running {
            life.state = ServerState::Draining;
        }
        self.changed.notify_all();
    }

    pub(super) fn has_stopped(&self) {
        // There is nothing left to stop: the next signal does what it does by default.
        drop(lock(&self.signals).take());
        self.life().state = ServerState::Stopped;
        self.changed.notify_all();
    }

    /// Has written what waits: the last lines of the access log, and certificates.
    pub(super) fn finish_log(&self) {
        if let Some(log) = self.running.get().and_then(|running| running.access_log.as_ref()) {
            log.finish();
        }
        self.tls.get().into_iter().for_each(|tls| tls.finish());
    }
}
