//! The life of a server: built, running, draining, stopped.

use crate::config::{Config, Settings};
use crate::error::Result;
use crate::responder::{Handler, Response};
use crate::stats::{Format, Snapshot};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

/// Where a server is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ServerState {
    /// Built: listeners may be added; nothing is answered.
    Built = 0,
    /// Answering.
    Running = 1,
    /// Listeners closed, requests in progress being finished.
    Draining = 2,
    /// Stopped, for good.
    Stopped = 3,
}

/// Something a server is told, also from a signal handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Notice {
    /// Close everything at once.
    Stop = 1,
    /// Finish what is in progress, then stop.
    Drain = 2,
    /// Read rules and files again.
    Reload = 3,
    /// Write the statistics to standard error.
    DumpStats = 4,
}

/// A server; all methods may be called from any thread.
pub struct Server {}

impl Server {
    /// A server that listens nowhere yet.
    ///
    /// # Errors
    /// [`crate::ErrorCode::Config`] where options contradict each other.
    pub fn new(config: &Config) -> Result<Server> {
        let _ = config;
        todo!()
    }

    /// The options in use.
    pub fn settings(&self) -> &Settings {
        todo!()
    }

    /// Listens on `address` (`127.0.0.1:8080`, `[::1]:0`, `unix:/run/x`) and returns the
    /// listener's number: 0, 1, ... Nothing is accepted before [`Server::start`].
    ///
    /// # Errors
    /// [`crate::ErrorCode::Bind`] naming the address; [`crate::ErrorCode::State`] once started.
    pub fn listen(&self, address: &str) -> Result<u32> {
        let _ = address;
        todo!()
    }

    /// Takes over a socket that is bound and listening.
    ///
    /// # Errors
    /// [`crate::ErrorCode::InvalidArgument`] if it is no listening stream socket.
    pub fn listen_fd(&self, fd: OwnedFd) -> Result<u32> {
        let _ = fd;
        todo!()
    }

    /// The address of a listener, with the port that the kernel picked: a form [`Server::listen`]
    /// takes.
    ///
    /// # Errors
    /// [`crate::ErrorCode::InvalidArgument`] for a number that was never given out.
    pub fn address(&self, listener: u32) -> Result<String> {
        let _ = listener;
        todo!()
    }

    /// How many listeners there are.
    pub fn listeners(&self) -> u32 {
        todo!()
    }

    /// Sends requests that match to `handler`; `method` of `None` is any. Also while running: the
    /// next request sees it.
    ///
    /// # Errors
    /// [`crate::ErrorCode::InvalidArgument`] for a malformed method or pattern.
    pub fn route(
        &self,
        method: Option<&str>,
        pattern: &str,
        handler: Arc<dyn Handler>,
    ) -> Result<()> {
        let _ = (method, pattern, handler);
        todo!()
    }

    /// Answers requests that match with `response`, without calling any handler.
    ///
    /// # Errors
    /// As [`Server::route`].
    pub fn rule(&self, method: Option<&str>, pattern: &str, response: Response) -> Result<()> {
        let _ = (method, pattern, response);
        todo!()
    }

    /// Sends requests that no route takes to `handler`.
    pub fn fallback(&self, handler: Arc<dyn Handler>) {
        let _ = handler;
        todo!()
    }

    /// Starts the workers and begins to accept; returns at once. With no listener yet, or where
    /// `port` was set, listens on `address` and `port` first, and on each of `listen`.
    ///
    /// # Errors
    /// [`crate::ErrorCode::State`] if started before; [`crate::ErrorCode::Bind`];
    /// [`crate::ErrorCode::Io`].
    pub fn start(&self) -> Result<()> {
        todo!()
    }

    /// Starts and waits until stopped.
    ///
    /// # Errors
    /// As [`Server::start`].
    pub fn run(&self) -> Result<()> {
        todo!()
    }

    /// Waits until the server has stopped; `None` waits for ever.
    ///
    /// # Errors
    /// [`crate::ErrorCode::Timeout`]; [`crate::ErrorCode::State`] if it was never started.
    pub fn wait(&self, timeout: Option<Duration>) -> Result<()> {
        let _ = timeout;
        todo!()
    }

    /// Begins to drain; returns at once. `grace` of `None` takes `drain_timeout`.
    ///
    /// # Errors
    /// [`crate::ErrorCode::State`] if it was never started.
    pub fn drain(&self, grace: Option<Duration>) -> Result<()> {
        let _ = grace;
        todo!()
    }

    /// Closes everything at once and waits for the threads to end. A server that was never
    /// started, or has stopped, stays so.
    ///
    /// # Errors
    /// [`crate::ErrorCode::State`] when called from one of the server's own handlers.
    pub fn stop(&self) -> Result<()> {
        todo!()
    }

    /// Tells the server something; async-signal-safe.
    pub fn notify(&self, notice: Notice) {
        let _ = notice;
        todo!()
    }

    /// Acts on SIGTERM and SIGINT (drain; a second one stops), SIGUSR1 (statistics to standard
    /// error) and SIGHUP (reload) of this process until the server is dropped.
    ///
    /// # Errors
    /// [`crate::ErrorCode::Io`].
    pub fn use_signals(&self) -> Result<()> {
        todo!()
    }

    /// Where the server is in its life.
    pub fn state(&self) -> ServerState {
        todo!()
    }

    /// The statistics of all workers, summed.
    pub fn stats(&self) -> Snapshot {
        todo!()
    }

    /// The statistics of one worker.
    ///
    /// # Errors
    /// [`crate::ErrorCode::InvalidArgument`] for a worker that is not there.
    pub fn worker_stats(&self, worker: u32) -> Result<Snapshot> {
        let _ = worker;
        todo!()
    }

    /// The statistics of each worker and their sum, written out.
    pub fn stats_text(&self, format: Format) -> String {
        let _ = format;
        todo!()
    }

    /// One line: what listens where, with how many workers and what capacity.
    pub fn describe(&self) -> String {
        todo!()
    }
}
