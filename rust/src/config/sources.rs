//! Where options are said: a TOML file, a command line.

pub(super) mod args;
pub(super) mod file;

pub use args::Asks;
