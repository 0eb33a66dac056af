//! JSON, written (RFC 8259).

use std::fmt::Write;

/// Something that can be written as JSON.
pub(super) trait Json {
    fn write(&self, out: &mut String);
}

/// An object that is being written.
pub(super) struct Object(String);

/// What has been written.
pub(super) struct Raw(pub(super) String);

impl Object {
    pub(super) fn new() -> Self {
        Object("{".to_owned())
    }

    /// Adds a member; names are not checked for being unique.
    #[must_use]
    pub(super) fn with(mut self, name: &str, value: impl Json) -> Self {
        if self.0.len() > 1 {
            self.0.push_str(", ");
        }
        name.write(&mut self.0);
        self.0.push_str(": ");
        value.write(&mut self.0);
        self
    }

    pub(super) fn end(mut self) -> Raw {
        self.0.push('}');
        Raw(self.0)
    }
}

impl Json for Raw {
    fn write(&self, out: &mut String) {
        out.push_str(&self.0);
    }
}

impl Json for u64 {
    fn write(&self, out: &mut String) {
        let _ = write!(out, "{self}");
    }
}

impl Json for bool {
    fn write(&self, out: &mut String) {
        out.push_str(if *self { "true" } else { "false" });
    }
}

impl Json for str {
    fn write(&self, out: &mut String) {
        out.push('"');
        for c in self.chars() {
            match c {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                // Also what JavaScript and terminals take for more than a character.
                c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => {
                    let _ = write!(out, "\\u{:04x}", u32::from(c));
                }
                c => out.push(c),
            }
        }
        out.push('"');
    }
}

impl Json for &str {
    fn write(&self, out: &mut String) {
        (**self).write(out);
    }
}

impl Json for String {
    fn write(&self, out: &mut String) {
        self.as_str().write(out);
    }
}

impl<T: Json> Json for Option<T> {
    fn write(&self, out: &mut String) {
        match self {
            Some(value) => value.write(out),
            None => out.push_str("null"),
        }
    }
}

impl<T: Json> Json for [T] {
    fn write(&self, out: &mut String) {
        out.push('[');
        for (index, item) in self.iter().enumerate() {
            out.push_str(if index > 0 { ", " } else { "" });
            item.write(out);
        }
        out.push(']');
    }
}

impl<T: Json> Json for Vec<T> {
    fn write(&self, out: &mut String) {
        self.as_slice().write(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_nest_and_members_keep_their_order() {
        let inner = Object::new().with("z", 1).with("a", vec!["x", "y"]).end();
        let none: Option<u64> = None;
        let outer = Object::new().with("inner", inner).with("none", none).with("yes", true).end();
        assert_eq!(outer.0, r#"{"inner": {"z": 1, "a": ["x", "y"]}, "none": null, "yes": true}"#);
        assert_eq!(Object::new().end().0, "{}");
    }

    #[test]
    fn whatever_a_text_has_in_it_stays_inside_the_quotes() {
        let mut out = String::new();
        "a\"b\\c\n\0\u{1b}[2J\u{7f}\u{85}\u{2028}</script>\u{e9}".write(&mut out);
        let expected =
            "\"a\\\"b\\\\c\\u000a\\u0000\\u001b[2J\\u007f\\u0085\\u2028</script>\u{e9}\"";
        assert_eq!(out, expected);
    }
}
