//! What stands for TLS in a build without the feature `tls`: options that want it are refused.

use crate::config::Settings;
use crate::error::{Error, ErrorCode, Result};
use crate::worker::Handle;
use std::sync::Arc;

/// There is none.
pub(crate) enum Tls {}

impl Tls {
    /// `None`, or the error that names the option which wants TLS.
    pub(crate) fn load(settings: &Settings) -> Result<Option<Tls>> {
        let wanted = [
            (settings.ca_dir.is_some(), "ca_dir"),
            (!settings.certificates.is_empty(), "certificates"),
            (settings.ticket_keys.is_some(), "ticket_keys"),
        ];
        match wanted.into_iter().find(|(wanted, _)| *wanted) {
            None => Ok(None),
            Some((_, option)) => Err(Error::new(
                ErrorCode::Config,
                format!("{option}: expected a build with TLS, this one is without"),
            )),
        }
    }

    pub(crate) fn config_for(&self, _: &Arc<Handle>) -> Tls {
        match *self {}
    }

    pub(crate) fn reload(&self, _: &Settings) -> Result<usize> {
        match *self {}
    }

    pub(crate) fn warm_up(&self) {
        match *self {}
    }
}
