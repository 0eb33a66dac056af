//! The pages about itself that a server serves.

use super::Inner;
use crate::config::Settings;
use crate::error::Result;
use crate::responder::pages::{Pages, Source};
use crate::stats::requests::Requests;
use crate::stats::servstats::{Facts, Form, render};
use std::sync::{Arc, Weak};

/// The pages that `settings` ask for, files read.
pub(super) fn load(inner: &Arc<Inner>, settings: &Settings) -> Result<Pages> {
    let source: Weak<dyn Source> = Arc::<Inner>::downgrade(inner);
    Pages::load(settings, source)
}

impl Inner {
    /// What all workers have counted, if they were started to.
    fn requests(&self) -> Option<Requests> {
        let sum = Requests::default();
        for worker in &self.running.get()?.workers {
            sum.add(worker.requests.as_ref()?);
        }
        Some(sum)
    }
}

impl Source for Inner {
    fn servstats(&self, form: Form) -> String {
        let total = self.stats().1;
        let log = self.settings.load().log_level;
        let requests = self.requests();
        let uptime = self.born.elapsed();
        render(form, &Facts { total: &total, requests: requests.as_ref(), uptime, log })
    }
}
