//! The command line.

use super::pixelserv::FLAGS;
use crate::config::values::{quoted, switch};
use crate::config::{Config, Kind, Source, TABLE, Value, parse as parse_value, refuse, suggest};
use crate::error::{Error, ErrorCode, Result};
use std::path::Path;

/// What a command line asks for instead of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// `-h`, `--help`: print [`crate::config::usage`] and exit with 0.
    Help,
    /// `-V`, `--version`: print the version and exit with 0.
    Version,
}

/// One thing said, made of one or two arguments.
pub(super) enum Token<'a> {
    /// An option and the text of its value.
    Option(usize, &'a str),
    /// `--config FILE`
    File(&'a str),
    Positional(&'a str),
    Asks(Asks),
    /// `--`
    End,
}

/// See [`Config::parse_args`].
pub(in crate::config) fn parse(config: &mut Config, args: &[&str]) -> Result<usize> {
    let mut draft = Draft::new(config);
    let at = draft.options(args)?;
    *config = draft.config;
    Ok(at)
}

/// See [`Config::parse_all_args`].
pub(in crate::config) fn parse_all(config: &mut Config, args: &[&str]) -> Result<()> {
    let mut draft = Draft::new(config);
    let end = draft.options(args)?;
    args[end..].iter().try_for_each(|text| draft.positional(text))?;
    *config = draft.config;
    Ok(())
}

/// See [`Config::asks_for`].
pub(in crate::config) fn asks_for(args: &[&str]) -> Option<Asks> {
    let mut at = 0;
    while at < args.len() {
        match token(args, at) {
            Ok((Token::Asks(asks), _)) => return Some(asks),
            Ok((Token::End, _)) => return None,
            Ok((_, next)) => at = next,
            // Help is most welcome where something else is wrong.
            Err(_) => at += 1,
        }
    }
    None
}

/// What a command line has said so far.
pub(super) struct Draft {
    pub(super) config: Config,
    /// Said as options.
    rows: Vec<usize>,
    /// How many were said by their place.
    positionals: usize,
    /// The switch that was said last, if nothing came after it and it had no value.
    bare_switch: Option<usize>,
}

impl Draft {
    pub(super) fn new(config: &Config) -> Self {
        Draft { config: config.clone(), rows: Vec::new(), positionals: 0, bare_switch: None }
    }

    /// Takes arguments up to and with `--`; the index of the first one that was not taken.
    fn options(&mut self, args: &[&str]) -> Result<usize> {
        let mut at = 0;
        while at < args.len() {
            let (token, next) = token(args, at)?;
            let bare_switch = bare_switch(&token, args[at], next - at);
            let before_it = std::mem::replace(&mut self.bare_switch, bare_switch);
            at = next;
            match token {
                Token::Option(row, text) => self.option(row, text)?,
                Token::File(path) => self.load_file(path)?,
                Token::Positional(text) => {
                    self.positional(text).map_err(|error| match before_it {
                        // More likely the value of the switch before it than one argument too many.
                        Some(row) => refuse(row, &TABLE[row].kind.refuse_thing(&quoted(text))),
                        None => error,
                    })?
                }
                Token::Asks(_) => return Err(unexpected(args[at - 1])),
                Token::End => break,
            }
        }
        Ok(at)
    }

    /// The file of `--config`.
    pub(super) fn load_file(&mut self, path: &str) -> Result<()> {
        let loaded = self.config.load_file(Path::new(path));
        loaded.map_err(|error| Error::new(error.code(), format!("config: {}", error.message())))
    }

    pub(super) fn option(&mut self, row: usize, text: &str) -> Result<()> {
        if TABLE[row].position.is_some_and(|place| place <= self.positionals) {
            return Err(said_twice(row));
        }
        self.rows.push(row);
        self.say(row, text)
    }

    fn say(&mut self, row: usize, text: &str) -> Result<()> {
        let mut value = parse_value(row, text)?;
        // An item of a list that was begun here; `row` itself is among them.
        if self.rows.iter().filter(|said| **said == row).count() > 1
            && let (Value::List(items), Value::List(earlier)) = (&mut value, self.config.at(row))
        {
            items.splice(0..0, earlier);
        }
        self.config.put(row, value, Source::CommandLine);
        Ok(())
    }

    fn positional(&mut self, text: &str) -> Result<()> {
        self.positionals += 1;
        let place = Some(self.positionals);
        let row = TABLE.iter().position(|row| row.position == place);
        let row = row.ok_or_else(|| unexpected(text))?;
        if self.rows.contains(&row) {
            return Err(said_twice(row));
        }
        if text.is_empty() {
            return Err(refuse(row, &TABLE[row].kind.refuse_thing("\"\"")));
        }
        self.say(row, text)
    }
}

/// The token that begins at `args[at]`, and where the next one begins.
pub(super) fn token<'a>(args: &[&'a str], at: usize) -> Result<(Token<'a>, usize)> {
    let following = args.get(at + 1).copied();
    let (token, takes_following) = match args[at] {
        "--" => (Token::End, false),
        "-h" | "--help" => (Token::Asks(Asks::Help), false),
        "-V" | "--version" => (Token::Asks(Asks::Version), false),
        long if long.starts_with("--") => long_option(&long[2..], following)?,
        // No option is a digit: this is a number that is not one of ours.
        number if is_negative_number(number) => (Token::Positional(number), false),
        short if short.starts_with('-') && short.len() > 1 => short_option(short, following)?,
        text => (Token::Positional(text), false),
    };
    Ok((token, at + 1 + usize::from(takes_following)))
}

fn is_negative_number(text: &str) -> bool {
    text.strip_prefix('-').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// The switch that the token is, said without a value.
fn bare_switch(token: &Token<'_>, argument: &str, length: usize) -> Option<usize> {
    match token {
        Token::Option(row, "on") if length == 1 && !argument.contains('=') => {
            (TABLE[*row].kind == Kind::Switch).then_some(*row)
        }
        _ => None,
    }
}

/// `name=value`, `name value`, `name` and `no-name`, the leading hyphens gone.
fn long_option<'a>(text: &'a str, following: Option<&'a str>) -> Result<(Token<'a>, bool)> {
    let (name, inline) = match text.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (text, None),
    };
    let name = name.replace('-', "_");
    if name == "config" {
        let path = inline.or_else(|| value_in(following)).filter(|path| !path.is_empty());
        let path = path.ok_or_else(|| error("config: expected a file name, got nothing"))?;
        return Ok((Token::File(path), inline.is_none()));
    }
    if let Some(row) = name.strip_prefix("no_").and_then(switch_row) {
        return match inline {
            None => Ok((Token::Option(row, "off"), false)),
            Some(value) => {
                Err(refuse(row, &format!("--no- takes no value, got {}", quoted(value))))
            }
        };
    }
    let typed = text.len() - inline.map_or(0, |value| value.len() + 1);
    option(suggest::find_flag(&text[..typed], &name)?, inline, following)
}

/// `-w4` and `-w 4`.
fn short_option<'a>(text: &'a str, following: Option<&'a str>) -> Result<(Token<'a>, bool)> {
    let mut rest = text[1..].chars();
    let letter = rest.next();
    let row = TABLE.iter().position(|row| row.short.is_some() && row.short == letter);
    let row = row.ok_or_else(|| {
        let theirs = FLAGS.iter().any(|flag| Some(flag.letter) == letter);
        let hint =
            if theirs { "; flags of pixelserv-tls are taken behind --pixelserv" } else { "" };
        error(format!("unknown option {}{hint}", quoted(text)))
    })?;
    let inline = Some(rest.as_str()).filter(|value| !value.is_empty());
    option(row, inline, following)
}

fn option<'a>(
    row: usize,
    inline: Option<&'a str>,
    following: Option<&'a str>,
) -> Result<(Token<'a>, bool)> {
    let kind = TABLE[row].kind;
    if let Some(value) = inline {
        return Ok((Token::Option(row, value), false));
    }
    match value_in(following) {
        Some(value) if kind != Kind::Switch || switch(value).is_some() => {
            Ok((Token::Option(row, value), true))
        }
        _ if kind == Kind::Switch => Ok((Token::Option(row, "on"), false)),
        _ => Err(refuse(row, &kind.refuse_thing("nothing"))),
    }
}

/// The following argument as a value: a forgotten value shall not swallow the next option.
fn value_in(following: Option<&str>) -> Option<&str> {
    following.filter(|text| !text.starts_with("--"))
}

fn switch_row(name: &str) -> Option<usize> {
    TABLE.iter().position(|row| row.name == name && row.kind == Kind::Switch)
}

/// One of the two is a mistake, and nobody can tell which.
fn said_twice(row: usize) -> Error {
    let (place, flag) = (TABLE[row].kind.placeholder(), TABLE[row].flag());
    refuse(row, &format!("said twice, as the argument {place} and as {flag}"))
}

pub(super) fn unexpected(text: &str) -> Error {
    error(format!("unexpected argument {}", quoted(text)))
}

pub(super) fn error(message: impl Into<String>) -> Error {
    Error::new(ErrorCode::Config, message)
}

#[cfg(test)]
mod tests;
