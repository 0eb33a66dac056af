//! A prepared response, and what else a handler may return.

use crate::errors::{OrRaise, invalid};
use crate::headers::{self, Headers};
use crate::pump::is_iterator;
use http_responder as engine;
use pyo3::exceptions::{PyOverflowError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyDict, PyList, PyMemoryView, PyString, PyTuple};

/// The type of a body given as str.
pub(crate) const TEXT: &str = "text/plain; charset=utf-8";
const JSON: &str = "application/json";

/// A response, prepared once and sent any number of times.
///
/// A str body is sent as UTF-8 with the type text/plain unless content_type says otherwise; bytes
/// have no type of their own. headers is a dict or a list of pairs. The server adds Date,
/// Content-Length and Connection itself; length_for_head is the Content-Length of an answer to HEAD,
/// which has no body. Raises InvalidArgument, a ValueError, for a status outside
/// 200 to 599 and for a name or value that cannot be sent.
#[pyclass(frozen, module = "http_responder")]
pub(crate) struct Response {
    prepared: engine::Response,
    lines: Vec<(String, String)>,
}

/// A body with the type that it has by itself.
struct Body {
    bytes: Vec<u8>,
    content_type: Option<&'static str>,
    /// What Content-Length says in its stead.
    length: Option<u64>,
}

#[pymethods]
impl Response {
    #[new]
    #[pyo3(signature = (
        status=200, body=None, content_type=None, headers=None, *, length_for_head=None
    ))]
    fn new(
        py: Python<'_>,
        #[pyo3(from_py_with = status_code)] status: u16,
        body: Option<Bound<'_, PyAny>>,
        content_type: Option<Bound<'_, PyString>>,
        headers: Option<Bound<'_, PyAny>>,
        length_for_head: Option<u64>,
    ) -> PyResult<Response> {
        let body = body.map_or(Ok(Body::EMPTY), |body| Body::from_octets(&body))?;
        let headers = headers.map_or(Ok(Vec::new()), |headers| header_lines(&headers))?;
        let content_type = content_type.map(|text| octets(text.as_any())).transpose()?;
        let body = Body { length: length_for_head, ..body };
        Response::prepare(py, status, body, content_type, headers)
    }

    /// The status code.
    #[getter]
    fn status(&self) -> u16 {
        self.prepared.status()
    }

    /// The body.
    #[getter]
    fn body<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.prepared.body())
    }

    /// The header fields that were given, Content-Type included.
    #[getter]
    fn headers(&self) -> Headers {
        Headers::new(self.lines.clone())
    }

    /// The Content-Type, or None.
    #[getter]
    fn content_type(&self) -> Option<String> {
        let is_type = |(name, _): &&(String, String)| name.eq_ignore_ascii_case("content-type");
        self.lines.iter().find(is_type).map(|(_, value)| value.clone())
    }

    fn __repr__(&self) -> String {
        format!("<Response {}, {} bytes>", self.status(), self.prepared.body().len())
    }
}

impl Response {
    /// What the engine sends.
    pub(crate) fn prepared(&self) -> &engine::Response {
        &self.prepared
    }

    /// One that the engine alone looks at.
    pub(crate) fn bare(prepared: engine::Response) -> Response {
        Response { prepared, lines: Vec::new() }
    }

    fn prepare(
        py: Python<'_>,
        status: u16,
        body: Body,
        content_type: Option<Vec<u8>>,
        mut headers: Vec<(String, Vec<u8>)>,
    ) -> PyResult<Response> {
        let typed = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        if typed && content_type.is_some() {
            return Err(invalid(py, "content_type: given in headers too"));
        }
        let own = body.content_type.filter(|_| !typed).map(Vec::from);
        if let Some(content_type) = content_type.or(own) {
            headers.insert(0, ("Content-Type".to_owned(), content_type));
        }
        let mut builder = engine::Response::builder(status).body(body.bytes);
        if let Some(length) = body.length {
            builder = builder.length_for_head(length);
        }
        for (name, value) in &headers {
            builder = builder.header(name, value);
        }
        let lines = headers.into_iter().map(|(name, value)| (name, headers::text(&value)));
        Ok(Response { prepared: builder.build().or_raise(py)?, lines: lines.collect() })
    }
}

/// A status, of which an int too large for the machine is none either.
fn status_code(status: &Bound<'_, PyAny>) -> PyResult<u16> {
    let py = status.py();
    status.extract().map_err(|error: PyErr| {
        if !error.is_instance_of::<PyOverflowError>(py) {
            return error;
        }
        invalid(py, format!("status: expected 200 to 599, got {status}"))
    })
}

impl Body {
    const EMPTY: Body = Body { bytes: Vec::new(), content_type: None, length: None };

    /// A str, or something like bytes.
    fn from_octets(value: &Bound<'_, PyAny>) -> PyResult<Body> {
        if let Ok(text) = value.cast::<PyString>() {
            let bytes = text.encode_utf8()?.as_bytes().to_vec();
            return Ok(Body { bytes, content_type: Some(TEXT), ..Body::EMPTY });
        }
        if let Ok(bytes) = value.cast::<PyBytes>() {
            return Ok(Body { bytes: bytes.as_bytes().to_vec(), ..Body::EMPTY });
        }
        if value.is_instance_of::<PyByteArray>() || value.is_instance_of::<PyMemoryView>() {
            let bytes = value.py().get_type::<PyBytes>().call1((value,))?;
            return Ok(Body { bytes: bytes.extract()?, ..Body::EMPTY });
        }
        let kind = value.get_type().name()?;
        Err(PyTypeError::new_err(format!("a body is str or bytes, not {kind}")))
    }

    /// As above, or a dict or list, which is sent as JSON.
    fn from_value(value: &Bound<'_, PyAny>) -> PyResult<Body> {
        if !(value.is_instance_of::<PyDict>() || value.is_instance_of::<PyList>()) {
            return Body::from_octets(value);
        }
        let py = value.py();
        let compact = PyDict::new(py);
        compact.set_item("separators", (",", ":"))?;
        compact.set_item("ensure_ascii", false)?;
        let json = py.import("json")?.call_method("dumps", (value,), Some(&compact))?;
        Ok(Body { content_type: Some(JSON), ..Body::from_octets(&json)? })
    }
}

/// What a handler returned as a response; `None` declines.
///
/// # Errors
/// `TypeError` for anything else; `InvalidArgument` as [`Response`].
pub(crate) fn from_answer(answer: &Bound<'_, PyAny>) -> PyResult<Option<engine::Response>> {
    let py = answer.py();
    if answer.is_none() {
        return Ok(None);
    }
    if let Ok(response) = answer.cast::<Response>() {
        return Ok(Some(response.get().prepared().clone()));
    }
    let made = match answer.cast::<PyTuple>() {
        Ok(parts) => from_parts(parts)?,
        Err(_) => Response::prepare(py, 200, Body::from_value(answer)?, None, Vec::new())?,
    };
    Ok(Some(made.prepared))
}

/// The head of an answer whose body is streamed.
pub(crate) fn head(
    py: Python<'_>,
    status: u16,
    content_type: Option<Bound<'_, PyString>>,
    headers: Option<Bound<'_, PyAny>>,
) -> PyResult<engine::Response> {
    Ok(Response::new(py, status, None, content_type, headers, None)?.prepared)
}

/// An iterator to be streamed, with the head that goes before it; `None` for any other answer.
pub(crate) fn streamed<'py>(
    answer: &Bound<'py, PyAny>,
) -> PyResult<Option<(engine::Response, Bound<'py, PyAny>)>> {
    let py = answer.py();
    if is_iterator(answer) {
        return Ok(Some((head(py, 200, None, None)?, answer.clone())));
    }
    let Ok(parts) = answer.cast::<PyTuple>() else { return Ok(None) };
    let Some(body) = parts.len().checked_sub(1).and_then(|last| parts.get_item(last).ok()) else {
        return Ok(None);
    };
    if !is_iterator(&body) {
        return Ok(None);
    }
    let empty = match parts.len() {
        3 => PyTuple::new(py, [parts.get_item(0)?, parts.get_item(1)?, py.None().into_bound(py)])?,
        _ => PyTuple::new(py, [parts.get_item(0)?, py.None().into_bound(py)])?,
    };
    Ok(Some((from_parts(&empty)?.prepared, body)))
}

/// `(status, body)` or `(status, headers, body)`.
fn from_parts(parts: &Bound<'_, PyTuple>) -> PyResult<Response> {
    let py = parts.py();
    let (status, headers, body) = match parts.len() {
        2 => (parts.get_item(0)?, Vec::new(), parts.get_item(1)?),
        3 => (parts.get_item(0)?, header_lines(&parts.get_item(1)?)?, parts.get_item(2)?),
        n => {
            let expected = "(status, body) or (status, headers, body)";
            return Err(PyTypeError::new_err(format!("expected {expected}, got {n} items")));
        }
    };
    let body = if body.is_none() { Body::EMPTY } else { Body::from_value(&body)? };
    Response::prepare(py, status_code(&status)?, body, None, headers)
}

/// The field lines of a dict, of another mapping with `items()`, or of a list of pairs.
fn header_lines(headers: &Bound<'_, PyAny>) -> PyResult<Vec<(String, Vec<u8>)>> {
    if headers.is_none() {
        return Ok(Vec::new());
    }
    let pairs = match headers.getattr_opt("items")? {
        Some(items) => items.call0()?,
        None => headers.clone(),
    };
    pairs
        .try_iter()?
        .map(|pair| {
            let (name, value): (String, Bound<'_, PyAny>) = pair?.extract()?;
            Ok((name, octets(&value)?))
        })
        .collect()
}

/// Whether the server says this field itself; Content-Length is another matter.
pub(crate) fn is_own(name: &[u8]) -> bool {
    let own: [&[u8]; 4] = [b"date", b"transfer-encoding", b"connection", b"keep-alive"];
    own.iter().any(|own| own.eq_ignore_ascii_case(name))
}

/// A field value on the wire: bytes as they are, str one octet for each character.
pub(crate) fn octets(value: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    if let Ok(bytes) = value.cast::<PyBytes>() {
        return Ok(bytes.as_bytes().to_vec());
    }
    let text: String = value.extract()?;
    let octet = |c: char| u8::try_from(u32::from(c)).ok();
    text.chars().map(octet).collect::<Option<_>>().ok_or_else(|| {
        invalid(value.py(), format!("header value {text:?}: has characters beyond U+00FF"))
    })
}
