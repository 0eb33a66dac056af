//! What a line looks like.

use super::escape;
use super::record::Record;
use crate::clients::PeerAddress;
use crate::config::LogFormat;
use crate::http::Version;
use crate::responder::source::{By, Kind};
use crate::sys::clock;
use std::io::Write;

/// Makes lines of records.
#[derive(Debug)]
pub(super) struct Formatter {
    format: LogFormat,
    /// The addresses of the listeners, escaped.
    listeners: Vec<Vec<u8>>,
    /// From the monotonic clock to the time of day, in microseconds.
    offset: u64,
    second: Second,
}

/// A second, written out.
#[derive(Debug, Default)]
struct Second {
    of: u64,
    text: String,
}

impl Formatter {
    pub(super) fn new(format: LogFormat, listeners: &[String]) -> Self {
        let escaped = |address: &String| {
            let mut text = Vec::new();
            escape::json(&mut text, address.as_bytes());
            text
        };
        let listeners = listeners.iter().map(escaped).collect();
        let mut formatter = Formatter { format, listeners, offset: 0, second: Second::default() };
        formatter.set_clock();
        formatter
    }

    /// Looks at the time of day, which may be set while the monotonic clock runs on.
    pub(super) fn set_clock(&mut self) {
        self.offset = clock::unix_us().wrapping_sub(clock::monotonic_us());
    }

    /// Appends the line of `record`, its end included.
    pub(super) fn line(&mut self, record: &Record<'_>, into: &mut Vec<u8>) {
        match self.format {
            LogFormat::Combined => self.combined(record, into),
            LogFormat::Json => self.json(record, into),
        }
        into.push(b'\n');
    }

    /// `host ident user [time] "request" status octets "referer" "user agent"`
    fn combined(&mut self, record: &Record<'_>, into: &mut Vec<u8>) {
        match record.peer.ip() {
            Some(address) => address_into(address, into),
            None if record.peer == PeerAddress::UNIX => into.extend_from_slice(b"unix:"),
            None => into.push(b'-'),
        }
        into.extend_from_slice(b" - - [");
        let (second, _) = self.time(record);
        into.extend_from_slice(second.as_bytes());
        into.extend_from_slice(b" +0000] \"");
        escape::quoted(into, record.method.unwrap_or_default());
        if record.method.is_some() {
            into.push(b' ');
        }
        match record.target {
            Some(b"") | None => into.push(b'-'),
            Some(target) => escape::quoted(into, target),
        }
        if let Some(version) = record.version {
            into.extend_from_slice(b" HTTP/");
            into.extend_from_slice(version_text(version));
        }
        into.extend_from_slice(b"\" ");
        // Three digits at any rate: readers of this format count on them.
        let status = record.status;
        into.extend([status / 100 % 10, status / 10 % 10, status % 10].map(|it| b'0' + it as u8));
        into.push(b' ');
        match record.body {
            0 => into.push(b'-'),
            body => number(body, into),
        }
        for text in [record.referer, record.user_agent] {
            into.extend_from_slice(b" \"");
            escape::quoted(into, text.filter(|text| !text.is_empty()).unwrap_or(b"-"));
            into.push(b'"');
        }
    }

    fn json(&mut self, record: &Record<'_>, into: &mut Vec<u8>) {
        into.extend_from_slice(b"{\"time\":\"");
        let (second, millisecond) = self.time(record);
        into.extend_from_slice(second.as_bytes());
        let digits = [millisecond / 100, millisecond / 10 % 10, millisecond % 10];
        into.push(b'.');
        into.extend(digits.map(|digit| b'0' + digit as u8));
        into.extend_from_slice(b"Z\",\"client\":");
        match record.peer.inet_address() {
            None if record.peer == PeerAddress::UNIX => {
                into.extend_from_slice(b"\"unix:\",\"port\":null");
            }
            None => into.extend_from_slice(b"null,\"port\":null"),
            Some(address) => {
                into.push(b'"');
                address_into(address.ip(), into);
                into.extend_from_slice(b"\",\"port\":");
                number(address.port().into(), into);
            }
        }
        let listener = self.listeners.get(usize::from(record.listener));
        into.extend_from_slice(b",\"listener\":\"");
        into.extend_from_slice(listener.map_or(b"", |address| address));
        into.push(b'"');
        text(b",\"method\":", record.method, into);
        text(b",\"host\":", record.host, into);
        match record.version {
            Some(version) => {
                text(b",\"target\":", record.target, into);
                text(b",\"version\":", Some(version_text(version)), into);
            }
            None => {
                text(b",\"target\":null,\"version\":null,\"line\":", record.target, into);
            }
        }
        let numbers: [(&[u8], u64); 4] = [
            (b",\"status\":", record.status.into()),
            (b",\"octets\":", record.octets),
            (b",\"body\":", record.body),
            (b",\"duration_us\":", record.took),
        ];
        for (key, value) in numbers {
            into.extend_from_slice(key);
            number(value, into);
        }
        text(b",\"referer\":", record.referer, into);
        text(b",\"user_agent\":", record.user_agent, into);
        let by = By::ALL.get(usize::from(record.by)).map_or("", |by| by.name());
        let kind = Kind::ALL.get(usize::from(record.kind)).map_or("", |kind| kind.name());
        for part in [",\"by\":\"", by, "\",\"kind\":\"", kind, "\"}"] {
            into.extend_from_slice(part.as_bytes());
        }
    }

    /// When the request began: the second, written out, and the millisecond in it.
    fn time(&mut self, record: &Record<'_>) -> (&str, u16) {
        let milliseconds = record.begun.wrapping_add(self.offset) / 1000;
        let second = milliseconds / 1000;
        if self.second.of != second || self.second.text.is_empty() {
            self.second = Second { of: second, text: written(second, self.format) };
        }
        (&self.second.text, (milliseconds % 1000) as u16)
    }
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `Nov 26 10:56:13`, as syslog has it (RFC 3164 section 4.1.2).
pub(super) fn stamp(second: u64) -> String {
    let (_, month, day) = date(second / 86_400);
    let of_day = second % 86_400;
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    format!("{} {day:2} {hour:02}:{minute:02}:{second:02}", MONTHS[(month - 1) as usize % 12])
}

/// `2026-11-26T10:56:13` or `26/Nov/2026:10:56:13`
fn written(second: u64, format: LogFormat) -> String {
    let (year, month, day) = date(second / 86_400);
    let of_day = second % 86_400;
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    match format {
        LogFormat::Json => {
            format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
        }
        LogFormat::Combined => {
            let month = MONTHS[(month - 1) as usize % 12];
            format!("{day:02}/{month}/{year:04}:{hour:02}:{minute:02}:{second:02}")
        }
    }
}

/// Year, month and day of the Gregorian calendar, of a number of days since 1970. Years begin in
/// March here, so that the leap day is the last one; 400 of them have 146,097 days.
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year + next, month, day)
}

fn version_text(version: Version) -> &'static [u8] {
    match version {
        Version::Http10 => b"1.0",
        Version::Http11 => b"1.1",
        Version::Http2 => b"2.0",
    }
}

/// `key`, which is written out with its comma and colon, and its value.
fn text(key: &[u8], value: Option<&[u8]>, into: &mut Vec<u8>) {
    into.extend_from_slice(key);
    let Some(value) = value else { return into.extend_from_slice(b"null") };
    into.push(b'"');
    escape::json(into, value);
    into.push(b'"');
}

fn number(value: u64, into: &mut Vec<u8>) {
    into.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

fn address_into(address: std::net::IpAddr, into: &mut Vec<u8>) {
    match address {
        std::net::IpAddr::V4(address) => {
            let [a, b, c, d] = address.octets();
            for (part, dot) in [(a, true), (b, true), (c, true), (d, false)] {
                number(part.into(), into);
                into.extend_from_slice(if dot { b"." } else { b"" });
            }
        }
        // Writing into a Vec cannot fail.
        std::net::IpAddr::V6(address) => drop(write!(into, "{address}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (second, expected) in [
            (0, "1970-01-01T00:00:00"),
            (951_782_400, "2000-02-29T00:00:00"),
            (1_709_251_199, "2024-02-29T23:59:59"),
            (1_709_251_200, "2024-03-01T00:00:00"),
            (4_102_444_800, "2100-01-01T00:00:00"),
            (4_107_542_400, "2100-03-01T00:00:00"),
        ] {
            assert_eq!(written(second, LogFormat::Json), expected);
        }
        assert_eq!(written(1_709_251_199, LogFormat::Combined), "29/Feb/2024:23:59:59");
        assert_eq!(stamp(1_709_251_200), "Mar  1 00:00:00");
    }
}
