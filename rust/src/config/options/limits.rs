//! Limits of a request.

use super::{Group, KIB, MIB, OptionRow, TIB, integer, row};
use crate::config::kind::Kind;
use crate::http::head::FIELDS_MAX;

pub(super) const ROWS: &[OptionRow] = &[
    row(
        "max_requests",
        Group::Limits,
        integer(0, u32::MAX as u64),
        "0",
        "Requests answered on one connection before it is closed; 0 is unlimited.",
        |s, v| s.max_requests = v.integer(),
    ),
    row(
        "max_head",
        Group::Limits,
        Kind::Size { min: KIB, max: MIB },
        "16k",
        "The largest head of a request, request line and empty line included.",
        |s, v| s.limits.max_head = v.integer(),
    ),
    row(
        "max_fields",
        Group::Limits,
        integer(1, FIELDS_MAX as u64),
        "100",
        "The most field lines of a request.",
        |s, v| s.limits.max_fields = v.integer(),
    ),
    row(
        "max_target",
        Group::Limits,
        Kind::Size { min: 256, max: 64 * KIB },
        "8k",
        "The longest target of a request; less than max_head.",
        |s, v| s.limits.max_target = v.integer(),
    ),
    row(
        "allow_bare_lf",
        Group::Limits,
        Kind::Switch,
        "off",
        "Whether a line of a request may end with LF alone.",
        |s, v| s.limits.allow_bare_lf = v.switch(),
    ),
    row(
        "http2_max_streams",
        Group::Limits,
        integer(1, 65_535),
        "128",
        "Requests that one HTTP/2 connection may have open at a time.",
        |s, v| s.http2_max_streams = v.integer(),
    ),
    row(
        "max_body",
        Group::Limits,
        Kind::Size { min: 0, max: TIB },
        "1m",
        "The largest body of a request; at most max_body_memory.",
        |s, v| s.max_body = v.integer(),
    ),
    row(
        "max_body_memory",
        Group::Limits,
        Kind::Size { min: 0, max: TIB },
        "64m",
        "Memory that each worker may hold for the bodies of requests.",
        |s, v| s.max_body_memory = v.integer(),
    ),
    row(
        "max_pending_memory",
        Group::Limits,
        Kind::Size { min: 1 << 20, max: TIB },
        "256m",
        "Memory that each worker may hold for unfinished request heads and unsent answers; \
         a connection that wants more is closed.",
        |s, v| s.max_pending_memory = v.integer(),
    ),
    row(
        "stream_high_water",
        Group::Limits,
        Kind::Size { min: 2, max: 1 << 30 },
        "256k",
        "Octets of a streamed answer that may wait for the client; from here on its writer has to wait.",
        |s, v| s.stream_high_water = v.integer(),
    ),
    row(
        "stream_low_water",
        Group::Limits,
        Kind::Size { min: 1, max: 1 << 30 },
        "64k",
        "Octets of a streamed answer that may still wait when its writer is told to go on.",
        |s, v| s.stream_low_water = v.integer(),
    ),
];
