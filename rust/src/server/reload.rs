//! Files, read again while the server runs: options and rules.

use super::{Inner, lock};
use crate::config::{Config, Settings};
use crate::error::{Error, Result};
use crate::responder::pages::Pages;
use crate::responder::rules::RuleSet;
use crate::worker::Message;
use std::fmt::Write;
use std::sync::Arc;

/// What a reload did.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Reloaded {
    /// Options in force from now on.
    pub(super) live: Vec<&'static str>,
    /// Options that cannot change while the server runs.
    pub(super) later: Vec<&'static str>,
    /// How many rules there are, where there is a file of them.
    pub(super) rules: Option<usize>,
    /// What in the rules is most likely not meant.
    pub(super) warnings: Vec<String>,
    /// Whether there were rules and now there is none.
    pub(super) emptied: bool,
    /// How many certificates of the operator there are, where TLS is spoken.
    pub(super) certificates: Option<usize>,
    /// Whether the access log was opened again.
    pub(super) log: bool,
}

impl Inner {
    /// Reads the files again and says what came of it. A mistake leaves all as it was.
    pub(super) fn reload(self: &Arc<Self>) -> Result<Option<Reloaded>> {
        let result = self.try_reload();
        match &result {
            Ok(None) => self.log.warn(format_args!("reload: there is no file to read again")),
            Ok(Some(Reloaded { live, later, rules, warnings, emptied, certificates, log })) => {
                let mut what = format!("{} options changed", live.len());
                for (count, things) in [(rules, "rules"), (certificates, "certificates")] {
                    if let Some(count) = count {
                        let _ = write!(what, ", {count} {things} in force");
                    }
                }
                if *log {
                    what.push_str(", access log opened again");
                }
                self.log.info(format_args!("reload: {what}"));
                for warning in warnings {
                    self.log.warn(format_args!("{warning}"));
                }
                if *emptied {
                    self.log
                        .warn(format_args!("reload: the rules file has no rule in it any more"));
                }
                if !later.is_empty() {
                    let later = later.join(", ");
                    self.log.warn(format_args!("reload: at the next start only: {later}"));
                }
            }
            Err(error) => {
                // One line for each of the mistakes of a rules file.
                for line in error.message().lines() {
                    self.log.error(format_args!("reload: {line}; everything stays as it was"));
                }
            }
        }
        result
    }

    /// As [`Inner::reload`]; the service manager hears of it too.
    pub(super) fn reload_and_tell(self: &Arc<Self>) -> Result<Option<Reloaded>> {
        let Some(manager) = self.manager.get() else { return self.reload() };
        manager.reloading();
        let result = self.reload();
        manager.ready("reloaded");
        result
    }

    /// Reads the files again; `None` where there are none.
    pub(super) fn try_reload(self: &Arc<Self>) -> Result<Option<Reloaded>> {
        // First, and whatever becomes of the rest: what was moved away is not written to for ever.
        let running = self.running.get();
        let access_log = running.and_then(|running| running.access_log.as_ref());
        let log = access_log.map_or(Ok(false), |log| log.reopen())?;
        let mut config = lock(&self.config);
        let loaded = lock(&self.rules);
        let fresh = config.reread()?;
        let changed = fresh.as_ref().unwrap_or(&config);
        let settings = changed.resolve()?;
        // What a program loaded stands before what an option says.
        let path = loaded.as_deref().or(settings.rules.as_deref());
        let nothing = fresh.is_none() && path.is_none() && settings.ca_certificate.is_none();
        if nothing && self.tls.get().is_none() {
            return Ok(log.then(|| Reloaded { log, ..Reloaded::default() }));
        }
        let set = path.map(super::rules::load).transpose()?.map(Arc::new);
        let pages = super::pages::load(self, &settings)?;
        let mut reloaded = compare(&config, changed);
        if let Some(tls) = self.tls.get() {
            reloaded.certificates = Some(tls.reload(&self.settings.load())?);
        }
        reloaded.log = log;
        reloaded.rules = set.as_ref().map(|set| set.len());
        reloaded.warnings = set.as_ref().map(|set| set.warnings()).unwrap_or_default();
        reloaded.emptied = reloaded.rules == Some(0)
            && self.responder.load().rules().is_some_and(|set| set.len() > 0);
        let rules = set.unwrap_or_default();
        self.put_in_force(settings, rules, pages, !reloaded.live.is_empty())?;
        if let Some(fresh) = fresh {
            *config = fresh;
        }
        Ok(Some(reloaded))
    }

    /// Tells what a reload will not be able to read, as whoever the process has become.
    pub(super) fn warn_of_what_cannot_be_read_again(self: &Arc<Self>, settings: &Settings) {
        let who = if settings.user.is_empty() { &settings.group } else { &settings.user };
        let warn = |error: Error| {
            let what = error.message().lines().next().unwrap_or_default();
            self.log.warn(format_args!(
                "{what}: {who} cannot read it again, so every reload will fail"
            ));
        };
        let config = lock(&self.config).reread().map(drop);
        let path = lock(&self.rules).clone().or(settings.rules.clone());
        let rules = path.map_or(Ok(()), |path| super::rules::load(&path).map(drop));
        let pages = super::pages::load(self, settings).map(drop);
        let certificates = self.tls.get().map_or(Ok(()), |tls| tls.reload(settings).map(drop));
        let results = [config, rules, pages, certificates];
        results.into_iter().filter_map(Result::err).for_each(warn);
    }

    /// Rules, and what else can change while the server runs, are as they say from now on.
    fn put_in_force(
        &self,
        fresh: Settings,
        rules: Arc<RuleSet>,
        pages: Pages,
        options: bool,
    ) -> Result<()> {
        let settings = if options {
            Arc::new(Settings::clone(&self.settings.load()).with_live_of(fresh))
        } else {
            self.settings.load_full()
        };
        self.prepare_clients(&settings)?;
        self.change(|responder| {
            let responder = if options { responder.with_settings(&settings) } else { responder };
            Ok(responder.with_rules(rules, &settings).with_pages(pages))
        })?;
        if options {
            self.adopt_settings(settings);
        }
        Ok(())
    }

    /// The settings in force from now on, here and in every worker.
    pub(super) fn adopt_settings(&self, settings: Arc<Settings>) {
        self.settings.store(settings.clone());
        if let Some(running) = self.running.get() {
            running.tell_all(|| Message::Settings(settings.clone()));
        }
    }
}

/// What is answered, how long it may take and what one client may do can change at any time
/// ([`Settings::with_live_of`]); sockets, threads and pools are what they are.
fn compare(before: &Config, after: &Config) -> Reloaded {
    let mut reloaded = Reloaded::default();
    for row in before.differences(after) {
        let list = if row.live { &mut reloaded.live } else { &mut reloaded.later };
        list.push(row.name);
    }
    reloaded
}
