//! Options that contradict each other.

use super::{Settings, Value};
use crate::error::{Error, ErrorCode, Result};

impl Settings {
    /// The rules between options.
    pub(super) fn check(self) -> Result<Self> {
        let size = Value::Size;
        let (target, head) = (self.limits.max_target, self.limits.max_head);
        if target >= head {
            let (target, head) = (size(target as u64), size(head as u64));
            return contradiction(format!(
                "max_target: expected less than max_head ({head}), got {target}"
            ));
        }
        if self.max_body > self.max_body_memory {
            let (body, memory) = (size(self.max_body), size(self.max_body_memory));
            return contradiction(format!(
                "max_body: expected at most max_body_memory ({memory}), got {body}"
            ));
        }
        let (low, high) = (self.stream_low_water, self.stream_high_water);
        if low >= high {
            let (low, high) = (size(low as u64), size(high as u64));
            return contradiction(format!(
                "stream_low_water: expected less than stream_high_water ({high}), got {low}"
            ));
        }
        if !self.proxy_protocol.is_empty() && self.proxy_trusted.is_empty() {
            return contradiction(
                "proxy_trusted: expected the ranges from which proxy_protocol takes headers, got \
                 none"
                    .to_owned(),
            );
        }
        if let (Some(page), true) = (&self.stats_page, self.stats_page == self.stats_text) {
            return contradiction(format!(
                "stats_text: expected another path than stats_page, got {page}"
            ));
        }
        if let (Some(port @ 1..), Some(path)) = (self.port, self.address.strip_prefix("unix:")) {
            return contradiction(format!(
                "port: expected 0 or none with the address unix:{path}, got {port}"
            ));
        }
        if let (Some(port @ 1..), Some(path)) = (self.tls_port, self.address.strip_prefix("unix:"))
        {
            return contradiction(format!(
                "tls_port: expected an IP address beside it, got unix:{path} and {port}"
            ));
        }
        if let (Some(port @ 1..), true) = (self.tls_port, self.tls_port == self.port) {
            return contradiction(format!("tls_port: expected another one than port, got {port}"));
        }
        if let Some(option) = self.tls_without_certificates() {
            return contradiction(format!(
                "{option}: expected ca_dir or certificates beside it, got neither"
            ));
        }
        if let (early @ 1.., Some(file)) = (self.tls_early_data, &self.ticket_keys) {
            let (early, file) = (size(early.into()), file.display());
            return contradiction(format!(
                "tls_early_data: expected 0 beside ticket_keys ({file}), got {early}: sessions for early \
                 data are used once and kept in memory, not in tickets"
            ));
        }
        if let Some(twice) = self.named_twice() {
            return contradiction(format!("listen: expected each address once, got {twice} twice"));
        }
        Ok(self)
    }

    /// An option that wants TLS, where there is no certificate to show.
    fn tls_without_certificates(&self) -> Option<&'static str> {
        if self.ca_dir.is_some() || !self.certificates.is_empty() {
            return None;
        }
        let tls = [
            (self.tls_port.is_some(), "tls_port"),
            (!self.listen_tls.is_empty(), "listen_tls"),
            (!self.listen_auto.is_empty(), "listen_auto"),
        ];
        tls.into_iter().find_map(|(wanted, option)| wanted.then_some(option))
    }

    /// An address that would be bound twice; port 0 is a new port each time.
    fn named_twice(&self) -> Option<&String> {
        let fixed = |address: &&String| !address.ends_with(":0");
        let mut seen = std::collections::HashSet::new();
        let all = self.listen.iter().chain(&self.listen_tls).chain(&self.listen_auto);
        all.filter(fixed).find(|address| !seen.insert(address.as_str()))
    }
}

fn contradiction<T>(message: String) -> Result<T> {
    Err(Error::new(ErrorCode::Config, message))
}
