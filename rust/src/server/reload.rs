//! The configuration file, read again while the server runs.

use super::{Inner, lock};
use crate::config::{Config, Group, Settings};
use crate::error::Result;
use crate::worker::Message;
use std::sync::Arc;

/// What a reload did.
#[derive(Debug, Default, PartialEq, Eq)]
struct Reloaded {
    /// Options in force from now on.
    live: Vec<&'static str>,
    /// Options that cannot change while the server runs.
    later: Vec<&'static str>,
}

impl Inner {
    /// Reads the files again and says what came of it. A mistake leaves all as it was.
    pub(super) fn reload(&self) {
        match self.try_reload() {
            Ok(None) => self.log.warn(format_args!("reload: there is no file to read again")),
            Ok(Some(Reloaded { live, later })) => {
                self.log.info(format_args!("reload: {} options changed", live.len()));
                if !later.is_empty() {
                    let later = later.join(", ");
                    self.log.warn(format_args!("reload: at the next start only: {later}"));
                }
            }
            Err(error) => {
                self.log.error(format_args!("reload: {error}; everything stays as it was"));
            }
        }
    }

    fn try_reload(&self) -> Result<Option<Reloaded>> {
        let mut config = lock(&self.config);
        let Some(fresh) = config.reread()? else { return Ok(None) };
        let settings = fresh.resolve()?;
        let reloaded = compare(&config, &fresh);
        if !reloaded.live.is_empty() {
            self.put_in_force(settings)?;
        }
        *config = fresh;
        Ok(Some(reloaded))
    }

    /// What can change while the server runs is as `fresh` says from now on.
    fn put_in_force(&self, fresh: Settings) -> Result<()> {
        self.change(|responder| Ok(responder.with_settings(&fresh)))?;
        let settings = Arc::new(Settings::clone(&self.settings.load()).with_live_of(fresh));
        self.settings.store(settings.clone());
        if let Some(running) = self.running.get() {
            running.tell_all(|| Message::Settings(settings.clone()));
        }
        Ok(())
    }
}

/// What is answered and how long it may take can change at any time ([`Settings::with_live_of`]);
/// sockets, threads and pools are what they are.
fn compare(before: &Config, after: &Config) -> Reloaded {
    let mut reloaded = Reloaded::default();
    for row in before.differences(after) {
        let list = match row.group {
            Group::Answers | Group::Timeouts => &mut reloaded.live,
            _ => &mut reloaded.later,
        };
        list.push(row.name);
    }
    reloaded
}
