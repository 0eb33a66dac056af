//! Turning a connection away: an answer if the socket takes it at once, then it is closed.

use crate::connection::Layer;
use crate::http::{DateLine, Refusal};
use crate::responder::Response;
use crate::responder::response::{Persistence, Wire};
use crate::stats::Cells;
use crate::sys::socket;
use std::os::fd::OwnedFd;

/// Turns away a connection for which there is no room, before it belongs to a worker: with a 503, or
/// without a word where the client expects TLS.
pub(crate) fn turn_away(connection: OwnedFd, layer: Layer, date: &DateLine, stats: &Cells) {
    stats.connections_shed.add(1);
    if layer == Layer::Plain {
        stats.responses_5xx.add(1);
        stats.bytes_sent.add(refuse(connection, Refusal::Full, date));
    }
}

/// Answers without waiting for the request; how many octets were sent.
pub(crate) fn refuse(connection: OwnedFd, refusal: Refusal, date: &DateLine) -> u64 {
    let mut out = Vec::new();
    let persistence = Persistence::Close;
    let wire = Wire { date, head_only: false, persistence, server: b"", extra: b"" };
    Response::refusal(refusal).write(&mut out, &wire);
    let sent = socket::send(&connection, &out).unwrap_or(0);
    socket::shutdown_write(&connection);
    // What is unread at the close would make it a reset, which can cost the client the answer.
    let _ = socket::receive(&connection, &mut [0; 16 * 1024]);
    sent as u64
}
