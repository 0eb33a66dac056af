//! What an option takes: how its text is read, what is said when it cannot be.

use super::ranges;
use super::values::{self, Value, quoted};
use std::time::Duration;

/// What an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A TCP port, or an empty text for none.
    Port,
    /// Visible ASCII characters and spaces, at most `max` of them.
    Text {
        /// The most characters.
        max: usize,
    },
    /// A path of a file or folder, or an empty text for none.
    Path,
    /// The path of a request, such as `/stats`, or an empty text for none.
    Target,
    /// Paths of files or folders, separated by commas.
    Paths,
    /// Where a log goes: `off`, `-`, `/path`, `syslog:`, `journald:`.
    LogTarget,
    /// One IP address or `unix:/path`.
    Address,
    /// A loopback address with its port or `unix:/path`, or an empty text for none.
    Local,
    /// Addresses with ports or `unix:/path`, separated by commas.
    List,
    /// Addresses of listeners as in a list, or `all`.
    Listeners,
    /// Ranges of IP addresses, or `unix`, separated by commas.
    Ranges,
    /// A whole number.
    Integer {
        /// The least number.
        min: u64,
        /// The greatest number.
        max: u64,
        /// Whether `auto` is taken too.
        auto: bool,
    },
    /// A number of octets.
    Size {
        /// The least, in octets.
        min: u64,
        /// The greatest, in octets.
        max: u64,
    },
    /// A duration, in whole milliseconds.
    Duration {
        /// The shortest.
        min: Duration,
        /// The longest.
        max: Duration,
        /// Whether `off` is taken too.
        off: bool,
    },
    /// `on` or `off`
    Switch,
    /// One of these names.
    Choice(&'static [&'static str]),
}

impl Kind {
    /// Reads `text`.
    ///
    /// # Errors
    /// What was expected and what was got, without the option's name:
    /// `expected a duration such as 10s, got "ten"`.
    pub fn parse(&self, text: &str) -> Result<Value, String> {
        match *self {
            Kind::Port if text.is_empty() => Ok(Value::Unset),
            Kind::Port => self.number(text, 0, u16::MAX.into()),
            Kind::Text { max } => {
                values::field_text(text, max).map(Value::Text).ok_or_else(|| self.refuse(text))
            }
            Kind::Path if text.is_empty() => Ok(Value::Unset),
            Kind::Path => values::path(text).map(Value::Text).ok_or_else(|| self.refuse(text)),
            Kind::Target if text.is_empty() => Ok(Value::Unset),
            Kind::Target => values::target(text).map(Value::Text).ok_or_else(|| self.refuse(text)),
            Kind::LogTarget => {
                values::log_target(text).map(Value::Text).ok_or_else(|| self.refuse(text))
            }
            Kind::Address => {
                values::address(text).map(Value::Text).ok_or_else(|| self.refuse(text))
            }
            Kind::Local if text.is_empty() => Ok(Value::Unset),
            Kind::Local => {
                values::local_endpoint(text).map(Value::Text).ok_or_else(|| self.refuse(text))
            }
            Kind::List | Kind::Listeners | Kind::Ranges | Kind::Paths if text.is_empty() => {
                Ok(Value::List(Vec::new()))
            }
            Kind::List | Kind::Listeners | Kind::Ranges | Kind::Paths => {
                self.parse_items(text.split(',').map(str::trim))
            }
            Kind::Integer { auto: true, .. } if text == "auto" => Ok(Value::Auto),
            Kind::Integer { min, max, .. } => self.number(text, min, max),
            Kind::Size { min, max } => self.size(text, min, max),
            Kind::Duration { off: true, .. } if text == "off" => Ok(Value::Off),
            Kind::Duration { min, max, .. } => self.duration(text, min, max),
            Kind::Switch => {
                values::switch(text).map(Value::Switch).ok_or_else(|| self.refuse(text))
            }
            Kind::Choice(names) if names.contains(&text) => Ok(Value::Text(text.to_owned())),
            Kind::Choice(_) => Err(self.refuse(text)),
        }
    }

    /// Whether it is a list, of whatever.
    pub(super) fn is_list(&self) -> bool {
        matches!(self, Kind::List | Kind::Listeners | Kind::Ranges | Kind::Paths)
    }

    /// Reads the items of a list, one by one; the error names the item.
    pub(super) fn parse_items<'t>(
        &self,
        items: impl IntoIterator<Item = &'t str>,
    ) -> Result<Value, String> {
        let read = match self {
            // The comma separates items.
            Kind::Paths => |text: &str| {
                values::path(text).filter(|path| !path.is_empty() && !path.contains(','))
            },
            Kind::Listeners => values::listener,
            Kind::Ranges => ranges::canonical,
            _ => values::endpoint,
        };
        let item = |text| read(text).ok_or_else(|| self.refuse(text));
        items.into_iter().map(item).collect::<Result<_, _>>().map(Value::List)
    }

    /// What the option takes, with its range: `a number from 1 to 1024 or auto`.
    pub fn expected(&self) -> String {
        match *self {
            Kind::Port => "a port from 0 to 65535".into(),
            Kind::Text { max } => {
                format!("at most {max} visible ASCII characters with spaces inside")
            }
            Kind::Path => "a path of at most 4095 octets without control characters".into(),
            Kind::Target => "a path such as /stats, without query".into(),
            Kind::Paths => {
                "paths of at most 4095 octets, none of them empty, without commas or control characters".into()
            }
            Kind::LogTarget => {
                "off, - for standard output, /path, syslog: or journald: (or syslog:/socket)".into()
            }
            Kind::Address => "an IP address or unix:/path".into(),
            Kind::Local => {
                "unix:/path, or a loopback address with its port such as 127.0.0.1:9100".into()
            }
            Kind::List => "addresses such as 127.0.0.1:8080, [::1]:0 or unix:/path".into(),
            Kind::Listeners => {
                "addresses of listeners such as 127.0.0.1:8080 or unix:/path, or all".into()
            }
            Kind::Ranges => {
                "ranges such as 10.0.0.0/8 or 2001:db8::/32 (no bits set behind the prefix), \
                 addresses or unix"
                    .into()
            }
            Kind::Integer { min, max, auto } => {
                format!("a number from {min} to {max}{}", if auto { " or auto" } else { "" })
            }
            Kind::Size { min, max } => {
                format!("a size from {} to {}", Value::Size(min), Value::Size(max))
            }
            Kind::Duration { min, max, off } => {
                let (min, max) = (Value::Duration(min), Value::Duration(max));
                format!("a duration from {min} to {max}{}", if off { " or off" } else { "" })
            }
            Kind::Switch => "on or off".into(),
            Kind::Choice(names) => alternatives(names),
        }
    }

    /// The word that stands for the value in a usage text: `SIZE`, `on|off`.
    pub fn placeholder(&self) -> String {
        match self {
            Kind::Port => "PORT".into(),
            Kind::Text { .. } => "TEXT".into(),
            Kind::Path => "FILE".into(),
            Kind::Target => "/PATH".into(),
            Kind::Paths => "FILE,...".into(),
            Kind::Address | Kind::Local => "ADDRESS".into(),
            Kind::LogTarget => "off|-|FILE|syslog:|journald:".into(),
            Kind::List | Kind::Listeners => "ADDRESS,...".into(),
            Kind::Ranges => "RANGE,...".into(),
            Kind::Integer { .. } => "N".into(),
            Kind::Size { .. } => "SIZE".into(),
            Kind::Duration { .. } => "DURATION".into(),
            Kind::Switch => "on|off".into(),
            Kind::Choice(names) => names.join("|"),
        }
    }

    /// The error for something that is no text at all, such as `a table`.
    pub(super) fn refuse_thing(&self, thing: &str) -> String {
        format!("expected {}, got {thing}", self.expected())
    }

    fn refuse(&self, text: &str) -> String {
        self.refuse_thing(&quoted(text))
    }

    fn number(&self, text: &str, min: u64, max: u64) -> Result<Value, String> {
        match values::number(text) {
            Some(n) if (min..=max).contains(&n) => Ok(Value::Number(n)),
            _ => Err(self.refuse(text)),
        }
    }

    fn size(&self, text: &str, min: u64, max: u64) -> Result<Value, String> {
        match values::size(text) {
            Some(octets) if (min..=max).contains(&octets) => Ok(Value::Size(octets)),
            Some(_) => Err(self.refuse(text)),
            None => Err(format!("expected a size such as 64k, got {}", quoted(text))),
        }
    }

    fn duration(&self, text: &str, min: Duration, max: Duration) -> Result<Value, String> {
        match values::duration(text) {
            Some(d) if (min..=max).contains(&d) => Ok(Value::Duration(d)),
            Some(_) => Err(self.refuse(text)),
            None => Err(format!("expected a duration such as 10s, got {}", quoted(text))),
        }
    }
}

/// `a, b or c`
fn alternatives(names: &[&str]) -> String {
    match names {
        [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        _ => names.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEEP_ALIVE: Kind = Kind::Duration {
        min: Duration::from_millis(10),
        max: Duration::from_secs(86_400),
        off: true,
    };

    #[test]
    fn a_malformed_value_is_answered_with_an_example() {
        assert_eq!(
            KEEP_ALIVE.parse("ten").unwrap_err(),
            r#"expected a duration such as 10s, got "ten""#
        );
        let size = Kind::Size { min: 1024, max: 1 << 20 };
        assert_eq!(size.parse("big").unwrap_err(), r#"expected a size such as 64k, got "big""#);
    }

    #[test]
    fn a_value_out_of_range_is_answered_with_the_range() {
        assert_eq!(
            KEEP_ALIVE.parse("5ms").unwrap_err(),
            r#"expected a duration from 10ms to 1d or off, got "5ms""#
        );
        let size = Kind::Size { min: 1024, max: 1 << 20 };
        assert_eq!(size.parse("1g").unwrap_err(), r#"expected a size from 1k to 1m, got "1g""#);
        let workers = Kind::Integer { min: 1, max: 1024, auto: true };
        assert_eq!(
            workers.parse("0").unwrap_err(),
            r#"expected a number from 1 to 1024 or auto, got "0""#
        );
        assert_eq!(
            Kind::Port.parse("65536").unwrap_err(),
            r#"expected a port from 0 to 65535, got "65536""#
        );
    }

    #[test]
    fn both_ends_of_a_range_are_inside() {
        let number = Kind::Integer { min: 2, max: 3, auto: false };
        assert_eq!(
            ["1", "2", "3", "4"].map(|n| number.parse(n).is_ok()),
            [false, true, true, false]
        );
        assert_eq!(
            ["9ms", "10ms", "24h", "86401"].map(|d| KEEP_ALIVE.parse(d).is_ok()),
            [false, true, true, false]
        );
    }

    #[test]
    fn auto_and_off_are_taken_only_where_declared() {
        let number = |auto| Kind::Integer { min: 1, max: 9, auto };
        assert_eq!(number(true).parse("auto"), Ok(Value::Auto));
        assert!(number(false).parse("auto").is_err());
        assert_eq!(KEEP_ALIVE.parse("off"), Ok(Value::Off));
        let always = Kind::Duration { min: Duration::ZERO, max: Duration::MAX, off: false };
        assert!(always.parse("off").is_err());
    }

    #[test]
    fn a_list_names_the_item_that_is_wrong() {
        let good = Kind::List.parse("127.0.0.1:80, [0::1]:0,unix:/run/x").unwrap();
        assert_eq!(good.to_string(), "127.0.0.1:80,[::1]:0,unix:/run/x");
        let expected = "expected addresses such as 127.0.0.1:8080, [::1]:0 or unix:/path, got";
        assert_eq!(
            Kind::List.parse("127.0.0.1:80,web:1").unwrap_err(),
            format!(r#"{expected} "web:1""#)
        );
        assert_eq!(Kind::List.parse("127.0.0.1:80,").unwrap_err(), format!(r#"{expected} """#));
    }

    #[test]
    fn a_local_endpoint_is_a_unix_socket_or_a_port_of_this_machine_alone() {
        for (text, canonical) in [
            ("", ""),
            ("unix:/run/x,y", "unix:/run/x,y"),
            ("127.0.0.1:0", "127.0.0.1:0"),
            ("127.8.9.1:80", "127.8.9.1:80"),
            ("[0::1]:80", "[::1]:80"),
        ] {
            assert_eq!(Kind::Local.parse(text).unwrap().to_string(), canonical);
        }
        for bad in ["0.0.0.0:80", "[::]:80", "192.0.2.1:80", "localhost:80", "127.0.0.1", "unix:x"]
        {
            assert_eq!(
                Kind::Local.parse(bad).unwrap_err(),
                format!(
                    "expected unix:/path, or a loopback address with its port such as \
                     127.0.0.1:9100, got {bad:?}"
                )
            );
        }
    }

    #[test]
    fn a_choice_lists_its_names() {
        let level = Kind::Choice(&["off", "warn", "info"]);
        assert_eq!(level.parse("loud").unwrap_err(), r#"expected off, warn or info, got "loud""#);
    }
}
