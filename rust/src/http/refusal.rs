//! Why a request is refused, and with which status.

/// Why a request is refused. Each reason is a statistic, `refused_<name>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// Malformed request line, or a target that the method does not take.
    RequestLine,
    /// A version other than HTTP/1.0 and HTTP/1.1.
    Version,
    /// A malformed version, such as `HTTP/1` or `http/1.1`, or a 0.9 line.
    VersionSyntax,
    /// The target is longer than `max_target`.
    TargetTooLong,
    /// The head is larger than `max_head` or has more than `max_fields` field lines.
    HeadTooLarge,
    /// A malformed field line.
    Field,
    /// A bare CR or LF.
    LineEnd,
    /// Host missing, repeated or invalid.
    Host,
    /// Content-Length or Transfer-Encoding malformed or contradictory.
    Framing,
    /// A transfer coding that is not known.
    TransferCoding,
    /// Malformed chunked coding, or too much of chunk extensions or trailers.
    Chunk,
    /// The body is larger than `max_body`.
    BodyTooLarge,
    /// A method that is not known.
    Method,
    /// A method that is known but not served for this target.
    MethodNotAllowed,
    /// An expectation other than 100-continue.
    Expectation,
    /// Not HTTP/1 at all: a TLS record, the HTTP/2 preface.
    Protocol,
    /// No memory for the body (`max_body_memory`).
    Memory,
    /// The pool is full of busy connections.
    Full,
    /// A request without TLS on a port that speaks TLS only.
    NotTls,
    /// The client has `max_connections_per_client` connections.
    ClientConnections,
    /// The client makes more than `rate_per_client` requests a second.
    ClientRate,
    /// A method that is not safe, in early data of TLS.
    TooEarly,
}

impl Refusal {
    /// All reasons, in the order of the statistics.
    pub const ALL: [Refusal; 22] = [
        Refusal::RequestLine,
        Refusal::Version,
        Refusal::VersionSyntax,
        Refusal::TargetTooLong,
        Refusal::HeadTooLarge,
        Refusal::Field,
        Refusal::LineEnd,
        Refusal::Host,
        Refusal::Framing,
        Refusal::TransferCoding,
        Refusal::Chunk,
        Refusal::BodyTooLarge,
        Refusal::Method,
        Refusal::MethodNotAllowed,
        Refusal::Expectation,
        Refusal::Protocol,
        Refusal::Memory,
        Refusal::Full,
        Refusal::NotTls,
        Refusal::ClientConnections,
        Refusal::ClientRate,
        Refusal::TooEarly,
    ];

    /// The status code that answers it.
    pub fn status(self) -> u16 {
        match self {
            Refusal::RequestLine
            | Refusal::VersionSyntax
            | Refusal::Field
            | Refusal::LineEnd
            | Refusal::Host
            | Refusal::Framing
            | Refusal::Chunk
            | Refusal::Protocol
            | Refusal::NotTls => 400,
            Refusal::MethodNotAllowed => 405,
            Refusal::BodyTooLarge => 413,
            Refusal::TargetTooLong => 414,
            Refusal::Expectation => 417,
            // RFC 8470 section 5.2.
            Refusal::TooEarly => 425,
            // RFC 6585 section 4.
            Refusal::ClientConnections | Refusal::ClientRate => 429,
            Refusal::HeadTooLarge => 431,
            Refusal::TransferCoding | Refusal::Method => 501,
            Refusal::Memory | Refusal::Full => 503,
            Refusal::Version => 505,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_has_every_reason_once_and_in_order() {
        for (place, refusal) in Refusal::ALL.into_iter().enumerate() {
            assert_eq!(refusal as usize, place, "{refusal:?}");
        }
        assert_eq!(Refusal::ALL.len(), Refusal::TooEarly as usize + 1);
    }

    #[test]
    fn every_reason_is_answered_with_an_error() {
        for refusal in Refusal::ALL {
            assert!((400..600).contains(&refusal.status()), "{refusal:?}");
        }
    }
}
