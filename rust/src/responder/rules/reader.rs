//! The tables of a rules file, key by key. Every mistake is noted, and reading goes on.

mod conditions;
mod manner;

use super::file::{read_octets, read_text};
use super::mistake::{Lines, Mistake, Mistakes, place};
use super::{Action, Draft, Rule};
use crate::config::suggest::nearest_of;
use crate::config::values::quoted;
use crate::responder::defaults::{media_type, row_of};
use crate::responder::response::is_token;
use crate::responder::{Response, ResponseBuilder};
use std::ops::Range;
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Octets of the largest file that is an answer.
const BODY_MAX: u64 = 64 << 20;

/// Every key of a rule: conditions, actions, and what goes with them.
const KEYS: &[&str] = &[
    "host",
    "host_file",
    "method",
    "path",
    "prefix",
    "extension",
    "header",
    "query",
    "status",
    "headers",
    "body",
    "file",
    "type",
    "redirect",
    "null",
    "default",
    "close",
    "reset",
    "delay",
    "fault",
];

/// The keys that say what a request gets; a rule has one of them, or `status`.
const ACTIONS: &[&str] = &["body", "file", "redirect", "null", "default", "close", "reset"];

/// `type/subtype`, with or without parameters (RFC 9110 section 8.3.1).
fn is_media_type(text: &str) -> bool {
    let essence = text.split(';').next().unwrap_or_default().trim_end();
    essence
        .split_once('/')
        .is_some_and(|(kind, of)| [kind, of].into_iter().all(|part| is_token(part.as_bytes())))
}

type Value<'t> = Spanned<DeValue<'t>>;

/// Reads all rules of one file.
pub(super) fn read(
    path: &Path,
    text: &str,
    root: &DeTable<'_>,
    drafts: &mut Vec<Draft>,
    mistakes: &mut Mistakes,
) {
    let mut reader = Reader { path, text, rule: None, mistakes };
    for (key, value) in root {
        if key.get_ref() != "rule" {
            reader.unknown(key.get_ref(), key.span(), &["rule"]);
            continue;
        }
        match value.get_ref() {
            DeValue::Array(rules) => {
                let mut lines = Lines::new(text);
                for (number, rule) in rules.iter().enumerate() {
                    reader.rule = Some(number + 1);
                    let line = lines.line_of(rule.span().start);
                    drafts.extend(reader.read_rule(rule, line));
                }
                reader.rule = None;
            }
            _ => reader.wrong("rule", value, "tables, each written as [[rule]]"),
        }
    }
}

struct Reader<'r> {
    path: &'r Path,
    text: &'r str,
    /// The number of the rule that is read, from 1.
    rule: Option<usize>,
    mistakes: &'r mut Mistakes,
}

impl Reader<'_> {
    fn read_rule(&mut self, value: &Value<'_>, line: u32) -> Option<Draft> {
        let DeValue::Table(table) = value.get_ref() else {
            self.wrong("rule", value, "a table");
            return None;
        };
        let before = self.mistakes.found();
        let names = || KEYS.iter().copied();
        for key in table.keys().filter(|key| !names().any(|name| name == key.get_ref())) {
            self.unknown(key.get_ref(), key.span(), KEYS);
        }
        let hosts = self.hosts(table);
        let conditions = self.conditions(table);
        let action = self.action(table, value.span());
        let manner = self.manner(table);
        let named = table.get("host").or(table.get("host_file")).is_some();
        if named && hosts.is_empty() && self.mistakes.found() == before {
            self.note(value.span(), "host", "expected at least one host, got none");
        }
        let rule = Rule { conditions, action: action?, manner };
        (self.mistakes.found() == before).then_some(Draft { line, hosts, rule })
    }

    // ---- actions ----

    fn action(&mut self, table: &DeTable<'_>, rule: Range<usize>) -> Option<Action> {
        let mut said = ACTIONS.iter().filter(|name| table.contains_key(**name));
        let first = said.next().copied();
        if let (Some(first), Some(second)) = (first, said.next()) {
            let message = format!("expected one action, got {first} and {second}");
            self.note(rule, second, &message);
            return None;
        }
        match first {
            Some("close") => self.is_true(table, "close").then_some(Action::Close),
            Some("reset") => self.is_true(table, "reset").then_some(Action::Reset),
            Some("default") => self.is_true(table, "default").then_some(Action::Default),
            Some("null") => self.null(table),
            None if !table.contains_key("status") && !table.contains_key("headers") => {
                let manner = table.contains_key("delay") || table.contains_key("fault");
                if manner {
                    return Some(Action::Default);
                }
                let expected = format!("expected an action: status, {}", ACTIONS.join(", "));
                self.note(rule, "action", &format!("{expected}, delay or fault, got none"));
                None
            }
            _ => self.response(table, rule).map(Action::Respond),
        }
        .inspect(|action| self.refuse_unused(table, action))
    }

    /// Fields of a response say nothing where there is none.
    fn refuse_unused(&mut self, table: &DeTable<'_>, action: &Action) {
        if matches!(action, Action::Respond(_)) {
            return;
        }
        for key in ["status", "headers", "type"] {
            if let Some(value) = table.get(key) {
                let message = "expected with body, file or redirect, or alone, got another action";
                self.note(value.span(), key, message);
            }
        }
    }

    fn is_true(&mut self, table: &DeTable<'_>, key: &str) -> bool {
        let Some(value) = table.get(key) else { return false };
        let is_true = matches!(value.get_ref(), DeValue::Boolean(true));
        if !is_true {
            self.wrong(key, value, "true");
        }
        is_true
    }

    fn null(&mut self, table: &DeTable<'_>) -> Option<Action> {
        let (name, span) = self.text(table, "null")?;
        if name == "nothing" {
            return Some(Action::Nothing);
        }
        let row = row_of(name);
        if row.is_none() {
            self.refuse(span, "null", "an extension such as gif, js or html, or nothing", name);
        }
        row.map(Action::Kind)
    }

    fn response(&mut self, table: &DeTable<'_>, rule: Range<usize>) -> Option<Response> {
        let before = self.mistakes.found();
        let redirect = self.text(table, "redirect");
        let status = self.status(table, if redirect.is_some() { 302 } else { 200 });
        if let (Some((_, span)), false) = (&redirect, (300..400).contains(&status)) {
            let message = format!("expected a status from 300 to 399 with it, got {status}");
            self.note(span.clone(), "redirect", &message);
        }
        let mut builder = Response::builder(status);
        let mut own_type = false;
        if let Some((location, span)) = redirect {
            if location.is_empty() || !location.bytes().all(|b| b.is_ascii_graphic()) {
                let expected = "a URI of visible ASCII characters";
                self.refuse(span, "redirect", expected, location);
            }
            builder = builder.header("Location", location);
        }
        let (body, guessed) = self.body(table);
        if let Some((mime, span)) = self.text(table, "type") {
            if !is_media_type(mime) {
                self.refuse(span, "type", "a media type such as text/css; charset=utf-8", mime);
            }
            builder = builder.header("Content-Type", mime);
            own_type = true;
        }
        (builder, own_type) = self.headers(table, builder, own_type);
        if let (false, Some(mime), false) = (own_type, guessed, body.is_empty()) {
            builder = builder.header("Content-Type", mime);
        }
        match builder.body(body).build() {
            Ok(response) => (self.mistakes.found() == before).then_some(response),
            Err(error) => {
                let place = ["headers", "status", "type"].iter().find_map(|key| table.get(*key));
                let (at, key) = (place.map_or(rule, Spanned::span), "response");
                self.note(at, key, error.message());
                None
            }
        }
    }

    fn status(&mut self, table: &DeTable<'_>, unsaid: u16) -> u16 {
        let Some(value) = table.get("status") else { return unsaid };
        let number = match value.get_ref() {
            DeValue::Integer(number) => number.to_string().parse().ok(),
            _ => None,
        };
        match number {
            Some(status @ 200..=599) => status,
            _ => {
                self.wrong("status", value, "a number from 200 to 599");
                unsaid
            }
        }
    }

    fn headers(
        &mut self,
        table: &DeTable<'_>,
        mut builder: ResponseBuilder,
        mut own_type: bool,
    ) -> (ResponseBuilder, bool) {
        let Some(value) = table.get("headers") else { return (builder, own_type) };
        let DeValue::Table(fields) = value.get_ref() else {
            self.wrong("headers", value, "a table such as { Name = \"value\" }");
            return (builder, own_type);
        };
        for name in fields.keys() {
            let name = name.get_ref().as_ref();
            own_type |= name.eq_ignore_ascii_case("content-type");
            for (text, _) in self.texts(fields, name) {
                builder = builder.header(name, text);
            }
        }
        (builder, own_type)
    }

    /// The body and the media type that its source suggests.
    fn body(&mut self, table: &DeTable<'_>) -> (Vec<u8>, Option<String>) {
        if let Some((text, _)) = self.text(table, "body") {
            return (text.into(), Some("text/plain; charset=utf-8".into()));
        }
        let Some((file, span)) = self.text(table, "file") else { return (Vec::new(), None) };
        match read_octets(&self.beside(file), BODY_MAX) {
            Ok(octets) => (octets, Some(media_type(file))),
            Err(error) => {
                self.note(span, "file", &format!("cannot read {}: {error}", quoted(file)));
                (Vec::new(), None)
            }
        }
    }

    // ---- values and mistakes ----

    /// A path in the file is beside the file.
    fn beside(&self, file: &str) -> std::path::PathBuf {
        self.path.parent().unwrap_or(Path::new("")).join(file)
    }

    fn text<'t>(&mut self, table: &'t DeTable<'_>, key: &str) -> Option<(&'t str, Range<usize>)> {
        let value = table.get(key)?;
        match value.get_ref() {
            DeValue::String(text) => Some((text.as_ref(), value.span())),
            _ => {
                self.wrong(key, value, "a text");
                None
            }
        }
    }

    /// A text, or an array of them.
    fn texts<'t>(&mut self, table: &'t DeTable<'_>, key: &str) -> Vec<(&'t str, Range<usize>)> {
        let Some(value) = table.get(key) else { return Vec::new() };
        let items = match value.get_ref() {
            DeValue::Array(items) => items.iter().collect(),
            _ => vec![value],
        };
        if items.is_empty() {
            self.note(value.span(), key, "expected at least one text, got an empty array");
        }
        let mut texts = Vec::with_capacity(items.len());
        for item in items {
            match item.get_ref() {
                DeValue::String(text) => texts.push((text.as_ref(), item.span())),
                _ => self.wrong(key, item, "a text or an array of texts"),
            }
        }
        texts
    }

    fn unknown(&mut self, name: &str, span: Range<usize>, known: &[&str]) {
        // Looking for what was meant takes time; a file may have a million of them.
        let meant = (!self.mistakes.are_enough()).then(|| nearest_of(name, known.iter().copied()));
        let hint = meant.flatten();
        let hint = hint.map_or(String::new(), |meant| format!(", did you mean {meant}?"));
        self.note(span, "key", &format!("unknown {}{hint}", quoted(name)));
    }

    fn wrong(&mut self, key: &str, value: &Value<'_>, expected: &str) {
        const SHOWN: usize = 80;
        let got = self.text.get(value.span()).unwrap_or_default().lines().next();
        let got = got.unwrap_or_default();
        let end = got.char_indices().nth(SHOWN).map_or(got.len(), |(end, _)| end);
        let cut = if end < got.len() { "..." } else { "" };
        let message = format!("expected {expected}, got {}{cut}", &got[..end]);
        self.note(value.span(), key, &message);
    }

    fn refuse(&mut self, span: Range<usize>, key: &str, expected: &str, got: &str) {
        self.note(span, key, &format!("expected {expected}, got {}", quoted(got)));
    }

    fn note(&mut self, span: Range<usize>, key: &str, message: &str) {
        let (path, text, rule) = (self.path, self.text, self.rule);
        self.mistakes.add(|| {
            let rule = rule.map_or(String::new(), |number| format!("rule {number}, "));
            let place = Some(place(text, span.start));
            Mistake { path: path.to_owned(), place, message: format!("{rule}{key}: {message}") }
        });
    }
}
