//! Where a server is in its life.

use crate::error::{Error, ErrorCode};

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

impl ServerState {
    /// The name, as all faces show it.
    pub fn name(self) -> &'static str {
        match self {
            ServerState::Built => "built",
            ServerState::Running => "running",
            ServerState::Draining => "draining",
            ServerState::Stopped => "stopped",
        }
    }
}

/// The error of a call that does not fit `state`.
pub(super) fn wrong_state(what: &str, state: ServerState) -> Error {
    let text = match state {
        ServerState::Built => format!("cannot {what} a server that was never started"),
        ServerState::Stopped => format!("cannot {what}: the server has stopped"),
        other => format!("cannot {what}: the server is {} already", other.name()),
    };
    Error::new(ErrorCode::State, text)
}
