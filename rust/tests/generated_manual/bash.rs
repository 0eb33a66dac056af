//! Completion for bash.

use crate::words::{CA, CA_FORMATS, COMMANDS, ORIGIN, Offer, negation, offer};
use http_responder::config::{Kind, TABLE};
use std::fmt::Write;

/// `--name=value` comes as three words, since `=` breaks words.
const HEAD: &str = r#"
_http_responder_mt() {
    local word=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD-1]}
    local words=
    COMPREPLY=()
    if [[ $word == = ]]; then
        word=
    elif [[ $option == = && $COMP_CWORD -ge 2 ]]; then
        option=${COMP_WORDS[COMP_CWORD-2]}
    fi
"#;

const CASES: &str = r#"
    case $option in
        --config|--check) _http_responder_mt_files "$word"; return ;;
"#;

const TAIL: &str = r#"    esac
    [[ $COMP_CWORD -gt 1 ]] || words+=" $commands"
    mapfile -t COMPREPLY < <(compgen -W "$words $flags" -- "$word")
}

_http_responder_mt_files() {
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$1")
}

_http_responder_mt_ca() { # WORD OPTION
    case $2 in
        --dir|--out) _http_responder_mt_files "$1"; return ;;
        --format) mapfile -t COMPREPLY < <(compgen -W "$formats" -- "$1"); return ;;
        --name|--days|--permit) return ;;
    esac
    case ${COMP_WORDS[2]} in
"#;

const END: &str = r#"        *) mapfile -t COMPREPLY < <(compgen -W "$whats" -- "$1") ;;
    esac
}

complete -F _http_responder_mt http_responder_mt http_responder
"#;

pub(crate) fn script() -> String {
    let mut script = format!("# shellcheck shell=bash\n{ORIGIN}{HEAD}");
    let commands = COMMANDS.map(|(name, _)| name).join(" ");
    let _ = writeln!(script, "    local commands=\"{commands} --pixelserv\"");
    let _ = writeln!(script, "    local flags=\"{}\"", flags().join(" "));
    script += "    case ${COMP_WORDS[1]} in\n";
    script += "        ca) [[ $COMP_CWORD -eq 1 ]] || { _http_responder_mt_ca \"$word\" \"$option\"; return; } ;;\n";
    script += "        top) [[ $COMP_CWORD -eq 1 ]] || flags='--once --help' ;;\n";
    script += "        health) [[ $COMP_CWORD -eq 1 ]] || flags=--help ;;\n    esac";
    script += CASES;
    script += &cases();
    script += &TAIL.replace("$formats", CA_FORMATS);
    for (what, names) in CA {
        let names: Vec<String> = names.iter().map(|name| format!("--{name}")).collect();
        let names = names.join(" ");
        let _ = writeln!(
            script,
            "        {what}) mapfile -t COMPREPLY < <(compgen -W \"{names}\" -- \"$1\") ;;"
        );
    }
    script + &END.replace("$whats", &CA.map(|(what, _)| what).join(" "))
}

fn flags() -> Vec<String> {
    let mut flags: Vec<String> = Vec::new();
    for row in TABLE {
        flags.push(row.flag());
        flags.extend(negation(row).map(|name| format!("--{name}")));
    }
    flags.extend(["--config", "--check", "--help", "--version"].map(str::to_owned));
    flags
}

/// What can follow each option; a switch may stand alone.
fn cases() -> String {
    let mut text = String::new();
    for row in TABLE {
        let short = row.short.map_or(String::new(), |letter| format!("|-{letter}"));
        let flag = row.flag() + &short;
        let _ = match (offer(&row.kind), row.kind) {
            (Offer::Words(words), Kind::Switch) => {
                writeln!(text, "        {flag}) words=\"{}\" ;;", words.join(" "))
            }
            (Offer::Words(words), _) => {
                let words = words.join(" ");
                writeln!(
                    text,
                    "        {flag}) mapfile -t COMPREPLY < <(compgen -W \"{words}\" -- \"$word\"); return ;;"
                )
            }
            (Offer::Files, _) => {
                writeln!(text, "        {flag}) _http_responder_mt_files \"$word\"; return ;;")
            }
            (Offer::Nothing, _) => writeln!(text, "        {flag}) return ;;"),
        };
    }
    text
}
