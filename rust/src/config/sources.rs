//! Where options are said: a TOML file, a command line.
