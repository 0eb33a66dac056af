//! What is done to one answer on purpose, whoever gives it and whenever it comes.

use super::Response;
use super::rules::fault::Manner;

/// What becomes of one answer. The default is: it is given as it stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Treatment {
    pub(crate) manner: Manner,
    /// The status that it has instead of its own.
    pub(crate) status: Option<u16>,
    /// There is no answer: the connection is closed, or reset if this is true.
    pub(crate) cut: Option<bool>,
}

/// A deferred answer and what becomes of it.
#[derive(Debug)]
pub(crate) struct Treated {
    pub(crate) response: Response,
    pub(crate) treatment: Treatment,
}

impl Treatment {
    /// Nothing but this manner.
    pub(crate) fn of(manner: Manner) -> Self {
        Treatment { manner, ..Treatment::default() }
    }

    /// `response` with the status that it shall have, if that is another one.
    pub(crate) fn restated(&self, response: &Response) -> Option<Response> {
        let status = self.status.filter(|status| *status != response.status())?;
        Some(response.with_status(status))
    }
}
