//! The struct, in the order of the engine's table.

use http_responder::stats::Snapshot;

/// Statistics at one moment, of one worker or of all. Counters only grow; those marked "gauge" are
/// present values. docs/stats.md says the same.
///
/// Set `struct_size` to sizeof(hr_stats) before you ask for statistics: the struct grows at its end
/// in later versions, and only as much as you have room for is written. A size that cannot be one
/// is refused: not a multiple of 8, smaller than the part before the first statistic, or larger
/// than 4096.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct hr_stats {
    /// How large your struct is, in octets: sizeof(hr_stats). You set it; it stays as it is.
    pub struct_size: u32,
    /// Nothing yet.
    pub reserved: u32,
    /// Connections accepted and taken into a pool.
    pub connections_handled: u64,
    /// Requests answered, refused ones not included.
    pub requests_handled: u64,
    /// Octets sent to clients.
    pub bytes_sent: u64,
    /// Octets received from clients.
    pub bytes_received: u64,
    /// Connections in a pool. (gauge)
    pub connections_open: u64,
    /// Connections on which a head or body is arriving. (gauge)
    pub connections_reading: u64,
    /// Connections whose request waits for its answer: a handler's, or one that a rule delays. (gauge)
    pub connections_processing: u64,
    /// Connections with queued octets that the socket did not take. (gauge)
    pub connections_writing: u64,
    /// Connections between two requests. (gauge)
    pub connections_keepalive: u64,
    /// Connections lingering so that the client can read the last answer. (gauge)
    pub connections_closing: u64,
    /// Connections that the pool can hold. (gauge)
    pub pool_capacity: u64,
    /// Buffers lent to connections with pending octets. (gauge)
    pub buffers_lent: u64,
    /// Octets of request bodies held for handlers. (gauge)
    pub body_memory: u64,
    /// Interim responses sent (100 Continue).
    pub responses_1xx: u64,
    /// Responses with a status of 200 to 299.
    pub responses_2xx: u64,
    /// Responses with a status of 300 to 399.
    pub responses_3xx: u64,
    /// Responses with a status of 400 to 499.
    pub responses_4xx: u64,
    /// Responses with a status of 500 to 599.
    pub responses_5xx: u64,
    /// Requests refused for a malformed request line.
    pub refused_request_line: u64,
    /// Requests refused for a version that is not served or malformed.
    pub refused_version: u64,
    /// Requests refused for a target longer than max_target.
    pub refused_target_too_long: u64,
    /// Requests refused for a head over max_head or max_fields.
    pub refused_head_too_large: u64,
    /// Requests refused for a malformed field line.
    pub refused_field: u64,
    /// Requests refused for a bare CR or LF.
    pub refused_line_end: u64,
    /// Requests refused for a missing, repeated or invalid Host.
    pub refused_host: u64,
    /// Requests refused for a malformed or contradictory Content-Length or Transfer-Encoding.
    pub refused_framing: u64,
    /// Requests refused for an unknown transfer coding.
    pub refused_transfer_coding: u64,
    /// Requests refused for malformed chunked coding.
    pub refused_chunk: u64,
    /// Requests refused for a body over max_body.
    pub refused_body_too_large: u64,
    /// Requests answered 501 for an unknown method.
    pub refused_method: u64,
    /// Requests answered 405 for a method that is not served there.
    pub refused_method_not_allowed: u64,
    /// Requests refused for an expectation other than 100-continue.
    pub refused_expectation: u64,
    /// Connections that spoke TLS or HTTP/2 on a plain port.
    pub refused_protocol: u64,
    /// Requests refused because no memory was left for their body.
    pub refused_memory: u64,
    /// Connections answered 503 because every connection of the pool was busy.
    pub refused_full: u64,
    /// Connections answered 429 because their client had max_connections_per_client open.
    pub refused_client_connections: u64,
    /// Requests answered 429 because their client made more than rate_per_client a second.
    pub refused_client_rate: u64,
    /// Connections to a listener of proxy_protocol closed because they came from outside of proxy_trusted.
    pub refused_proxy_source: u64,
    /// Connections closed for a missing or malformed PROXY header.
    pub refused_proxy_header: u64,
    /// Connections whose request head did not arrive in time.
    pub timeouts_head: u64,
    /// Connections whose request body stalled.
    pub timeouts_body: u64,
    /// Connections whose client did not take its answer in time.
    pub timeouts_write: u64,
    /// Connections closed after keep_alive_timeout without a request.
    pub timeouts_keepalive: u64,
    /// Connections whose client did not close in time after the last answer.
    pub timeouts_linger: u64,
    /// Connections closed because draining took longer than drain_timeout.
    pub timeouts_drain: u64,
    /// Connections that the client ended in the middle of a request.
    pub disconnects_early: u64,
    /// Connections that the client reset.
    pub disconnects_reset: u64,
    /// Idle connections closed early in favour of new ones.
    pub connections_evicted: u64,
    /// Connections answered 503 or dropped for want of a descriptor.
    pub connections_shed: u64,
    /// Connections closed after max_requests requests.
    pub connections_max_requests: u64,
    /// Failures of accept other than an empty queue.
    pub accept_errors: u64,
    /// Times that accepting paused for want of descriptors or memory.
    pub accept_pauses: u64,
    /// Times that a worker was found stalled and skipped.
    pub workers_stalled: u64,
    /// Workers started afresh after a panic.
    pub worker_restarts: u64,
    /// Handlers that panicked.
    pub handler_panics: u64,
    /// Handlers that neither answered nor deferred nor declined.
    pub handler_silences: u64,
    /// Answers given after the handler returned.
    pub deferred_answers: u64,
    /// Deferred answers whose client had left.
    pub deferred_gone: u64,
    /// Connections on which TLS is being agreed on. (gauge)
    pub connections_handshake: u64,
    /// Connections that spoke plain HTTP on a port for TLS.
    pub refused_not_tls: u64,
    /// Connections whose TLS handshake did not come to its end in time.
    pub timeouts_handshake: u64,
    /// TLS handshakes that came to their end, resumed ones not included.
    pub tls_handshakes: u64,
    /// TLS handshakes that took up an earlier session.
    pub tls_resumptions: u64,
    /// TLS connections that ended before their handshake did, or that broke the protocol.
    pub tls_failures: u64,
    /// TLS alerts unknown_ca received: the client does not trust the CA.
    pub tls_alerts_unknown_ca: u64,
    /// TLS alerts bad_certificate received.
    pub tls_alerts_bad_certificate: u64,
    /// TLS alerts certificate_unknown received: most browsers that do not trust the CA.
    pub tls_alerts_certificate_unknown: u64,
    /// Other TLS alerts received, close_notify not included.
    pub tls_alerts_other: u64,
    /// TLS alerts sent, close_notify not included.
    pub tls_alerts_sent: u64,
    /// Certificates made on the fly.
    pub tls_certificates_made: u64,
    /// TLS handshakes refused because there is no certificate for the name.
    pub tls_names_refused: u64,
    /// Requests that a rule of the rules file took.
    pub rules_matched: u64,
    /// Answers that a rule delayed.
    pub answers_delayed: u64,
    /// Answers that a rule spoilt, cut off or withheld.
    pub faults_played: u64,
    /// Answers whose body was streamed.
    pub streams_begun: u64,
    /// Streams that their writer cut off before they were whole.
    pub streams_cut: u64,
    /// Lines of the access log handed to the system.
    pub access_log_written: u64,
    /// Lines of the access log dropped because they were not taken in time, or at all.
    pub access_log_dropped: u64,
    /// Clients forgotten though they were not quiet, for want of room in client_table.
    pub clients_forgotten: u64,
    /// Connections taken in without the limits of a client, for want of room in client_table.
    pub clients_untracked: u64,
    /// Connections that spoke HTTP/2.
    pub http2_connections: u64,
    /// HTTP/2 streams that the client reset before they were answered.
    pub http2_streams_reset: u64,
    /// HTTP/2 connections ended because the client broke the protocol.
    pub http2_errors: u64,
    /// HTTP/2 connections ended with ENHANCE_YOUR_CALM: too many frames without a request.
    pub http2_floods: u64,
    /// TLS handshakes in which early data was taken.
    pub tls_early_data: u64,
    /// Requests answered 425 because they came in early data and their method is not safe.
    pub refused_too_early: u64,
}

/// Takes a snapshot apart field by field: a row of the engine's table that is missing here or in the
/// struct does not compile.
macro_rules! transfer {
    ($snapshot:expr => $($field:ident),* $(,)?) => {{
        let Snapshot { $($field),* } = $snapshot;
        hr_stats { struct_size: size_of::<hr_stats>() as u32, reserved: 0, $($field),* }
    }};
}

impl From<Snapshot> for hr_stats {
    fn from(snapshot: Snapshot) -> Self {
        transfer! { snapshot =>
            connections_handled,
            requests_handled,
            bytes_sent,
            bytes_received,
            connections_open,
            connections_reading,
            connections_processing,
            connections_writing,
            connections_keepalive,
            connections_closing,
            pool_capacity,
            buffers_lent,
            body_memory,
            responses_1xx,
            responses_2xx,
            responses_3xx,
            responses_4xx,
            responses_5xx,
            refused_request_line,
            refused_version,
            refused_target_too_long,
            refused_head_too_large,
            refused_field,
            refused_line_end,
            refused_host,
            refused_framing,
            refused_transfer_coding,
            refused_chunk,
            refused_body_too_large,
            refused_method,
            refused_method_not_allowed,
            refused_expectation,
            refused_protocol,
            refused_memory,
            refused_full,
            refused_client_connections,
            refused_client_rate,
            refused_proxy_source,
            refused_proxy_header,
            timeouts_head,
            timeouts_body,
            timeouts_write,
            timeouts_keepalive,
            timeouts_linger,
            timeouts_drain,
            disconnects_early,
            disconnects_reset,
            connections_evicted,
            connections_shed,
            connections_max_requests,
            accept_errors,
            accept_pauses,
            workers_stalled,
            worker_restarts,
            handler_panics,
            handler_silences,
            deferred_answers,
            deferred_gone,
            connections_handshake,
            refused_not_tls,
            timeouts_handshake,
            tls_handshakes,
            tls_resumptions,
            tls_failures,
            tls_alerts_unknown_ca,
            tls_alerts_bad_certificate,
            tls_alerts_certificate_unknown,
            tls_alerts_other,
            tls_alerts_sent,
            tls_certificates_made,
            tls_names_refused,
            rules_matched,
            answers_delayed,
            faults_played,
            streams_begun,
            streams_cut,
            access_log_written,
            access_log_dropped,
            clients_forgotten,
            clients_untracked,
            http2_connections,
            http2_streams_reset,
            http2_errors,
            http2_floods,
            tls_early_data,
            refused_too_early,
        }
    }
}
