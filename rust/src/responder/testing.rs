//! What the tests of this folder share: a request without a socket, and what came of it.

use super::deferred::{Delivery, Post};
use super::exchange::{DeferSource, HandlerFault, Outcome};
use super::response::Persistence;
use super::{Exchange, Request, Responder};
use crate::clients::Peer;
use crate::config::{AcceptMode, LogFormat, LogLevel, LogTarget, Settings, TlsVersion};
use crate::connection::Key;
use crate::http::{DateLine, Framing, Head, Limits, Method, Refusal, Version};
use std::sync::Arc;
use std::time::Duration;

pub(super) fn settings() -> Settings {
    Settings {
        port: None,
        address: "127.0.0.1".into(),
        listen: Vec::new(),
        interface: String::new(),
        reuse_port: false,
        tls_port: None,
        listen_tls: Vec::new(),
        listen_auto: Vec::new(),
        http2: true,
        http2_max_streams: 128,
        ca_dir: None,
        certificates: Vec::new(),
        certificate_cache: 1,
        certificate_dir: None,
        client_ca: None,
        client_certificate_required: true,
        tls_min_version: TlsVersion::Tls12,
        ticket_keys: None,
        tls_early_data: 0,
        backlog: 1,
        accept: AcceptMode::Dispatch,
        proxy_protocol: Vec::new(),
        proxy_trusted: crate::config::Ranges::default(),
        workers: 1,
        max_connections: 1,
        private_descriptors: false,
        worker_stall: Duration::from_secs(1),
        handshake_timeout: None,
        head_timeout: None,
        body_timeout: None,
        write_timeout: None,
        keep_alive_timeout: None,
        linger_timeout: None,
        drain_timeout: None,
        max_requests: 0,
        limits: Limits { max_head: 1, max_fields: 1, max_target: 1, allow_bare_lf: false },
        max_body: 0,
        max_body_memory: 0,
        max_pending_memory: 1 << 28,
        stream_high_water: 2,
        stream_low_water: 1,
        clients: crate::config::ClientLimits::default(),
        rules: None,
        default_answers: true,
        probes: true,
        cors: true,
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
        access_log_sample: 1,
        access_log_buffer: 0,
        log_level: LogLevel::Off,
    }
}

pub(super) fn head<'h>(method: &'h str, path: &'h str) -> Head<'h, 'h> {
    Head {
        method: Method::from_name(method),
        method_name: method,
        version: Version::Http11,
        target: path,
        path,
        query: None,
        host: Some("localhost"),
        fields: &[],
        framing: Framing::None,
        keep_alive: true,
        expect_continue: false,
        known: Default::default(),
        len: 0,
    }
}

/// What a client and the worker see of an answer.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) text: String,
    pub(super) status: Option<u16>,
    pub(super) refusal: Option<Refusal>,
    pub(super) fault: Option<HandlerFault>,
    pub(super) deferred: bool,
}

impl Seen {
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        let head = self.text.split_once("\r\n\r\n").expect("a whole head").0;
        let mut values = head.split("\r\n").skip(1).filter_map(|line| {
            let (n, value) = line.split_once(": ")?;
            n.eq_ignore_ascii_case(name).then_some(value)
        });
        let value = values.next();
        assert_eq!(values.next(), None, "{name} twice in {head}");
        value
    }

    pub(super) fn body(&self) -> &str {
        self.text.split_once("\r\n\r\n").expect("a whole head").1
    }
}

pub(super) fn ask(responder: &Responder, head: &Head<'_, '_>) -> Seen {
    struct Nowhere;
    impl Post for Nowhere {
        fn post(&self, _: Key, _: Delivery) {}
        fn note_gone(&self) {}
    }
    let post: Arc<dyn Post> = Arc::new(Nowhere);
    let date = DateLine::new(784_111_777);
    let mut out = Vec::new();
    let key = Key { index: 0, generation: 0 };
    let (version, settings) = (head.version, &settings());
    let source = DeferSource { post: &post, key, version, settings };
    let head_only = head.method == Method::Head;
    let mut exchange =
        Exchange::new(&mut out, &date, head_only, Persistence::Implied, Some(source));
    let mut request = Request::new(head, b"", Peer::Nobody);
    responder.answer(&mut request, &mut exchange);
    let fault = exchange.fault();
    let (status, refusal, deferred) = match exchange.into_outcome() {
        Outcome::Answered { status, refusal, .. } => (Some(status), refusal, false),
        Outcome::Deferred(_) | Outcome::Receiving(..) => (None, None, true),
        Outcome::Cut { .. } => (None, None, false),
        Outcome::Unanswered => panic!("nothing was answered"),
    };
    let text = String::from_utf8_lossy(&out).into_owned();
    Seen { text, status, refusal, fault, deferred }
}
