//! What is answered.

use super::{Group, OptionRow, row};
use crate::config::kind::Kind;
use crate::config::values::Value;

pub(super) const ROWS: &[OptionRow] = &[
    row(
        "rules",
        Group::Answers,
        Kind::Path,
        "",
        "Rules file, or folder of *.toml files, that says what requests get before the default answers do.",
        |s, v| s.rules = (*v != Value::Unset).then(|| v.text().into()),
    ),
    row(
        "default_answers",
        Group::Answers,
        Kind::Switch,
        "on",
        "Whether a request that no route takes is answered by the type it asks for; 404 if off.",
        |s, v| s.default_answers = v.switch(),
    ),
    row(
        "probes",
        Group::Answers,
        Kind::Switch,
        "on",
        "Whether the connectivity checks of the common platforms get what they expect.",
        |s, v| s.probes = v.switch(),
    ),
    row(
        "cors",
        Group::Answers,
        Kind::Switch,
        "on",
        "Whether answers let scripts of every origin read them.",
        |s, v| s.cors = v.switch(),
    ),
    row(
        "server_name",
        Group::Answers,
        Kind::Text { max: 256 },
        "",
        "The value of the Server field; empty sends none.",
        |s, v| s.server_name = v.text().to_owned(),
    ),
    row(
        "stats_page",
        Group::Answers,
        Kind::Target,
        "",
        "Path at which whoever asks gets a page of statistics, with the names of pixelserv-tls.",
        |s, v| s.stats_page = v.target(),
    ),
    row(
        "stats_text",
        Group::Answers,
        Kind::Target,
        "",
        "Path at which whoever asks gets the same statistics as one line of text.",
        |s, v| s.stats_text = v.target(),
    ),
    row(
        "ca_certificate",
        Group::Answers,
        Kind::Path,
        "",
        "File of a certificate, without its key, that whoever asks gets as /ca.crt.",
        |s, v| s.ca_certificate = (*v != Value::Unset).then(|| v.text().into()),
    ),
];
