//! Finds the rules for a host among any number of names.
//!
//! # Implementation
//! One table of all names. A name has two lists of rules: those for itself and those for what lies
//! below it. Each list already has what the names above it add, so that the longest name that is
//! found says everything. A host costs as many lookups as it has labels, at most as many as the
//! deepest name, with ten names or a million; a label that is not there costs a look at an octet of
//! the table, which keeps in the cache what a hundred thousand names need of it.

use super::super::hash;
use hashbrown::HashTable;
use std::collections::HashMap;

/// Octets of the longest name (RFC 1035 section 2.3.4).
const NAME_MAX: usize = 253;

/// What a name of the operator's stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// The name itself.
    Exact,
    /// Every name below it, but not itself.
    Below,
}

/// Collects names before they become [`Hosts`].
#[derive(Default)]
pub(super) struct HostsBuilder {
    names: hash::Map<Box<[u8]>, [Vec<u32>; 2]>,
}

impl HostsBuilder {
    /// Adds `name`, in lower case, for the rule of number `rule`; numbers only grow.
    pub(super) fn add(&mut self, name: &str, reach: Reach, rule: u32) {
        let lists = self.names.entry(name.as_bytes().into()).or_default();
        let list = &mut lists[usize::from(reach == Reach::Below)];
        if list.last() != Some(&rule) {
            list.push(rule);
        }
    }

    /// Whether the rule of number `rule` takes every host for which `name` and `reach` stand.
    pub(super) fn takes(&self, rule: u32, name: &str, reach: Reach) -> bool {
        let has = |name: &[u8], reach: Reach| {
            let lists = self.names.get(name);
            lists.is_some_and(|it| {
                it[usize::from(reach == Reach::Below)].binary_search(&rule).is_ok()
            })
        };
        let name = name.as_bytes();
        has(name, reach) || parents(name).any(|parent| has(parent, Reach::Below))
    }

    pub(super) fn build(self) -> Hosts {
        let mut hosts = Hosts {
            entries: HashTable::with_capacity(self.names.len()),
            text: Vec::new(),
            lists: Vec::new(),
            depth: 0,
        };
        let mut known = HashMap::new();
        for (name, [exact, below]) in &self.names {
            let mut above = Vec::new();
            for parent in parents(name) {
                if let Some([_, below]) = self.names.get(parent) {
                    above.extend_from_slice(below);
                }
            }
            let exact = hosts.keep([exact.as_slice(), &above].concat(), &mut known);
            let below = hosts.keep([below.as_slice(), &above].concat(), &mut known);
            hosts.insert(name, exact, below);
        }
        hosts
    }
}

/// Names with their rules.
pub(super) struct Hosts {
    entries: HashTable<Entry>,
    /// All names, one behind the other.
    text: Vec<u8>,
    /// All lists of rules, one behind the other, each in order.
    lists: Vec<u32>,
    /// The most labels of a name.
    depth: usize,
}

/// A name: its place in `Hosts::text`, its two lists.
struct Entry {
    start: u32,
    len: u32,
    exact: List,
    below: List,
}

/// A part of `Hosts::lists`.
#[derive(Clone, Copy)]
struct List {
    start: u32,
    len: u32,
}

impl Hosts {
    /// The rules for `host`, which may have a port; in order.
    pub(super) fn find(&self, host: &str) -> &[u32] {
        if self.entries.is_empty() {
            return &[];
        }
        let name = without_port(host.as_bytes());
        let name = name.strip_suffix(b".").unwrap_or(name);
        let mut lower = [0; NAME_MAX];
        let Some(lower) = lower.get_mut(..name.len()) else { return &[] };
        lower.copy_from_slice(name);
        lower.make_ascii_lowercase();
        self.find_name(lower)
    }

    fn find_name(&self, name: &[u8]) -> &[u32] {
        let (mut hashed, mut end, mut found) = (0, name.len(), &[][..]);
        // From the right: each label goes on with the hash of what stands behind it.
        for _ in 0..self.depth {
            let start = memchr::memrchr(b'.', &name[..end]).map_or(0, |dot| dot + 1);
            hashed = hash::extend(hashed, &name[start..end]);
            if let Some(entry) = self.entry(hashed, &name[start..]) {
                found = self.list(if start == 0 { entry.exact } else { entry.below });
            }
            if start == 0 {
                break;
            }
            end = start - 1;
        }
        found
    }

    #[inline]
    fn entry(&self, hashed: u64, name: &[u8]) -> Option<&Entry> {
        self.entries.find(hashed, |entry| self.name(entry) == name)
    }

    fn name(&self, entry: &Entry) -> &[u8] {
        &self.text[entry.start as usize..][..entry.len as usize]
    }

    fn list(&self, list: List) -> &[u32] {
        &self.lists[list.start as usize..][..list.len as usize]
    }

    fn insert(&mut self, name: &[u8], exact: List, below: List) {
        let start = self.text.len() as u32;
        self.text.extend_from_slice(name);
        let Hosts { entries, text, .. } = self;
        let name_of = |entry: &Entry| &text[entry.start as usize..][..entry.len as usize];
        let entry = Entry { start, len: name.len() as u32, exact, below };
        entries.insert_unique(hash_of(name), entry, |entry| hash_of(name_of(entry)));
        self.depth = self.depth.max(1 + memchr::memchr_iter(b'.', name).count());
    }

    /// Keeps a list, once however many names share it.
    fn keep(&mut self, mut rules: Vec<u32>, known: &mut HashMap<Vec<u32>, List>) -> List {
        rules.sort_unstable();
        rules.dedup();
        if let Some(list) = known.get(&rules) {
            return *list;
        }
        let list = List { start: self.lists.len() as u32, len: rules.len() as u32 };
        self.lists.extend_from_slice(&rules);
        known.insert(rules, list);
        list
    }
}

/// The names above `name`: `b.c` and `c` for `a.b.c`.
pub(super) fn parents(name: &[u8]) -> impl Iterator<Item = &[u8]> {
    memchr::memchr_iter(b'.', name).map(|dot| &name[dot + 1..])
}

fn hash_of(name: &[u8]) -> u64 {
    name.rsplit(|b| *b == b'.').fold(0, hash::extend)
}

/// Cuts off `:8080`; the colons of an address in brackets are its own.
fn without_port(host: &[u8]) -> &[u8] {
    match memchr::memrchr(b':', host) {
        Some(colon) if host[colon + 1..].iter().all(u8::is_ascii_digit) => &host[..colon],
        _ => host,
    }
}

/// Reads a name of the operator's: `ads.example`, `*.ads.example`; lower-cased, its final dot cut.
///
/// # Errors
/// What was expected.
pub(super) fn parse(text: &str) -> Result<(String, Reach), &'static str> {
    let lower = text.to_ascii_lowercase();
    let (name, reach) = match lower.strip_prefix("*.") {
        Some(name) => (name, Reach::Below),
        None => (lower.as_str(), Reach::Exact),
    };
    let name = name.strip_suffix('.').unwrap_or(name);
    let bracketed = name.strip_prefix('[').and_then(|n| n.strip_suffix(']'));
    let fits = match bracketed {
        Some(address) => reach == Reach::Exact && address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => (1..=NAME_MAX).contains(&name.len()) && name.split('.').all(is_label),
    };
    if fits {
        Ok((name.to_owned(), reach))
    } else {
        Err("a host name such as ads.example or *.ads.example, without port or path")
    }
}

/// Letters, digits, `-` and `_`, which some trackers have in their names.
fn is_label(label: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    (1..=63).contains(&label.len()) && label.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hosts(names: &[(&str, u32)]) -> Hosts {
        let mut builder = HostsBuilder::default();
        for (text, rule) in names {
            let (name, reach) = parse(text).unwrap();
            builder.add(&name, reach, *rule);
        }
        builder.build()
    }

    #[test]
    fn an_exact_name_is_itself_and_a_star_is_what_lies_below() {
        let hosts = hosts(&[("ads.example", 0), ("*.ads.example", 1), ("*.example", 2)]);
        assert_eq!(hosts.find("ads.example"), [0, 2]);
        assert_eq!(hosts.find("a.ads.example"), [1, 2]);
        assert_eq!(hosts.find("a.b.c.d.ads.example"), [1, 2]);
        assert_eq!(hosts.find("other.example"), [2]);
        assert_eq!(hosts.find("example"), [0; 0]);
        assert_eq!(hosts.find("xads.example.org"), [0; 0]);
    }

    #[test]
    fn case_port_and_final_dot_make_no_difference() {
        let hosts = hosts(&[("Ads.Example.", 0), ("[::1]", 1), ("127.0.0.1", 2)]);
        for host in ["ads.example", "ADS.EXAMPLE:8080", "ads.example.", "ads.example.:80"] {
            assert_eq!(hosts.find(host), [0], "{host}");
        }
        assert_eq!(hosts.find("[::1]:8080"), [1]);
        assert_eq!(hosts.find("[::1]"), [1]);
        assert_eq!(hosts.find("127.0.0.1:1"), [2]);
    }

    #[test]
    fn hosts_that_nobody_could_have_named_find_nothing() {
        let hosts = hosts(&[("a", 0), ("*.a", 1)]);
        let long = "x.".repeat(200) + "a";
        for host in ["", ".", "..", ":80", &long, "b"] {
            assert_eq!(hosts.find(host), [0; 0], "{host}");
        }
        let deep = "x.".repeat(126) + "a";
        assert_eq!(hosts.find(&deep), [1]);
        assert_eq!(Hosts::find(&HostsBuilder::default().build(), "a"), [0; 0]);
    }

    #[test]
    fn what_is_no_host_name_is_refused() {
        let long = "a".repeat(64);
        for bad in [
            "", "*", "*.", "a b", "http://a", "a/b", "a:80", ".a", "a..b", "*.*.a", "[::1",
            "*.[::1]", &long,
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        assert_eq!(parse("_dmarc.A-b.example"), Ok(("_dmarc.a-b.example".into(), Reach::Exact)));
    }

    #[test]
    fn a_hundred_thousand_names_are_each_found() {
        let mut builder = HostsBuilder::default();
        for i in 0..100_000 {
            builder.add(&format!("host{i}.ads{}.example", i % 100), Reach::Exact, i);
        }
        let hosts = builder.build();
        for i in 0..100_000 {
            assert_eq!(hosts.find(&format!("host{i}.ads{}.example", i % 100)), [i]);
        }
        assert_eq!(hosts.find("host1.ads2.example"), [0; 0]);
    }

    proptest! {
        #[test]
        fn what_is_found_is_what_comparing_with_every_name_finds(
            names in prop::collection::vec("(\\*\\.)?[ab](\\.[ab]){0,3}", 0..12),
            host in "[ab](\\.[ab]){0,4}",
        ) {
            let numbered: Vec<_> = names.iter().map(String::as_str).zip(0..).collect();
            let slow: Vec<u32> = numbered.iter().filter(|(name, _)| match name.strip_prefix('*') {
                Some(end) => host.ends_with(end),
                None => host == *name,
            }).map(|(_, rule)| *rule).collect();
            let found = hosts(&numbered);
            prop_assert_eq!(found.find(&host), slow);
        }
    }
}
