//! Statistics written out: text for people, JSON, Prometheus.
//!
//! The total may be more than the sum of the workers: what the accepting thread counts itself
//! belongs to none of them.

use super::{Kind, Row, Snapshot, TABLE};
use std::fmt::Write;

/// A way to write statistics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One line for each statistic: its name, the total and, where there are several workers, the
    /// value of each under a line of headings; aligned.
    Text,
    /// A JSON object: `{"total": {...}, "workers": [{...}, ...]}`.
    Json,
    /// Prometheus text exposition format 0.0.4: a series for each worker, and one labelled
    /// `acceptor` where the total is more than their sum. Adding the series up gives the total.
    Prometheus,
}

/// Writes the statistics of each worker and their total; ends with a line end.
pub fn render(format: Format, workers: &[Snapshot], total: &Snapshot) -> String {
    match format {
        Format::Text => text(workers, total),
        Format::Json => json(workers, total),
        Format::Prometheus => prometheus(workers, total),
    }
}

/// The name of a statistic in Prometheus.
pub fn prometheus_name(row: &Row) -> String {
    let suffix = match row.kind {
        Kind::Counter => "_total",
        Kind::Gauge => "",
    };
    format!("http_responder_{}{suffix}", row.name)
}

fn text(workers: &[Snapshot], total: &Snapshot) -> String {
    let mut lines = vec![Vec::new(); TABLE.len()];
    for (line, row) in lines.iter_mut().zip(TABLE) {
        line.push(row.name.to_owned());
    }
    let mut add_column = |values: &Snapshot| {
        for (line, value) in lines.iter_mut().zip(values.values()) {
            line.push(value.to_string());
        }
    };
    add_column(total);
    if workers.len() > 1 {
        workers.iter().for_each(&mut add_column);
        lines.insert(0, headings(workers.len()));
    }
    aligned(&lines)
}

fn headings(workers: usize) -> Vec<String> {
    let fixed = ["statistic".to_owned(), "total".to_owned()];
    fixed.into_iter().chain((0..workers).map(|index| format!("worker_{index}"))).collect()
}

/// Columns two spaces apart: the first flush left, numbers flush right.
fn aligned(lines: &[Vec<String>]) -> String {
    let columns = lines.first().map_or(0, Vec::len);
    let widest = |column: usize| lines.iter().map(|line| line[column].len()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(widest).collect();
    let mut out = String::new();
    for line in lines {
        let _ = write!(out, "{:<width$}", line[0], width = widths[0]);
        for (cell, width) in line.iter().zip(&widths).skip(1) {
            let _ = write!(out, "  {cell:>width$}");
        }
        out.push('\n');
    }
    out
}

fn json(workers: &[Snapshot], total: &Snapshot) -> String {
    let mut out = String::from("{\"total\": ");
    json_object(&mut out, total);
    out.push_str(", \"workers\": [");
    for (index, worker) in workers.iter().enumerate() {
        out.push_str(if index > 0 { ", " } else { "" });
        json_object(&mut out, worker);
    }
    out.push_str("]}\n");
    out
}

/// The statistics of one snapshot as a JSON object.
pub(crate) fn object(values: &Snapshot) -> String {
    let mut out = String::new();
    json_object(&mut out, values);
    out
}

fn json_object(out: &mut String, values: &Snapshot) {
    for (index, (row, value)) in TABLE.iter().zip(values.values()).enumerate() {
        let before = if index > 0 { ", " } else { "{" };
        let _ = write!(out, "{before}\"{}\": {value}", row.name);
    }
    out.push('}');
}

fn prometheus(workers: &[Snapshot], total: &Snapshot) -> String {
    let columns: Vec<_> = workers.iter().map(Snapshot::values).collect();
    let mut out = String::new();
    for (index, (row, total)) in TABLE.iter().zip(total.values()).enumerate() {
        let name = prometheus_name(row);
        prometheus_head(&mut out, &name, row);
        for (worker, values) in columns.iter().enumerate() {
            let _ = writeln!(out, "{name}{{worker=\"{worker}\"}} {}", values[index]);
        }
        let sum = columns.iter().fold(0_u64, |sum, values| sum.wrapping_add(values[index]));
        if let Some(rest @ 1..) = total.checked_sub(sum) {
            let _ = writeln!(out, "{name}{{worker=\"acceptor\"}} {rest}");
        }
    }
    out
}

fn prometheus_head(out: &mut String, name: &str, row: &Row) {
    let kind = match row.kind {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
    };
    let help = row.help.replace('\\', "\\\\").replace('\n', "\\n");
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two workers and a total in which the accepting thread counted two errors of its own.
    fn sample() -> (Vec<Snapshot>, Snapshot) {
        let one = Snapshot { requests_handled: 7, connections_open: 1, ..Snapshot::default() };
        let two = Snapshot { requests_handled: u64::MAX - 7, ..Snapshot::default() };
        let mut total = one;
        total.add(&two);
        total.accept_errors += 2;
        (vec![one, two], total)
    }

    fn rendered(format: Format) -> String {
        let (workers, total) = sample();
        render(format, &workers, &total)
    }

    #[test]
    fn text_has_each_statistic_on_one_aligned_line() {
        let text = rendered(Format::Text);
        let mut lines = text.lines();
        let heading: Vec<_> = lines.next().unwrap().split_whitespace().collect();
        assert_eq!(heading, ["statistic", "total", "worker_0", "worker_1"]);
        let names: Vec<_> = lines.map(|line| line.split(' ').next().unwrap()).collect();
        assert_eq!(names, TABLE.iter().map(|row| row.name).collect::<Vec<_>>());
        assert!(text.lines().all(|line| line.len() == text.lines().next().unwrap().len()));
    }

    #[test]
    fn text_of_one_worker_is_name_and_value_only() {
        let one = Snapshot { requests_handled: 7, ..Snapshot::default() };
        let text = render(Format::Text, &[one], &one);
        assert_eq!(text.lines().count(), TABLE.len());
        let line = text.lines().find(|line| line.starts_with("requests_handled ")).unwrap();
        assert_eq!(line.split_whitespace().collect::<Vec<_>>(), ["requests_handled", "7"]);
    }

    #[test]
    fn json_has_each_statistic_once_in_the_total_and_in_each_worker() {
        let json = rendered(Format::Json);
        for row in TABLE {
            assert_eq!(json.matches(&format!("\"{}\": ", row.name)).count(), 3, "{}", row.name);
        }
        let (total, workers) = json.split_once("\"workers\"").unwrap();
        assert!(total.starts_with("{\"total\": {\"connections_handled\": 0, "), "{total}");
        assert!(total.contains(&format!("\"requests_handled\": {}", u64::MAX)));
        assert!(workers.starts_with(": [{\"connections_handled\": 0, "), "{workers}");
        assert!(workers.ends_with("0}]}\n") && workers.contains("}, {"), "{workers}");
        assert!(workers.contains("\"requests_handled\": 7,"));
    }

    #[test]
    fn without_workers_every_format_still_has_its_shape() {
        let none = Snapshot::default();
        assert!(render(Format::Json, &[], &none).ends_with("0}, \"workers\": []}\n"));
        assert_eq!(render(Format::Text, &[], &none).lines().count(), TABLE.len());
        assert_eq!(render(Format::Prometheus, &[], &none).lines().count(), 2 * TABLE.len());
    }

    #[test]
    fn prometheus_has_help_type_and_one_series_for_each_worker() {
        let out = rendered(Format::Prometheus);
        for row in TABLE {
            let name = prometheus_name(row);
            assert_eq!(out.matches(&format!("# HELP {name} {}\n", row.help)).count(), 1, "{name}");
            assert_eq!(out.matches(&format!("# TYPE {name} ")).count(), 1, "{name}");
            for worker in 0..2 {
                let series = format!("\n{name}{{worker=\"{worker}\"}} ");
                assert_eq!(out.matches(&series).count(), 1, "{series}");
            }
        }
        assert!(out.contains("\n# TYPE http_responder_requests_handled_total counter\n"));
        assert!(out.contains("\nhttp_responder_requests_handled_total{worker=\"0\"} 7\n"));
        assert!(out.contains("\n# TYPE http_responder_connections_open gauge\n"));
        assert!(out.contains("\nhttp_responder_connections_open{worker=\"0\"} 1\n"));
    }

    #[test]
    fn prometheus_series_add_up_to_the_total() {
        let out = rendered(Format::Prometheus);
        let extra: Vec<_> = out.lines().filter(|line| line.contains("acceptor")).collect();
        assert_eq!(extra, ["http_responder_accept_errors_total{worker=\"acceptor\"} 2"]);
    }

    #[test]
    fn statistics_have_unique_legal_names_and_one_sentence_of_help() {
        for (index, row) in TABLE.iter().enumerate() {
            let legal = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
            assert!(row.name.bytes().all(legal), "{}", row.name);
            assert!(TABLE[..index].iter().all(|other| other.name != row.name), "{}", row.name);
            assert!(row.help.ends_with('.') && !row.help.contains(['\\', '\n']), "{}", row.name);
        }
    }
}
