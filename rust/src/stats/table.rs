//! THE table of statistics. A row is all that is needed to add one: the cell, the snapshot, the
//! text, JSON and Prometheus forms, the Python dict and the documentation follow from it. (The C
//! struct `hr_stats` is a literal list that does not compile if it differs from this one.)

use super::Cell;

/// Whether a statistic only grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// A present value.
    Gauge,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The name, the same on every face.
    pub name: &'static str,
    /// Counter or gauge.
    pub kind: Kind,
    /// One sentence.
    pub help: &'static str,
}

macro_rules! statistics {
    ($($name:ident $kind:ident $help:literal;)*) => {
        /// Every statistic, in the order in which all faces show them.
        pub const TABLE: &[Row] = &[$(Row { name: stringify!($name), kind: Kind::$kind, help: $help },)*];

        /// The statistics of one worker: one writer, any number of readers.
        #[derive(Debug, Default)]
        pub struct Cells { $(#[doc = $help] pub $name: Cell,)* }

        /// The statistics at one moment, of one worker or of all.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct Snapshot { $(#[doc = $help] pub $name: u64,)* }

        impl Cells {
            /// The present values.
            pub fn snapshot(&self) -> Snapshot {
                Snapshot { $($name: self.$name.get(),)* }
            }
        }

        impl Snapshot {
            /// Adds `other` to this one, statistic by statistic.
            pub fn add(&mut self, other: &Snapshot) {
                $(self.$name = self.$name.wrapping_add(other.$name);)*
            }

            /// These values, in the order of [`TABLE`].
            pub fn of(values: [u64; TABLE.len()]) -> Snapshot {
                let [$($name,)*] = values;
                Snapshot { $($name,)* }
            }

            /// The values, in the order of [`TABLE`].
            pub fn values(&self) -> [u64; TABLE.len()] {
                [$(self.$name,)*]
            }
        }
    };
}

statistics! {
    connections_handled Counter "Connections accepted and taken into a pool.";
    requests_handled Counter "Requests answered, refused ones not included.";
    bytes_sent Counter "Octets sent to clients.";
    bytes_received Counter "Octets received from clients.";
    connections_open Gauge "Connections in a pool.";
    connections_reading Gauge "Connections on which a head or body is arriving.";
    connections_processing Gauge "Connections whose request waits for its answer: a handler's, or one that a rule delays.";
    connections_writing Gauge "Connections with queued octets that the socket did not take.";
    connections_keepalive Gauge "Connections between two requests.";
    connections_closing Gauge "Connections lingering so that the client can read the last answer.";
    pool_capacity Gauge "Connections that the pool can hold.";
    buffers_lent Gauge "Buffers lent to connections with pending octets.";
    body_memory Gauge "Octets of request bodies held for handlers.";
    responses_1xx Counter "Interim responses sent (100 Continue).";
    responses_2xx Counter "Responses with a status of 200 to 299.";
    responses_3xx Counter "Responses with a status of 300 to 399.";
    responses_4xx Counter "Responses with a status of 400 to 499.";
    responses_5xx Counter "Responses with a status of 500 to 599.";
    refused_request_line Counter "Requests refused for a malformed request line.";
    refused_version Counter "Requests refused for a version that is not served or malformed.";
    refused_target_too_long Counter "Requests refused for a target longer than max_target.";
    refused_head_too_large Counter "Requests refused for a head over max_head or max_fields.";
    refused_field Counter "Requests refused for a malformed field line.";
    refused_line_end Counter "Requests refused for a bare CR or LF.";
    refused_host Counter "Requests refused for a missing, repeated or invalid Host.";
    refused_framing Counter "Requests refused for a malformed or contradictory Content-Length or Transfer-Encoding.";
    refused_transfer_coding Counter "Requests refused for an unknown transfer coding.";
    refused_chunk Counter "Requests refused for malformed chunked coding.";
    refused_body_too_large Counter "Requests refused for a body over max_body.";
    refused_method Counter "Requests answered 501 for an unknown method.";
    refused_method_not_allowed Counter "Requests answered 405 for a method that is not served there.";
    refused_expectation Counter "Requests refused for an expectation other than 100-continue.";
    refused_protocol Counter "Connections that spoke TLS on a plain port, or HTTP/2 where that is off.";
    refused_memory Counter "Requests refused, or connections closed, because no memory was left for what they hold.";
    refused_full Counter "Connections answered 503 because every connection of the pool was busy.";
    refused_client_connections Counter "Connections answered 429 because their client had max_connections_per_client open.";
    refused_client_rate Counter "Requests answered 429 because their client made more than rate_per_client a second.";
    refused_proxy_source Counter "Connections to a listener of proxy_protocol closed because they came from outside of proxy_trusted.";
    refused_proxy_header Counter "Connections closed for a missing or malformed PROXY header.";
    timeouts_head Counter "Connections whose request head did not arrive in time.";
    timeouts_body Counter "Connections whose request body stalled.";
    timeouts_write Counter "Connections whose client did not take its answer in time.";
    timeouts_keepalive Counter "Connections closed after keep_alive_timeout without a request.";
    timeouts_linger Counter "Connections whose client did not close in time after the last answer.";
    timeouts_drain Counter "Connections closed because draining took longer than drain_timeout.";
    disconnects_early Counter "Connections that the client ended in the middle of a request.";
    disconnects_reset Counter "Connections that the client reset.";
    connections_evicted Counter "Idle connections closed early in favour of new ones.";
    connections_shed Counter "Connections answered 503 or dropped for want of room or of a descriptor.";
    connections_max_requests Counter "Connections closed after max_requests requests.";
    accept_errors Counter "Failures of accept other than an empty queue.";
    accept_pauses Counter "Times that accepting paused for want of descriptors or memory.";
    workers_stalled Counter "Times that a worker was found stalled and skipped.";
    worker_restarts Counter "Workers started afresh after a panic.";
    handler_panics Counter "Handlers that panicked.";
    handler_silences Counter "Handlers that neither answered nor deferred nor declined.";
    deferred_answers Counter "Answers given after the handler returned.";
    deferred_gone Counter "Deferred answers whose client had left.";
    connections_handshake Gauge "Connections on which TLS is being agreed on.";
    refused_not_tls Counter "Connections that spoke plain HTTP on a port for TLS.";
    timeouts_handshake Counter "Connections whose TLS handshake did not come to its end in time.";
    tls_handshakes Counter "TLS handshakes that came to their end, resumed ones not included.";
    tls_resumptions Counter "TLS handshakes that took up an earlier session.";
    tls_failures Counter "TLS connections that ended before their handshake did, or that broke the protocol.";
    tls_alerts_unknown_ca Counter "TLS alerts unknown_ca received: the client does not trust the CA.";
    tls_alerts_bad_certificate Counter "TLS alerts bad_certificate received.";
    tls_alerts_certificate_unknown Counter "TLS alerts certificate_unknown received: most browsers that do not trust the CA.";
    tls_alerts_other Counter "Other TLS alerts received, close_notify not included.";
    tls_alerts_sent Counter "TLS alerts sent, close_notify not included.";
    tls_certificates_made Counter "Certificates made on the fly.";
    tls_names_refused Counter "TLS handshakes refused because there is no certificate for the name.";
    rules_matched Counter "Requests that a rule of the rules file took.";
    answers_delayed Counter "Answers that a rule delayed.";
    faults_played Counter "Answers that a rule spoilt, cut off or withheld.";
    streams_begun Counter "Answers whose body was streamed.";
    streams_cut Counter "Streams that their writer cut off before they were whole.";
    access_log_written Counter "Lines of the access log handed to the system.";
    access_log_dropped Counter "Lines of the access log dropped because they were not taken in time, or at all.";
    clients_forgotten Counter "Clients forgotten though they were not quiet, for want of room in client_table.";
    clients_untracked Counter "Connections taken in without the limits of a client, for want of room in client_table.";
    http2_connections Counter "Connections that spoke HTTP/2.";
    http2_streams_reset Counter "HTTP/2 streams that the client reset before they were answered.";
    http2_errors Counter "HTTP/2 connections ended because the client broke the protocol.";
    http2_floods Counter "HTTP/2 connections ended with ENHANCE_YOUR_CALM: too many frames without a request.";
    tls_early_data Counter "TLS handshakes in which early data was taken.";
    refused_too_early Counter "Requests answered 425 because they came in early data and their method is not safe.";
}

impl Snapshot {
    /// The statistic called `name`.
    pub fn get(&self, name: &str) -> Option<u64> {
        let index = TABLE.iter().position(|row| row.name == name)?;
        Some(self.values()[index])
    }
}
