//! What a server says of itself: its state, its statistics, its start line.

use super::{Server, ServerState, lock};
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

    /// One line: what listens where, with how many workers and what capacity.
    pub fn describe(&self) -> String {
        let settings = self.settings();
        let state = self.state();
        let listeners = lock(&self.inner.listeners);
        let place = match (state, listeners.addresses()) {
            (ServerState::Stopped, _) => "stopped,".to_owned(),
            (_, []) => "listening nowhere yet".to_owned(),
            (_, addresses) => format!("listening on {}", addresses.join(", ")),
        };
        drop(listeners);
        let capacity = match self.inner.running.get() {
            Some(running) => running.capacity,
            None => settings.max_connections,
        };
        let workers = settings.workers;
        let all = u64::from(capacity) * workers as u64;
        let s = if workers == 1 { "" } else { "s" };
        format!(
            "{place} with {workers} worker{s}, \
             {capacity} connections each ({all} in all)"
        )
    }
}
