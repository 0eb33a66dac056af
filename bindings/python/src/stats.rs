//! Statistics as dicts.

use crate::errors::invalid;
use http_responder::stats::{Format, Kind, Snapshot, TABLE};
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// The table of statistics: a dict with name, kind ("counter" or "gauge") and help for each.
#[pyfunction]
pub(crate) fn statistics(py: Python<'_>) -> PyResult<Vec<Bound<'_, PyDict>>> {
    TABLE
        .iter()
        .map(|row| {
            let entry = PyDict::new(py);
            entry.set_item("name", row.name)?;
            entry.set_item("kind", kind_name(row.kind))?;
            entry.set_item("help", row.help)?;
            Ok(entry)
        })
        .collect()
}

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
    }
}

/// `snapshot` by name, in the order of the table.
pub(crate) fn to_dict<'py>(py: Python<'py>, snapshot: &Snapshot) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (row, value) in TABLE.iter().zip(snapshot.values()) {
        dict.set_item(row.name, value)?;
    }
    Ok(dict)
}

/// The format called `name`.
pub(crate) fn format(py: Python<'_>, name: &str) -> PyResult<Format> {
    match name {
        "text" => Ok(Format::Text),
        "json" => Ok(Format::Json),
        "prometheus" => Ok(Format::Prometheus),
        _ => {
            let message = format!("format: expected text, json or prometheus, got {name:?}");
            Err(invalid(py, message))
        }
    }
}
