//! What is asked of the workers, each of which answers when it comes to it. One that does not, because
//! a handler holds it up, is done without.

use super::json::{Json, Object, Raw};
use super::reply::Reply;
use crate::connection::State;
use crate::responder::Request;
use crate::server::{Inner, lock};
use crate::stats::hosts::{self, Host};
use crate::worker::{Findings, Message, Seen, Survey};
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

/// How long answers are waited for.
const PATIENCE: Duration = Duration::from_millis(300);

/// Hosts in a report.
const HOSTS: usize = 20;

/// Connections in a list: by default, and at most.
const LISTED: usize = 50;
const LISTED_MAX: usize = 1000;

/// The hosts asked for most.
pub(super) fn hosts(server: &Inner) -> Vec<Host> {
    let findings = ask(server, 0);
    hosts::top(findings.into_iter().flat_map(|findings| findings.hosts), HOSTS)
}

/// What every worker that answers in time finds, `oldest` connections of each.
fn ask(server: &Inner, oldest: usize) -> Vec<Findings> {
    let Some(running) = server.running.get() else { return Vec::new() };
    let (answer, answers) = sync_channel(running.workers.len());
    let mut asked = 0;
    for (worker, handle) in running.workers.iter().enumerate().filter(|(_, it)| !it.has_ended()) {
        handle.tell(Message::Survey(Survey { oldest, worker, answer: answer.clone() }));
        asked += 1;
    }
    let end = Instant::now() + PATIENCE;
    let left = || end.saturating_duration_since(Instant::now());
    (0..asked).map_while(|_| answers.recv_timeout(left()).ok()).collect()
}

/// `/connections`: how many there are in each state of each worker, and the oldest of them.
pub(super) fn connections(server: &Inner, request: &Request<'_>) -> Reply {
    let count = match count_of(request.query()) {
        Ok(count) => count,
        Err(why) => return Reply::error(400, why),
    };
    let findings = ask(server, count);
    let listening = lock(&server.listeners).addresses().to_vec();
    let mut oldest: Vec<(usize, &Seen)> = findings
        .iter()
        .flat_map(|findings| findings.oldest.iter().map(|seen| (findings.worker, seen)))
        .collect();
    oldest.sort_by_key(|(_, seen)| std::cmp::Reverse(seen.age));
    oldest.truncate(count);
    let oldest: Vec<Raw> =
        oldest.iter().map(|(worker, seen)| list(*worker, seen, &listening)).collect();
    let (workers, total) = server.stats();
    let silent = (0..workers.len()).filter(|at| !findings.iter().any(|it| it.worker == *at));
    let answer = Object::new()
        .with("open", total.connections_open)
        .with("workers", workers.iter().map(states).collect::<Vec<_>>())
        .with("without_answer", silent.map(|worker| worker as u64).collect::<Vec<_>>())
        .with("oldest", oldest);
    Reply::json(200, &answer.end())
}

fn count_of(query: Option<&str>) -> Result<usize, String> {
    let Some(query) = query else { return Ok(LISTED) };
    let number = query.strip_prefix("oldest=").and_then(|number| number.parse().ok());
    number.filter(|number| *number <= LISTED_MAX).ok_or_else(|| {
        format!("query: expected oldest=N with N of at most {LISTED_MAX}, got {query:.80?}")
    })
}

fn states(worker: &crate::stats::Snapshot) -> Raw {
    Object::new()
        .with("open", worker.connections_open)
        .with(State::Reading.name(), worker.connections_reading)
        .with(State::Processing.name(), worker.connections_processing)
        .with(State::Writing.name(), worker.connections_writing)
        .with(State::KeepAlive.name(), worker.connections_keepalive)
        .with(State::Closing.name(), worker.connections_closing)
        .end()
}

fn list(worker: usize, seen: &Seen, listening: &[String]) -> Raw {
    let listener = listening.get(usize::from(seen.listener)).cloned();
    Object::new()
        .with("worker", worker as u64)
        .with("state", seen.state.name())
        .with("age_ms", seen.age)
        .with("requests", u64::from(seen.requests))
        .with("client", seen.peer.clone())
        .with("listener", listener)
        .end()
}

impl Json for Host {
    fn write(&self, out: &mut String) {
        let host = Object::new().with("host", self.name.as_str());
        host.with("requests", self.requests).with("doubt", self.doubt).end().write(out);
    }
}
