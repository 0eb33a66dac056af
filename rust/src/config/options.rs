//! THE table of options.

/// Which part of the server an option belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Where to listen.
    Listening,
    /// Workers and pools.
    Capacity,
    /// Deadlines.
    Timeouts,
    /// Limits of a request.
    Limits,
    /// What is answered.
    Answers,
    /// Running it.
    Operation,
}

/// One option.
#[derive(Debug)]
pub struct OptionRow {
    /// The name, with underscores; the command line writes hyphens.
    pub name: &'static str,
}

/// Every option.
pub const TABLE: &[OptionRow] = &[];
