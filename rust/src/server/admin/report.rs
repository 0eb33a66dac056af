//! The statistics with what the page and `top` need beside them.

use super::json::{Json, Object, Raw};
use super::process::Process;
use super::reply::Reply;
use super::routes::Panel;
use crate::server::{Inner, ServerState, lock};
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
    pub(super) workers: Vec<Snapshot>,
    pub(super) total: Snapshot,
}

impl Report {
    pub(super) fn now(panel: &Panel, server: &Inner) -> Self {
        let (workers, total) = server.stats();
        let set = server.responder.load();
        Report {
            state: server.life().state,
            uptime: u64::try_from(panel.started.elapsed().as_millis()).unwrap_or(u64::MAX),
            listening: lock(&server.listeners).addresses().to_vec(),
            process: Process::now(),
            rules: set.rules().map_or(0, |set| set.len()) as u64,
            workers,
            total,
        }
    }
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
        .with("total", Raw(render::object(&report.total)))
        .with("workers", report.workers.iter().map(render::object).map(Raw).collect::<Vec<_>>());
    Reply::json(200, &answer.end())
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
    out.push_str(&render::render(Format::Text, &report.workers, &report.total));
    Reply::text(out)
}
