//! docs/options.md and docs/stats.md say what the tables say.
//! `UPDATE_DOCS=1 cargo test --test generated_docs` writes them anew.

use http_responder::config::{self, Group, Kind, OptionRow};
use http_responder::stats::{self, render::prometheus_name};
use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

#[test]
fn the_page_of_options_is_up_to_date() {
    check("options.md", &options_page());
}

#[test]
fn the_page_of_statistics_is_up_to_date() {
    check("stats.md", &stats_page());
}

fn check(name: &str, page: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name);
    if env::var_os("UPDATE_DOCS").is_some_and(|value| value == "1") {
        fs::create_dir_all(path.parent().expect("docs/ is its parent")).expect("make docs/");
        fs::write(&path, page).expect("write the page");
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    let differs = found.lines().zip(page.lines()).find(|(found, expected)| found != expected);
    assert!(found == page, "docs/{name} is stale, UPDATE_DOCS=1 writes it anew: {differs:?}");
}

const OPTIONS_HEAD: &str = "\
<!-- Generated from rust/src/config/options/; do not edit. -->
# Options

An option has one name and one text form wherever it is said:

| where | how |
| --- | --- |
| command line | `--keep-alive-timeout 10s` or `--keep-alive-timeout=10s`; `--config FILE` reads a file |
| TOML file | `keep_alive_timeout = \"10s\"`, or the TOML type that fits: an integer, a boolean, an array for a list, a number of seconds |
| C | `hr_config_set(config, \"keep_alive_timeout\", \"10s\")` |
| Python | `Server(keep_alive_timeout=10.0)` |

The later word holds, except that a file never replaces what the command line said.

- Durations: `250ms`, `10s`, `1.5s`, `2m`, `1h`, `1d`, `1m30s`; a plain number is seconds; `off` where it says so.
- Sizes: octets, or `64k`, `1m`, `1g`, `1t` in powers of 1024.
- Switches: `on` or `off`, also `yes`, `no`, `true`, `false`; on the command line `--cors` is on, `--no-cors` is off.
- Addresses: an IP address or `unix:/path`, never a host name.
- Lists: separated by commas; on the command line the option may also be repeated.
";

fn options_page() -> String {
    let mut page = OPTIONS_HEAD.to_owned();
    for group in Group::ALL {
        let _ = write!(page, "\n## {}\n\n", group.title());
        page.push_str("| option | command line | takes | default | since | meaning |\n");
        page.push_str("| --- | --- | --- | --- | --- | --- |\n");
        for row in config::TABLE.iter().filter(|row| row.group == group) {
            let OptionRow { name, since, help, .. } = row;
            let (flags, takes, default) = (flags(row), row.kind.expected(), default(row));
            let _ =
                writeln!(page, "| `{name}` | {flags} | {takes} | {default} | {since} | {help} |");
        }
    }
    page
}

fn flags(row: &OptionRow) -> String {
    let long = format!("`{}`", row.flag());
    let off = (row.kind == Kind::Switch).then(|| format!("`--no-{}`", row.name.replace('_', "-")));
    let short = row.short.map(|letter| format!("`-{letter}`"));
    let place = row.position.map(|place| format!("argument {place}"));
    [Some(long), off, short, place].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn default(row: &OptionRow) -> String {
    match row.default {
        "" => "none".to_owned(),
        text => format!("`{text}`"),
    }
}

const STATS_HEAD: &str = "\
<!-- Generated from rust/src/stats/table.rs; do not edit. -->
# Statistics

Counted by each worker on its own and added up when they are read; reading never stops a worker. A counter only
grows, a gauge is a present value. The same names stand in the SIGUSR1 dump, in JSON, in the C struct `hr_stats` and in
the Python dictionary. In Prometheus each worker is a series with the label `worker`; what the accepting thread counts
itself is a series with `worker=\"acceptor\"`; their sum is the total.

| name | kind | Prometheus | meaning |
| --- | --- | --- | --- |
";

fn stats_page() -> String {
    let mut page = STATS_HEAD.to_owned();
    for row in stats::TABLE {
        let kind = match row.kind {
            stats::Kind::Counter => "counter",
            stats::Kind::Gauge => "gauge",
        };
        let (name, prometheus, help) = (row.name, prometheus_name(row), row.help);
        let _ = writeln!(page, "| `{name}` | {kind} | `{prometheus}` | {help} |");
    }
    page
}
