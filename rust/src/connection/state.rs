//! The states of a connection.

use super::Deadline;
use crate::stats::{Cell, Cells};

/// Where a connection is in its life. The names are public: statistics and logs show them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(crate) enum State {
    /// A head or body is arriving, or the first one is awaited.
    Reading,
    /// The answer comes later: from a handler, or because a rule wants it so.
    Processing,
    /// Octets are queued that the socket did not take.
    Writing,
    /// Between two requests; holds no buffer.
    KeepAlive,
    /// The last answer is sent; waiting for the client to read it and close.
    Closing,
    /// No connection: the record is in the pool.
    Idle,
    /// TLS is being agreed on, before the first request.
    Handshake,
}

impl State {
    /// Every state.
    #[cfg(test)]
    pub(crate) const ALL: [State; 7] = [
        State::Reading,
        State::Processing,
        State::Writing,
        State::KeepAlive,
        State::Closing,
        State::Idle,
        State::Handshake,
    ];

    /// The name, as the admin side shows it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            State::Reading => "reading",
            State::Processing => "processing",
            State::Writing => "writing",
            State::KeepAlive => "keepalive",
            State::Closing => "closing",
            State::Idle => "idle",
            State::Handshake => "handshake",
        }
    }

    /// The gauge that counts connections in this state.
    pub(crate) fn gauge(self, stats: &Cells) -> Option<&Cell> {
        match self {
            State::Reading => Some(&stats.connections_reading),
            State::Processing => Some(&stats.connections_processing),
            State::Writing => Some(&stats.connections_writing),
            State::KeepAlive => Some(&stats.connections_keepalive),
            State::Closing => Some(&stats.connections_closing),
            State::Handshake => Some(&stats.connections_handshake),
            State::Idle => None,
        }
    }

    /// The deadline that runs in this state; `in_body` tells the two halves of READING apart.
    #[inline]
    pub(crate) fn deadline(self, in_body: bool) -> Option<Deadline> {
        match self {
            State::Reading if in_body => Some(Deadline::Body),
            State::Reading => Some(Deadline::Head),
            State::Writing => Some(Deadline::Write),
            State::KeepAlive => Some(Deadline::KeepAlive),
            State::Closing => Some(Deadline::Linger),
            State::Handshake => Some(Deadline::Handshake),
            State::Processing | State::Idle => None,
        }
    }
}
