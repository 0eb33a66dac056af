//! A request as PEP 3333 wants it.

use crate::headers::text;
use crate::request::{Request, percent_decoded};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

/// Adds to `environ` what the request says. What is the same for all requests is there already.
pub(crate) fn fill(request: &Request, environ: &Bound<'_, PyDict>) -> PyResult<()> {
    let py = environ.py();
    let (path, query) = request.path_and_query();
    environ.set_item("REQUEST_METHOD", request.method())?;
    environ.set_item("PATH_INFO", text(&percent_decoded(path)))?;
    environ.set_item("QUERY_STRING", query)?;
    environ.set_item("REQUEST_URI", request.target())?;
    environ.set_item("RAW_URI", request.target())?;
    environ.set_item("SERVER_PROTOCOL", request.version())?;
    let mut has_length = false;
    for (name, value) in request.fields() {
        let key = variable(name);
        has_length |= key == "CONTENT_LENGTH";
        add(environ, PyString::new(py, &key), &text(value))?;
    }
    let body = request.octets();
    if !has_length && !body.is_empty() {
        // It was chunked, and is whole now.
        environ.set_item("CONTENT_LENGTH", body.len().to_string())?;
    }
    if let Some((address, port)) = request.peer().as_deref().and_then(|peer| peer.rsplit_once(':'))
    {
        environ.set_item("REMOTE_ADDR", address.trim_matches(['[', ']']))?;
        environ.set_item("REMOTE_PORT", port)?;
    }
    Ok(())
}

/// The name of the variable for a field. A name with an underscore would pass for another one: it
/// gets a name that nothing looks up.
fn variable(name: &str) -> String {
    let mut variable = String::with_capacity(5 + name.len());
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
fn add(environ: &Bound<'_, PyDict>, key: Bound<'_, PyString>, value: &str) -> PyResult<()> {
    let Some(before) = environ.get_item(&key)? else { return environ.set_item(key, value) };
    let separator = if key == "HTTP_COOKIE" { "; " } else { "," };
    environ.set_item(key, format!("{before}{separator}{value}"))
}
