//! What a connection counts: responses by class, refusals by reason, faults of handlers.

use super::Context;
use crate::http::Refusal;
use crate::log::Log;
use crate::responder::exchange::HandlerFault;
use crate::stats::Cells;

/// Counts what a handler did that it may not do, and tells the operator.
#[cold]
pub(super) fn note_fault(fault: HandlerFault, path: &str, cx: &Context<'_>) {
    let (counter, what) = match fault {
        HandlerFault::Panicked => (&cx.stats.handler_panics, "panicked"),
        HandlerFault::Silent => {
            (&cx.stats.handler_silences, "neither answered nor deferred nor declined")
        }
    };
    counter.add(1);
    if let Some(held_back) = cx.limiter.admit() {
        let log = Log::new(cx.settings.log_level);
        log.warn(format_args!(
            "a handler {what} for {path:.200}: the client got a 500 ({held_back} more like this)"
        ));
    }
}

/// Counts a response by the class of its status.
#[inline]
pub(crate) fn count_response(status: u16, stats: &Cells) {
    let cell = match status {
        ..300 => &stats.responses_2xx,
        300..400 => &stats.responses_3xx,
        400..500 => &stats.responses_4xx,
        500.. => &stats.responses_5xx,
    };
    cell.add(1);
}

/// Counts a refusal by its reason.
pub(crate) fn count_refusal(refusal: Refusal, stats: &Cells) {
    let cell = match refusal {
        Refusal::RequestLine => &stats.refused_request_line,
        Refusal::Version | Refusal::VersionSyntax => &stats.refused_version,
        Refusal::TargetTooLong => &stats.refused_target_too_long,
        Refusal::HeadTooLarge => &stats.refused_head_too_large,
        Refusal::Field => &stats.refused_field,
        Refusal::LineEnd => &stats.refused_line_end,
        Refusal::Host => &stats.refused_host,
        Refusal::Framing => &stats.refused_framing,
        Refusal::TransferCoding => &stats.refused_transfer_coding,
        Refusal::Chunk => &stats.refused_chunk,
        Refusal::BodyTooLarge => &stats.refused_body_too_large,
        Refusal::Method => &stats.refused_method,
        Refusal::MethodNotAllowed => &stats.refused_method_not_allowed,
        Refusal::Expectation => &stats.refused_expectation,
        Refusal::Protocol => &stats.refused_protocol,
        Refusal::Memory => &stats.refused_memory,
        Refusal::Full => &stats.refused_full,
        Refusal::NotTls => &stats.refused_not_tls,
        Refusal::ClientConnections => &stats.refused_client_connections,
        Refusal::ClientRate => &stats.refused_client_rate,
        Refusal::TooEarly => &stats.refused_too_early,
    };
    cell.add(1);
}
