//! Workers and pools.

use super::{Group, OptionRow, integer, row};
use crate::config::kind::Kind;
use crate::config::settings::default_workers;
use crate::config::values::Value;
use std::time::Duration;

pub(super) const ROWS: &[OptionRow] = &[
    row(
        "workers",
        Group::Capacity,
        Kind::Integer { min: 1, max: 1024, auto: true },
        "auto",
        "Worker threads; auto is the number of cores, at most 4.",
        |s, v| s.workers = if *v == Value::Auto { default_workers() } else { v.integer() },
    )
    .short('w'),
    row(
        "max_connections",
        Group::Capacity,
        integer(1, 16_000_000),
        "50000",
        "Connections that each worker can hold.",
        |s, v| s.max_connections = v.integer(),
    ),
    row(
        "private_descriptors",
        Group::Capacity,
        Kind::Switch,
        "off",
        "Whether a worker that accepts its connections itself (the only one, or with accept = \
         reuseport) has a table of descriptors of its own: a few per cent less processor time \
         for servers without routes, handlers and responses of the program's own; lsof and ss \
         show the connections by the number of the worker's thread.",
        |s, v| s.private_descriptors = v.switch(),
    ),
    row(
        "worker_stall",
        Group::Capacity,
        Kind::Duration {
            min: Duration::from_millis(100),
            max: Duration::from_secs(3_600),
            off: false,
        },
        "5s",
        "A worker that shows no sign of life for this long gets no new connections until it does.",
        |s, v| s.worker_stall = v.duration(),
    ),
];
