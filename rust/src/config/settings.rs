//! What the server uses.

use crate::http::Limits;
use std::time::Duration;

/// How connections reach the workers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AcceptMode {
    /// One thread accepts and deals round-robin.
    Dispatch,
    /// Each worker owns an SO_REUSEPORT listener.
    Reuseport,
}

/// What is written to standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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

/// Every option with its value: defaults applied, rules between options checked.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `address` and `port`, where `port` was said.
    pub port: Option<u16>,
    /// One IP address or `unix:/path`.
    pub address: String,
    /// Further addresses (`listen`).
    pub listen: Vec<String>,
    /// `backlog`
    pub backlog: u32,
    /// `accept`
    pub accept: AcceptMode,
    /// `workers`
    pub workers: usize,
    /// `max_connections`, for each worker.
    pub max_connections: u32,
    /// `worker_stall`
    pub worker_stall: Duration,
    /// `head_timeout`; `None` is off, for this and the others.
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
    /// `default_answers`: by type where on, 404 where off.
    pub default_answers: bool,
    /// `probes`
    pub probes: bool,
    /// `cors`
    pub cors: bool,
    /// `server_name`: the value of the Server field; empty sends none.
    pub server_name: String,
    /// `log_level`
    pub log_level: LogLevel,
}
