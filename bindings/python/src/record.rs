//! What a server has recorded: its last requests with their answers.

use crate::headers::{Headers, text};
use http_responder::record::Recorded;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::sync::Arc;

/// A request and its answer as they went over the wire; of Server.recorded().
#[pyclass(frozen, module = "http_responder")]
pub(crate) struct Record(pub(crate) Arc<Recorded>);

#[pymethods]
impl Record {
    /// When the head of the request was whole, in seconds since 1970.
    #[getter]
    fn started(&self) -> f64 {
        self.0.ended().saturating_sub(self.0.took()) as f64 / 1e6
    }

    /// Seconds from then until its answer was prepared; of a stream until its end.
    #[getter]
    fn seconds(&self) -> f64 {
        self.0.took() as f64 / 1e6
    }

    /// The method; empty where the request was not understood.
    #[getter]
    fn method(&self) -> String {
        self.0.request_line().map(|words| words[0].to_owned()).unwrap_or_default()
    }

    /// The target as sent; the whole first line of what was not understood.
    #[getter]
    fn target(&self) -> String {
        self.0
            .request_line()
            .map_or_else(|| text(self.0.request_head()), |words| words[1].to_owned())
    }

    /// The version, such as "HTTP/1.1"; empty where the request was not understood.
    #[getter]
    fn version(&self) -> String {
        self.0.request_line().map(|words| words[2].to_owned()).unwrap_or_default()
    }

    /// The fields of the request.
    #[getter]
    fn request_headers(&self) -> Headers {
        headers(self.0.request_fields())
    }

    /// The body of the request, as far as it was kept.
    #[getter]
    fn request_body<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.0.request_body())
    }

    /// The status of the answer; 0 where there was none.
    #[getter]
    fn status(&self) -> u16 {
        self.0.status()
    }

    /// The fields of the answer.
    #[getter]
    fn headers(&self) -> Headers {
        headers(self.0.answer_fields())
    }

    /// The body of the answer, as far as it was kept.
    #[getter]
    fn body<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.answer_body())
    }

    /// Whether both bodies were kept to their ends.
    #[getter]
    fn is_whole(&self) -> bool {
        self.0.is_whole()
    }

    fn __repr__(&self) -> String {
        let words = [self.method(), self.target()];
        format!("<Record {}, {}>", words.join(" ").trim(), self.status())
    }
}

fn headers<'r>(fields: impl Iterator<Item = (&'r [u8], &'r [u8])>) -> Headers {
    Headers::new(fields.map(|(name, value)| (text(name), text(value))).collect())
}
