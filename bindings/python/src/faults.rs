//! Answers that misbehave on purpose; composed by `http_responder.faults`.

use crate::duration::duration;
use crate::errors::{OrRaise, invalid};
use crate::response;
use http_responder::responder::{Conduct, Fault, Misconduct};
use http_responder::{Action, Exchange, Handler, Request, Response};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use std::sync::Arc;

/// What shall go wrong with answers, and the count of those it was asked about.
///
/// Called with what a handler may return it gives something else that a handler may return.
#[pyclass(frozen, module = "http_responder")]
pub(crate) struct Faults(Arc<Misconduct>);

/// An answer that misbehaves; what a handler returns.
#[pyclass(frozen, module = "http_responder")]
pub(crate) struct Faulty {
    response: Response,
    misconduct: Arc<Misconduct>,
}

/// A prepared answer that misbehaves; the workers give it without entering Python.
pub(crate) struct FaultyRule(Faulty);

#[pymethods]
impl Faults {
    #[new]
    #[pyo3(signature = (
        *, delay=0.0, jitter=0.0, kind=None, amount=None, pause=0.0, statuses=Vec::new(),
        chance=1.0, seed=0
    ))]
    #[allow(clippy::too_many_arguments, reason = "keywords, from one place")]
    fn new(
        py: Python<'_>,
        delay: f64,
        jitter: f64,
        kind: Option<&str>,
        amount: Option<usize>,
        pause: f64,
        statuses: Vec<u16>,
        chance: f64,
        seed: u64,
    ) -> PyResult<Faults> {
        let pause = duration(py, "pause", pause)?;
        let count = amount.unwrap_or_default();
        let (fault, cut) = match kind {
            None => (None, None),
            Some("truncate") => (Some(Fault::Truncate(amount)), None),
            Some("drip") => (Some(Fault::SlowBody(count.max(1), pause)), None),
            Some("slow_headers") => (Some(Fault::SlowHead(count.max(1), pause)), None),
            Some("garbage") => (Some(Fault::Garbage(count)), None),
            Some("wrong_length") => (Some(Fault::WrongLength(count as u64)), None),
            Some("half_close") => (Some(Fault::HalfClose), None),
            Some("reset") if count > 0 => (Some(Fault::ResetAfter(count)), None),
            Some("reset") => (None, Some(true)),
            Some("close_before") => (None, Some(false)),
            Some(other) => return Err(invalid(py, format!("kind: unknown {other:?}"))),
        };
        let delay = duration(py, "delay", delay)?;
        let jitter = duration(py, "jitter", jitter)?;
        let conduct = Conduct { delay, jitter, fault, cut, statuses, chance, seed };
        Ok(Faults(Arc::new(Misconduct::new(conduct).or_raise(py)?)))
    }

    /// The answer, misbehaving.
    fn __call__(&self, answer: &Bound<'_, PyAny>) -> PyResult<Faulty> {
        let refused = || PyTypeError::new_err("faults need a response, not None");
        let response = response::from_answer(answer)?.ok_or_else(refused)?;
        Ok(Faulty { response, misconduct: self.0.clone() })
    }
}

impl Faulty {
    /// Gives it.
    ///
    /// # Errors
    /// As [`Exchange::respond`].
    pub(crate) fn give(&self, exchange: &mut Exchange<'_>) -> http_responder::Result<()> {
        self.misconduct.answer(&self.response, exchange)
    }
}

impl FaultyRule {
    /// `answer` with `faults`: a Faults, one fault or several.
    pub(crate) fn new(answer: &Bound<'_, PyAny>, faults: &Bound<'_, PyAny>) -> PyResult<Self> {
        let module = answer.py().import("http_responder.faults")?;
        let faults = module.call_method1("combined", (faults,))?;
        Ok(FaultyRule(faults.cast::<Faults>()?.get().__call__(answer)?))
    }
}

impl Handler for FaultyRule {
    fn handle(&self, _: &Request<'_>, exchange: &mut Exchange<'_>) -> Action {
        // The exchange is open: nobody else has had it.
        let _ = self.0.give(exchange);
        Action::Done
    }
}
