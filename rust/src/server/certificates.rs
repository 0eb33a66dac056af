//! Certificates that the program gives by hand, beside those of the options.

use super::{Inner, Server, ServerState, lock};
use crate::certificates::{Certificate, ChooseCertificate};
use crate::error::{Error, ErrorCode, Result};
use crate::tls::Tls;
use std::sync::Arc;

impl Server {
    /// Shows `certificate` to whoever asks for one of its names, before those of files and those that
    /// are made; it takes the place of one with the same name that was added before. Also while
    /// running.
    ///
    /// # Errors
    /// [`ErrorCode::State`] once started without any certificate.
    pub fn add_certificate(&self, certificate: &Certificate) -> Result<()> {
        self.inner.tls_for("add_certificate")?.give(certificate);
        Ok(())
    }

    /// Makes certificates with a CA in memory, in PEM, as `ca_dir` does with one in a folder.
    ///
    /// # Errors
    /// [`ErrorCode::Config`] for what is no CA, has expired, or does not fit together;
    /// [`ErrorCode::State`] where `ca_dir` names another one, or once started without any certificate.
    pub fn use_ca(&self, certificate: &[u8], key: &[u8]) -> Result<()> {
        self.inner.tls_for("use_ca")?.use_ca(certificate, key, &self.settings())
    }

    /// Asks clients for certificates that one of the CAs in `pem` has signed, as `client_ca` does;
    /// `required` turns those away that have none.
    ///
    /// # Errors
    /// [`ErrorCode::Config`] for what are no CAs; [`ErrorCode::State`] once started.
    pub fn trust_clients(&self, pem: &[u8], required: bool) -> Result<()> {
        let _life = self.built("trust_clients")?;
        self.inner.tls_or_new()?.trust_clients(pem, required)
    }

    /// Asks `chooser` at each handshake what the client gets, from the next one on; `None` asks nobody
    /// any more.
    ///
    /// # Errors
    /// [`ErrorCode::State`] once started without any certificate.
    pub fn choose_certificates(&self, chooser: Option<Box<dyn ChooseCertificate>>) -> Result<()> {
        self.inner.tls_for("choose_certificates")?.choose_with(chooser);
        Ok(())
    }
}

impl Inner {
    /// What there is of TLS, made if the server has not started; workers that have started without
    /// it know nothing of it.
    fn tls_for(&self, what: &str) -> Result<Arc<Tls>> {
        if let Some(tls) = self.tls.get() {
            return Ok(tls.clone());
        }
        if self.life().state != ServerState::Built {
            let text = format!("{what}: expected certificates before the start, got none");
            return Err(Error::new(ErrorCode::State, text));
        }
        self.tls_or_new()
    }

    fn tls_or_new(&self) -> Result<Arc<Tls>> {
        let _one_at_a_time = lock(&self.changing);
        if let Some(tls) = self.tls.get() {
            return Ok(tls.clone());
        }
        let made = Arc::new(Tls::new(&self.settings.load())?);
        Ok(self.tls.get_or_init(|| made).clone())
    }
}
