//! What stands for TLS in a build without the feature `tls`: options that want it are refused.

use crate::config::Settings;
use crate::error::{Error, ErrorCode, Result};
use crate::log::Log;
use crate::worker::Handle;
use std::path::Path;
use std::sync::Arc;

/// There is none.
pub(crate) enum Tls {}

/// Nor one of these.
#[derive(Debug)]
pub(crate) enum LeafInUse {}

impl Tls {
    /// `None`, or the error that names the option which wants TLS.
    pub(crate) fn load(settings: &Settings) -> Result<Option<Tls>> {
        let wanted = [
            (settings.ca_dir.is_some(), "ca_dir"),
            (!settings.certificates.is_empty(), "certificates"),
            (settings.ticket_keys.is_some(), "ticket_keys"),
            (settings.certificate_dir.is_some(), "certificate_dir"),
            (settings.client_ca.is_some(), "client_ca"),
        ];
        match wanted.into_iter().find(|(wanted, _)| *wanted) {
            None => Ok(None),
            Some((_, option)) => Err(refused(option)),
        }
    }

    pub(crate) fn new(_: &Settings) -> Result<Tls> {
        Err(refused("certificates"))
    }

    pub(crate) fn give(&self, _: &Certificate) {
        match *self {}
    }

    pub(crate) fn use_ca(&self, _: &[u8], _: &[u8], _: &Settings) -> Result<()> {
        match *self {}
    }

    pub(crate) fn trust_clients(&self, _: &[u8], _: bool) -> Result<()> {
        match *self {}
    }

    pub(crate) fn choose_with(&self, _: Option<Box<dyn ChooseCertificate>>) {
        match *self {}
    }

    pub(crate) fn has_ca(&self) -> bool {
        match *self {}
    }

    pub(crate) fn distrusting(&self) -> Vec<Distrusting> {
        match *self {}
    }

    pub(crate) fn config_for(&self, _: &Arc<Handle>) -> Tls {
        match *self {}
    }

    pub(crate) fn reload(&self, _: &Settings) -> Result<usize> {
        match *self {}
    }

    pub(crate) fn start(&self, _: &Log) {
        match *self {}
    }

    pub(crate) fn finish(&self) {
        match *self {}
    }

    pub(crate) fn writes_to(&self) -> Option<&Path> {
        match *self {}
    }
}

fn refused(what: &str) -> Error {
    let text = format!("{what}: expected a build with TLS, this one is without");
    Error::new(ErrorCode::Config, text)
}

/// There is none.
#[derive(Clone, Debug)]
pub enum Certificate {}

impl Certificate {
    /// # Errors
    /// Always: [`ErrorCode::Config`].
    pub fn from_pem(_: &[u8], _: Option<&[u8]>) -> Result<Certificate> {
        Err(refused("certificate"))
    }
}

/// Is never asked.
pub trait ChooseCertificate: Send + Sync {
    /// What a client gets that asks for `name`.
    fn choose(&self, name: Option<&str>) -> Choice;
}

/// What a client would get.
#[derive(Clone, Debug)]
pub enum Choice {
    /// What it would get without being asked about.
    Usual,
    /// This one.
    Certificate(Certificate),
    /// None.
    Refuse,
    /// Something that goes wrong on purpose.
    Misbehave(Misbehaviour),
}

/// A handshake that goes wrong on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misbehaviour {
    /// Nothing is said.
    Stall,
    /// A fatal alert with this number.
    Alert(u8),
    /// The answer of a server that speaks no newer version.
    OldVersion(u16),
}

/// What a client's certificate says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientIdentity {
    /// The subject, as text.
    pub subject: String,
    /// The alternative names.
    pub names: Vec<String>,
    /// The serial number, in hexadecimal with colons.
    pub serial: String,
}

impl ClientIdentity {
    /// Nobody reads certificates here.
    pub fn of(_: &[u8]) -> Option<ClientIdentity> {
        None
    }
}

/// A client that does not trust the CA.
#[derive(Debug)]
pub(crate) struct Distrusting {
    pub(crate) client: std::net::IpAddr,
    pub(crate) count: u64,
    pub(crate) alert: &'static str,
    pub(crate) last: u64,
}
