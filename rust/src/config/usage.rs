//! The text for `--help`, from the table.

use super::sources::pixelserv::FLAGS;
use super::{Group, Kind, OptionRow, TABLE};
use std::fmt::Write;

/// What the table does not have, as flags and a sentence: these are about the command line itself.
pub const GENERAL: [(&str, &str); 8] = [
    ("    --config FILE", "Reads options from a TOML file; the command line goes before it."),
    ("    --check FILE", "Reads a rules file or folder, says each mistake, and ends with 0 or 2."),
    ("    --pixelserv", "As the first argument: what follows is a command line of pixelserv-tls."),
    ("    ca", "As the first argument: makes, shows, exports, renews a CA; ca --help says how."),
    ("    top", "As the first argument: shows a running server; top --help says how."),
    (
        "    health",
        "As the first argument: asks a running server how it is; health --help says how.",
    ),
    ("-h, --help", "Prints this text."),
    ("-V, --version", "Prints the version."),
];

/// One line: how `program` is called, without a line end.
pub fn usage_line(program: &str) -> String {
    let mut places: Vec<_> = TABLE.iter().filter(|row| row.position.is_some()).collect();
    places.sort_by_key(|row| row.position);
    let places: Vec<String> = places.iter().map(|row| row.kind.placeholder()).collect();
    format!("usage: {program} {} [options]", places.join(" "))
}

/// The text for `--help` of `program`: every option by group, with its default; ends with a line
/// end.
pub fn usage(program: &str) -> String {
    let mut text = usage_line(program);
    text.push_str("\n\nAnswers any HTTP request at once, from memory.\n");
    for group in Group::ALL {
        let _ = write!(text, "\n{}:\n", group.title());
        for row in TABLE.iter().filter(|row| row.group == group) {
            entry(&mut text, &flags(row), row.help, row.default);
        }
    }
    text.push_str("\nGeneral:\n");
    for (flags, help) in GENERAL {
        entry(&mut text, flags, help, "");
    }
    text
}

/// The text for `--pixelserv --help`: the flags of pixelserv-tls and what they do here.
pub fn pixelserv_usage(program: &str) -> String {
    let mut text = format!("usage: {program} --pixelserv [ADDRESS] [flags] [options]\n\n");
    text.push_str(
        "Takes the command line of pixelserv-tls; ADDRESS is 0.0.0.0 if it is not said.\n",
    );
    text.push_str("Options of this program's own begin with two hyphens.\n\nFlags:\n");
    for flag in FLAGS {
        let value = match flag.value {
            "" => String::new(),
            value if flag.optional => format!(" [{value}]"),
            value => format!(" {value}"),
        };
        entry(&mut text, &format!("-{}{value}", flag.letter), flag.help, "");
    }
    text
}

fn flags(row: &OptionRow) -> String {
    let short = row.short.map_or("    ".to_owned(), |letter| format!("-{letter}, "));
    let value = row.kind.placeholder();
    match row.kind {
        Kind::Switch => format!("{short}{}[={value}]", row.flag()),
        _ => format!("{short}{} {value}", row.flag()),
    }
}

/// Flags on one line, the words indented below, no line longer than a terminal.
fn entry(text: &mut String, flags: &str, help: &str, default: &str) {
    const WIDTH: usize = 79;
    const INDENT: &str = "          ";
    let _ = write!(text, "  {flags}\n{INDENT}");
    let mut column = INDENT.len();
    let note = format!("[default: {default}]");
    let note = (!default.is_empty()).then_some(note.as_str());
    for (index, word) in help.split(' ').chain(note).enumerate() {
        if index > 0 && column + 1 + word.len() > WIDTH {
            let _ = write!(text, "\n{INDENT}");
            column = INDENT.len();
        } else if index > 0 {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += word.len();
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_names_every_option_once_and_fits_a_terminal() {
        let text = usage("http_responder_mt");
        for row in TABLE {
            let flags = flags(row);
            assert_eq!(
                text.lines().filter(|line| line.trim() == flags.trim()).count(),
                1,
                "{flags}"
            );
        }
        assert!(text.lines().all(|line| line.len() < 80 && line.trim_end() == line), "{text}");
        assert!(text.contains("[default: 50000]") && text.ends_with('\n'));
    }

    #[test]
    fn the_usage_line_shows_the_positional_arguments_in_order() {
        assert_eq!(usage_line("prog"), "usage: prog PORT ADDRESS [options]");
    }
}
