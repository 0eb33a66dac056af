//! The keys that say how an answer is given: late, spoilt, cut off.

use super::{Reader, Value};
use crate::config::values;
use crate::responder::rules::fault::{Fault, Manner};
use std::time::Duration;
use toml::de::{DeTable, DeValue};

/// The shortest pause: without any a large answer would keep a core busy.
const PAUSE_MIN: Duration = Duration::from_millis(1);
/// The longest delay and pause.
const DELAY_MAX: Duration = Duration::from_secs(3600);

impl Reader<'_> {
    pub(super) fn manner(&mut self, table: &DeTable<'_>) -> Manner {
        let delay = table.get("delay").and_then(|value| self.duration("delay", value));
        let fault = table.get("fault").and_then(|value| self.fault(value));
        Manner { delay: delay.unwrap_or_default(), fault }
    }

    fn fault(&mut self, value: &Value<'_>) -> Option<Fault> {
        const PAUSE: Duration = Duration::from_millis(100);
        if let DeValue::String(name) = value.get_ref() {
            return match name.as_ref() {
                "truncate" => Some(Fault::Truncate(None)),
                "drip" => Some(Fault::Drip(1, PAUSE)),
                "slow_headers" => Some(Fault::SlowHead(1, PAUSE)),
                "half_close" => Some(Fault::HalfClose),
                "garbage" => Some(Fault::Garbage(512)),
                "wrong_length" => Some(Fault::WrongLength(1 << 20)),
                "reset" => Some(Fault::ResetAfter(64)),
                other => {
                    let expected =
                        "truncate, drip, slow_headers, garbage, wrong_length, half_close or reset";
                    self.refuse(value.span(), "fault", expected, other);
                    None
                }
            };
        }
        let DeValue::Table(table) = value.get_ref() else {
            self.wrong("fault", value, "a name such as \"truncate\" or a table");
            return None;
        };
        const NAMES: &[&str] = &[
            "truncate",
            "drip",
            "slow_headers",
            "every",
            "garbage",
            "wrong_length",
            "reset_after",
        ];
        for key in table.keys().filter(|key| !NAMES.contains(&key.get_ref().as_ref())) {
            self.unknown(key.get_ref(), key.span(), NAMES);
        }
        let every = table.get("every").and_then(|value| self.duration("fault.every", value));
        let kinds = ["truncate", "drip", "slow_headers", "garbage", "wrong_length", "reset_after"];
        let mut said = kinds.iter().filter_map(|kind| Some((*kind, table.get(*kind)?)));
        let (Some((kind, value)), None) = (said.next(), said.next()) else {
            self.note(value.span(), "fault", &format!("expected one of {}", kinds.join(", ")));
            return None;
        };
        if every.is_some() && !matches!(kind, "drip" | "slow_headers") {
            let text = format!("expected with drip or slow_headers, got {kind}");
            self.note(value.span(), "fault.every", &text);
        }
        let count = self.count(&format!("fault.{kind}"), value)?;
        Some(match kind {
            "truncate" => Fault::Truncate(Some(count)),
            "drip" | "slow_headers" if count == 0 => {
                self.wrong(&format!("fault.{kind}"), value, "a number of octets from 1 on");
                return None;
            }
            "drip" => Fault::Drip(count, every.unwrap_or(PAUSE).max(PAUSE_MIN)),
            "slow_headers" => Fault::SlowHead(count, every.unwrap_or(PAUSE).max(PAUSE_MIN)),
            "garbage" => Fault::Garbage(count),
            "wrong_length" => Fault::WrongLength(count as u64),
            _ => Fault::ResetAfter(count),
        })
    }

    fn count(&mut self, key: &str, value: &Value<'_>) -> Option<usize> {
        let number = match value.get_ref() {
            DeValue::Integer(number) => number.to_string().parse::<u32>().ok(),
            _ => None,
        };
        // Garbage is made in memory.
        let fits = number.filter(|n| *n <= 1 << 30 && (key != "fault.garbage" || *n <= 1 << 20));
        if fits.is_none() {
            let most = if key == "fault.garbage" { "1048576" } else { "1073741824" };
            self.wrong(key, value, &format!("a number of octets up to {most}"));
        }
        fits.map(|n| n as usize)
    }

    fn duration(&mut self, key: &str, value: &Value<'_>) -> Option<Duration> {
        let text = match value.get_ref() {
            DeValue::String(text) => text.to_string(),
            DeValue::Integer(number) => number.to_string(),
            DeValue::Float(number) => number.as_str().to_owned(),
            _ => String::new(),
        };
        let duration = values::duration(&text).filter(|duration| *duration <= DELAY_MAX);
        if duration.is_none() {
            self.wrong(key, value, "a duration such as 250ms or 2s, at most 1h");
        }
        duration
    }
}
