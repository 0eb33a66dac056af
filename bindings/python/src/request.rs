//! A request as a handler sees it: a copy, which may be kept.

use crate::headers::{self, Headers};
use http_responder as engine;
use http_responder::http::Version;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict};

/// One request. It is a copy and stays valid after the handler has returned.
#[pyclass(frozen, module = "http_responder")]
pub(crate) struct Request {
    method: String,
    target: String,
    path: String,
    query: String,
    version: Version,
    host: Option<String>,
    peer: Option<String>,
    /// What the pattern took from the path, as sent.
    taken: Vec<(String, String)>,
    raw_headers: Vec<(String, String)>,
    raw_body: Vec<u8>,
    // Made when first asked for: most handlers look at few of them.
    params: PyOnceLock<Py<PyDict>>,
    headers: PyOnceLock<Py<Headers>>,
    body: PyOnceLock<Py<PyBytes>>,
}

impl Request {
    /// Copies `request`; done before the interpreter is entered.
    pub(crate) fn copy(request: &engine::Request<'_>) -> Request {
        let line = |field: &engine::http::head::Field<'_>| {
            (field.name.to_owned(), headers::text(field.value))
        };
        let param = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Request {
            method: request.method_name().to_owned(),
            target: request.target().to_owned(),
            path: request.path().to_owned(),
            query: request.query().unwrap_or_default().to_owned(),
            version: request.version(),
            host: request.host().map(str::to_owned),
            peer: request.peer(),
            taken: request.params().iter().map(param).collect(),
            raw_headers: request.headers().iter().map(line).collect(),
            raw_body: request.body().to_vec(),
            params: PyOnceLock::new(),
            headers: PyOnceLock::new(),
            body: PyOnceLock::new(),
        }
    }

    /// The charset that the client names, if it names one.
    fn charset(&self) -> Option<String> {
        let is_type = |(name, _): &&(String, String)| name.eq_ignore_ascii_case("content-type");
        let (_, content_type) = self.raw_headers.iter().find(is_type)?;
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
        &self.method
    }

    /// The request target as sent, with its query.
    #[getter]
    pub(crate) fn target(&self) -> &str {
        &self.target
    }

    /// The path, not percent-decoded.
    #[getter]
    fn path(&self) -> &str {
        &self.path
    }

    /// The query without its question mark, not decoded; empty where there is none.
    #[getter]
    fn query(&self) -> &str {
        &self.query
    }

    /// "HTTP/1.1" or "HTTP/1.0".
    #[getter]
    fn version(&self) -> &'static str {
        match self.version {
            Version::Http10 => "HTTP/1.0",
            Version::Http11 => "HTTP/1.1",
        }
    }

    /// The host asked for, with its port if one was sent; None where an HTTP/1.0 client sent none.
    #[getter]
    fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    /// The address of the client: "127.0.0.1:4711", "[::1]:4711" or "unix:"; None if it has left.
    #[getter]
    fn peer(&self) -> Option<&str> {
        self.peer.as_deref()
    }

    /// What the pattern of the route took from the path, by name, percent-decoded once: "a%2Fb" is
    /// "a/b" here. What is no UTF-8 then is replaced; raw_params has it as sent.
    #[getter]
    fn params(&self, py: Python<'_>) -> PyResult<Py<PyDict>> {
        let make = || {
            let params = PyDict::new(py);
            for (name, value) in &self.taken {
                params.set_item(name, percent_decoded(value))?;
            }
            PyResult::Ok(params.unbind())
        };
        Ok(self.params.get_or_try_init(py, make)?.clone_ref(py))
    }

    /// What the pattern of the route took from the path, by name, as sent: not percent-decoded, as
    /// hr_request_param gives it in C.
    #[getter]
    fn raw_params<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let params = PyDict::new(py);
        for (name, value) in &self.taken {
            params.set_item(name, value)?;
        }
        Ok(params)
    }

    /// The header fields.
    #[getter]
    fn headers(&self, py: Python<'_>) -> PyResult<Py<Headers>> {
        let make = || Py::new(py, Headers::new(self.raw_headers.clone()));
        Ok(self.headers.get_or_try_init(py, make)?.clone_ref(py))
    }

    /// The body, whole and decoded from its transfer coding.
    #[getter]
    fn body(&self, py: Python<'_>) -> Py<PyBytes> {
        let make = || PyBytes::new(py, &self.raw_body).unbind();
        self.body.get_or_init(py, make).clone_ref(py)
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

    fn __repr__(&self) -> String {
        format!("<Request {} {}>", self.method, self.target)
    }
}

/// `text` with `%XX` replaced (RFC 3986 section 2.1); what is no UTF-8 then is replaced.
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let escaped = tail.get(..2).filter(|_| *first == b'%').and_then(hex_octet);
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
}

fn hex_octet(digits: &[u8]) -> Option<u8> {
    let digit = |d: u8| char::from(d).to_digit(16);
    let octet = digit(digits[0])? * 16 + digit(digits[1])?;
    u8::try_from(octet).ok()
}

#[cfg(test)]
mod tests {
    use super::percent_decoded;

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
