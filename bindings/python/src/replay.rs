//! Answers that were recorded elsewhere, given again by the workers without entering Python.

use crate::response::Response;
use http_responder as engine;
use http_responder::{Action, Exchange, Handler, Request};
use pyo3::prelude::*;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The answers to one path, by query.
pub(crate) struct Replay(HashMap<String, Sequence>);

/// Each is given once, in their order; the last one again and again.
struct Sequence {
    answers: Vec<engine::Response>,
    given: AtomicUsize,
}

impl Replay {
    pub(crate) fn new(queries: HashMap<String, Vec<Py<Response>>>) -> Replay {
        let sequence = |answers: Vec<Py<Response>>| Sequence {
            answers: answers.iter().map(|answer| answer.get().prepared().clone()).collect(),
            given: AtomicUsize::new(0),
        };
        let queries = queries.into_iter().filter(|(_, answers)| !answers.is_empty());
        Replay(queries.map(|(query, answers)| (query, sequence(answers))).collect())
    }
}

impl Handler for Replay {
    fn handle(&self, request: &Request<'_>, exchange: &mut Exchange<'_>) -> Action {
        let Some(sequence) = self.0.get(request.query().unwrap_or_default()) else {
            return Action::Decline;
        };
        let last = sequence.answers.len() - 1;
        let step = |given| (given < last).then_some(given + 1);
        let turn = sequence.given.fetch_update(Ordering::Relaxed, Ordering::Relaxed, step);
        let answer = &sequence.answers[turn.unwrap_or(last)];
        // The exchange is open: nobody else has had it.
        let _ = exchange.respond(answer);
        Action::Done
    }
}
