//! Servers whose workers have a table of descriptors of their own (`private_descriptors`).

use crate::config::Settings;
use crate::error::{Error, ErrorCode, Result};
use crate::responder::Responder;

/// Whether workers may leave the shared table, or stay away from it, with `responder`: a number
/// that the host's code was given elsewhere would name nothing there, or something else.
///
/// # Errors
/// [`ErrorCode::State`] where the host's own code or responses, which may be files, would answer.
pub(super) fn check(responder: &Responder, settings: &Settings) -> Result<()> {
    if !settings.private_descriptors || !responder.is_hosts() {
        return Ok(());
    }
    let text = "private_descriptors: expected a server without routes, handlers and responses of \
                the program's own, which may use descriptors that workers do not have";
    Err(Error::new(ErrorCode::State, text))
}
