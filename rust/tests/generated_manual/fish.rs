//! Completion for fish.

use crate::words::{CA, CA_FORMATS, COMMANDS, ORIGIN, Offer, negation, offer, short_help};
use http_responder::config::{Kind, TABLE};
use std::fmt::Write;

const SERVES: &str = "not __fish_seen_subcommand_from top health ca";

pub(crate) fn script() -> String {
    let mut script = ORIGIN.to_owned();
    script += "complete -c http_responder_mt -f\n";
    for (name, help) in COMMANDS {
        let _ = writeln!(
            script,
            "complete -c http_responder_mt -n __fish_is_first_token -a {name} -d {}",
            quoted(help)
        );
    }
    for row in TABLE {
        let long = row.flag();
        let short = row.short.map_or(String::new(), |letter| format!(" -s {letter}"));
        let offered = match (offer(&row.kind), row.kind) {
            (_, Kind::Switch) => String::new(),
            (Offer::Words(words), _) => format!(" -x -a {}", quoted(&words.join(" "))),
            (Offer::Files, _) => " -r -F".into(),
            (Offer::Nothing, _) => " -x".into(),
        };
        line(&mut script, &format!("{short} -l {}{offered}", &long[2..]), short_help(row));
        if let Some(name) = negation(row) {
            line(&mut script, &format!(" -l {name}"), &format!("Not: {}", short_help(row)));
        }
    }
    line(&mut script, " -l config -r -F", "Reads options from a TOML file");
    line(&mut script, " -l check -r -F", "Reads a rules file or folder and says each mistake");
    line(&mut script, " -s h -l help", "Prints what can be said");
    line(&mut script, " -s V -l version", "Prints the version");
    commands(&mut script);
    script + "complete -c http_responder -w http_responder_mt\n"
}

fn line(script: &mut String, what: &str, help: &str) {
    let _ =
        writeln!(script, "complete -c http_responder_mt -n '{SERVES}'{what} -d {}", quoted(help));
}

fn commands(script: &mut String) {
    let within = |command: &str| {
        format!("complete -c http_responder_mt -n '__fish_seen_subcommand_from {command}'")
    };
    let _ = writeln!(script, "{} -l once -d 'Prints one picture'", within("top"));
    let whats = CA.map(|(what, _)| what).join(" ");
    let _ = writeln!(
        script,
        "complete -c http_responder_mt -n '__fish_seen_subcommand_from ca; and not \
         __fish_seen_subcommand_from {whats}' -a '{whats}'"
    );
    let mut done = Vec::new();
    for name in CA.iter().flat_map(|(_, names)| names.iter()) {
        if done.contains(name) {
            continue;
        }
        done.push(name);
        let users: Vec<&str> =
            CA.iter().filter(|(_, names)| names.contains(name)).map(|(what, _)| *what).collect();
        let takes = match *name {
            "dir" | "out" => "-r -F".into(),
            "format" => format!("-x -a '{CA_FORMATS}'"),
            _ => "-x".into(),
        };
        let _ = writeln!(
            script,
            "complete -c http_responder_mt -n '__fish_seen_subcommand_from ca; and \
             __fish_seen_subcommand_from {}' -l {name} {takes}",
            users.join(" ")
        );
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}
