//! Options: declared once in [`options`], said through any of the [`sources`], resolved into
//! [`Settings`].
//!
//! [`Config`] is what was said, [`Settings`] is what the server uses: defaults applied, rules
//! between options checked.
//!
//! ```
//! use http_responder::Config;
//!
//! let mut config = Config::new();
//! config.parse_args(&["8080", "--keep-alive-timeout", "90"])?;
//! config.set("max_body", "64k")?;
//! assert_eq!(config.get("keep_alive_timeout")?, "90s");
//! assert_eq!(config.resolve()?.max_body, 65_536);
//! # Ok::<(), http_responder::Error>(())
//! ```

mod contradictions;
mod idle;
mod kind;
pub mod options;
pub mod ranges;
pub mod settings;
pub mod sources;
pub(crate) mod suggest;
mod usage;
pub mod values;

#[cfg(test)]
mod tests;

pub use kind::Kind;
pub use options::{Group, OptionRow, TABLE};
pub use ranges::Ranges;
pub use settings::{
    AcceptMode, ClientLimits, LogFormat, LogLevel, LogTarget, Settings, TlsVersion,
};
pub use sources::{Asks, Pixelserv};
pub use usage::{GENERAL, pixelserv_usage, usage, usage_line};
pub use values::Value;
pub(crate) use values::duration;

use crate::error::{Error, ErrorCode, Result};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What was said: option names and values, not yet resolved.
///
/// Where an option is said more than once the later word holds, except that a file never
/// replaces what a command line said.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// By row of the table.
    said: BTreeMap<usize, Said>,
    /// The files that were loaded, in their order.
    files: Vec<PathBuf>,
}

#[derive(Clone, Debug)]
struct Said {
    value: Value,
    by: Source,
    /// What a program said before a file did: it holds again when the file no longer says so.
    beneath: Option<Value>,
}

impl Said {
    fn by(by: Source, value: Value) -> Self {
        Said { value, by, beneath: None }
    }
}

/// Who said it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Program,
    File,
    CommandLine,
}

impl Config {
    /// Nothing said: every option has its default.
    pub fn new() -> Self {
        Self::default()
    }

    /// The names of all options, in the order of the table.
    pub fn names() -> impl ExactSizeIterator<Item = &'static str> {
        TABLE.iter().map(|row| row.name)
    }

    /// Sets the option `name` to the text `value`.
    ///
    /// # Errors
    /// [`ErrorCode::Config`] for an unknown name or a bad value; nothing is changed then.
    pub fn set(&mut self, name: &str, value: &str) -> Result<()> {
        let row = suggest::find(name)?;
        self.put(row, parse(row, value)?, Source::Program);
        Ok(())
    }

    /// The text of option `name` as it stands: what was set, in canonical form, or the default.
    ///
    /// # Errors
    /// [`ErrorCode::Config`] for an unknown name.
    pub fn get(&self, name: &str) -> Result<String> {
        self.value(name).map(|value| value.to_string())
    }

    /// The value of option `name` as it stands, typed: what was set, or the default.
    ///
    /// # Errors
    /// [`ErrorCode::Config`] for an unknown name.
    pub fn value(&self, name: &str) -> Result<Value> {
        suggest::find(name).map(|row| self.at(row))
    }

    /// Whether option `name` was said at all, be it with the value of its default.
    ///
    /// # Errors
    /// [`ErrorCode::Config`] for an unknown name.
    pub fn is_set(&self, name: &str) -> Result<bool> {
        suggest::find(name).map(|row| self.said.contains_key(&row))
    }

    /// Sets every option that the TOML file at `path` names, as text or as the TOML type that
    /// fits: an integer, a float for a duration in seconds, a boolean, an array for a list.
    ///
    /// # Errors
    /// [`ErrorCode::Config`] naming file, line and key; [`ErrorCode::Io`] if the file cannot be
    /// read. Nothing is changed then.
    pub fn load_file(&mut self, path: &Path) -> Result<()> {
        sources::file::load(self, path)?;
        // A later reading shall find it from any working directory.
        self.files.push(std::path::absolute(path).unwrap_or_else(|_| path.to_owned()));
        Ok(())
    }

    /// What holds if every file that was loaded is read again now: what the files said before is
    /// forgotten, what a program or a command line said stays. `None` if there was no file.
    ///
    /// # Errors
    /// As [`Config::load_file`].
    pub fn reread(&self) -> Result<Option<Config>> {
        if self.files.is_empty() {
            return Ok(None);
        }
        let mut fresh = Config { said: self.said.clone(), files: Vec::new() };
        for (row, said) in &self.said {
            match (said.by, &said.beneath) {
                (Source::File, Some(value)) => {
                    fresh.said.insert(*row, Said::by(Source::Program, value.clone()));
                }
                (Source::File, None) => drop(fresh.said.remove(row)),
                _ => {}
            }
        }
        for file in &self.files {
            fresh.load_file(file)?;
        }
        Ok(Some(fresh))
    }

    /// The options that have another value in `other`.
    pub(crate) fn differences<'c>(
        &'c self,
        other: &'c Config,
    ) -> impl Iterator<Item = &'static OptionRow> + 'c {
        (0..TABLE.len()).filter(|&row| self.at(row) != other.at(row)).map(|row| &TABLE[row])
    }

    /// Takes options from a command line without the program's name: `--keep-alive-timeout 10s`,
    /// `--keep-alive-timeout=10s`, `-w 4`, `-w4`, `--cors off`, `--no-cors`, `--allow-bare-lf`,
    /// `--config FILE`, and the positional port and address. A value that begins with `--` needs
    /// the form with `=`.
    ///
    /// Returns the index of the first argument that was not taken (after `--`, or the length).
    ///
    /// # Errors
    /// [`ErrorCode::Config`] naming the option or argument, also where port or address is said both
    /// as an option and by its place; [`ErrorCode::Io`] if the file of `--config` cannot be read.
    /// Nothing is changed then.
    pub fn parse_args(&mut self, args: &[&str]) -> Result<usize> {
        sources::args::parse(self, args)
    }

    /// As [`Config::parse_args`], where every argument has to be taken: those after `--` are
    /// positional, whatever they begin with.
    ///
    /// # Errors
    /// As [`Config::parse_args`].
    pub fn parse_all_args(&mut self, args: &[&str]) -> Result<()> {
        sources::args::parse_all(self, args)
    }

    /// Takes options from a command line of pixelserv-tls, without the program's name: its flags and
    /// the one address, with its defaults for what is not said; our own options are taken where they
    /// begin with `--`. [`super::config::pixelserv_usage`] lists the flags.
    ///
    /// # Errors
    /// [`ErrorCode::Config`] naming the flag; [`ErrorCode::Io`] if the file of `--config` cannot be
    /// read. Nothing is changed then.
    pub fn parse_pixelserv_args(&mut self, args: &[&str]) -> Result<Pixelserv> {
        sources::pixelserv::parse(self, args)
    }

    /// Whether a command line asks for help (`-h`, `--help`) or the version (`-V`, `--version`)
    /// instead of work; looked at before [`Config::parse_args`], which takes neither.
    pub fn asks_for(args: &[&str]) -> Option<Asks> {
        sources::args::asks_for(args)
    }

    /// Applies defaults and the rules between options.
    ///
    /// # Errors
    /// [`ErrorCode::Config`] where options contradict each other.
    pub fn resolve(&self) -> Result<Settings> {
        let mut settings = Settings::blank();
        for (index, row) in TABLE.iter().enumerate() {
            (row.apply)(&mut settings, &self.at(index));
        }
        settings.check()
    }

    fn at(&self, row: usize) -> Value {
        self.said.get(&row).map_or_else(|| TABLE[row].default_value(), |said| said.value.clone())
    }

    /// Every way to say an option ends here.
    fn put(&mut self, row: usize, value: Value, by: Source) {
        let mut said = Said::by(by, value);
        match self.said.get(&row) {
            Some(before) if by == Source::File => match before.by {
                Source::CommandLine => return,
                Source::Program => said.beneath = Some(before.value.clone()),
                Source::File => said.beneath.clone_from(&before.beneath),
            },
            _ => {}
        }
        self.said.insert(row, said);
    }
}

/// As [`Config::load_file`], of a text instead of a file.
#[cfg(any(fuzzing, test))]
pub(crate) fn load_text(config: &mut Config, text: &str) -> Result<()> {
    sources::file::load_text(config, Path::new("a file"), text)
}

/// Reads the text of an option; every face's error for a bad value is made here.
fn parse(row: usize, text: &str) -> Result<Value> {
    TABLE[row].kind.parse(text).map_err(|message| refuse(row, &message))
}

fn refuse(row: usize, message: &str) -> Error {
    Error::new(ErrorCode::Config, format!("{}: {message}", TABLE[row].name))
}
