//! The keys that say which requests a rule takes.

use super::{Reader, read_text};
use crate::config::values::quoted;
use crate::responder::pattern::Pattern;
use crate::responder::response::is_token;
use crate::responder::routes::Methods;
use crate::responder::rules::condition::{Conditions, PathTest, Test};
use crate::responder::rules::hosts::{self, Reach};
use crate::responder::rules::list;
use crate::responder::rules::mistake::Mistake;
use std::ops::Range;
use toml::de::{DeTable, DeValue};

/// Octets of the largest list of hosts: some ten million names.
const LIST_MAX: u64 = 256 << 20;
/// Mistakes of one list that are told.
const LIST_MISTAKES: usize = 10;

/// What a prefix is. What a pattern has is most likely meant as one.
const PREFIX: &str =
    "the start of a path, from its \"/\" on, in visible ASCII ({name} and a final * are for path)";

fn is_prefix(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_graphic() && !b"{}?#".contains(&b);
    text.starts_with('/') && text.bytes().all(fits) && !text.ends_with('*')
}

impl Reader<'_> {
    pub(super) fn hosts(&mut self, table: &DeTable<'_>) -> Vec<(String, Reach)> {
        let mut found = Vec::new();
        for (text, span) in self.texts(table, "host") {
            match hosts::parse(text) {
                Ok(host) => found.push(host),
                Err(expected) => self.refuse(span, "host", expected, text),
            }
        }
        for (file, span) in self.texts(table, "host_file") {
            self.host_file(file, span, &mut found);
        }
        found
    }

    fn host_file(&mut self, file: &str, span: Range<usize>, found: &mut Vec<(String, Reach)>) {
        let path = self.beside(file);
        let text = match read_text(&path, LIST_MAX) {
            Ok(text) => text,
            Err(error) => {
                let message = format!("cannot read {}: {error}", quoted(file));
                return self.note(span, "host_file", &message);
            }
        };
        let mut wrong = 0;
        for (number, line) in text.lines().enumerate() {
            let Err(message) = list::read_line(line, found) else { continue };
            wrong += 1;
            if wrong <= LIST_MISTAKES {
                let place = Some((number + 1, 1));
                self.mistakes.add(|| Mistake { path: path.clone(), place, message });
            }
        }
        if wrong > LIST_MISTAKES {
            let message = format!("{} more lines like these", wrong - LIST_MISTAKES);
            self.mistakes.add(|| Mistake { path, place: None, message });
        }
    }

    pub(super) fn conditions(&mut self, table: &DeTable<'_>) -> Conditions {
        let mut conditions = Conditions::default();
        for (text, span) in self.texts(table, "method") {
            match Methods::parse(text) {
                Ok(methods) => conditions.methods.push(methods),
                Err(error) => self.note(span, "method", error.message()),
            }
        }
        for (text, span) in self.texts(table, "path") {
            match Pattern::parse(text) {
                Ok(pattern) => conditions.paths.push(PathTest::Pattern(pattern)),
                Err(error) => self.note(span, "path", error.message()),
            }
        }
        for (text, span) in self.texts(table, "prefix") {
            if is_prefix(text) {
                conditions.paths.push(PathTest::Prefix(text.into()));
            } else {
                self.refuse(span, "prefix", PREFIX, text);
            }
        }
        for (text, span) in self.texts(table, "extension") {
            let name = text.strip_prefix('.').unwrap_or(text).to_ascii_lowercase();
            if (1..=32).contains(&name.len()) && !name.contains(['/', '.', '?', '#', ';']) {
                conditions.extensions.push(name.into());
            } else {
                self.refuse(span, "extension", "an extension such as gif", text);
            }
        }
        conditions.headers = self.tests(table, "header", |name| is_token(name.as_bytes()));
        conditions.query = self.tests(table, "query", |_| true);
        conditions
    }

    fn tests(
        &mut self,
        table: &DeTable<'_>,
        key: &str,
        is_name: impl Fn(&str) -> bool,
    ) -> Vec<(Box<str>, Test)> {
        let Some(value) = table.get(key) else { return Vec::new() };
        let DeValue::Table(tests) = value.get_ref() else {
            self.wrong(key, value, "a table such as { name = \"value\" }");
            return Vec::new();
        };
        let mut found = Vec::new();
        for (name, value) in tests {
            let test = match value.get_ref() {
                DeValue::String(text) => Test::Like(text.as_ref().into()),
                DeValue::Boolean(true) => Test::Present,
                DeValue::Boolean(false) => Test::Absent,
                _ => {
                    let expected = "a text, in which * stands for anything, or true or false";
                    self.wrong(&format!("{key}.{}", name.get_ref()), value, expected);
                    continue;
                }
            };
            if is_name(name.get_ref()) {
                found.push((name.get_ref().as_ref().into(), test));
            } else {
                self.refuse(name.span(), key, "a token as the name", name.get_ref());
            }
        }
        found
    }
}
