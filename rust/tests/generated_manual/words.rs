//! What the completions of all shells are made of.

use http_responder::config::{Kind, OptionRow};

/// What stands at the top of each script.
pub(crate) const ORIGIN: &str = "# Generated from the table of options; do not edit.\n";

/// What can be offered in place of a value.
pub(crate) enum Offer {
    Words(Vec<&'static str>),
    Files,
    /// Nobody can guess it.
    Nothing,
}

pub(crate) fn offer(kind: &Kind) -> Offer {
    match kind {
        Kind::Switch => Offer::Words(vec!["on", "off"]),
        Kind::Choice(names) => Offer::Words(names.to_vec()),
        Kind::Integer { auto: true, .. } => Offer::Words(vec!["auto"]),
        Kind::Duration { off: true, .. } => Offer::Words(vec!["off"]),
        Kind::LogTarget => Offer::Words(vec!["off", "-", "syslog:", "journald:"]),
        Kind::Listeners => Offer::Words(vec!["all"]),
        Kind::Ranges => Offer::Words(vec!["unix"]),
        Kind::Path | Kind::Paths => Offer::Files,
        _ => Offer::Nothing,
    }
}

/// The first half sentence of an option's help.
pub(crate) fn short_help(row: &OptionRow) -> &str {
    let end = row.help.find([';', ':']).unwrap_or(row.help.len());
    row.help[..end].trim_end_matches('.')
}

/// `no-name`, of a switch.
pub(crate) fn negation(row: &OptionRow) -> Option<String> {
    (row.kind == Kind::Switch).then(|| format!("no-{}", row.name.replace('_', "-")))
}

/// What may stand first, beside options.
pub(crate) const COMMANDS: [(&str, &str); 3] = [
    ("top", "shows a running server"),
    ("health", "asks a running server how it is"),
    ("ca", "makes, shows, exports, renews a CA"),
];

/// What `ca` does, and which flags go with it.
pub(crate) const CA: [(&str, &[&str]); 4] = [
    ("init", &["dir", "name", "days", "permit"]),
    ("show", &["dir"]),
    ("export", &["dir", "format", "out"]),
    ("renew", &["dir", "days"]),
];

pub(crate) const CA_FORMATS: &str = "pem der mobileconfig p12";
