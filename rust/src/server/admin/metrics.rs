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
    process(&mut out, &report);
    Reply::metrics(out)
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
