//! Walks the table: what holds for one option holds for all, on every face.

use super::*;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

/// A file in the temporary directory, gone with the value.
pub(super) struct Scratch(PathBuf);

impl Scratch {
    pub(super) fn new(text: impl AsRef<[u8]>) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("http_responder_config_{}_{count}.toml", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::write(&path, text).unwrap();
        Scratch(path)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    pub(super) fn name(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Good texts for a kind, none of which is any row's default.
fn samples(kind: Kind) -> Vec<String> {
    match kind {
        Kind::Port => vec!["0".into(), "65535".into()],
        Kind::Text { max } => vec!["x/1.0".into(), "y".repeat(max)],
        Kind::Path => vec!["/run/x y.toml".into(), "z".repeat(4095)],
        Kind::Target => vec!["/stats".into(), format!("/{}", "t".repeat(255))],
        Kind::Paths => vec!["/run/x y.pem,z".into(), "y".repeat(4095)],
        Kind::LogTarget => vec!["/run/x y.log".into(), "-".into(), "syslog:".into()],
        Kind::Address => vec!["::1".into(), "unix:/run/x".into()],
        Kind::Local => vec!["127.0.0.1:1".into(), "unix:/run/x".into()],
        Kind::List => vec!["127.0.0.1:1,[::1]:2".into(), "unix:/run/x".into()],
        Kind::Listeners => vec!["127.0.0.1:1,unix:/run/x".into(), "all".into()],
        Kind::Ranges => vec!["10.0.0.0/8,::1".into(), "unix".into()],
        Kind::Integer { min, max, .. } => vec![(min + 1).to_string(), max.to_string()],
        Kind::Size { min, max } => [min + 1, max].map(|n| Value::Size(n).to_string()).into(),
        Kind::Duration { min, max, .. } => {
            [min, max].map(|d| Value::Duration(d).to_string()).into()
        }
        Kind::Switch => vec!["on".into(), "off".into()],
        Kind::Choice(names) => names.iter().map(|name| (*name).to_owned()).collect(),
    }
}

/// A text that no kind of option takes.
const NONSENSE: &str = "\u{e9} ~";

fn message<T: std::fmt::Debug>(result: Result<T>) -> String {
    let error = result.unwrap_err();
    assert_eq!(error.code(), ErrorCode::Config);
    error.message().to_owned()
}

#[test]
fn names_are_unique_and_legal_in_every_face() {
    for (index, row) in TABLE.iter().enumerate() {
        let legal = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        assert!(row.name.bytes().all(legal) && !row.name.contains("__"), "{}", row.name);
        assert!(row.name.starts_with(|c: char| c.is_ascii_lowercase()), "{}", row.name);
        assert!(!row.name.starts_with("no_") && !row.name.ends_with('_'), "{}", row.name);
        assert!(!["config", "help", "version"].contains(&row.name), "{}", row.name);
        let others = &TABLE[..index];
        assert!(others.iter().all(|other| other.name != row.name), "{}", row.name);
        let letter_taken =
            others.iter().any(|other| row.short.is_some() && other.short == row.short);
        assert!(!letter_taken && !matches!(row.short, Some('h' | 'V')), "{}", row.name);
    }
}

#[test]
fn rows_stand_in_the_order_of_their_groups() {
    let order = |row: &OptionRow| Group::ALL.iter().position(|group| *group == row.group);
    assert!(TABLE.is_sorted_by_key(order));
}

#[test]
fn positions_count_from_one_without_gaps() {
    let mut places: Vec<_> = TABLE.iter().filter_map(|row| row.position).collect();
    places.sort_unstable();
    assert_eq!(places, (1..=places.len()).collect::<Vec<_>>());
}

#[test]
fn help_is_one_sentence_with_a_full_stop() {
    for row in TABLE {
        assert!(row.help.ends_with('.') && !row.help.contains(". "), "{}: {}", row.name, row.help);
        assert!(row.help.starts_with(|c: char| c.is_ascii_uppercase()), "{}", row.name);
        assert!(row.help.is_ascii() && !row.help.contains(['|', '\n', '`']), "{}", row.name);
    }
}

#[test]
fn every_default_is_written_in_canonical_form() {
    let config = Config::new();
    for row in TABLE {
        assert_eq!(row.default_value().to_string(), row.default, "{}", row.name);
        assert_eq!(config.get(row.name).unwrap(), row.default);
    }
    assert_eq!(
        Config::names().collect::<Vec<_>>(),
        TABLE.iter().map(|row| row.name).collect::<Vec<_>>()
    );
}

#[test]
fn canonical_text_reads_back_as_the_same_value() {
    for row in TABLE {
        for text in samples(row.kind) {
            let value = row.kind.parse(&text).unwrap();
            assert_eq!(row.kind.parse(&value.to_string()), Ok(value), "{}", row.name);
        }
    }
}

#[test]
fn every_setter_takes_every_value_of_its_kind_into_the_field_of_its_name() {
    for row in TABLE {
        let shown = |value: &Value| {
            let mut settings = Config::new().resolve().unwrap();
            (row.apply)(&mut settings, value);
            format!("{settings:?}")
        };
        let default = shown(&row.default_value());
        let others =
            samples(row.kind).into_iter().map(|text| shown(&row.kind.parse(&text).unwrap()));
        let changed: Vec<_> = others.filter_map(|other| changed_field(&default, &other)).collect();
        assert!(!changed.is_empty(), "{} changes nothing", row.name);
        assert!(changed.iter().all(|field| field == row.name), "{}: {changed:?}", row.name);
    }
}

/// The name before the first difference of two structs written with `{:?}`.
fn changed_field(a: &str, b: &str) -> Option<String> {
    let same = a.bytes().zip(b.bytes()).position(|(a, b)| a != b)?;
    let before = a[..same].rsplit_once(": ")?.0;
    Some(before.rsplit(' ').next()?.to_owned())
}

#[test]
fn every_option_is_set_alike_by_set_file_and_command_line() {
    for row in TABLE {
        for text in samples(row.kind) {
            let mut said = Config::new();
            said.set(row.name, &text).unwrap();
            let value = said.value(row.name).unwrap();

            let file = Scratch::new(format!("{} = \"{text}\"\n", row.name));
            let mut loaded = Config::new();
            loaded.load_file(file.path()).unwrap();
            assert_eq!(loaded.value(row.name).unwrap(), value, "{}", row.name);

            for args in [vec![row.flag(), text.clone()], vec![format!("{}={text}", row.flag())]] {
                let args: Vec<&str> = args.iter().map(String::as_str).collect();
                let mut typed = Config::new();
                assert_eq!(typed.parse_args(&args).unwrap(), args.len());
                assert_eq!(typed.value(row.name).unwrap(), value, "{args:?}");
            }
        }
    }
}

#[test]
fn a_bad_value_gets_the_same_error_from_set_file_and_command_line() {
    for row in TABLE {
        // Nearly every text is a path.
        let long = "x".repeat(4096);
        let text =
            if matches!(row.kind, Kind::Path | Kind::Paths) { long.as_str() } else { NONSENSE };
        let error = message(Config::new().set(row.name, text));
        assert!(error.starts_with(&format!("{}: expected ", row.name)), "{error}");
        let got =
            if text == NONSENSE { format!("{text:?}") } else { format!("{:?}...", &text[..80]) };
        assert!(error.ends_with(&format!(", got {got}")), "{error}");

        let inline = format!("{}={text}", row.flag());
        assert_eq!(message(Config::new().parse_args(&[&inline])), error);

        let file = Scratch::new(format!("\n{} = \"{text}\"", row.name));
        let in_file = format!("{}:2: {error}", file.name());
        assert_eq!(message(Config::new().load_file(file.path())), in_file);
    }
}

#[test]
fn an_unknown_name_gets_the_same_error_from_set_get_and_file_and_as_a_flag_from_the_command_line() {
    let error = r#"unknown option "wrokers", did you mean workers?"#;
    let file = Scratch::new("wrokers = 4");
    let mut config = Config::new();
    assert_eq!(message(config.set("wrokers", "4")), error);
    assert_eq!(message(config.get("wrokers")), error);
    let as_flags = r#"unknown option "--wrokers", did you mean --workers?"#;
    assert_eq!(message(config.parse_args(&["--wrokers=4"])), as_flags);
    assert_eq!(message(config.load_file(file.path())), format!("{}:1: {error}", file.name()));
}

#[test]
fn a_refused_value_leaves_the_one_before() {
    let mut config = Config::new();
    config.set("workers", "3").unwrap();
    config.set("workers", "0").unwrap_err();
    assert_eq!(config.get("workers").unwrap(), "3");
}

#[test]
fn what_was_set_is_shown_in_canonical_form() {
    let mut config = Config::new();
    for (name, text, canonical) in [
        ("keep_alive_timeout", "90", "90s"),
        ("keep_alive_timeout", "120", "2m"),
        ("max_head", "32768", "32k"),
        ("cors", "no", "off"),
        ("address", "[0::1]", "::1"),
        ("port", "080", "80"),
        ("port", "", ""),
        ("listen", "127.0.0.1:1, 127.0.0.1:2", "127.0.0.1:1,127.0.0.1:2"),
    ] {
        config.set(name, text).unwrap();
        assert_eq!(config.get(name).unwrap(), canonical);
    }
}

#[test]
fn the_command_line_goes_before_the_file_whatever_the_order() {
    let file = Scratch::new("workers = 2\nbacklog = 7");
    for args in [["--workers=5", "--config", file.name()], ["--config", file.name(), "--workers=5"]]
    {
        let mut config = Config::new();
        config.parse_args(&args).unwrap();
        assert_eq!(config.get("workers").unwrap(), "5");
        assert_eq!(config.get("backlog").unwrap(), "7");
    }
    let mut config = Config::new();
    config.parse_args(&["--workers=5"]).unwrap();
    config.load_file(file.path()).unwrap();
    assert_eq!(config.get("workers").unwrap(), "5");
}

#[test]
fn otherwise_the_later_word_holds() {
    let file = Scratch::new("workers = 2");
    let mut config = Config::new();
    config.set("workers", "9").unwrap();
    config.load_file(file.path()).unwrap();
    assert_eq!(config.get("workers").unwrap(), "2");
    config.parse_args(&["-w5"]).unwrap();
    config.set("workers", "6").unwrap();
    assert_eq!(config.get("workers").unwrap(), "6");
}

#[test]
fn the_defaults_resolve_to_the_documented_settings() {
    let settings = Config::new().resolve().unwrap();
    assert_eq!((settings.port, settings.address.as_str()), (None, "127.0.0.1"));
    assert_eq!((settings.accept, settings.backlog), (AcceptMode::Dispatch, 4096));
    assert!((1..=4).contains(&settings.workers));
    assert_eq!(settings.max_connections, 50_000);
    assert_eq!(settings.keep_alive_timeout.unwrap().as_secs(), 75);
    assert_eq!((settings.limits.max_head, settings.limits.max_target), (16_384, 8_192));
    assert_eq!((settings.max_body, settings.max_body_memory), (1 << 20, 64 << 20));
    assert_eq!(settings.log_level, LogLevel::Warn);
    assert!(settings.default_answers && settings.probes && settings.cors);
}

#[test]
fn names_of_choices_become_their_variants() {
    let mut config = Config::new();
    for (name, level) in
        [("off", LogLevel::Off), ("error", LogLevel::Error), ("info", LogLevel::Info)]
    {
        config.set("log_level", name).unwrap();
        assert_eq!(config.resolve().unwrap().log_level, level);
    }
    config.set("accept", "reuseport").unwrap();
    assert_eq!(config.resolve().unwrap().accept, AcceptMode::Reuseport);
}

#[test]
fn off_becomes_no_deadline() {
    let mut config = Config::new();
    config.set("head_timeout", "off").unwrap();
    assert_eq!(config.resolve().unwrap().head_timeout, None);
}

#[test]
fn options_that_contradict_each_other_are_refused_when_resolved() {
    for (options, error) in [
        (&[("max_head", "8k")][..], "max_target: expected less than max_head (8k), got 8k"),
        (&[("max_body_memory", "1k")], "max_body: expected at most max_body_memory (1k), got 1m"),
        (
            &[("port", "80"), ("address", "unix:/run/x")],
            "port: expected 0 or none with the address unix:/run/x, got 80",
        ),
        (
            &[("listen", "127.0.0.1:80,[::1]:80,127.0.0.1:80")],
            "listen: expected each address once, got 127.0.0.1:80 twice",
        ),
    ] {
        let mut config = Config::new();
        for (name, value) in options {
            config.set(name, value).unwrap();
        }
        assert_eq!(message(config.resolve()), error);
    }
}

#[test]
fn options_at_the_edge_of_a_contradiction_resolve() {
    let mut config = Config::new();
    for (name, value) in [
        ("max_head", "8193"),
        ("max_body", "64m"),
        ("listen", "127.0.0.1:0,127.0.0.1:0"),
        ("port", "0"),
        ("address", "unix:/run/x"),
    ] {
        config.set(name, value).unwrap();
    }
    config.resolve().unwrap();
}

#[test]
fn what_was_said_is_told_from_a_default_of_the_same_value() {
    let mut config = Config::new();
    assert_eq!(config.is_set("cors"), Ok(false));
    config.set("cors", &config.get("cors").unwrap()).unwrap();
    assert_eq!(config.is_set("cors"), Ok(true));
    assert_eq!(config.is_set("corse").unwrap_err().code(), ErrorCode::Config);
}
