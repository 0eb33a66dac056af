//! A request as a handler sees it: a copy, which may be kept.

use crate::headers::{self, Headers};
use crate::peer::Peer;
use crate::pieces::Pieces;
use crate::upload::{Arriving, Stream};
use http_responder as engine;
use http_responder::certificates::ClientIdentity;
use http_responder::http::Version;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict};
use std::ops::Range;
use std::sync::Arc;

/// One request. It is a copy and stays valid after the handler has returned.
#[pyclass(frozen, module = "http_responder")]
pub(crate) struct Request {
    /// Method, target, path, query, host; names and values of the parameters; those of the fields.
    pieces: Pieces,
    /// Where the fields begin among the pieces.
    fields_at: usize,
    version: Version,
    has_host: bool,
    peer: Peer,
    raw_body: Vec<u8>,
    certificate: Option<Box<[u8]>>,
    is_secured: bool,
    /// The body, where it goes to the handler as it arrives.
    arriving: Option<Arc<Arriving>>,
    // Made when first asked for: most handlers look at few of them.
    made: Made,
}

struct Made {
    params: PyOnceLock<Py<PyDict>>,
    headers: PyOnceLock<Py<Headers>>,
    body: PyOnceLock<Py<PyBytes>>,
    query: PyOnceLock<Py<PyAny>>,
    cookies: PyOnceLock<Py<PyAny>>,
    form: PyOnceLock<Py<PyAny>>,
    stream: PyOnceLock<Py<Stream>>,
}

impl Made {
    const fn nothing() -> Made {
        Made {
            params: PyOnceLock::new(),
            headers: PyOnceLock::new(),
            body: PyOnceLock::new(),
            query: PyOnceLock::new(),
            cookies: PyOnceLock::new(),
            form: PyOnceLock::new(),
            stream: PyOnceLock::new(),
        }
    }
}

const METHOD: usize = 0;
const TARGET: usize = 1;
const PATH: usize = 2;
const QUERY: usize = 3;
const HOST: usize = 4;
const PARAMS: usize = 5;

/// Room for the octets of a usual head.
const USUAL: usize = 512;

impl Request {
    /// Copies `request`. Its peer has to be settled when the handler is done.
    pub(crate) fn copy(request: &engine::Request<'_>) -> Request {
        let fields = request.headers();
        let mut pieces = Pieces::with_capacity(PARAMS + 4 + 2 * fields.len(), USUAL);
        for text in [
            request.method_name(),
            request.target(),
            request.path(),
            request.query().unwrap_or_default(),
            request.host().unwrap_or_default(),
        ] {
            pieces.push(text.as_bytes());
        }
        for (name, value) in request.params().iter() {
            pieces.push(name.as_bytes());
            pieces.push(value.as_bytes());
        }
        let fields_at = pieces.len();
        for field in fields {
            pieces.push(field.name.as_bytes());
            pieces.push(field.value);
        }
        Request {
            pieces,
            fields_at,
            version: request.version(),
            has_host: request.host().is_some(),
            peer: Peer::of(request),
            certificate: request.client_certificate().map(Into::into),
            is_secured: request.is_secured(),
            raw_body: request.body().to_vec(),
            arriving: None,
            made: Made::nothing(),
        }
    }

    /// This one, with a body that arrives.
    pub(crate) fn arriving(self, arriving: Arc<Arriving>) -> Request {
        Request { arriving: Some(arriving), ..self }
    }

    /// Who waits for the body on an event loop does so through `bridge`.
    pub(crate) fn wait_through(&self, bridge: &Bound<'_, PyAny>) {
        if let Some(arriving) = &self.arriving {
            arriving.wait_through(bridge);
        }
    }

    /// The handler is done; whether the request is kept by somebody.
    pub(crate) fn settle(&self, kept: bool) {
        self.peer.settle(kept);
    }

    /// As settle(true), on a connection of this number: its address is asked for once.
    pub(crate) fn settle_for(&self, connection: u64) {
        self.peer.settle_for(connection);
    }

    /// Address and port of the client, as text; `None` where it has left, or has none.
    pub(crate) fn peer_words(&self) -> Option<(String, String)> {
        let peer = self.peer.address()?;
        let (address, port) = peer.rsplit_once(':').filter(|(_, port)| !port.is_empty())?;
        Some((address.trim_matches(['[', ']']).to_owned(), port.to_owned()))
    }

    /// Names and values of the header fields.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.pieces.pairs(self.fields_at..self.pieces.len())
    }

    /// The path as sent, and the query.
    pub(crate) fn path_and_query(&self) -> (&str, &str) {
        (self.pieces.text(PATH), self.pieces.text(QUERY))
    }

    /// The octets of the body.
    pub(crate) fn octets(&self) -> &[u8] {
        &self.raw_body
    }

    fn taken(&self) -> impl Iterator<Item = (&str, &str)> {
        let params: Range<usize> = PARAMS..self.fields_at;
        params.step_by(2).map(|index| (self.pieces.text(index), self.pieces.text(index + 1)))
    }

    /// The first value of the field `name`.
    pub(crate) fn field(&self, name: &str) -> Option<String> {
        let mut fields = self.fields();
        fields.find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| headers::text(value))
    }

    /// The charset that the client names, if it names one.
    fn charset(&self) -> Option<String> {
        let content_type = self.field("content-type")?;
        content_type.split(';').skip(1).find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            let named = name.trim().eq_ignore_ascii_case("charset");
            named.then(|| value.trim().trim_matches('"').to_owned())
        })
    }
}

#[pymethods]
impl Request {
    /// The method as sent: "GET".
    #[getter]
    pub(crate) fn method(&self) -> &str {
        self.pieces.text(METHOD)
    }

    /// The request target as sent, with its query.
    #[getter]
    pub(crate) fn target(&self) -> &str {
        self.pieces.text(TARGET)
    }

    /// The path, not percent-decoded.
    #[getter]
    fn path(&self) -> &str {
        self.pieces.text(PATH)
    }

    /// The parameters of the query, decoded: a MultiDict. A plus sign is a space; parameters
    /// without a value have an empty one.
    #[getter]
    fn query(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let make = || call(py, "parse_query", (self.query_string(),));
        Ok(self.made.query.get_or_try_init(py, make)?.clone_ref(py))
    }

    /// The query without its question mark, not decoded; empty where there is none.
    #[getter]
    fn query_string(&self) -> &str {
        self.pieces.text(QUERY)
    }

    /// "HTTP/2", "HTTP/1.1" or "HTTP/1.0".
    #[getter]
    pub(crate) fn version(&self) -> &'static str {
        match self.version {
            Version::Http10 => "HTTP/1.0",
            Version::Http11 => "HTTP/1.1",
            Version::Http2 => "HTTP/2",
        }
    }

    /// The host asked for, with its port if one was sent; None where an HTTP/1.0 client sent none.
    #[getter]
    fn host(&self) -> Option<&str> {
        self.has_host.then(|| self.pieces.text(HOST))
    }

    /// The address of the client: "127.0.0.1:4711", "[::1]:4711" or "unix:"; None if it has left.
    #[getter]
    pub(crate) fn peer(&self) -> Option<String> {
        self.peer.address()
    }

    /// What the pattern of the route took from the path, by name, percent-decoded once: "a%2Fb" is
    /// "a/b" here. What is no UTF-8 then is replaced; raw_params has it as sent.
    #[getter]
    fn params(&self, py: Python<'_>) -> PyResult<Py<PyDict>> {
        let make = || {
            let params = PyDict::new(py);
            for (name, value) in self.taken() {
                params.set_item(name, text_of(percent_decoded(value)))?;
            }
            PyResult::Ok(params.unbind())
        };
        Ok(self.made.params.get_or_try_init(py, make)?.clone_ref(py))
    }

    /// What the pattern of the route took from the path, by name, as sent: not percent-decoded, as
    /// hr_request_param gives it in C.
    #[getter]
    fn raw_params<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let params = PyDict::new(py);
        for (name, value) in self.taken() {
            params.set_item(name, value)?;
        }
        Ok(params)
    }

    /// The header fields.
    #[getter]
    fn headers(&self, py: Python<'_>) -> PyResult<Py<Headers>> {
        let make = || {
            let line = |(name, value): (&str, &[u8])| (name.to_owned(), headers::text(value));
            Py::new(py, Headers::new(self.fields().map(line).collect()))
        };
        Ok(self.made.headers.get_or_try_init(py, make)?.clone_ref(py))
    }

    /// The cookies, by name. Of several with one name the first counts: the one with the most
    /// specific path (RFC 6265 section 5.4).
    #[getter]
    fn cookies(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let make = || {
            let lines = self.fields().filter(|(name, _)| name.eq_ignore_ascii_case("cookie"));
            let lines: Vec<String> = lines.map(|(_, value)| headers::text(value)).collect();
            call(py, "parse_cookies", (lines,))
        };
        Ok(self.made.cookies.get_or_try_init(py, make)?.clone_ref(py))
    }

    /// "https" where it came over TLS, else "http".
    #[getter]
    pub(crate) fn scheme(&self) -> &'static str {
        if self.is_secured { "https" } else { "http" }
    }

    /// The certificate that the client has shown over TLS, in DER, found good by client_ca or
    /// trust_clients; None where it has shown none.
    #[getter]
    fn peer_certificate<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyBytes>> {
        self.certificate.as_deref().map(|der| PyBytes::new(py, der))
    }

    /// Who that certificate is for: its subject, as text such as "CN=alice, O=Example".
    #[getter]
    fn peer_subject(&self) -> Option<String> {
        ClientIdentity::of(self.certificate.as_deref()?).map(|identity| identity.subject)
    }

    /// The body, whole and decoded from its transfer coding.
    #[getter]
    fn body(&self, py: Python<'_>) -> Py<PyBytes> {
        let make = || PyBytes::new(py, &self.raw_body).unbind();
        self.made.body.get_or_init(py, make).clone_ref(py)
    }

    /// The body piece by piece, as it arrives where the route says stream=True; body is empty there.
    #[getter]
    fn stream(&self, py: Python<'_>) -> PyResult<Py<Stream>> {
        let make = || {
            let whole = || Arriving::whole(&self.raw_body);
            Py::new(py, Stream(self.arriving.clone().unwrap_or_else(whole)))
        };
        Ok(self.made.stream.get_or_try_init(py, make)?.clone_ref(py))
    }

    /// The body as text, in the charset of its Content-Type or else UTF-8; what cannot be decoded
    /// is replaced.
    #[getter]
    fn text<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let body = self.body(py);
        let decode = |charset: &str| body.bind(py).call_method1("decode", (charset, "replace"));
        // A charset that Python does not know is no reason to fail.
        self.charset().and_then(|c| decode(&c).ok()).map_or_else(|| decode("utf-8"), Ok)
    }

    /// The body parsed as JSON; ValueError if it is none.
    fn json<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        py.import("json")?.call_method1("loads", (self.body(py),))
    }

    /// The fields of a form, urlencoded or multipart: a MultiDict of str, and of File for what was
    /// sent with a file name. ValueError if the body is no form, or a broken one.
    fn form(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let make = || {
            let content_type = self.field("content-type").unwrap_or_default();
            let charset = self.charset().unwrap_or_else(|| "utf-8".to_owned());
            call(py, "parse_form", (content_type, self.body(py), charset))
        };
        Ok(self.made.form.get_or_try_init(py, make)?.clone_ref(py))
    }

    fn __repr__(&self) -> String {
        format!("<Request {} {}>", self.method(), self.target())
    }
}

/// Calls a function of the module that parses what requests carry.
fn call<'py>(
    py: Python<'py>,
    function: &str,
    arguments: impl pyo3::call::PyCallArgs<'py>,
) -> PyResult<Py<PyAny>> {
    Ok(py.import("http_responder._fields")?.call_method1(function, arguments)?.unbind())
}

/// `text` with `%XX` replaced (RFC 3986 section 2.1).
pub(crate) fn percent_decoded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let escaped = tail.get(..2).filter(|_| *first == b'%').and_then(hex_octet);
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &tail[2..] } else { tail };
    }
    bytes
}

/// What is no UTF-8 is replaced.
pub(crate) fn text_of(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
}

fn hex_octet(digits: &[u8]) -> Option<u8> {
    let digit = |d: u8| char::from(d).to_digit(16);
    let octet = digit(digits[0])? * 16 + digit(digits[1])?;
    u8::try_from(octet).ok()
}

#[cfg(test)]
mod tests {
    fn percent_decoded(text: &str) -> String {
        super::text_of(super::percent_decoded(text))
    }

    #[test]
    fn escapes_become_octets_and_anything_else_stays() {
        assert_eq!(percent_decoded("a%20b%2Fc%c3%a9"), "a b/cé");
        assert_eq!(percent_decoded("%"), "%");
        assert_eq!(percent_decoded("%4"), "%4");
        assert_eq!(percent_decoded("%zz%+1"), "%zz%+1");
        assert_eq!(percent_decoded("a+b"), "a+b");
    }

    #[test]
    fn escapes_that_are_no_utf_8_are_replaced() {
        assert_eq!(percent_decoded("a%ffb"), "a\u{fffd}b");
    }
}
