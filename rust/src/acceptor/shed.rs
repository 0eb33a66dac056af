//! Turning a connection away: an answer if the socket takes it at once, then it is closed.

use crate::http::{DateLine, Refusal};
use crate::responder::Response;
use crate::responder::response::{Persistence, Wire};
use crate::sys::socket;
use std::os::fd::OwnedFd;

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
