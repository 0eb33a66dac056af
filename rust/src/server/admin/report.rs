//! The statistics with what the page and `top` need beside them.

use super::json::{Json, Object, Raw};
use super::look;
use super::process::Process;
use super::reply::Reply;
use super::routes::Panel;
use crate::server::{Inner, ServerState, lock};
use crate::stats::latency::Histogram;
use crate::stats::{Format, Snapshot, render};
use std::fmt::Write;

/// All that is known at one moment.
pub(super) struct Report {
    pub(super) state: ServerState,
    /// Milliseconds since the start, of a clock that only goes forward.
    pub(super) uptime: u64,
    pub(super) listening: Vec<String>,
    pub(super) process: Process,
    pub(super) rules: u64,
    /// There is a CA to be handed out.
    pub(super) has_ca: bool,
    pub(super) workers: Vec<Snapshot>,
    pub(super) total: Snapshot,
    /// Every kind of answer with its number so far.
    pub(super) kinds: Vec<(&'static str, u64)>,
    pub(super) latency: Histogram,
}

impl Report {
    pub(super) fn now(panel: &Panel, server: &Inner) -> Self {
        let (workers, total) = server.stats();
        let set = server.responder.load();
        let (kinds, latency) = observed(server);
        Report {
            state: server.life().state,
            uptime: panel.history.uptime(),
            listening: lock(&server.listeners).addresses().to_vec(),
            process: Process::now(),
            rules: set.rules().map_or(0, |set| set.len()) as u64,
            has_ca: server.tls.get().is_some_and(|tls| tls.has_ca()),
            workers,
            total,
            kinds,
            latency,
        }
    }
}

/// What the workers have seen of their answers.
fn observed(server: &Inner) -> (Vec<(&'static str, u64)>, Histogram) {
    let mut latency = Histogram::default();
    let mut kinds: Vec<(&'static str, u64)> = Vec::new();
    let workers = server.running.get().map_or(&[][..], |running| &running.workers);
    for observed in workers.iter().filter_map(|worker| worker.observed.as_ref()) {
        latency.add(&observed.latency);
        if kinds.is_empty() {
            kinds = observed.kinds().collect();
        } else {
            kinds.iter_mut().zip(observed.kinds()).for_each(|(sum, (_, count))| sum.1 += count);
        }
    }
    (kinds, latency)
}

/// `/stats.json`
pub(super) fn json(panel: &Panel, server: &Inner) -> Reply {
    let report = Report::now(panel, server);
    let answer = Object::new()
        .with("version", crate::VERSION)
        .with("state", report.state.name())
        .with("uptime_ms", report.uptime)
        .with("listening", report.listening)
        .with("process", process(&report.process))
        .with("rules", report.rules)
        .with("has_ca", report.has_ca)
        .with("kinds", kinds(&report.kinds))
        .with("latency", latency(&report.latency))
        .with("hosts", look::hosts(server))
        .with("total", Raw(render::object(&report.total)))
        .with("workers", report.workers.iter().map(render::object).map(Raw).collect::<Vec<_>>());
    Reply::json(200, &answer.end())
}

/// `/history.json`: the last three minutes, one point a second.
pub(super) fn history(panel: &Panel) -> Reply {
    Reply::json(200, &Object::new().with("points", panel.history.points()).end())
}

fn kinds(kinds: &[(&str, u64)]) -> impl Json {
    let seen = kinds.iter().filter(|(_, count)| *count > 0);
    seen.fold(Object::new(), |object, (name, count)| object.with(name, *count)).end()
}

/// Each bucket is what its values are below, in microseconds, and how many there are.
fn latency(histogram: &Histogram) -> impl Json {
    let buckets: Vec<_> = histogram.filled().map(|(end, count)| vec![end, count]).collect();
    Object::new()
        .with("count", histogram.count())
        .with("sum_us", histogram.sum)
        .with("p50_us", histogram.quantile(0.5))
        .with("p90_us", histogram.quantile(0.9))
        .with("p99_us", histogram.quantile(0.99))
        .with("p999_us", histogram.quantile(0.999))
        .with("buckets", buckets)
        .end()
}

fn process(process: &Process) -> impl Json {
    Object::new()
        .with("id", process.id)
        .with("resident", process.resident)
        .with("peak", process.peak)
        .with("mapped", process.mapped)
        .with("threads", process.threads)
        .with("descriptors", process.descriptors)
        .with("processor_ms", process.processor)
        .end()
}

/// `/stats.txt`: a name and its value on each line, then the statistics as SIGUSR1 writes them.
pub(super) fn text(panel: &Panel, server: &Inner) -> Reply {
    let report = Report::now(panel, server);
    let mut out = String::new();
    let _ = writeln!(out, "version {}", crate::VERSION);
    let _ = writeln!(out, "state {}", report.state.name());
    let _ = writeln!(out, "uptime_ms {}", report.uptime);
    let _ = writeln!(out, "workers {}", report.workers.len());
    let _ = writeln!(out, "rules {}", report.rules);
    for address in &report.listening {
        let _ = writeln!(out, "listening {address}");
    }
    for (name, value) in [
        ("resident", report.process.resident),
        ("peak", report.process.peak),
        ("processor_ms", report.process.processor),
        ("descriptors", report.process.descriptors),
    ] {
        if let Some(value) = value {
            let _ = writeln!(out, "{name} {value}");
        }
    }
    for (name, part) in [("p50_us", 0.5), ("p99_us", 0.99), ("p999_us", 0.999)] {
        if let Some(microseconds) = report.latency.quantile(part) {
            let _ = writeln!(out, "{name} {microseconds}");
        }
    }
    for (kind, count) in report.kinds.iter().filter(|(_, count)| *count > 0) {
        let _ = writeln!(out, "kind {count} {kind}");
    }
    for host in look::hosts(server) {
        let _ = writeln!(out, "host {} {}", host.requests, printable(&host.name));
    }
    out.push_str(&render::render(Format::Text, &report.workers, &report.total));
    Reply::text(out)
}

/// A name that is one word, and that a terminal takes for nothing else.
fn printable(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_graphic() { c } else { '?' };
    if name.is_empty() { "-".to_owned() } else { name.chars().map(plain).collect() }
}
