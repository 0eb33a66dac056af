//! Where options are said: a TOML file, a command line, a command line of pixelserv-tls.

pub(super) mod args;
pub(super) mod file;
pub(super) mod pixelserv;

pub use args::Asks;
pub use pixelserv::Pixelserv;
