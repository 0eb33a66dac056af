//! Statistics by the names that pixelserv-tls gives them, for what watches one already: one line of
//! `value name` pairs, and a page for people.

use super::Snapshot;
use super::requests::{Requests, Sort};
use crate::config::LogLevel;
use std::fmt::Write;
use std::time::Duration;

/// How they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// HTML.
    Page,
    /// `17 uts, 2 log, ...`
    Line,
}

impl Form {
    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Form::Page => "text/html; charset=utf-8",
            Form::Line => "text/plain; charset=utf-8",
        }
    }
}

/// What the counters are made of.
pub(crate) struct Facts<'f> {
    pub(crate) total: &'f Snapshot,
    /// `None` where they are not counted: the pages were switched on by a reload.
    pub(crate) requests: Option<&'f Requests>,
    pub(crate) uptime: Duration,
    pub(crate) log: LogLevel,
}

/// One counter.
struct Row {
    name: &'static str,
    unit: &'static str,
    help: &'static str,
    value: fn(&Facts<'_>) -> Figure,
}

enum Figure {
    /// It is not counted.
    Unknown,
    Count(u64),
    /// With two digits behind the point.
    Average(f64),
}

const fn row(
    name: &'static str,
    unit: &'static str,
    help: &'static str,
    value: fn(&Facts<'_>) -> Figure,
) -> Row {
    Row { name, unit, help, value }
}

/// In the order of pixelserv-tls. What it counts and this server does not is left out: a zero would
/// be a lie.
const TABLE: &[Row] = &[
    row("uts", "s", "Time since the start.", |f| Figure::Count(f.uptime.as_secs())),
    row("log", "", "Log level, from 0 (critical) to 5 (debug).", |f| Figure::Count(level(f.log))),
    row("kcc", "", "Connections that are open.", |f| Figure::Count(f.total.connections_open)),
    row("kvg", "", "Requests of a connection, on average.", |f| {
        Figure::Average(ratio(requests(f.total), f.total.connections_handled))
    }),
    row("req", "", "Requests, refused ones included.", |f| Figure::Count(requests(f.total))),
    row("avg", "bytes", "Size of a request, on average.", |f| {
        Figure::Count(ratio(f.total.bytes_received, requests(f.total)) as u64)
    }),
    row("tav", "ms", "Time to answer a request, on average.", |f| {
        f.requests.map_or(Figure::Unknown, |r| Figure::Count(r.average_ms()))
    }),
    row("tmx", "ms", "Longest time to answer a request.", |f| {
        f.requests.map_or(Figure::Unknown, |r| Figure::Count(r.longest_ms()))
    }),
    row("slh", "", "TLS connections agreed on.", |f| {
        Figure::Count(f.total.tls_handshakes + f.total.tls_resumptions)
    }),
    row("slm", "", "TLS connections refused for want of a certificate.", |f| {
        Figure::Count(f.total.tls_names_refused)
    }),
    row("slu", "", "TLS connections that failed otherwise.", |f| {
        Figure::Count(f.total.tls_failures.saturating_sub(f.total.tls_names_refused))
    }),
    row("uca", "", "Clients that do not know the CA.", |f| {
        Figure::Count(f.total.tls_alerts_unknown_ca)
    }),
    row("ucb", "", "Clients that called a certificate bad.", |f| {
        Figure::Count(f.total.tls_alerts_bad_certificate)
    }),
    row("uce", "", "Clients that did not know a certificate.", |f| {
        Figure::Count(f.total.tls_alerts_certificate_unknown)
    }),
    row("ssh", "", "TLS sessions taken up again.", |f| Figure::Count(f.total.tls_resumptions)),
    row("nfe", "", "GET without an extension, or of a program.", |f| f.sort(Sort::Program)),
    row("gif", "", "GET of a GIF.", |f| f.sort(Sort::Gif)),
    row("ico", "", "GET of an icon.", |f| f.sort(Sort::Icon)),
    row("txt", "", "GET of a script.", |f| f.sort(Sort::Script)),
    row("jpg", "", "GET of a JPEG.", |f| f.sort(Sort::Jpeg)),
    row("png", "", "GET of a PNG.", |f| f.sort(Sort::Png)),
    row("swf", "", "GET of a Flash film.", |f| f.sort(Sort::Flash)),
    row("ufe", "", "GET of another extension.", |f| f.sort(Sort::OtherExtension)),
    row("opt", "", "OPTIONS.", |f| f.sort(Sort::Options)),
    row("pst", "", "POST.", |f| f.sort(Sort::Post)),
    row("hed", "", "HEAD.", |f| f.sort(Sort::Head)),
    row("rdr", "", "GET that was redirected, by a rule.", |f| f.sort(Sort::Redirected)),
    row("pth", "", "Requests with a malformed or too long target.", |f| {
        Figure::Count(f.total.refused_request_line + f.total.refused_target_too_long)
    }),
    row("204", "", "GET answered with 204.", |f| f.sort(Sort::NoContent)),
    row("bad", "", "Requests with an unknown method, answered 501.", |f| {
        Figure::Count(f.total.refused_method)
    }),
    row("tmo", "", "Requests that did not arrive in time.", |f| {
        Figure::Count(f.total.timeouts_head + f.total.timeouts_body)
    }),
    row("cly", "", "Connections that the client ended before it had its answer.", |f| {
        Figure::Count(f.total.disconnects_early + f.total.disconnects_reset)
    }),
    row("clt", "", "Connections turned away because the server was full.", |f| {
        Figure::Count(f.total.refused_full + f.total.connections_shed)
    }),
    row("err", "", "Connections that could not be accepted.", |f| {
        Figure::Count(f.total.accept_errors)
    }),
];

impl Facts<'_> {
    fn sort(&self, sort: Sort) -> Figure {
        self.requests.map_or(Figure::Unknown, |requests| Figure::Count(requests.of(sort)))
    }

    /// Each counter that there is, with its value.
    fn rows(&self) -> impl Iterator<Item = (&'static Row, Figure)> + '_ {
        let all = TABLE.iter().map(|row| (row, (row.value)(self)));
        all.filter(|(_, figure)| !matches!(figure, Figure::Unknown))
    }
}

/// Writes the counters.
pub(crate) fn render(form: Form, facts: &Facts<'_>) -> String {
    match form {
        Form::Page => page(facts),
        Form::Line => line(facts),
    }
}

fn line(facts: &Facts<'_>) -> String {
    let pairs = facts.rows().map(|(row, value)| format!("{value} {}", row.name));
    pairs.collect::<Vec<_>>().join(", ")
}

const HEAD: &str = "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
<meta name=\"viewport\" content=\"width=device-width\"><title>http_responder</title><style>\
:root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem}\
table{border-collapse:collapse;width:100%}td{padding:.2rem .5rem;border-top:1px solid #8884}\
td:nth-child(2){text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}\
</style></head><body><h1>http_responder</h1><table>";

fn page(facts: &Facts<'_>) -> String {
    let mut page = HEAD.to_owned();
    for (Row { name, unit, help, .. }, value) in facts.rows() {
        let unit = if unit.is_empty() { String::new() } else { format!(" {unit}") };
        let _ = write!(page, "<tr><td>{name}</td><td>{value}{unit}</td><td>{help}</td></tr>");
    }
    page + "</table></body></html>\n"
}

impl std::fmt::Display for Figure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Figure::Unknown => Ok(()),
            Figure::Count(count) => write!(f, "{count}"),
            Figure::Average(average) => write!(f, "{average:.2}"),
        }
    }
}

/// Those that were refused before anybody was asked count too.
fn requests(total: &Snapshot) -> u64 {
    let refused = total.refused_request_line
        + total.refused_version
        + total.refused_target_too_long
        + total.refused_head_too_large
        + total.refused_field
        + total.refused_line_end
        + total.refused_host
        + total.refused_framing
        + total.refused_transfer_coding
        + total.refused_chunk
        + total.refused_body_too_large
        + total.refused_expectation
        + total.refused_protocol;
    total.requests_handled + refused
}

fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// The level of pixelserv-tls that says as much.
fn level(log: LogLevel) -> u64 {
    match log {
        LogLevel::Off => 0,
        LogLevel::Error => 1,
        LogLevel::Warn => 2,
        LogLevel::Info => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(form: Form) -> String {
        let total = Snapshot {
            connections_handled: 4,
            connections_open: 3,
            requests_handled: 8,
            refused_host: 1,
            refused_method: 1,
            bytes_received: 1005,
            ..Snapshot::default()
        };
        let requests = Requests::default();
        requests.count(Sort::Gif, 2_500);
        let uptime = Duration::from_millis(61_500);
        let requests = Some(&requests);
        render(form, &Facts { total: &total, requests, uptime, log: LogLevel::Warn })
    }

    #[test]
    fn the_line_is_pairs_of_value_and_name() {
        let line = rendered(Form::Line);
        assert!(
            line.starts_with(
                "61 uts, 2 log, 3 kcc, 2.25 kvg, 9 req, 111 avg, 2 tav, 2 tmx, 0 slh, "
            ),
            "{line}"
        );
        assert!(line.contains(" 0 ssh, 0 nfe, 1 gif, ") && line.ends_with(", 0 err"), "{line}");
        for pair in line.split(", ") {
            let (value, name) = pair.split_once(' ').unwrap();
            assert!(value.parse::<f64>().is_ok() && name.len() == 3, "{pair}");
        }
    }

    #[test]
    fn the_page_says_what_each_counter_is() {
        let page = rendered(Form::Page);
        for row in TABLE {
            assert!(page.contains(&format!("<td>{}</td>", row.name)), "{}", row.name);
            assert!(row.help.ends_with('.') && !row.help.contains(['<', '&']), "{}", row.name);
        }
        assert!(page.contains("<td>111 bytes</td>"), "{page}");
    }

    #[test]
    fn before_the_first_request_everything_is_zero() {
        let none = Snapshot::default();
        let (uptime, log) = (Duration::ZERO, LogLevel::Off);
        let facts = Facts { total: &none, requests: None, uptime, log };
        let line = line(&facts);
        assert!(line.starts_with("0 uts, 0 log, 0 kcc, 0.00 kvg, 0 req, 0 avg, 0 slh, "), "{line}");
        assert!(line.contains(" ssh, 0 pth, ") && !line.contains("gif"), "{line}");
    }
}
