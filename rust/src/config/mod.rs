//! Options: declared once in [`options`], said through any of the [`sources`], resolved into
//! [`Settings`].

pub mod options;
pub mod settings;
pub mod sources;
pub mod values;

pub use options::{Group, OptionRow, TABLE};
pub use settings::{AcceptMode, LogLevel, Settings};

use crate::error::Result;
use std::path::Path;

/// What was said: option names and values, not yet resolved.
#[derive(Clone, Debug, Default)]
pub struct Config {}

impl Config {
    /// Nothing said: every option has its default.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the option `name` to the text `value`.
    ///
    /// # Errors
    /// [`crate::ErrorCode::Config`] for an unknown name or a bad value; nothing is changed then.
    pub fn set(&mut self, name: &str, value: &str) -> Result<()> {
        let _ = (name, value);
        todo!()
    }

    /// The text of option `name` as it stands: what was set, in canonical form, or the default.
    ///
    /// # Errors
    /// [`crate::ErrorCode::Config`] for an unknown name.
    pub fn get(&self, name: &str) -> Result<String> {
        let _ = name;
        todo!()
    }

    /// Sets every option that the TOML file at `path` names.
    ///
    /// # Errors
    /// [`crate::ErrorCode::Config`] naming file, line and key; nothing is changed then.
    pub fn load_file(&mut self, path: &Path) -> Result<()> {
        let _ = path;
        todo!()
    }

    /// Takes options from a command line without the program's name.
    /// Returns the index of the first argument that was not taken (after `--`, or the length).
    ///
    /// # Errors
    /// [`crate::ErrorCode::Config`] naming the argument; nothing is changed then.
    pub fn parse_args(&mut self, args: &[&str]) -> Result<usize> {
        let _ = args;
        todo!()
    }

    /// Applies defaults and the rules between options.
    ///
    /// # Errors
    /// [`crate::ErrorCode::Config`] where options contradict each other.
    pub fn resolve(&self) -> Result<Settings> {
        todo!()
    }
}
