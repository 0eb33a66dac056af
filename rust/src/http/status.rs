//! Status codes and their reason phrases (RFC 9110 section 15, RFC 6585, the IANA registry).

/// The standard reason phrase; `Unknown` for a code that has none.
///
/// Phrases are those of the IANA HTTP Status Code Registry; 306 and 418 are registered as unused.
pub fn reason_phrase(status: u16) -> &'static str {
    match status {
        100..200 => informational(status),
        200..300 => successful(status),
        300..400 => redirection(status),
        400..500 => client_error(status),
        500..600 => server_error(status),
        _ => UNKNOWN,
    }
}

const UNKNOWN: &str = "Unknown";

fn informational(status: u16) -> &'static str {
    match status {
        100 => "Continue",
        101 => "Switching Protocols",
        102 => "Processing",
        103 => "Early Hints",
        104 => "Upload Resumption Supported",
        _ => UNKNOWN,
    }
}

fn successful(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        203 => "Non-Authoritative Information",
        204 => "No Content",
        205 => "Reset Content",
        206 => "Partial Content",
        207 => "Multi-Status",
        208 => "Already Reported",
        226 => "IM Used",
        _ => UNKNOWN,
    }
}

fn redirection(status: u16) -> &'static str {
    match status {
        300 => "Multiple Choices",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        305 => "Use Proxy",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        _ => UNKNOWN,
    }
}

fn client_error(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        407 => "Proxy Authentication Required",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        411 => "Length Required",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        414 => "URI Too Long",
        415 => "Unsupported Media Type",
        416 => "Range Not Satisfiable",
        417 => "Expectation Failed",
        421 => "Misdirected Request",
        422 => "Unprocessable Content",
        423 => "Locked",
        424 => "Failed Dependency",
        425 => "Too Early",
        426 => "Upgrade Required",
        428 => "Precondition Required",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        451 => "Unavailable For Legal Reasons",
        _ => UNKNOWN,
    }
}

fn server_error(status: u16) -> &'static str {
    match status {
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "HTTP Version Not Supported",
        506 => "Variant Also Negotiates",
        507 => "Insufficient Storage",
        508 => "Loop Detected",
        510 => "Not Extended",
        511 => "Network Authentication Required",
        _ => UNKNOWN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Refusal;

    #[test]
    fn every_phrase_can_stand_in_a_status_line() {
        for status in 0..=u16::MAX {
            let phrase = reason_phrase(status);
            assert!(!phrase.is_empty());
            assert!(phrase.bytes().all(|b| b == b' ' || b == b'-' || b.is_ascii_alphabetic()));
        }
    }

    #[test]
    fn unregistered_codes_are_unknown() {
        for status in [0, 99, 199, 306, 418, 427, 499, 509, 599, 600, 999] {
            assert_eq!(reason_phrase(status), "Unknown", "{status}");
        }
    }

    #[test]
    fn every_refusal_has_a_status_with_a_phrase() {
        for refusal in Refusal::ALL {
            assert_ne!(reason_phrase(refusal.status()), "Unknown", "{refusal:?}");
        }
        assert_eq!(reason_phrase(413), "Content Too Large");
    }
}
