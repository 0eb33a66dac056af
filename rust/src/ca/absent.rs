//! What stands for CAs in a build without the feature `tls`: none can be made.

use crate::certificates::Certificate;
use crate::error::{Error, ErrorCode, Result};

/// What a CA would be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Its name.
    pub name: String,
    /// Days that it lasts.
    pub days: u32,
    /// Domains that it may sign for.
    pub permitted: Vec<String>,
}

/// What a certificate would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Names that it is good for.
    pub names: Vec<String>,
    /// Its first second, counted from now.
    pub from: i64,
    /// Its last second, counted from now.
    pub until: i64,
    /// Whether it is signed with its own key.
    pub self_signed: bool,
    /// Whether it is one for a client.
    pub client: bool,
}

/// A certificate that would be made.
#[derive(Debug)]
pub struct Issued {
    /// As a server takes it.
    pub certificate: Certificate,
    /// In PEM.
    pub pem: String,
    /// Its key.
    pub key: String,
}

/// There is none.
#[derive(Debug)]
pub enum Authority {}

impl Authority {
    /// # Errors
    /// Always: [`ErrorCode::Config`].
    pub fn new(_: &Plan) -> Result<Authority> {
        let text = "a CA: expected a build with TLS, this one is without";
        Err(Error::new(ErrorCode::Config, text))
    }

    /// Of nobody.
    pub fn certificate_pem(&self) -> &str {
        match *self {}
    }

    /// Of nobody.
    pub fn key_pem(&self) -> &str {
        match *self {}
    }

    /// # Errors
    /// Never called.
    pub fn issue(&self, _: &Order) -> Result<Issued> {
        match *self {}
    }
}
