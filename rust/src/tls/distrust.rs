//! Who does not trust the CA: the addresses of clients that have said so, those of late.

use crate::sync::{Mutex, PoisonError};
use crate::sys::clock;
use rustls::AlertDescription;
use std::collections::HashMap;
use std::net::IpAddr;

/// Addresses that are remembered; whoever was heard of longest ago makes room.
const REMEMBERED: usize = 1024;

/// Written where a handshake has failed, and nowhere else.
#[derive(Debug, Default)]
pub(crate) struct Distrust(Mutex<HashMap<IpAddr, Entry>>);

#[derive(Debug)]
struct Entry {
    count: u64,
    alert: AlertDescription,
    last: u64,
}

/// A client that does not trust the CA.
#[derive(Debug)]
pub(crate) struct Distrusting {
    pub(crate) client: IpAddr,
    /// How often it has said so.
    pub(crate) count: u64,
    /// What it said last: `unknown_ca`, ...
    pub(crate) alert: &'static str,
    /// When, in seconds of Unix time.
    pub(crate) last: u64,
}

impl Distrust {
    /// A client at the address `client` has sent `alert`.
    pub(crate) fn note(&self, client: IpAddr, alert: AlertDescription) {
        let last = clock::unix_time().0;
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED && !known.contains_key(&client) {
            let oldest = known.iter().min_by_key(|(_, entry)| entry.last);
            let oldest = oldest.map(|(client, _)| *client);
            if let Some(client) = oldest {
                known.remove(&client);
            }
        }
        let entry = known.entry(client).or_insert(Entry { count: 0, alert, last });
        *entry = Entry { count: entry.count + 1, alert, last };
    }

    /// All of them, those who said it most often first.
    pub(crate) fn list(&self) -> Vec<Distrusting> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut list: Vec<Distrusting> = known
            .iter()
            .map(|(client, entry)| Distrusting {
                client: *client,
                count: entry.count,
                alert: name(entry.alert),
                last: entry.last,
            })
            .collect();
        drop(known);
        list.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.client.cmp(&b.client)));
        list
    }
}

/// As RFC 8446 section 6 calls it.
fn name(alert: AlertDescription) -> &'static str {
    match alert {
        AlertDescription::UnknownCA => "unknown_ca",
        AlertDescription::BadCertificate => "bad_certificate",
        _ => "certificate_unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_flood_of_addresses_takes_more_than_its_room() {
        let distrust = Distrust::default();
        let again = IpAddr::from([10, 0, 0, 1]);
        for number in 0..3 * REMEMBERED as u32 {
            distrust.note(IpAddr::from(number.to_be_bytes()), AlertDescription::UnknownCA);
        }
        distrust.note(again, AlertDescription::UnknownCA);
        distrust.note(again, AlertDescription::BadCertificate);
        let list = distrust.list();
        assert_eq!(list.len(), REMEMBERED);
        assert_eq!((list[0].client, list[0].count), (again, 2));
        assert_eq!(list[0].alert, "bad_certificate");
    }
}
