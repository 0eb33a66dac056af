//! Values of options: typed, read from text, written in canonical form.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// The value of an option. [`fmt::Display`] writes the canonical text, which reads back as the
/// same value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Nothing; written as an empty text.
    Unset,
    /// `auto`
    Auto,
    /// `off`, of a duration.
    Off,
    /// A plain number.
    Number(u64),
    /// Octets.
    Size(u64),
    /// A whole number of milliseconds.
    Duration(Duration),
    /// `on` or `off`
    Switch(bool),
    /// Free text, or one of the names of a choice.
    Text(String),
    /// Addresses, none of which contains a comma.
    List(Vec<String>),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Unset => Ok(()),
            Value::Auto => f.write_str("auto"),
            Value::Off | Value::Switch(false) => f.write_str("off"),
            Value::Switch(true) => f.write_str("on"),
            Value::Number(n) => write!(f, "{n}"),
            Value::Size(octets) => write_in_units(f, *octets, &SIZE_UNITS),
            Value::Duration(d) => write_in_units(f, whole_milliseconds(*d), &DURATION_UNITS),
            Value::Text(text) => f.write_str(text),
            Value::List(items) => f.write_str(&items.join(",")),
        }
    }
}

/// Octets of each size unit, largest first.
const SIZE_UNITS: [(&str, u64); 5] =
    [("t", 1 << 40), ("g", 1 << 30), ("m", 1 << 20), ("k", 1 << 10), ("", 1)];

/// Milliseconds of each duration unit, largest first.
const DURATION_UNITS: [(&str, u64); 5] =
    [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

fn write_in_units(f: &mut fmt::Formatter<'_>, n: u64, units: &[(&str, u64)]) -> fmt::Result {
    let smallest = units[units.len() - 1];
    let exact = units.iter().find(|(_, unit)| n != 0 && n.is_multiple_of(*unit));
    let (name, unit) = exact.unwrap_or(&smallest);
    write!(f, "{}{name}", n / unit)
}

fn whole_milliseconds(d: Duration) -> u64 {
    u64::try_from(d.as_millis()).unwrap_or(u64::MAX)
}

/// A decimal number without a sign; beyond 64 bits it saturates, so that it is out of every range.
pub(super) fn number(text: &str) -> Option<u64> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some(text.parse().unwrap_or(u64::MAX))
}

/// Octets: `4096`, `64k`, `1m`, `1g`, `1t`, in powers of 1024 and in either case; saturates.
pub(super) fn size(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let suffix = &text[digits.len()..];
    let (_, unit) = SIZE_UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(suffix))?;
    Some(number(digits)?.saturating_mul(*unit))
}

/// A duration: `10` and `0.5` are seconds; `250ms`, `1.5s`, `2m`, `1h`, `1d`, `1m30s` name their
/// units. Rounded to milliseconds; saturates.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    if text.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return scaled(text, 1_000).map(Duration::from_millis);
    }
    let (mut rest, mut total, mut larger) = (text, 0_u64, u64::MAX);
    while !rest.is_empty() {
        let (amount, tail) = rest.split_at(rest.find(|c: char| c.is_ascii_alphabetic())?);
        let end = tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len());
        let (name, tail) = tail.split_at(end);
        let (_, unit) = DURATION_UNITS.iter().find(|(known, _)| *known == name)?;
        let fraction_inside = amount.contains('.') && !tail.is_empty();
        if *unit >= larger || fraction_inside {
            return None;
        }
        total = total.saturating_add(scaled(amount, *unit)?);
        (rest, larger) = (tail, *unit);
    }
    Some(Duration::from_millis(total))
}

/// `text`, a decimal number such as `1` or `1.5`, times `unit`, rounded; saturates.
fn scaled(text: &str, unit: u64) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    number(fraction)?;
    // Nine digits of even a day are far below a millisecond, and their product fits 64 bits.
    let fraction = &fraction[..fraction.len().min(9)];
    let scale = 10_u64.pow(fraction.len() as u32);
    let part = (number(fraction)? * unit + scale / 2) / scale;
    Some(number(whole)?.saturating_mul(unit).saturating_add(part))
}

/// A switch.
pub(super) fn switch(text: &str) -> Option<bool> {
    match text {
        "on" | "true" | "yes" => Some(true),
        "off" | "false" | "no" => Some(false),
        _ => None,
    }
}

/// An IP address, brackets allowed around IPv6, or `unix:/path`; canonical text.
pub(super) fn address(text: &str) -> Option<String> {
    if let Some(bracketed) = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')) {
        let ip: std::net::Ipv6Addr = bracketed.parse().ok()?;
        return Some(ip.to_string());
    }
    match text.parse::<IpAddr>() {
        Ok(ip) => Some(ip.to_string()),
        Err(_) => unix_path(text),
    }
}

/// `127.0.0.1:8080`, `[::1]:0` or `unix:/path`, as an item of a list; canonical text.
pub(super) fn endpoint(text: &str) -> Option<String> {
    match text.parse::<SocketAddr>() {
        Ok(address) => Some(address.to_string()),
        // The comma separates items, so an item that has one could not be written down.
        Err(_) => unix_path(text).filter(|path| !path.contains(',')),
    }
}

/// `unix:/path`, or a loopback address with its port; canonical text.
pub(super) fn local_endpoint(text: &str) -> Option<String> {
    match text.parse::<SocketAddr>() {
        Ok(address) => address.ip().is_loopback().then(|| address.to_string()),
        Err(_) => unix_path(text),
    }
}

/// An [`endpoint`] or `all`, as an item of a list; canonical text.
pub(super) fn listener(text: &str) -> Option<String> {
    if text == "all" { Some(text.to_owned()) } else { endpoint(text) }
}

/// Octets of a path that fit `sockaddr_un` with its final NUL, on Linux.
const UNIX_PATH_MAX: usize = 107;

fn unix_path(text: &str) -> Option<String> {
    let path = text.strip_prefix("unix:")?;
    let fits = path.starts_with('/') && path.len() > 1 && path.len() <= UNIX_PATH_MAX;
    (fits && !path.contains(char::is_control)).then(|| text.to_owned())
}

/// A value for the Server field: visible ASCII, spaces inside only (RFC 9110 section 5.5).
pub(super) fn field_text(text: &str, max: usize) -> Option<String> {
    let visible = text.bytes().all(|b| b == b' ' || b.is_ascii_graphic());
    (visible && text.trim() == text && text.len() <= max).then(|| text.to_owned())
}

/// A path that the system could open.
pub(super) fn path(text: &str) -> Option<String> {
    let fits = (1..4096).contains(&text.len()) && !text.contains(char::is_control);
    fits.then(|| text.to_owned())
}

/// The path of a request: visible ASCII from `/` on, without query and fragment.
pub(super) fn target(text: &str) -> Option<String> {
    let visible = text.bytes().all(|b| b.is_ascii_graphic() && b != b'?' && b != b'#');
    (visible && text.starts_with('/') && text.len() <= 256).then(|| text.to_owned())
}

/// Where a log goes.
pub(super) fn log_target(text: &str) -> Option<String> {
    if matches!(text, "off" | "-") {
        return Some(text.to_owned());
    }
    let daemons = ["syslog:", "journald:"];
    match daemons.iter().find_map(|daemon| text.strip_prefix(daemon)) {
        Some("") => Some(text.to_owned()),
        Some(socket) => {
            unix_path(&format!("unix:{socket}"))?;
            Some(text.to_owned())
        }
        None => path(text).filter(|path| path.starts_with('/')),
    }
}

/// `text` in double quotes on one line: control characters escaped, a long text cut.
pub(crate) fn quoted(text: &str) -> String {
    const SHOWN: usize = 80;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{:?}...", &text[..end]),
        None => format!("{text:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(text: &str) -> Option<u128> {
        duration(text).map(|d| d.as_millis())
    }

    #[test]
    fn durations_are_read_in_every_documented_form() {
        let forms = [
            ("10", 10_000),
            ("0.5", 500),
            ("1.5s", 1_500),
            ("250ms", 250),
            ("2m", 120_000),
            ("1h", 3_600_000),
            ("1d", 86_400_000),
            ("1m30s", 90_000),
            ("1h0.5s", 3_600_500),
            ("007s", 7_000),
            ("0.30000000000000004", 300),
            ("0.0004", 0),
            ("0.0005", 1),
        ];
        for (text, expected) in forms {
            assert_eq!(ms(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn malformed_durations_are_refused() {
        let bad = [
            "",
            ".",
            "5.",
            ".5",
            "1.2.3",
            "s",
            "10x",
            "10 s",
            " 10",
            "-1",
            "+1",
            "1e3",
            "30s1m",
            "1s1s",
            "1.5m30s",
            "10S",
            "1\u{663}s",
            "1ss",
            "s10",
            "10s5",
            "inf",
            "NaN",
        ];
        for text in bad {
            assert_eq!(ms(text), None, "{text:?}");
        }
    }

    #[test]
    fn numbers_beyond_64_bits_saturate_instead_of_wrapping() {
        assert_eq!(number("99999999999999999999"), Some(u64::MAX));
        assert_eq!(size("99999999999999999999t"), Some(u64::MAX));
        assert_eq!(ms("99999999999999999999d"), Some(u128::from(u64::MAX)));
    }

    #[test]
    fn sizes_count_in_powers_of_1024() {
        for (text, expected) in [
            ("0", 0),
            ("17", 17),
            ("64k", 65_536),
            ("1M", 1 << 20),
            ("2g", 2 << 30),
            ("1t", 1 << 40),
        ] {
            assert_eq!(size(text), Some(expected), "{text}");
        }
        for bad in ["", "k", "1kb", "1 k", "-1", "+1", "0x10", "1.5m", "1_000", "k1"] {
            assert_eq!(size(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn canonical_text_uses_the_largest_exact_unit() {
        let text = |millis| Value::Duration(Duration::from_millis(millis)).to_string();
        assert_eq!(
            [text(10_000), text(75_000), text(60_000), text(1_500)],
            ["10s", "75s", "1m", "1500ms"]
        );
        assert_eq!([text(3_600_000), text(86_400_000), text(0)], ["1h", "1d", "0ms"]);
        let text = |octets| Value::Size(octets).to_string();
        assert_eq!([text(8_192), text(8_193), text(1 << 20), text(0)], ["8k", "8193", "1m", "0"]);
    }

    #[test]
    fn addresses_are_ip_addresses_or_unix_paths_only() {
        for (text, canonical) in [
            ("127.0.0.1", "127.0.0.1"),
            ("[::1]", "::1"),
            ("0:0:0:0:0:0:0:1", "::1"),
            ("unix:/run/x", "unix:/run/x"),
        ] {
            assert_eq!(address(text).as_deref(), Some(canonical), "{text}");
        }
        let long = format!("unix:/{}", "x".repeat(107));
        for bad in [
            "",
            "localhost",
            "[127.0.0.1]",
            "[::1",
            "127.0.0.1:80",
            "unix:",
            "unix:x",
            "unix:/",
            "1",
            &long,
        ] {
            assert_eq!(address(bad), None, "{bad:?}");
        }
        assert_eq!(address("unix:/a\0b"), None);
    }

    #[test]
    fn endpoints_carry_a_port() {
        assert_eq!(endpoint("[0::1]:80").as_deref(), Some("[::1]:80"));
        for bad in
            ["", "127.0.0.1", "::1:80", "localhost:80", "127.0.0.1:65536", "unix:/a,b", ":80"]
        {
            assert_eq!(endpoint(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_log_goes_to_an_absolute_path_or_a_daemon() {
        for text in ["off", "-", "/var/log/x", "syslog:", "syslog:/run/x", "journald:"] {
            assert_eq!(log_target(text).as_deref(), Some(text));
        }
        for bad in
            ["", "on", "stdout", "log/x", "syslog", "syslog:x", "journald:/", "/a\nb", "file:/x"]
        {
            assert_eq!(log_target(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn field_text_has_no_line_ends_and_no_outer_spaces() {
        assert_eq!(field_text("a b/1.0", 256).as_deref(), Some("a b/1.0"));
        for bad in ["a\r\nX: y", "a\tb", " a", "a ", "\u{e9}", "a\0"] {
            assert_eq!(field_text(bad, 256), None, "{bad:?}");
        }
        assert_eq!(field_text("abc", 2), None);
    }

    #[test]
    fn quoted_text_stays_on_one_line_and_short() {
        assert_eq!(quoted("a\n\"b\u{1b}"), r#""a\n\"b\u{1b}""#);
        assert!(quoted(&"\u{e9}".repeat(1_000_000)).len() < 200);
    }
}
