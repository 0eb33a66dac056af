//! The TOML file.

use crate::config::values::quoted;
use crate::config::{Config, Source, TABLE, Value, parse, refuse, suggest};
use crate::error::{Error, ErrorCode, Result};
use crate::files;
use std::io;
use std::path::Path;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

/// A bound, so that a path such as /dev/zero ends in an error too.
const FILE_MAX: u64 = 1 << 20;

/// See [`Config::load_file`].
pub(in crate::config) fn load(config: &mut Config, path: &Path) -> Result<()> {
    let text = read(path).map_err(|error| unreadable(path, &error))?;
    load_text(config, path, &text)
}

/// As [`load`], of the text that stands in the file.
pub(in crate::config) fn load_text(config: &mut Config, path: &Path, text: &str) -> Result<()> {
    let entries = DeTable::parse(text).map_err(|error| syntax(path, text, &error))?;
    let mut entries: Vec<_> = entries.get_ref().iter().collect();
    // Of several mistakes the first one in the file is named.
    entries.sort_by_key(|(key, _)| key.span().start);
    let mut draft = config.clone();
    for (key, value) in entries {
        say(&mut draft, key.get_ref(), value)
            .map_err(|error| at(path, text, key.span().start, error.message()))?;
    }
    *config = draft;
    Ok(())
}

fn read(path: &Path) -> io::Result<String> {
    let octets = files::read(path, FILE_MAX)?;
    String::from_utf8(octets).map_err(|_| io::Error::other("expected text in UTF-8"))
}

fn say(config: &mut Config, name: &str, value: &Spanned<DeValue<'_>>) -> Result<()> {
    let row = suggest::find(name)?;
    config.put(row, convert(row, value.get_ref())?, Source::File);
    Ok(())
}

/// Every type but a list is read as the text it has in the file, so that the rules and errors are
/// those of text.
fn convert(row: usize, value: &DeValue<'_>) -> Result<Value> {
    match value {
        DeValue::String(text) => parse(row, text),
        DeValue::Integer(number) => parse(row, &number.to_string()),
        DeValue::Float(number) => parse(row, number.as_str()),
        DeValue::Boolean(switch) => parse(row, if *switch { "true" } else { "false" }),
        DeValue::Datetime(time) => parse(row, &time.to_string()),
        DeValue::Array(items) => list(row, items),
        DeValue::Table(_) => Err(refuse(row, &TABLE[row].kind.refuse_thing("a table"))),
    }
}

fn list(row: usize, items: &DeArray<'_>) -> Result<Value> {
    let kind = TABLE[row].kind;
    let texts: Option<Vec<&str>> = items.iter().map(|item| item.get_ref().as_str()).collect();
    let parsed = match texts {
        Some(texts) if kind.is_list() => kind.parse_items(texts),
        None if kind.is_list() => Err(kind.refuse_thing("an item that is no string")),
        _ => Err(kind.refuse_thing("an array")),
    };
    parsed.map_err(|message| refuse(row, &message))
}

/// The parser's message names no key, so the line itself is shown.
fn syntax(path: &Path, text: &str, error: &toml::de::Error) -> Error {
    let message = error.message().replace('\n', ", ");
    let Some(span) = error.span() else { return whole(path, &message) };
    let line = text.lines().nth(line_number(text, span.start) - 1).unwrap_or_default();
    at(path, text, span.start, &format!("{message}, in {}", quoted(line.trim())))
}

fn at(path: &Path, text: &str, offset: usize, message: &str) -> Error {
    let line = line_number(text, offset);
    Error::new(ErrorCode::Config, format!("{}:{line}: {message}", path.display()))
}

fn line_number(text: &str, offset: usize) -> usize {
    let before = &text.as_bytes()[..offset.min(text.len())];
    1 + before.iter().filter(|byte| **byte == b'\n').count()
}

/// What the system refuses is no fault of the file's text.
fn unreadable(path: &Path, error: &io::Error) -> Error {
    match error.raw_os_error() {
        Some(_) => Error::new(ErrorCode::Io, format!("{}: {error}", path.display())),
        None => whole(path, &error.to_string()),
    }
}

fn whole(path: &Path, message: &str) -> Error {
    Error::new(ErrorCode::Config, format!("{}: {message}", path.display()))
}

#[cfg(test)]
mod tests;
