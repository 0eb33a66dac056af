//! The rules file of a server.

use super::{Inner, lock};
use crate::config::Settings;
use crate::error::{Error, ErrorCode, Result};
use crate::files;
use crate::responder::Responder;
use crate::responder::rules::{Mistake, RuleSet};
use std::path::Path;
use std::sync::Arc;

impl Inner {
    /// See [`super::Server::load_rules`].
    pub(super) fn load_rules(&self, path: &Path) -> Result<()> {
        // A later reading shall find it from any working directory.
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let mut loaded = lock(&self.rules);
        let settings = self.settings.load_full();
        self.change(|responder| in_force(&settings, Some(&path), responder))?;
        *loaded = Some(path);
        // Otherwise the start tells them.
        if self.running.get().is_some() {
            self.warn_of_rules();
        }
        Ok(())
    }

    /// Tells what in the rules is most likely not meant.
    pub(super) fn warn_of_rules(&self) {
        let responder = self.responder.load();
        for warning in responder.rules().map(RuleSet::warnings).unwrap_or_default() {
            self.log.warn(format_args!("{warning}"));
        }
    }
}

/// `responder` with the rules of the file at `path`.
pub(super) fn in_force(
    settings: &Settings,
    path: Option<&Path>,
    responder: Responder,
) -> Result<Responder> {
    match path {
        None => Ok(responder.with_rules(Arc::new(RuleSet::default()), settings)),
        Some(path) => Ok(responder.with_rules(Arc::new(load(path)?), settings)),
    }
}

/// Reads a rules file, or a folder of them, as [`super::Server::load_rules`] would: how many rules
/// there are, and what is no mistake and yet most likely not meant, such as a rule that an earlier one
/// leaves no request.
///
/// # Errors
/// [`ErrorCode::Config`] with every mistake, one a line; [`ErrorCode::Io`] if it cannot be opened.
pub fn check(path: &Path) -> Result<(usize, Vec<String>)> {
    load(path).map(|set| (set.len(), set.warnings()))
}

/// Reads rules. What cannot be opened is [`ErrorCode::Io`]; all mistakes become one
/// [`ErrorCode::Config`], one a line.
pub(crate) fn load(path: &Path) -> Result<RuleSet> {
    if let Err(error) = files::open(path) {
        let text = format!("rules: {}: {error}", path.display());
        return Err(Error::new(ErrorCode::Io, text));
    }
    RuleSet::load(path).map_err(|mistakes| {
        let lines: Vec<String> = mistakes.iter().map(Mistake::to_string).collect();
        Error::new(ErrorCode::Config, lines.join("\n"))
    })
}
