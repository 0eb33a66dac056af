//! Options as keyword arguments: natural Python values become the text that every face sets.

use crate::errors::{OrRaise, exception};
use http_responder::config::{Group, Kind, OptionRow, TABLE};
use http_responder::{Config, Error, ErrorCode};
use pyo3::prelude::*;
use pyo3::types::{
    PyBool, PyByteArray, PyBytes, PyDelta, PyDict, PyFloat, PyList, PyString, PyTuple,
};
use std::path::Path;

/// The table of options: a dict with name, kind, choices, default, help and group for each.
#[pyfunction]
pub(crate) fn options(py: Python<'_>) -> PyResult<Vec<Bound<'_, PyDict>>> {
    TABLE.iter().map(|row| describe(py, row)).collect()
}

fn describe<'py>(py: Python<'py>, row: &OptionRow) -> PyResult<Bound<'py, PyDict>> {
    let entry = PyDict::new(py);
    entry.set_item("name", row.name)?;
    entry.set_item("kind", kind_name(&row.kind))?;
    entry.set_item("choices", choices(&row.kind))?;
    entry.set_item("default", row.default)?;
    entry.set_item("help", row.help)?;
    entry.set_item("group", group_name(row.group))?;
    Ok(entry)
}

fn kind_name(kind: &Kind) -> &'static str {
    match kind {
        Kind::Port => "port",
        Kind::Text { .. } => "text",
        Kind::Path => "path",
        Kind::Target => "target",
        Kind::LogTarget => "log_target",
        Kind::Address => "address",
        Kind::Local => "local",
        Kind::Paths => "paths",
        Kind::List => "list",
        Kind::Listeners => "listeners",
        Kind::Ranges => "ranges",
        Kind::Integer { .. } => "integer",
        Kind::Size { .. } => "size",
        Kind::Duration { .. } => "duration",
        Kind::Switch => "switch",
        Kind::Choice(..) => "choice",
    }
}

fn choices(kind: &Kind) -> Vec<&'static str> {
    match kind {
        Kind::Choice(choices) => choices.to_vec(),
        _ => Vec::new(),
    }
}

fn group_name(group: Group) -> &'static str {
    match group {
        Group::Listening => "listening",
        Group::Tls => "tls",
        Group::Capacity => "capacity",
        Group::Timeouts => "timeouts",
        Group::Limits => "limits",
        Group::Clients => "clients",
        Group::Answers => "answers",
        Group::Operation => "operation",
    }
}

/// What a file and the keyword arguments of `Server` say.
///
/// # Errors
/// `ConfigError`, with the text that every face has.
pub(crate) fn from_keywords(
    file: Option<(Python<'_>, &Path)>,
    keywords: Option<&Bound<'_, PyDict>>,
) -> PyResult<Config> {
    let mut config = Config::new();
    // What keywords say replaces what the file does.
    if let Some((py, path)) = file {
        config.load_file(path).or_raise(py)?;
    }
    for (name, value) in keywords.into_iter().flatten() {
        let name = name.cast_into::<PyString>()?.to_string_lossy().into_owned();
        let kind = TABLE.iter().find(|row| row.name == name).map(|row| &row.kind);
        if let Some(text) = text_of(&name, kind, &value)? {
            config.set(&name, &text).or_raise(value.py())?;
        }
    }
    Ok(config)
}

/// Every option as it stands, in canonical form, in the order of the table.
pub(crate) fn to_dict<'py>(py: Python<'py>, config: &Config) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for row in TABLE {
        dict.set_item(row.name, config.get(row.name).or_raise(py)?)?;
    }
    Ok(dict)
}

/// The text that `Config::set` takes for `value`; `None` where nothing is to be set. A value of
/// an unfit type is passed on as its own text: the setter refuses it as on every face.
fn text_of(name: &str, kind: Option<&Kind>, value: &Bound<'_, PyAny>) -> PyResult<Option<String>> {
    let duration = matches!(kind, Some(Kind::Duration { .. }));
    if value.is_none() {
        // An option that does not exist is refused even then.
        let unset = if duration { Some("off") } else { None };
        return Ok(unset.or(kind.is_none().then_some("")).map(str::to_owned));
    }
    if let Ok(switch) = value.cast::<PyBool>() {
        // As in a file.
        return Ok(Some(switch.is_true().to_string()));
    }
    if duration && let Some(seconds) = seconds(value)? {
        return Ok(Some(seconds));
    }
    if value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>() {
        return list(name, value).map(Some);
    }
    text(name, value).map(Some)
}

/// A float or a timedelta as seconds in decimal; Python itself would write 1e-07.
fn seconds(value: &Bound<'_, PyAny>) -> PyResult<Option<String>> {
    let number = if value.is_instance_of::<PyDelta>() {
        value.call_method0("total_seconds")?
    } else {
        value.clone()
    };
    Ok(number.cast::<PyFloat>().ok().map(|seconds| seconds.value().to_string()))
}

/// The items of a list, separated as in the other faces.
fn list(name: &str, value: &Bound<'_, PyAny>) -> PyResult<String> {
    let items = value.try_iter()?.map(|item| text(name, &item?));
    Ok(items.collect::<PyResult<Vec<String>>>()?.join(","))
}

/// The text of a value, where it has one that every face can say.
fn text(name: &str, value: &Bound<'_, PyAny>) -> PyResult<String> {
    let refused = |expected: &str| {
        let message = format!("{name}: expected {expected}, got {}", ascii(value));
        Err(exception(value.py(), &Error::new(ErrorCode::Config, message)))
    };
    if value.is_instance_of::<PyBytes>() || value.is_instance_of::<PyByteArray>() {
        // Their own text would be the literal.
        return refused("str, not bytes");
    }
    match value.str()?.extract() {
        Ok(text) => Ok(text),
        Err(_) => refused("text that UTF-8 can say"),
    }
}

/// `value` as Python would write it, in ASCII.
fn ascii(value: &Bound<'_, PyAny>) -> String {
    let ascii =
        value.py().import("builtins").and_then(|module| module.call_method1("ascii", (value,)));
    ascii.map_or_else(|_| "?".to_owned(), |text| text.to_string())
}
