//! What `Server(tls=...)` means: where it listens, and with which certificates.

use crate::certificate::{Authority, Certificate};
use crate::errors::OrRaise;
use http_responder::Server;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict};
use std::net::{IpAddr, SocketAddr};
use std::sync::Mutex;

/// The address on which the server is to speak TLS once it starts, in place of plain HTTP.
#[derive(Default)]
pub(crate) struct FirstListener(Mutex<Option<u16>>);

impl FirstListener {
    /// Takes `port` out of the options where the server is to speak TLS there.
    pub(crate) fn of(
        tls: Option<&Bound<'_, PyAny>>,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<FirstListener> {
        if tls.is_none() {
            return Ok(FirstListener::default());
        }
        let port = match options.map(|options| options.get_item("port")).transpose()?.flatten() {
            Some(port) => port.extract()?,
            None => 0,
        };
        if let Some(options) = options.filter(|options| options.contains("port").unwrap_or(false)) {
            options.del_item("port")?;
        }
        Ok(FirstListener(Mutex::new(Some(port))))
    }

    /// Listens there, if it has not yet.
    pub(crate) fn bind(&self, engine: &Server) -> http_responder::Result<()> {
        let Some(port) = *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) else {
            return Ok(());
        };
        let address = engine.settings().address.clone();
        let address = match address.parse::<IpAddr>() {
            Ok(ip) => SocketAddr::new(ip, port).to_string(),
            Err(_) => address,
        };
        engine.listen_tls(&address, false)?;
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = None;
        Ok(())
    }
}

/// Gives `engine` the certificates of `tls`: True for those of the options, an Authority, a Certificate or
/// several.
pub(crate) fn give(engine: &Server, tls: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = tls.py();
    if tls.cast::<PyBool>().is_ok_and(|tls| tls.is_true()) {
        return Ok(());
    }
    if let Ok(authority) = tls.cast::<Authority>() {
        let authority = authority.get();
        let (pem, key) = (authority.pem().as_bytes(), authority.key().as_bytes());
        return engine.use_ca(pem, key).or_raise(py);
    }
    if let Ok(certificate) = tls.cast::<Certificate>() {
        return engine.add_certificate(&certificate.get().inner).or_raise(py);
    }
    let expected = || {
        let text = "tls: expected True, an Authority, a Certificate or a list of these";
        PyTypeError::new_err(text)
    };
    let certificates: Vec<Bound<'_, PyAny>> =
        tls.try_iter().map_err(|_| expected())?.collect::<PyResult<_>>()?;
    if certificates.is_empty() {
        return Err(expected());
    }
    for certificate in certificates {
        let certificate = certificate.cast::<Certificate>().map_err(|_| expected())?;
        engine.add_certificate(&certificate.get().inner).or_raise(py)?;
    }
    Ok(())
}
