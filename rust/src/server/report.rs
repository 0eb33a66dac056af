//! What a server says of itself: its state, its statistics, its start line.

use super::admin::Admin;
use super::{Server, ServerState, lock};
use crate::connection::Layer;
use crate::error::{Error, ErrorCode, Result};
use crate::stats::{Format, Snapshot};

impl Server {
    /// Where the server is in its life.
    pub fn state(&self) -> ServerState {
        self.inner.life().state
    }

    /// The statistics of all workers, summed.
    pub fn stats(&self) -> Snapshot {
        self.inner.stats().1
    }

    /// The statistics of one worker.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidArgument`] for a worker that is not there.
    pub fn worker_stats(&self, worker: u32) -> Result<Snapshot> {
        let workers = self.inner.stats().0;
        workers.get(worker as usize).copied().ok_or_else(|| {
            let there = workers.len();
            let text = format!("worker: expected a number below {there}, got {worker}");
            Error::new(ErrorCode::InvalidArgument, text)
        })
    }

    /// The statistics of each worker and their sum, written out.
    pub fn stats_text(&self, format: Format) -> String {
        self.inner.stats_text(format)
    }

    /// Where the admin side of a running server listens, with the port that the kernel picked;
    /// `None` where there is none.
    pub fn admin_address(&self) -> Option<String> {
        self.inner.admin.get().map(Admin::address)
    }

    /// One line: what listens where, with how many workers and what capacity, and where the admin
    /// side is.
    pub fn describe(&self) -> String {
        let settings = self.settings();
        let state = self.state();
        let listeners = lock(&self.inner.listeners);
        let place = match (state, listeners.addresses()) {
            (ServerState::Stopped, _) => "stopped,".to_owned(),
            (_, []) => "listening nowhere yet".to_owned(),
            (_, addresses) => {
                let layers = listeners.layers().iter().map(|layer| match layer {
                    Layer::Plain | Layer::Http2 => "",
                    Layer::Tls | Layer::TlsHttp2 => " (TLS)",
                    Layer::Auto => " (TLS or not)",
                });
                let places =
                    addresses.iter().zip(layers).map(|(place, note)| format!("{place}{note}"));
                format!("listening on {}", places.collect::<Vec<_>>().join(", "))
            }
        };
        drop(listeners);
        let capacity = match self.inner.running.get() {
            Some(running) => running.capacity,
            None => settings.max_connections,
        };
        let workers = settings.workers;
        let all = u64::from(capacity) * workers as u64;
        let s = if workers == 1 { "" } else { "s" };
        let admin = match self.admin_address() {
            Some(address) if state != ServerState::Stopped => format!("; admin on {address}"),
            _ => String::new(),
        };
        format!(
            "{place} with {workers} worker{s}, \
             {capacity} connections each ({all} in all){admin}"
        )
    }
}
