//! Certificates from memory, a CA from memory, and a say in which certificate a client is shown.

use crate::attach;
use crate::call::call;
use crate::errors::{OrRaise, invalid};
use crate::handler::Handler;
use crate::log;
use http_responder::ca;
use http_responder::certificates::{self as engine, Choice, ChooseCertificate, Misbehaviour};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};
use std::sync::Arc;

/// A certificate with its chain and its key: PEM, the key in the same text or in key. Raises ConfigError
/// for what is malformed, has expired, names nobody or does not fit together.
#[pyclass(frozen, module = "http_responder")]
pub(crate) struct Certificate {
    pub(crate) inner: engine::Certificate,
    pem: Vec<u8>,
    key: Option<Vec<u8>>,
}

#[pymethods]
impl Certificate {
    #[new]
    #[pyo3(signature = (pem, key=None))]
    fn new(
        py: Python<'_>,
        pem: &Bound<'_, PyAny>,
        key: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Certificate> {
        let (pem, key) = (octets(pem)?, key.map(octets).transpose()?);
        let inner = engine::Certificate::from_pem(&pem, key.as_deref()).or_raise(py)?;
        Ok(Certificate { inner, pem, key })
    }

    /// The certificate and its chain, in PEM.
    #[getter]
    fn pem<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.pem)
    }

    /// Its key, in PEM; None where that stands in pem.
    #[getter]
    fn key<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyBytes>> {
        self.key.as_deref().map(|key| PyBytes::new(py, key))
    }
}

/// A certificate authority in memory, for tests: nobody trusts it who is not told to.
#[pyclass(frozen, module = "http_responder")]
pub(crate) struct Authority(ca::Authority);

#[pymethods]
impl Authority {
    #[new]
    #[pyo3(signature = (name="http_responder test CA", *, days=3650))]
    fn new(py: Python<'_>, name: &str, days: u32) -> PyResult<Authority> {
        let plan = ca::Plan { name: name.to_owned(), days, ..ca::Plan::default() };
        Ok(Authority(ca::Authority::new(&plan).or_raise(py)?))
    }

    /// Its certificate, in PEM: what clients are to trust.
    #[getter]
    pub(crate) fn pem(&self) -> &str {
        self.0.certificate_pem()
    }

    /// Its key, in PEM.
    #[getter]
    pub(crate) fn key(&self) -> &str {
        self.0.key_pem()
    }

    /// Makes a certificate for names of hosts and IP addresses, good from and until so many seconds from
    /// now; self_signed is signed by nobody else, client is one for clients.
    #[pyo3(signature = (*names, start=-172_800.0, end=2_592_000.0, self_signed=false, client=false))]
    fn issue(
        &self,
        py: Python<'_>,
        names: Vec<String>,
        start: f64,
        end: f64,
        self_signed: bool,
        client: bool,
    ) -> PyResult<Certificate> {
        if !(start.is_finite() && end.is_finite()) {
            return Err(invalid(py, "start and end: expected seconds"));
        }
        let (from, until) = (start as i64, end as i64);
        let order = ca::Order { names, from, until, self_signed, client };
        let issued = self.0.issue(&order).or_raise(py)?;
        let (pem, key) = (issued.pem.into_bytes(), Some(issued.key.as_bytes().to_vec()));
        Ok(Certificate { inner: issued.certificate, pem, key })
    }
}

/// A handshake that goes wrong on purpose; made by http_responder.faults.
#[pyclass(frozen, module = "http_responder")]
pub(crate) struct Handshake(Misbehaviour);

#[pymethods]
impl Handshake {
    #[new]
    #[pyo3(signature = (kind, number=0))]
    fn new(kind: &str, number: u16) -> PyResult<Handshake> {
        let unknown = || PyValueError::new_err(format!("kind: unknown {kind:?}"));
        Ok(Handshake(match kind {
            "stall" => Misbehaviour::Stall,
            "alert" => Misbehaviour::Alert(u8::try_from(number)?),
            "old_version" => Misbehaviour::OldVersion(number),
            _ => return Err(unknown()),
        }))
    }
}

/// A Python function that is asked which certificate a client is shown.
pub(crate) struct Chooser(pub(crate) Arc<Handler>);

impl Chooser {
    fn ask(&self, py: Python<'_>, name: Option<&str>) -> PyResult<Choice> {
        let Some(function) = self.0.function(py) else { return Ok(Choice::Usual) };
        let name = match name {
            Some(name) => PyString::new(py, name).into_any(),
            None => py.None().into_bound(py),
        };
        let answer = call(function.bind(py), (name,))?;
        if answer.is_none() {
            return Ok(Choice::Usual);
        }
        if let Ok(certificate) = answer.cast::<Certificate>() {
            return Ok(Choice::Certificate(certificate.get().inner.clone()));
        }
        if let Ok(handshake) = answer.cast::<Handshake>() {
            return Ok(Choice::Misbehave(handshake.get().0));
        }
        if answer.extract::<bool>().is_ok_and(|answer| !answer) {
            return Ok(Choice::Refuse);
        }
        let text = "choose_certificate: expected a Certificate, None or False";
        Err(PyTypeError::new_err(format!("{text}, got {}", answer.repr()?)))
    }
}

impl ChooseCertificate for Chooser {
    fn choose(&self, name: Option<&str>) -> Choice {
        let asked = attach::on_worker(|py| {
            let asked = self.ask(py, name);
            asked.inspect_err(|error| log::raised(py, error, "TLS", name.unwrap_or("no name"))).ok()
        });
        // What raised, or an interpreter that is ending, has no certificate to show.
        asked.flatten().unwrap_or(Choice::Refuse)
    }
}

/// Text or octets.
pub(crate) fn octets(given: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    match given.cast::<PyString>() {
        Ok(text) => Ok(text.to_cow()?.as_bytes().to_vec()),
        Err(_) => given.extract(),
    }
}
