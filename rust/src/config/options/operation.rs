//! Running it.

use super::{Group, KIB, OptionRow, integer, row};
use crate::config::kind::Kind;
use crate::config::settings::{LogFormat, LogLevel, LogTarget};
use crate::config::values::Value;

pub(super) const ROWS: &[OptionRow] = &[
    row(
        "user",
        Group::Operation,
        Kind::Text { max: 64 },
        "",
        "Name of the user that the process becomes once its sockets are bound; for root only.",
        |s, v| s.user = v.text().to_owned(),
    ),
    row(
        "group",
        Group::Operation,
        Kind::Text { max: 64 },
        "",
        "Name of the group that the process becomes; that of the user if it is not said.",
        |s, v| s.group = v.text().to_owned(),
    ),
    row(
        "sandbox",
        Group::Operation,
        Kind::Switch,
        "off",
        "Whether the whole process gives away at the start, where the kernel can, the right to \
         write, make and run files (Landlock) and all system calls that the server does not make \
         (seccomp); the programs http_responder and http_responder_mt do unless told not to.",
        |s, v| s.sandbox = v.switch(),
    ),
    row(
        "admin",
        Group::Operation,
        Kind::Local,
        "",
        "Where the admin page, its metrics and what it can do are served: unix:/path, for the owner \
         and the group, or a loopback address with its port; nowhere if empty.",
        |s, v| s.admin = (*v != Value::Unset).then(|| v.text().to_owned()),
    ),
    row(
        "access_log",
        Group::Operation,
        Kind::LogTarget,
        "off",
        "Where a line for each answer goes: standard output (-), the end of a file, which a reload \
         opens again, or the socket of a syslog daemon or of journald (at another path if one is said).",
        |s, v| s.access_log = LogTarget::from_text(v.text()),
    ),
    row(
        "access_log_format",
        Group::Operation,
        Kind::Choice(&[LogFormat::Combined.name(), LogFormat::Json.name()]),
        LogFormat::Combined.name(),
        "What a line of the access log looks like: Apache's combined format, or a JSON object.",
        |s, v| s.access_log_format = LogFormat::from_name(v.text()),
    ),
    row(
        "access_log_sample",
        Group::Operation,
        integer(1, 1_000_000_000),
        "1",
        "One answer of so many has a line in the access log, counted by each worker.",
        |s, v| s.access_log_sample = v.integer(),
    ),
    row(
        "access_log_buffer",
        Group::Operation,
        Kind::Size { min: 256 * KIB, max: 1 << 30 },
        "4m",
        "Memory of each worker for lines of the access log that are not written yet; what does not \
         fit is dropped and counted.",
        |s, v| s.access_log_buffer = v.integer(),
    ),
    row(
        "log_level",
        Group::Operation,
        Kind::Choice(&[
            LogLevel::Off.name(),
            LogLevel::Error.name(),
            LogLevel::Warn.name(),
            LogLevel::Info.name(),
        ]),
        LogLevel::Warn.name(),
        "What is written to standard error.",
        |s, v| s.log_level = LogLevel::from_name(v.text()),
    ),
];
