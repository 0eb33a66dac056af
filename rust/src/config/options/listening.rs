//! Where to listen.

use super::{Group, OptionRow, integer, row};
use crate::config::kind::Kind;
use crate::config::ranges::Ranges;
use crate::config::settings::AcceptMode;
use crate::config::values::Value;

pub(super) const ROWS: &[OptionRow] = &[
    row(
        "port",
        Group::Listening,
        Kind::Port,
        "",
        "TCP port to listen on at the address; 0 lets the kernel pick a free one; not used where the \
         address is unix:/path.",
        |s, v| s.port = (*v != Value::Unset).then(|| v.integer()),
    )
    .position(1),
    row(
        "address",
        Group::Listening,
        Kind::Address,
        "127.0.0.1",
        "The one address to listen on; every interface only if 0.0.0.0 or :: is written.",
        |s, v| s.address = v.text().to_owned(),
    )
    .position(2),
    row(
        "listen",
        Group::Listening,
        Kind::List,
        "",
        "Further addresses to listen on, each with its port.",
        |s, v| s.listen = v.list().to_vec(),
    ),
    row(
        "interface",
        Group::Listening,
        Kind::Text { max: 15 },
        "",
        "Network interface that connections have to come in by; empty takes them from any.",
        |s, v| s.interface = v.text().to_owned(),
    ),
    row(
        "reuse_port",
        Group::Listening,
        Kind::Switch,
        "off",
        "Whether other processes of the same user may listen on the same addresses too \
         (SO_REUSEPORT), so that a new one can take over from an old one.",
        |s, v| s.reuse_port = v.switch(),
    ),
    row(
        "tls_port",
        Group::Listening,
        Kind::Port,
        "",
        "TCP port to listen on for TLS at the address; wants ca_dir or certificates.",
        |s, v| s.tls_port = (*v != Value::Unset).then(|| v.integer()),
    ),
    row(
        "listen_tls",
        Group::Listening,
        Kind::List,
        "",
        "Further addresses to listen on for TLS, each with its port.",
        |s, v| s.listen_tls = v.list().to_vec(),
    ),
    row(
        "listen_auto",
        Group::Listening,
        Kind::List,
        "",
        "Addresses to listen on for both: the first octet of a connection says whether it is TLS.",
        |s, v| s.listen_auto = v.list().to_vec(),
    ),
    row(
        "backlog",
        Group::Listening,
        integer(1, 65_535),
        "4096",
        "Connections that the kernel queues for each listener (net.core.somaxconn limits it).",
        |s, v| s.backlog = v.integer(),
    ),
    row(
        "accept",
        Group::Listening,
        Kind::Choice(&[AcceptMode::Dispatch.name(), AcceptMode::Reuseport.name()]),
        AcceptMode::Dispatch.name(),
        "How connections reach the workers: dealt round-robin by one thread, or by the kernel to \
         a listener of each worker.",
        |s, v| s.accept = AcceptMode::from_name(v.text()),
    ),
    row(
        "proxy_protocol",
        Group::Listening,
        Kind::Listeners,
        "",
        "Listeners, as they are written in address and listen, whose connections begin with a \
         PROXY header that names the client; all is every listener.",
        |s, v| s.proxy_protocol = v.list().to_vec(),
    ),
    row(
        "proxy_trusted",
        Group::Listening,
        Kind::Ranges,
        "127.0.0.0/8,::1,unix",
        "Whose PROXY headers are believed, as ranges of addresses; unix is whoever can open a Unix \
         socket; others are closed at once on those listeners.",
        |s, v| s.proxy_trusted = Ranges::of(v.list()),
    )
    .live(),
    row(
        "http2",
        Group::Listening,
        Kind::Switch,
        "on",
        "Whether HTTP/2 is spoken: over TLS with who asks for it, on plain ports with who begins with it.",
        |s, v| s.http2 = v.switch(),
    ),
];
