//! Deadlines.

use super::{Group, OptionRow, TIMEOUT, row};

pub(super) const ROWS: &[OptionRow] = &[
    row(
        "handshake_timeout",
        Group::Timeouts,
        TIMEOUT,
        "10s",
        "Time in which the TLS handshake of a connection must come to its end.",
        |s, v| s.handshake_timeout = v.timeout(),
    ),
    row(
        "head_timeout",
        Group::Timeouts,
        TIMEOUT,
        "10s",
        "Time in which the whole head of a request must arrive.",
        |s, v| s.head_timeout = v.timeout(),
    ),
    row(
        "body_timeout",
        Group::Timeouts,
        TIMEOUT,
        "30s",
        "Time in which some more of a request's body must arrive.",
        |s, v| s.body_timeout = v.timeout(),
    ),
    row(
        "write_timeout",
        Group::Timeouts,
        TIMEOUT,
        "30s",
        "Time in which the client must take some more of an answer.",
        |s, v| s.write_timeout = v.timeout(),
    ),
    row(
        "keep_alive_timeout",
        Group::Timeouts,
        TIMEOUT,
        "75s",
        "Time that a connection may stay open between two requests.",
        |s, v| s.keep_alive_timeout = v.timeout(),
    ),
    row(
        "linger_timeout",
        Group::Timeouts,
        TIMEOUT,
        "2s",
        "Time that the client has to read the last answer and close.",
        |s, v| s.linger_timeout = v.timeout(),
    ),
    row(
        "drain_timeout",
        Group::Timeouts,
        TIMEOUT,
        "10s",
        "Time that requests in progress have to finish when the server drains.",
        |s, v| s.drain_timeout = v.timeout(),
    ),
];
