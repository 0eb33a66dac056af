//! THE table of options. A row here and a field in [`Settings`] are all that is needed to add one:
//! the command line, the file, C, Python, `--help` and the documentation follow from it.

use super::kind::Kind;
use super::ranges::Ranges;
use super::settings::{
    AcceptMode, LogFormat, LogLevel, LogTarget, Settings, TlsVersion, default_workers,
};
use super::values::Value;
use crate::http::head::FIELDS_MAX;
use std::time::Duration;

/// Which part of the server an option belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Where to listen.
    Listening,
    /// Certificates and sessions of TLS.
    Tls,
    /// Workers and pools.
    Capacity,
    /// Deadlines.
    Timeouts,
    /// Limits of a request.
    Limits,
    /// Limits of a client.
    Clients,
    /// What is answered.
    Answers,
    /// Running it.
    Operation,
}

impl Group {
    /// Every group, in the order in which all faces show them.
    pub const ALL: [Group; 8] = [
        Group::Listening,
        Group::Tls,
        Group::Capacity,
        Group::Timeouts,
        Group::Limits,
        Group::Clients,
        Group::Answers,
        Group::Operation,
    ];

    /// The heading of the group.
    pub fn title(self) -> &'static str {
        match self {
            Group::Listening => "Listening",
            Group::Tls => "TLS",
            Group::Capacity => "Capacity",
            Group::Timeouts => "Timeouts",
            Group::Limits => "Limits of a request",
            Group::Clients => "Limits of a client",
            Group::Answers => "Answers",
            Group::Operation => "Operation",
        }
    }
}

/// One option.
#[derive(Debug)]
pub struct OptionRow {
    /// The name, with underscores; the command line writes hyphens.
    pub name: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// The text of the default, in canonical form.
    pub default: &'static str,
    /// Which part of the server it belongs to.
    pub group: Group,
    /// One sentence.
    pub help: &'static str,
    /// The version that brought it.
    pub since: &'static str,
    /// Its letter on the command line.
    pub short: Option<char>,
    /// Its place among the positional arguments, from 1.
    pub position: Option<usize>,
    /// Whether a reload changes it while the server runs.
    pub live: bool,
    /// Puts a value of this kind into the settings.
    pub(super) apply: fn(&mut Settings, &Value),
}

impl OptionRow {
    /// The default, typed.
    ///
    /// # Panics
    /// Never: a test reads every default.
    pub fn default_value(&self) -> Value {
        self.kind.parse(self.default).expect("the default of a row is a value of its kind")
    }

    /// The long flag on the command line: `--keep-alive-timeout`.
    pub fn flag(&self) -> String {
        format!("--{}", self.name.replace('_', "-"))
    }

    const fn short(self, letter: char) -> Self {
        OptionRow { short: Some(letter), ..self }
    }

    const fn position(self, place: usize) -> Self {
        OptionRow { position: Some(place), ..self }
    }

    const fn live(self) -> Self {
        OptionRow { live: true, ..self }
    }
}

const fn row(
    name: &'static str,
    group: Group,
    kind: Kind,
    default: &'static str,
    help: &'static str,
    apply: fn(&mut Settings, &Value),
) -> OptionRow {
    OptionRow {
        name,
        kind,
        default,
        group,
        help,
        since: "0.1",
        short: None,
        position: None,
        live: matches!(group, Group::Timeouts | Group::Answers),
        apply,
    }
}

const fn integer(min: u64, max: u64) -> Kind {
    Kind::Integer { min, max, auto: false }
}

const TIMEOUT: Kind =
    Kind::Duration { min: Duration::from_millis(10), max: Duration::from_secs(86_400), off: true };

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const TIB: u64 = 1 << 40;

/// Every option, by group, in the order in which all faces show them.
pub const TABLE: &[OptionRow] = &[
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
        "ca_dir",
        Group::Tls,
        Kind::Path,
        "",
        "Folder with ca.crt and ca.key: the CA that certificates are made with, for each name when it is \
         asked for first.",
        |s, v| s.ca_dir = (*v != Value::Unset).then(|| v.text().into()),
    ),
    row(
        "certificates",
        Group::Tls,
        Kind::Paths,
        "",
        "PEM files of certificates with their keys (in the file, or beside it as NAME.key), or folders of \
         them; they stand before those that are made.",
        |s, v| s.certificates = v.list().iter().map(Into::into).collect(),
    ),
    row(
        "certificate_cache",
        Group::Tls,
        integer(1, 10_000_000),
        "10000",
        "Certificates made that are remembered, those used last.",
        |s, v| s.certificate_cache = v.integer(),
    ),
    row(
        "tls_min_version",
        Group::Tls,
        Kind::Choice(&[TlsVersion::Tls12.name(), TlsVersion::Tls13.name()]),
        TlsVersion::Tls12.name(),
        "The oldest version of TLS that is spoken.",
        |s, v| s.tls_min_version = TlsVersion::from_name(v.text()),
    ),
    row(
        "ticket_keys",
        Group::Tls,
        Kind::Path,
        "",
        "File of session ticket keys, 48 octets each, the first one for new tickets: servers with the same \
         file resume for each other.",
        |s, v| s.ticket_keys = (*v != Value::Unset).then(|| v.text().into()),
    ),
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

/// Values as the fields of [`Settings`] want them. A row's kind decides which of these its setter
/// may call; a test calls every setter, so the panics below never leave the test suite.
impl Value {
    fn integer<T: TryFrom<u64>>(&self) -> T {
        let (Value::Number(n) | Value::Size(n)) = self else { mismatch(self) };
        T::try_from(*n).unwrap_or_else(|_| mismatch(self))
    }

    fn duration(&self) -> Duration {
        let Value::Duration(d) = self else { mismatch(self) };
        *d
    }

    fn timeout(&self) -> Option<Duration> {
        (*self != Value::Off).then(|| self.duration())
    }

    fn switch(&self) -> bool {
        let Value::Switch(on) = self else { mismatch(self) };
        *on
    }

    fn text(&self) -> &str {
        let Value::Text(text) = self else { mismatch(self) };
        text
    }

    fn target(&self) -> Option<String> {
        (*self != Value::Unset).then(|| self.text().to_owned())
    }

    fn list(&self) -> &[String] {
        let Value::List(items) = self else { mismatch(self) };
        items
    }
}

fn mismatch(value: &Value) -> ! {
    unreachable!("{value:?} is not what the setter of its row takes")
}
