//! Limits of a client.

use super::{Group, KIB, OptionRow, integer, row};
use crate::config::kind::Kind;
use crate::config::values::Value;

pub(super) const ROWS: &[OptionRow] = &[
    row(
        "max_connections_per_client",
        Group::Clients,
        integer(0, 16_000_000),
        "0",
        "Connections that one client may have open at once, over all workers; further ones get 429 \
         and are closed; 0 is unlimited; the programs http_responder and http_responder_mt start \
         with 10000.",
        |s, v| s.clients.max_connections_per_client = v.integer(),
    )
    .live(),
    row(
        "rate_per_client",
        Group::Clients,
        integer(0, 1_000_000),
        "0",
        "Requests a second that one client may make, over all connections and workers; further ones \
         get 429 and the connection stays; 0 is unlimited; the programs start with 5000.",
        |s, v| s.clients.rate_per_client = v.integer(),
    )
    .live(),
    row(
        "burst_per_client",
        Group::Clients,
        Kind::Integer { min: 1, max: 1_000_000, auto: true },
        "auto",
        "Requests that one client who was quiet may make at once; auto is as many as in a second.",
        |s, v| s.clients.burst_per_client = (*v != Value::Auto).then(|| v.integer()),
    )
    .live(),
    row(
        "limit_loopback",
        Group::Clients,
        Kind::Switch,
        "off",
        "Whether the limits of a client hold for addresses of this machine (127.0.0.0/8 and ::1) too.",
        |s, v| s.clients.limit_loopback = v.switch(),
    )
    .live(),
    row(
        "client_prefix_ipv4",
        Group::Clients,
        integer(8, 32),
        "32",
        "Leading bits of an IPv4 address that make a client.",
        |s, v| s.clients.client_prefix_ipv4 = v.integer(),
    ),
    row(
        "client_prefix_ipv6",
        Group::Clients,
        integer(16, 128),
        "64",
        "Leading bits of an IPv6 address that make a client.",
        |s, v| s.clients.client_prefix_ipv6 = v.integer(),
    ),
    row(
        "client_table",
        Group::Clients,
        Kind::Size { min: 64 * KIB, max: 32 << 30 },
        "64m",
        "Memory in which clients are remembered, 16 octets for each; used only as clients come, and \
         only if a limit of theirs is set.",
        |s, v| s.clients.client_table = v.integer(),
    ),
];
