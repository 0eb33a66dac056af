//! Statistics written out: text for people, JSON, Prometheus.

use super::Snapshot;

/// A way to write statistics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One `name value` line each.
    Text,
    /// A JSON object.
    Json,
    /// Prometheus text exposition format 0.0.4.
    Prometheus,
}

/// Writes the statistics of each worker and their sum.
pub fn render(format: Format, workers: &[Snapshot], total: &Snapshot) -> String {
    let _ = (format, workers, total);
    todo!()
}
