//! Which hosts are asked for most, in memory of a fixed size (Space-Saving: Metwally, Agrawal and
//! El Abbadi, 2005).
//!
//! A host that is not among those watched takes the place of the one with the least count, and
//! that count with it. So no host that has more than a [`WATCHED`]th of all requests is ever
//! missed, whatever a client makes up; a count is at most too high, by no more than `doubt`.

/// How many hosts are watched.
const WATCHED: usize = 128;

/// Octets of a name; what is longer is cut (RFC 1035 section 2.3.4 allows 255).
const NAME_MAX: usize = 255;

/// A host and how often it was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Host {
    /// In lower case, without its port; empty where the request named none.
    pub(crate) name: String,
    pub(crate) requests: u64,
    /// How much of that may be another's.
    pub(crate) doubt: u64,
}

/// The hosts of one worker.
#[derive(Debug, Default)]
pub(crate) struct Hosts {
    /// Hashes of the names, to be looked through quickly.
    hashes: Vec<u64>,
    hosts: Vec<Host>,
    /// The name that is being looked up.
    name: String,
}

impl Hosts {
    /// Counts `times` requests for `host`, with a port or without.
    pub(crate) fn add(&mut self, host: &str, times: u64) {
        self.name.clear();
        let name = without_port(host);
        self.name.push_str(name);
        self.name.make_ascii_lowercase();
        if self.name.len() > NAME_MAX {
            let end = self.name.char_indices().map(|(at, c)| at + c.len_utf8());
            self.name.truncate(end.take_while(|end| *end <= NAME_MAX).last().unwrap_or(0));
        }
        let hash = hash(self.name.as_bytes());
        let same = |at: &usize| self.hashes[*at] == hash && self.hosts[*at].name == self.name;
        if let Some(at) = (0..self.hosts.len()).find(same) {
            self.hosts[at].requests += times;
        } else if self.hosts.len() < WATCHED {
            self.hashes.push(hash);
            self.hosts.push(Host { name: self.name.clone(), requests: times, doubt: 0 });
        } else {
            self.replace_least(hash, times);
        }
    }

    /// The hosts watched, in no order.
    pub(crate) fn all(&self) -> &[Host] {
        &self.hosts
    }

    fn replace_least(&mut self, hash: u64, times: u64) {
        let least = (0..self.hosts.len()).min_by_key(|at| self.hosts[*at].requests);
        let Some(at) = least else { return };
        let host = &mut self.hosts[at];
        host.name.clone_from(&self.name);
        host.doubt = host.requests;
        host.requests += times;
        self.hashes[at] = hash;
    }
}

/// The hosts of all workers together, those asked for most first, at most `count`.
pub(crate) fn top(hosts: impl IntoIterator<Item = Host>, count: usize) -> Vec<Host> {
    let mut sums: Vec<Host> = hosts.into_iter().collect();
    sums.sort_by(|a, b| a.name.cmp(&b.name));
    sums.dedup_by(|next, kept| {
        let same = next.name == kept.name;
        if same {
            kept.requests += next.requests;
            kept.doubt += next.doubt;
        }
        same
    });
    sums.sort_by_key(|host| std::cmp::Reverse(host.requests));
    sums.truncate(count);
    sums
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}

/// FNV-1a: names are compared where hashes are equal, so collisions cost a little and no more.
fn hash(name: &[u8]) -> u64 {
    name.iter().fold(0xcbf2_9ce4_8422_2325, |hash, b| {
        (hash ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranked(hosts: &Hosts, count: usize) -> Vec<(String, u64)> {
        let all = top(hosts.all().iter().cloned(), count);
        all.into_iter().map(|host| (host.name, host.requests)).collect()
    }

    #[test]
    fn few_hosts_are_counted_exactly_whatever_their_port_and_case() {
        let mut hosts = Hosts::default();
        for host in ["a.example", "A.EXAMPLE:80", "b.example", "[::1]:80", "[::1]", "[::1]:8080"] {
            hosts.add(host, 1);
        }
        let expected = [("[::1]", 3), ("a.example", 2), ("b.example", 1)];
        assert_eq!(ranked(&hosts, 9), expected.map(|(name, n)| (name.to_owned(), n)));
        assert!(hosts.all().iter().all(|host| host.doubt == 0));
    }

    #[test]
    fn no_flood_of_names_pushes_out_a_host_that_is_asked_for_often() {
        let mut hosts = Hosts::default();
        for number in 0..100_000_u32 {
            hosts.add(&format!("{number}.flood.example"), 1);
            if number % 20 == 0 {
                hosts.add("often.example", 1);
            }
        }
        let [(name, requests), ..] = &ranked(&hosts, 3)[..] else { panic!("there are some") };
        assert_eq!(name, "often.example");
        let host = hosts.all().iter().find(|host| &host.name == name).unwrap();
        assert!(*requests >= 5000 && requests - host.doubt <= 5000, "{host:?}");
        assert_eq!(hosts.all().len(), WATCHED);
    }

    #[test]
    fn a_name_takes_no_more_than_its_room() {
        let mut hosts = Hosts::default();
        hosts.add(&"x".repeat(8000), 1);
        assert_eq!(hosts.all()[0].name.len(), NAME_MAX);
    }

    #[test]
    fn workers_add_up() {
        let of = |name: &str, requests| Host { name: name.into(), requests, doubt: 1 };
        let all = top([of("a", 2), of("b", 4), of("a", 3)], 1);
        assert_eq!(all, [Host { name: "a".into(), requests: 5, doubt: 2 }]);
    }
}
