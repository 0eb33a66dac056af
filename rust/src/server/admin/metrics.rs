//! `/metrics`: the report for Prometheus, text exposition format 0.0.4.

use super::reply::Reply;
use super::report::Report;
use super::routes::Panel;
use crate::server::{Inner, ServerState};
use crate::stats::{Format, render};
use std::fmt::{Display, Write};

/// `/metrics`
pub(super) fn metrics(panel: &Panel, server: &Inner) -> Reply {
    let report = Report::now(panel, server);
    let mut out = render::render(Format::Prometheus, &report.workers, &report.total);
    let running = u8::from(report.state == ServerState::Running);
    let version = format!("{{version=\"{}\"}}", crate::VERSION);
    head(&mut out, "http_responder_info", "gauge", "The version that runs.");
    let _ = writeln!(out, "http_responder_info{version} 1");
    let help = "Whether the server answers: 0 while it starts or drains.";
    gauge(&mut out, "http_responder_running", help, running);
    gauge(&mut out, "http_responder_rules", "Rules in force.", report.rules);
    let help = "Seconds since the start.";
    gauge(&mut out, "http_responder_uptime_seconds", help, report.uptime as f64 / 1000.0);
    kinds(&mut out, &report);
    latency(&mut out, &report);
    process(&mut out, &report);
    Reply::metrics(out)
}

fn kinds(out: &mut String, report: &Report) {
    let name = "http_responder_answers_by_kind_total";
    let help = "Answers: default ones by kind, the others by who gave them.";
    head(out, name, "counter", help);
    for (kind, count) in &report.kinds {
        let _ = writeln!(out, "{name}{{kind=\"{kind}\"}} {count}");
    }
}

fn latency(out: &mut String, report: &Report) {
    let name = "http_responder_answer_seconds";
    let help = "Time from the arrival of a request to its answer, refusals aside; of answers beyond a thousand a \
                second and worker one in sixteen, counted sixteenfold.";
    head(out, name, "histogram", help);
    for (microseconds, count) in report.latency.doublings() {
        let bound = microseconds as f64 / 1e6;
        let _ = writeln!(out, "{name}_bucket{{le=\"{bound}\"}} {count}");
    }
    let count = report.latency.count();
    let _ = writeln!(out, "{name}_bucket{{le=\"+Inf\"}} {count}");
    let _ = writeln!(out, "{name}_sum {}", report.latency.sum as f64 / 1e6);
    let _ = writeln!(out, "{name}_count {count}");
}

/// The names that every Prometheus client library gives these.
fn process(out: &mut String, report: &Report) {
    let process = &report.process;
    if let Some(octets) = process.resident {
        gauge(out, "process_resident_memory_bytes", "Resident memory size in bytes.", octets);
    }
    if let Some(octets) = process.mapped {
        gauge(out, "process_virtual_memory_bytes", "Virtual memory size in bytes.", octets);
    }
    if let Some(count) = process.descriptors {
        gauge(out, "process_open_fds", "Number of open file descriptors.", count);
    }
    if let Some(milliseconds) = process.processor {
        let name = "process_cpu_seconds_total";
        head(out, name, "counter", "Total user and system CPU time spent in seconds.");
        let _ = writeln!(out, "{name} {}", milliseconds as f64 / 1000.0);
    }
}

fn gauge(out: &mut String, name: &str, help: &str, value: impl Display) {
    head(out, name, "gauge", help);
    let _ = writeln!(out, "{name} {value}");
}

fn head(out: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
}
