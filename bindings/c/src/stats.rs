//! Statistics as a C struct that can grow.

use crate::error::hr_result;
use crate::ffi::{guard, invalid, shared};
use crate::server::hr_server;
use crate::strings::Buffer;
use http_responder::stats::{Format, Snapshot};
use http_responder::{Error, Result};
use std::ffi::c_char;

/// How statistics are written as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum hr_format {
    /// A table for people: name, sum, each worker.
    HR_FORMAT_TEXT = 0,
    /// A JSON object.
    HR_FORMAT_JSON = 1,
    /// Prometheus text exposition format 0.0.4.
    HR_FORMAT_PROMETHEUS = 2,
}

/// Stands for `hr_format` where C passes one in: C may pass any number.
///
/// cbindgen:ignore
pub type RawFormat = u32;

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
}

impl From<Snapshot> for hr_stats {
    /// Takes the snapshot apart field by field: a row of the engine's table that is missing in the
    /// struct does not compile.
    fn from(snapshot: Snapshot) -> Self {
        let Snapshot {
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
        } = snapshot;
        hr_stats {
            struct_size: size_of::<hr_stats>() as u32,
            reserved: 0,
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
        }
    }
}

/// Writes the statistics of all workers, summed, into *stats, whose struct_size you have set. Any
/// thread, at any time; workers are not stopped for it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_server_stats(
    server: *const hr_server,
    stats: *mut hr_stats,
) -> hr_result {
    guard(|| {
        // SAFETY: NULL or valid, by the contract of the header.
        let (server, room) = unsafe { (shared(server, "server")?, Room::new(stats)?) };
        room.write(&server.inner.stats().into());
        Ok(())
    })
}

/// As hr_server_stats(), for one worker: 0 to hr_server_workers() - 1.
///
/// HR_ERR_INVALID_ARGUMENT for a worker that is not there, or for struct_size.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_server_worker_stats(
    server: *const hr_server,
    worker: u32,
    stats: *mut hr_stats,
) -> hr_result {
    guard(|| {
        // SAFETY: NULL or valid, by the contract of the header.
        let (server, room) = unsafe { (shared(server, "server")?, Room::new(stats)?) };
        room.write(&server.inner.worker_stats(worker)?.into());
        Ok(())
    })
}

/// Writes the statistics of each worker and their sum into `buf` as text. They move on between
/// asking for the size and fetching the text: allow for some octets more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_server_stats_text(
    server: *const hr_server,
    format: RawFormat,
    buf: *mut c_char,
    cap: usize,
    need: *mut usize,
) -> hr_result {
    guard(|| {
        // SAFETY: NULL or valid, by the contract of the header.
        let (server, buffer) = unsafe { (shared(server, "server")?, Buffer::new(buf, cap, need)?) };
        buffer.write(&server.inner.stats_text(known_format(format)?))
    })
}

fn known_format(format: RawFormat) -> Result<Format> {
    const TEXT: RawFormat = hr_format::HR_FORMAT_TEXT as RawFormat;
    const JSON: RawFormat = hr_format::HR_FORMAT_JSON as RawFormat;
    const PROMETHEUS: RawFormat = hr_format::HR_FORMAT_PROMETHEUS as RawFormat;
    match format {
        TEXT => Ok(Format::Text),
        JSON => Ok(Format::Json),
        PROMETHEUS => Ok(Format::Prometheus),
        other => Err(invalid("format", &format!("expected an HR_FORMAT_ number, got {other}"))),
    }
}

/// The caller's struct, which may be smaller or larger than this library's.
struct Room {
    stats: *mut hr_stats,
    size: usize,
}

impl Room {
    /// The octets in front of the first statistic.
    const HEAD: usize = std::mem::offset_of!(hr_stats, connections_handled);
    /// More than any version's struct will have: a size that was never set is most often beyond
    /// it, and must not be believed, as that many octets would be zeroed.
    const MOST: usize = 4096;

    /// Looks at `struct_size`, the one field that must be set.
    ///
    /// # Safety
    /// `stats` is NULL or points to `struct_size` octets, valid for writing.
    unsafe fn new(stats: *mut hr_stats) -> Result<Self> {
        if stats.is_null() {
            return Err(invalid("stats", "must not be NULL"));
        }
        // SAFETY: not NULL; only the first field is touched, as the rest may not be there.
        let size = unsafe { (&raw const (*stats).struct_size).read() } as usize;
        let possible = (Self::HEAD..=Self::MOST).contains(&size) && size.is_multiple_of(8);
        if possible { Ok(Room { stats, size }) } else { Err(impossible(size)) }
    }

    /// Writes as many octets as the caller has room for; what this library does not know is zeroed.
    fn write(self, stats: &hr_stats) {
        let known = self.size.min(size_of::<hr_stats>());
        let source = std::ptr::from_ref(stats).cast::<u8>();
        let target = self.stats.cast::<u8>();
        let first = size_of::<u32>();
        // SAFETY: `target` has `size` octets by the promise at construction, and `known` is at most
        // that and the size of `source`; `struct_size` stays as the caller wrote it.
        unsafe {
            target.add(first).copy_from_nonoverlapping(source.add(first), known - first);
            target.add(known).write_bytes(0, self.size - known);
        }
    }
}

fn impossible(size: usize) -> Error {
    invalid("struct_size", &format!("expected sizeof(hr_stats), got {size}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_responder::stats::TABLE;

    /// A snapshot in which every statistic has another value.
    fn snapshot() -> Snapshot {
        let mut one =
            Snapshot { connections_handled: 1, requests_handled: 2, ..Snapshot::default() };
        one.http2_floods = 99;
        one
    }

    fn words(size: usize) -> Vec<u64> {
        let mut room = vec![u64::MAX; size_of::<hr_stats>() / 8 + 4];
        let target = room.as_mut_ptr().cast::<hr_stats>();
        // SAFETY: `room` is larger than hr_stats and aligned for it.
        unsafe {
            (&raw mut (*target).struct_size).write(size as u32);
            Room::new(target).unwrap().write(&snapshot().into());
        }
        room
    }

    #[test]
    fn the_struct_is_the_table_in_its_order() {
        assert_eq!(size_of::<hr_stats>(), 8 + 8 * TABLE.len());
        assert_eq!(words(size_of::<hr_stats>())[1..=TABLE.len()], snapshot().values());
    }

    #[test]
    fn a_smaller_struct_gets_only_what_it_has_room_for() {
        assert_eq!(words(16)[1..4], [1, u64::MAX, u64::MAX]);
    }

    #[test]
    fn what_a_larger_struct_has_beyond_is_zeroed() {
        let end = size_of::<hr_stats>();
        assert_eq!(words(end + 16)[end / 8 - 1..], [99, 0, 0, u64::MAX, u64::MAX]);
    }

    #[test]
    fn a_size_that_no_struct_has_is_an_error() {
        let mut stats = hr_stats::from(snapshot());
        let mut is_taken = |size| {
            stats.struct_size = size;
            // SAFETY: a live local, of which only the size is read.
            unsafe { Room::new(&mut stats) }.is_ok()
        };
        assert_eq!([0, 4, 7, 9, 15, 20].map(&mut is_taken), [false; 6]);
        assert_eq!([4097, 4104, u32::MAX, u32::MAX - 7].map(&mut is_taken), [false; 4]);
        assert_eq!([8, 16, 4096].map(&mut is_taken), [true; 3]);
        assert!(size_of::<hr_stats>() <= Room::MOST);
    }
}
