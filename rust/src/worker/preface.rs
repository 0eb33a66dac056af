//! The PROXY header of a connection that goes on with TLS, or may: it stands in the clear before the
//! first record.

use super::turn::{Fate, Start};
use crate::connection::{Context, Introduction, Machine, count_refusal};
use crate::http::Refusal;
use crate::http::proxy::V2_MAX;
use crate::sys::socket;
use std::io::ErrorKind;
use std::os::fd::OwnedFd;

/// Takes the header from the socket; how the turn ends where it is not whole or the client may not
/// come in. Until it is whole it stays where it is: what stands behind it is for TLS.
#[cold]
pub(super) fn read(
    socket: &OwnedFd,
    machine: &mut Machine,
    scratch: &mut [u8],
    cx: &mut Context<'_>,
    start: &Start<'_>,
) -> Option<Fate> {
    // Deadlines and the like can do without knowing whose it is.
    let Start::Ready(ready) = start else { return None };
    let count = match socket::peek(socket, &mut scratch[..V2_MAX]) {
        Ok(0) => return Some(Fate::Close),
        Ok(count) => count,
        Err(error) if error.kind() == ErrorKind::WouldBlock => {
            return Some(Fate::Stay { moved: false });
        }
        Err(_) => return Some(Fate::Reset),
    };
    let fate = match machine.introduce(&scratch[..count], cx) {
        Introduction::Complete(len) => {
            let taken = socket::receive(socket, &mut scratch[..len]);
            cx.stats.bytes_received.add(len as u64);
            return (taken.ok() != Some(len)).then_some(Fate::Reset);
        }
        Introduction::Partial if ready.read_closed => {
            cx.stats.disconnects_early.add(1);
            Fate::Close
        }
        Introduction::Partial => return Some(Fate::Stay { moved: false }),
        Introduction::Malformed => Fate::Close,
        // Who expects TLS could not read an answer.
        Introduction::Crowded => {
            count_refusal(Refusal::ClientConnections, cx.stats);
            Fate::Close
        }
    };
    // What is unread at a close would make it a reset.
    let _ = socket::receive(socket, &mut scratch[..count]);
    Some(fate)
}
