//! Options that were said and do nothing, for want of another one: no mistake, since the other one may
//! come with the next reload or from another file, but somebody counts on them.

use super::{AcceptMode, Config, LogTarget, Settings};

/// An option, whether what it needs is there, and what that is.
type Need = (&'static str, fn(&Settings) -> bool, &'static str);

const NEEDS: &[Need] = &[
    ("proxy_trusted", |it| !it.proxy_protocol.is_empty(), "proxy_protocol"),
    ("burst_per_client", |it| it.clients.rate_per_client != 0, "rate_per_client"),
    ("client_table", |it| it.clients.are_set(), "a limit for each client"),
    ("access_log_format", logs, "access_log"),
    ("access_log_sample", logs, "access_log"),
    ("access_log_buffer", logs, "access_log"),
    ("private_descriptors", accepts_itself, "one worker, or accept=reuseport"),
];

fn logs(settings: &Settings) -> bool {
    settings.access_log != LogTarget::Off
}

fn accepts_itself(settings: &Settings) -> bool {
    let alone = settings.workers == 1 || settings.accept == AcceptMode::Reuseport;
    alone || !settings.private_descriptors
}

impl Config {
    /// A sentence for each option that was said and has no effect with `settings`.
    pub(crate) fn idle(&self, settings: &Settings) -> impl Iterator<Item = String> {
        let idle = |(name, is_met, _): &&Need| !is_met(settings) && self.is_set(name) == Ok(true);
        NEEDS
            .iter()
            .filter(idle)
            .map(|(name, _, need)| format!("{name} has no effect without {need}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn idle(options: &[(&str, &str)]) -> Vec<String> {
        let mut config = Config::new();
        options.iter().for_each(|(name, value)| config.set(name, value).unwrap());
        let settings = config.resolve().unwrap();
        config.idle(&settings).collect()
    }

    #[test]
    fn what_does_nothing_is_told_and_what_does_something_is_not() {
        let none: [&str; 0] = [];
        assert_eq!(idle(&[]), none);
        let alone = [
            (("proxy_trusted", "10.0.0.0/8"), ("proxy_protocol", "all")),
            (("burst_per_client", "5"), ("rate_per_client", "5")),
            (("client_table", "2m"), ("max_connections_per_client", "5")),
            (("access_log_format", "json"), ("access_log", "-")),
            (("access_log_sample", "10"), ("access_log", "-")),
            (("access_log_buffer", "512k"), ("access_log", "-")),
            (("private_descriptors", "on"), ("accept", "reuseport")),
        ];
        assert_eq!(alone.len(), NEEDS.len());
        for (option, other) in alone {
            let said = idle(&[option, ("workers", "2")]);
            assert_eq!(said.len(), 1, "{option:?}");
            assert!(said[0].starts_with(&format!("{} has no effect without ", option.0)));
            assert_eq!(idle(&[option, other, ("workers", "2")]), none, "{option:?}");
        }
    }
}
