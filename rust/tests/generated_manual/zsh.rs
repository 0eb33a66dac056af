//! Completion for zsh.

use crate::words::{CA, CA_FORMATS, COMMANDS, ORIGIN, Offer, negation, offer, short_help};
use http_responder::config::{Kind, OptionRow, TABLE};
use std::fmt::Write;

pub(crate) fn script() -> String {
    let mut script = format!("#compdef http_responder_mt http_responder\n{ORIGIN}\n");
    script += &ca();
    script += "\n_http_responder_mt_options() {\n    _arguments \\\n";
    for row in TABLE {
        let _ = writeln!(script, "        {} \\", option(row));
        if let Some(name) = negation(row) {
            let _ = writeln!(script, "        '--{name}[Not: {}]' \\", text(short_help(row)));
        }
    }
    script += "        '*--config=[Reads options from a TOML file]:file:_files' \\\n";
    script += "        '(-)--check=[Reads a rules file or folder and says each mistake]:file:_files' \\\n";
    script += "        '(-)'{-h,--help}'[Prints what can be said]' \\\n";
    script += "        '(-)'{-V,--version}'[Prints the version]' \\\n";
    script +=
        "        '1:port or command:_http_responder_mt_first' \\\n        '2:address:'\n}\n\n";
    script += "_http_responder_mt_first() {\n    local -a commands=(\n";
    for (name, help) in COMMANDS {
        let _ = writeln!(script, "        '{name}:{help}'");
    }
    script += "    )\n    _describe command commands\n}\n\n";
    script += MAIN;
    script
}

const MAIN: &str = "\
_http_responder_mt() {
    if (( CURRENT > 2 )); then
        case $words[2] in
            top) shift words; (( CURRENT-- )); _arguments '--once[Prints one picture]' '1:address:'; return ;;
            health) shift words; (( CURRENT-- )); _arguments '1:address:'; return ;;
            ca) shift words; (( CURRENT-- )); _http_responder_mt_ca; return ;;
        esac
    fi
    _http_responder_mt_options
}

_http_responder_mt \"$@\"
";

fn option(row: &OptionRow) -> String {
    let help = text(short_help(row));
    let name = row.name;
    let action = match offer(&row.kind) {
        Offer::Words(words) => format!("({})", words.join(" ").replace(':', "\\:")),
        Offer::Files => "_files".into(),
        Offer::Nothing => String::new(),
    };
    let many = if is_list(row) { "*" } else { "" };
    let flag = row.flag();
    match (row.kind, row.short) {
        (Kind::Switch, _) => format!("'{flag}=-[{help}]::{name}:{action}'"),
        (_, Some(letter)) => {
            format!("'(-{letter} {flag})'{{-{letter}+,{flag}=}}'[{help}]:{name}:{action}'")
        }
        (_, None) => format!("'{many}{flag}=[{help}]:{name}:{action}'"),
    }
}

fn is_list(row: &OptionRow) -> bool {
    matches!(row.kind, Kind::List | Kind::Listeners | Kind::Ranges | Kind::Paths)
}

/// Inside of brackets and single quotes.
fn text(text: &str) -> String {
    text.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]").replace('\'', "'\\''")
}

fn ca() -> String {
    let mut script =
        "_http_responder_mt_ca() {\n    local -a flags\n    case $words[2] in\n".to_owned();
    for (what, names) in CA {
        let flags: Vec<String> = names.iter().map(|name| format!("'{}'", ca_flag(name))).collect();
        let _ = writeln!(script, "        {what}) flags=({}) ;;", flags.join(" "));
    }
    let whats = CA.map(|(what, _)| what).join(" ");
    let _ = writeln!(script, "    esac\n    _arguments '1:command:({whats})' $flags\n}}");
    script
}

fn ca_flag(name: &str) -> String {
    match name {
        "dir" => "--dir=:folder:_files -/".into(),
        "out" => "--out=:file:_files".into(),
        "format" => format!("--format=:format:({CA_FORMATS})"),
        _ => format!("--{name}=:{name}:"),
    }
}
