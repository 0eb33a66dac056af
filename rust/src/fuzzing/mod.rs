//! What fuzzers feed: one function for each target, which takes any octets and panics where a
//! promise is broken. Not part of the library: it is there under `cfg(fuzzing)` and in the tests,
//! which run the committed corpora.
//!
//! | target | what it holds against what |
//! | --- | --- |
//! | [`request_head`] | the parser of heads, at any cut, against its thorough way and a naive reading |
//! | [`chunked_body`] | the decoder of bodies, at any cut, against a naive one |
//! | [`option_values`] | every option, file and command line: what is taken is given back and taken again |
//! | [`rules_file`] | rules: mistakes have places, what is taken answers |
//! | [`proxy_header`] | the PROXY header, at any cut |
//! | [`client_hello`] | TLS records and names, at any cut, up to the octets of HTTP |
//! | [`access_log`] | lines of the access log: one each, printable, JSON that others read |
//! | [`http2_frames`] | frames of HTTP/2, at any cut: the same events, one whole head for each request, what is sent reads well |
//! | [`connection`] | a connection through its turns: cuts, full sockets, late answers, timeouts, faults |

mod parsers;
mod reference;
mod values;

#[cfg(test)]
mod tests;

pub(crate) use reference::{
    Answer, Asked, Verdict, answers, chunked, head, is_beyond_repair, read,
};

/// A target and its name: that of its fuzz target and of the folder of its corpus.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: &[Target] = &[
    ("request_head", request_head),
    ("chunked_body", chunked_body),
    ("option_values", option_values),
    ("rules_file", rules_file),
    ("proxy_header", proxy_header),
    #[cfg(feature = "tls")]
    ("client_hello", client_hello),
    ("access_log", access_log),
    ("http2_frames", http2_frames),
    ("connection", connection),
];

/// A request head.
pub fn request_head(data: &[u8]) {
    parsers::request_head(data);
}

/// A chunked body.
pub fn chunked_body(data: &[u8]) {
    parsers::chunked_body(data);
}

/// An option's value, a command line, a configuration file.
pub fn option_values(data: &[u8]) {
    values::option_values(data);
}

/// A rules file and a request.
pub fn rules_file(data: &[u8]) {
    crate::responder::rules::fuzzing::rules_file(data);
}

/// A PROXY header.
pub fn proxy_header(data: &[u8]) {
    parsers::proxy_header(data);
}

/// What a client of TLS says first.
#[cfg(feature = "tls")]
pub fn client_hello(data: &[u8]) {
    crate::tls::fuzzing::client_hello(data);
}

/// The facts of a line of the access log.
pub fn access_log(data: &[u8]) {
    crate::access_log::fuzzing::access_log(data);
}

/// Frames of a client of HTTP/2.
pub fn http2_frames(data: &[u8]) {
    crate::http2::fuzzing::http2_frames(data);
}

/// What happens to a connection.
pub fn connection(data: &[u8]) {
    crate::worker::fuzzing::connection(data);
}

/// Takes decisions off the front of what the fuzzer made; zeros once it is used up.
pub(crate) struct Choices<'d>(pub(crate) &'d [u8]);

impl<'d> Choices<'d> {
    pub(crate) fn octet(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *first
    }

    pub(crate) fn number(&mut self) -> u64 {
        (0..8).fold(0, |number, _| number << 8 | u64::from(self.octet()))
    }

    /// At most `most` octets, as many as the next one says.
    pub(crate) fn octets(&mut self, most: usize) -> &'d [u8] {
        let wanted = usize::from(self.octet()).min(most).min(self.0.len());
        let (taken, rest) = self.0.split_at(wanted);
        self.0 = rest;
        taken
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
