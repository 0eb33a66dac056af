//! Certificates that a program gives a server from memory, those of clients, and a say in which one is
//! shown. What the options name and what is made on the fly is described in `docs/https.md`.
//!
//! Without the feature `tls` what makes or reads one is an error that says so.

pub use crate::tls::{Certificate, Choice, ChooseCertificate, ClientIdentity, Misbehaviour};
