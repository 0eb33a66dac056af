//! A request as PEP 3333 wants it.

use crate::headers;
use crate::names::Names;
use crate::request::{Request, percent_decoded};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict, PyString};

/// Adds to `environ` what the request says. What is the same for all requests is there already.
pub(crate) fn fill(
    request: &Request,
    environ: &Bound<'_, PyDict>,
    names: &Names<PyString>,
) -> PyResult<()> {
    static BYTES_IO: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let py = environ.py();
    let (path, query) = request.path_and_query();
    environ.set_item(intern!(py, "REQUEST_METHOD"), request.method())?;
    let decoded = path.contains('%').then(|| headers::text(&percent_decoded(path)));
    environ.set_item(intern!(py, "PATH_INFO"), decoded.as_deref().unwrap_or(path))?;
    environ.set_item(intern!(py, "QUERY_STRING"), query)?;
    let target = PyString::new(py, request.target());
    environ.set_item(intern!(py, "REQUEST_URI"), &target)?;
    environ.set_item(intern!(py, "RAW_URI"), target)?;
    environ.set_item(intern!(py, "SERVER_PROTOCOL"), request.version())?;
    if request.scheme() != "http" {
        environ.set_item(intern!(py, "wsgi.url_scheme"), request.scheme())?;
    }
    for (name, value) in request.fields() {
        let key = names.get(py, name, || PyString::new(py, &variable(name)));
        add(environ, &key, value)?;
    }
    let body = request.octets();
    let length = intern!(py, "CONTENT_LENGTH");
    if !body.is_empty() && !environ.contains(length)? {
        // It was chunked, and is whole now.
        environ.set_item(length, body.len().to_string())?;
    }
    if let Some((address, port)) = request.peer_words() {
        environ.set_item(intern!(py, "REMOTE_ADDR"), address)?;
        environ.set_item(intern!(py, "REMOTE_PORT"), port)?;
    }
    let input = BYTES_IO.import(py, "io", "BytesIO")?.call1((PyBytes::new(py, body),))?;
    environ.set_item(intern!(py, "wsgi.input"), input)
}

/// The name of the variable for a field. A name with an underscore would pass for another one: it
/// gets a name that nothing looks up.
fn variable(name: &str) -> String {
    let mut variable = String::with_capacity(6 + name.len());
    let own =
        name.eq_ignore_ascii_case("content-type") || name.eq_ignore_ascii_case("content-length");
    if !own {
        variable.push_str(if name.contains('_') { "HTTP__" } else { "HTTP_" });
    }
    variable.extend(name.bytes().map(|octet| match octet {
        b'-' => '_',
        octet => char::from(octet.to_ascii_uppercase()),
    }));
    variable
}

/// Adds a value; several fields of one name are one list (RFC 9110 section 5.3), cookies aside.
fn add(environ: &Bound<'_, PyDict>, key: &Bound<'_, PyString>, value: &[u8]) -> PyResult<()> {
    let value = headers::text_object(environ.py(), value);
    let Some(before) = environ.get_item(key)? else { return environ.set_item(key, value) };
    let separator = if key == "HTTP_COOKIE" { "; " } else { "," };
    environ.set_item(key, format!("{before}{separator}{value}"))
}
