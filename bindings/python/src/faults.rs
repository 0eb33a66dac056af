//! Answers that misbehave on purpose; composed by `http_responder.faults`.

use crate::deferred::Deferred;
use crate::duration::duration;
use crate::errors::{OrRaise, invalid};
use crate::handler::{self, Done};
use crate::pump::is_iterator;
use crate::response;
use crate::wsgi::Streamed;
use http_responder as engine;
use http_responder::responder::{Conduct, Fault, Misconduct};
use http_responder::{Action, Exchange, Request, Response};
use pyo3::exceptions::PyTypeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use std::sync::Arc;

/// What shall go wrong with answers, and the count of those it was asked about.
///
/// Called with what a handler may return it gives something else that a handler may return.
#[pyclass(frozen, module = "http_responder")]
pub(crate) struct Faults(Arc<Misconduct>);

/// An answer that misbehaves; what a handler returns.
#[pyclass(frozen, module = "http_responder")]
pub(crate) struct Faulty {
    answer: Answer,
    misconduct: Arc<Misconduct>,
}

enum Answer {
    Prepared(Response),
    /// One that comes later, or piece by piece.
    Coming(Py<PyAny>),
}

/// A prepared answer that misbehaves; the workers give it without entering Python.
pub(crate) struct FaultyRule {
    /// Nothing where somebody else answers.
    response: Option<Response>,
    misconduct: Arc<Misconduct>,
}

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
        let answer = if is_coming(answer)? {
            Answer::Coming(answer.clone().unbind())
        } else {
            Answer::Prepared(response::from_answer(answer)?.ok_or_else(refused)?)
        };
        Ok(Faulty { answer, misconduct: self.0.clone() })
    }
}

/// Whether it is an answer that comes later, or piece by piece.
fn is_coming(answer: &Bound<'_, PyAny>) -> PyResult<bool> {
    let parts = answer.cast::<PyTuple>().ok().filter(|parts| !parts.is_empty());
    let body = parts.map_or(Ok(answer.clone()), |parts| parts.get_item(parts.len() - 1))?;
    let is_iterated = is_iterator(&body) || body.hasattr(intern!(answer.py(), "__aiter__"))?;
    Ok(is_iterated || answer.is_instance_of::<Deferred>() || answer.is_instance_of::<Streamed>())
}

impl Faulty {
    /// Gives it.
    pub(crate) fn give(
        &self,
        py: Python<'_>,
        exchange: &mut engine::Exchange<'_>,
    ) -> PyResult<Done> {
        self.misconduct.spoil(exchange).or_raise(py)?;
        if exchange.is_open() {
            return match &self.answer {
                Answer::Prepared(response) => exchange.respond(response).or_raise(py),
                Answer::Coming(answer) => return handler::give(answer.bind(py), exchange),
            }
            .map(|()| Done::Answered);
        }
        if let Answer::Coming(answer) = &self.answer
            && let Ok(deferred) = answer.bind(py).cast::<Deferred>()
        {
            deferred.get().forsake();
        }
        Ok(Done::Answered)
    }

    /// Says of `deferred` what becomes of its answer; what that is.
    pub(crate) fn give_later<'py>(
        &self,
        py: Python<'py>,
        deferred: &engine::Deferred,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.misconduct.spoil_later(deferred);
        match &self.answer {
            Answer::Prepared(response) => {
                Ok(Bound::new(py, response::Response::bare(response.clone()))?.into_any())
            }
            Answer::Coming(answer) => Ok(answer.bind(py).clone()),
        }
    }
}

impl FaultyRule {
    /// `answer`, or what somebody else answers where it is None, with `faults`: a Faults, one fault or
    /// several.
    pub(crate) fn new(answer: &Bound<'_, PyAny>, faults: &Bound<'_, PyAny>) -> PyResult<Self> {
        let module = answer.py().import("http_responder.faults")?;
        let faults = module.call_method1("combined", (faults,))?;
        let misconduct = faults.cast::<Faults>()?.get().0.clone();
        Ok(FaultyRule { response: response::from_answer(answer)?, misconduct })
    }
}

impl engine::Handler for FaultyRule {
    fn handle(&self, _: &Request<'_>, exchange: &mut Exchange<'_>) -> Action {
        // The exchange is open: nobody else has had it.
        match &self.response {
            Some(response) => drop(self.misconduct.answer(response, exchange)),
            None => {
                drop(self.misconduct.spoil(exchange));
                if exchange.is_open() {
                    return Action::Decline;
                }
            }
        }
        Action::Done
    }
}
