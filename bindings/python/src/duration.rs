//! Seconds of Python as the engine's durations.

use crate::errors::invalid;
use pyo3::prelude::*;
use std::time::Duration;

/// So many seconds; `name` is what they are called where they are none.
pub(crate) fn duration(py: Python<'_>, name: &str, seconds: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(seconds).map_err(|_| {
        invalid(py, format!("{name}: expected a number of seconds, 0 or more, got {seconds}"))
    })
}
