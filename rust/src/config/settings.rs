//! What the server uses: typed values, consistent with each other.

use super::ranges::Ranges;
use crate::http::Limits;
use std::path::PathBuf;
use std::time::Duration;

/// How connections reach the workers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AcceptMode {
    /// One thread accepts and deals round-robin.
    Dispatch,
    /// Each worker owns an SO_REUSEPORT listener.
    Reuseport,
}

impl AcceptMode {
    /// The name, as in the option `accept`.
    pub const fn name(self) -> &'static str {
        match self {
            AcceptMode::Dispatch => "dispatch",
            AcceptMode::Reuseport => "reuseport",
        }
    }

    /// The mode called `name`, which is a name of the option's choice.
    pub(super) fn from_name(name: &str) -> Self {
        let modes = [AcceptMode::Dispatch, AcceptMode::Reuseport];
        modes.into_iter().find(|mode| mode.name() == name).unwrap_or(AcceptMode::Dispatch)
    }
}

/// A version of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsVersion {
    /// TLS 1.2 (RFC 5246).
    Tls12,
    /// TLS 1.3 (RFC 8446).
    Tls13,
}

impl TlsVersion {
    /// The name, as in the option `tls_min_version`.
    pub const fn name(self) -> &'static str {
        match self {
            TlsVersion::Tls12 => "1.2",
            TlsVersion::Tls13 => "1.3",
        }
    }

    /// The version called `name`, which is a name of the option's choice.
    pub(super) fn from_name(name: &str) -> Self {
        let versions = [TlsVersion::Tls12, TlsVersion::Tls13];
        versions.into_iter().find(|it| it.name() == name).unwrap_or(TlsVersion::Tls12)
    }
}

/// What is written to standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum LogLevel {
    /// Nothing.
    Off,
    /// What stops the server from working.
    Error,
    /// What an operator should look at.
    Warn,
    /// What happened.
    Info,
}

impl LogLevel {
    /// The name, as in the option `log_level`.
    pub const fn name(self) -> &'static str {
        match self {
            LogLevel::Off => "off",
            LogLevel::Error => "error",
            LogLevel::Warn => "warn",
            LogLevel::Info => "info",
        }
    }

    /// Every level, the most silent one first.
    pub(crate) const ALL: [LogLevel; 4] =
        [LogLevel::Off, LogLevel::Error, LogLevel::Warn, LogLevel::Info];

    /// The level called `name`.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name() == name)
    }

    /// The level called `name`, which is a name of the option's choice.
    pub(super) fn from_name(name: &str) -> Self {
        Self::named(name).unwrap_or(LogLevel::Warn)
    }
}

/// Where the access log goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogTarget {
    /// Nowhere.
    Off,
    /// Standard output.
    Stdout,
    /// The end of the file at this absolute path.
    File(PathBuf),
    /// A syslog daemon, at its socket.
    Syslog(PathBuf),
    /// The journal, at the socket of its native protocol.
    Journald(PathBuf),
}

impl LogTarget {
    /// What a text stands for that the option takes.
    pub(super) fn from_text(text: &str) -> Self {
        let at = |socket: &str, usual: &str| {
            PathBuf::from(if socket.is_empty() { usual } else { socket })
        };
        match text.split_once(':') {
            _ if text == "off" => LogTarget::Off,
            _ if text == "-" => LogTarget::Stdout,
            Some(("syslog", socket)) => LogTarget::Syslog(at(socket, "/dev/log")),
            Some(("journald", socket)) => {
                LogTarget::Journald(at(socket, "/run/systemd/journal/socket"))
            }
            _ => LogTarget::File(PathBuf::from(text)),
        }
    }
}

/// What a line of the access log looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Apache's combined format.
    Combined,
    /// A JSON object.
    Json,
}

impl LogFormat {
    /// The name, as in the option `access_log_format`.
    pub const fn name(self) -> &'static str {
        match self {
            LogFormat::Combined => "combined",
            LogFormat::Json => "json",
        }
    }

    /// The format called `name`, which is a name of the option's choice.
    pub(super) fn from_name(name: &str) -> Self {
        if name == LogFormat::Json.name() { LogFormat::Json } else { LogFormat::Combined }
    }
}

/// What one client may do; a client is a range of addresses, by default one of IPv4 and a /64 of
/// IPv6.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClientLimits {
    /// `max_connections_per_client`; 0 is unlimited.
    pub max_connections_per_client: u32,
    /// `rate_per_client`, requests a second; 0 is unlimited.
    pub rate_per_client: u32,
    /// `burst_per_client`; `None` is as many as in a second.
    pub burst_per_client: Option<u32>,
    /// `limit_loopback`
    pub limit_loopback: bool,
    /// `client_prefix_ipv4`
    pub client_prefix_ipv4: u8,
    /// `client_prefix_ipv6`
    pub client_prefix_ipv6: u8,
    /// `client_table`, in octets.
    pub client_table: u64,
}

impl ClientLimits {
    /// Whether there is any limit.
    pub fn are_set(&self) -> bool {
        self.max_connections_per_client != 0 || self.rate_per_client != 0
    }
}

/// Every option with its value: defaults applied, rules between options checked.
/// [`super::Config::resolve`] makes one.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `port`, where it was said.
    pub port: Option<u16>,
    /// `address`: one IP address, without brackets, or `unix:/path`.
    pub address: String,
    /// `listen`: each `127.0.0.1:8080`, `[::1]:0` or `unix:/path`.
    pub listen: Vec<String>,
    /// `interface`; empty is any.
    pub interface: String,
    /// `reuse_port`
    pub reuse_port: bool,
    /// `tls_port`, where it was said.
    pub tls_port: Option<u16>,
    /// `listen_tls`: as `listen`.
    pub listen_tls: Vec<String>,
    /// `listen_auto`: as `listen`.
    pub listen_auto: Vec<String>,
    /// `backlog`
    pub backlog: u32,
    /// `accept`
    pub accept: AcceptMode,
    /// `http2`
    pub http2: bool,
    /// `http2_max_streams`
    pub http2_max_streams: usize,
    /// `ca_dir`: a folder.
    pub ca_dir: Option<PathBuf>,
    /// `certificates`: files and folders.
    pub certificates: Vec<PathBuf>,
    /// `certificate_cache`
    pub certificate_cache: usize,
    /// `certificate_dir`, where it was said.
    pub certificate_dir: Option<PathBuf>,
    /// `client_ca`, where it was said.
    pub client_ca: Option<PathBuf>,
    /// `client_certificate_required`
    pub client_certificate_required: bool,
    /// `tls_min_version`
    pub tls_min_version: TlsVersion,
    /// `ticket_keys`: a file.
    pub ticket_keys: Option<PathBuf>,
    /// `tls_early_data`: octets; 0 is none.
    pub tls_early_data: u32,
    /// `private_descriptors`
    pub private_descriptors: bool,
    /// `proxy_protocol`: each as in `listen`, or `all`.
    pub proxy_protocol: Vec<String>,
    /// `proxy_trusted`
    pub proxy_trusted: Ranges,
    /// `workers`
    pub workers: usize,
    /// `max_connections`, for each worker.
    pub max_connections: u32,
    /// `worker_stall`
    pub worker_stall: Duration,
    /// `handshake_timeout`; `None` is off, for this and the others.
    pub handshake_timeout: Option<Duration>,
    /// `head_timeout`
    pub head_timeout: Option<Duration>,
    /// `body_timeout`
    pub body_timeout: Option<Duration>,
    /// `write_timeout`
    pub write_timeout: Option<Duration>,
    /// `keep_alive_timeout`
    pub keep_alive_timeout: Option<Duration>,
    /// `linger_timeout`
    pub linger_timeout: Option<Duration>,
    /// `drain_timeout`
    pub drain_timeout: Option<Duration>,
    /// `max_requests` on one connection; 0 is unlimited.
    pub max_requests: u32,
    /// `max_head`, `max_fields`, `max_target`, `allow_bare_lf`
    pub limits: Limits,
    /// `max_body`
    pub max_body: u64,
    /// `max_body_memory`, for each worker.
    pub max_body_memory: u64,
    /// `max_pending_memory`, for each worker.
    pub max_pending_memory: u64,
    /// `stream_high_water`, for each stream.
    pub stream_high_water: usize,
    /// `stream_low_water`, less than the other.
    pub stream_low_water: usize,
    /// What one client may do.
    pub clients: ClientLimits,
    /// `rules`: a file or a folder.
    pub rules: Option<PathBuf>,
    /// `default_answers`: by type where on, 404 where off.
    pub default_answers: bool,
    /// `probes`
    pub probes: bool,
    /// `cors`
    pub cors: bool,
    /// `server_name`: the value of the Server field; empty sends none.
    pub server_name: String,
    /// `stats_page`
    pub stats_page: Option<String>,
    /// `stats_text`
    pub stats_text: Option<String>,
    /// `ca_certificate`
    pub ca_certificate: Option<PathBuf>,
    /// `user`; empty stays who it is.
    pub user: String,
    /// `group`; empty is that of the user.
    pub group: String,
    /// `sandbox`
    pub sandbox: bool,
    /// `admin`: an address that [`crate::Server::listen`] takes.
    pub admin: Option<String>,
    /// `access_log`
    pub access_log: LogTarget,
    /// `access_log_format`
    pub access_log_format: LogFormat,
    /// `access_log_sample`: one of so many.
    pub access_log_sample: u32,
    /// `access_log_buffer`: octets of each worker.
    pub access_log_buffer: usize,
    /// `log_level`
    pub log_level: LogLevel,
}

impl Settings {
    /// Room for the table to fill: every field is set by a row before anyone sees it.
    pub(super) fn blank() -> Self {
        Settings {
            port: None,
            address: String::new(),
            listen: Vec::new(),
            interface: String::new(),
            reuse_port: false,
            tls_port: None,
            listen_tls: Vec::new(),
            listen_auto: Vec::new(),
            backlog: 0,
            private_descriptors: false,
            accept: AcceptMode::Dispatch,
            http2: true,
            http2_max_streams: 128,
            ca_dir: None,
            certificates: Vec::new(),
            certificate_cache: 0,
            certificate_dir: None,
            client_ca: None,
            client_certificate_required: true,
            tls_min_version: TlsVersion::Tls12,
            ticket_keys: None,
            tls_early_data: 0,
            proxy_protocol: Vec::new(),
            proxy_trusted: Ranges::default(),
            workers: 0,
            max_connections: 0,
            worker_stall: Duration::ZERO,
            handshake_timeout: None,
            head_timeout: None,
            body_timeout: None,
            write_timeout: None,
            keep_alive_timeout: None,
            linger_timeout: None,
            drain_timeout: None,
            max_requests: 0,
            limits: Limits { max_head: 0, max_fields: 0, max_target: 0, allow_bare_lf: false },
            max_body: 0,
            max_body_memory: 0,
            max_pending_memory: 0,
            stream_high_water: 0,
            stream_low_water: 0,
            clients: ClientLimits::default(),
            rules: None,
            default_answers: false,
            probes: false,
            cors: false,
            server_name: String::new(),
            stats_page: None,
            stats_text: None,
            ca_certificate: None,
            user: String::new(),
            group: String::new(),
            sandbox: false,
            admin: None,
            access_log: LogTarget::Off,
            access_log_format: LogFormat::Combined,
            access_log_sample: 0,
            access_log_buffer: 0,
            log_level: LogLevel::Off,
        }
    }

    /// These settings with what can change while a server runs taken from `fresh`: the rows of the
    /// table that are `live`.
    pub(crate) fn with_live_of(self, fresh: Settings) -> Self {
        Settings {
            port: self.port,
            address: self.address,
            listen: self.listen,
            interface: self.interface,
            reuse_port: self.reuse_port,
            tls_port: self.tls_port,
            listen_tls: self.listen_tls,
            listen_auto: self.listen_auto,
            http2: self.http2,
            http2_max_streams: self.http2_max_streams,
            ca_dir: self.ca_dir,
            certificates: self.certificates,
            certificate_cache: self.certificate_cache,
            certificate_dir: self.certificate_dir,
            client_ca: self.client_ca,
            client_certificate_required: self.client_certificate_required,
            tls_min_version: self.tls_min_version,
            ticket_keys: self.ticket_keys,
            tls_early_data: self.tls_early_data,
            backlog: self.backlog,
            accept: self.accept,
            private_descriptors: self.private_descriptors,
            proxy_protocol: self.proxy_protocol,
            workers: self.workers,
            max_connections: self.max_connections,
            worker_stall: self.worker_stall,
            max_requests: self.max_requests,
            limits: self.limits,
            max_body: self.max_body,
            max_body_memory: self.max_body_memory,
            max_pending_memory: self.max_pending_memory,
            stream_high_water: self.stream_high_water,
            stream_low_water: self.stream_low_water,
            clients: ClientLimits {
                client_prefix_ipv4: self.clients.client_prefix_ipv4,
                client_prefix_ipv6: self.clients.client_prefix_ipv6,
                client_table: self.clients.client_table,
                ..fresh.clients
            },
            user: self.user,
            group: self.group,
            sandbox: self.sandbox,
            admin: self.admin,
            access_log: self.access_log,
            access_log_format: self.access_log_format,
            access_log_sample: self.access_log_sample,
            access_log_buffer: self.access_log_buffer,
            log_level: self.log_level,
            ..fresh
        }
    }

    /// Whether only `address` says where to listen.
    pub(crate) fn names_no_listener(&self) -> bool {
        let lists = [&self.listen, &self.listen_tls, &self.listen_auto];
        self.tls_port.is_none() && lists.into_iter().all(Vec::is_empty)
    }
}

/// `workers = auto`: more than four gain nothing for answers this small until told otherwise.
pub(super) fn default_workers() -> usize {
    std::thread::available_parallelism().map_or(1, |cores| cores.get().min(4))
}
