//! Which rules may take a request: found by host, path or extension, so that a request is compared
//! with few of many.

use super::condition::{Conditions, PathTest};
use super::hosts::{Hosts, HostsBuilder, Reach};
use crate::http::Head;
use crate::responder::defaults::extension;
use crate::responder::hash;

/// Numbers of rules by what they are found by; every list is in order.
pub(super) struct Index {
    hosts: Hosts,
    /// Of rules for any host, by exact path.
    paths: Map<Box<str>>,
    /// Of rules for any host and path, by extension.
    extensions: Map<Box<[u8]>>,
    /// All others.
    rest: Vec<u32>,
}

type Map<K> = hash::Map<K, Vec<u32>>;

/// The longest extension that is looked up.
const EXTENSION_MAX: usize = 32;

#[derive(Default)]
pub(super) struct IndexBuilder {
    hosts: HostsBuilder,
    paths: Map<Box<str>>,
    extensions: Map<Box<[u8]>>,
    rest: Vec<u32>,
}

impl IndexBuilder {
    /// Adds the rule of number `rule`, one more than the last; `hosts` of none are all.
    pub(super) fn add(&mut self, rule: u32, hosts: &[(String, Reach)], conditions: &Conditions) {
        let exact = |test: &PathTest| match test {
            PathTest::Pattern(pattern) if pattern.is_exact() => Some(pattern.text().into()),
            _ => None,
        };
        let paths: Option<Vec<Box<str>>> = conditions.paths.iter().map(exact).collect();
        if !hosts.is_empty() {
            hosts.iter().for_each(|(name, reach)| self.hosts.add(name, *reach, rule));
        } else if let Some(paths) = paths.filter(|paths| !paths.is_empty()) {
            paths.into_iter().for_each(|path| push(self.paths.entry(path).or_default(), rule));
        } else if conditions.paths.is_empty() && !conditions.extensions.is_empty() {
            for name in &conditions.extensions {
                push(self.extensions.entry(name.as_bytes().into()).or_default(), rule);
            }
        } else {
            self.rest.push(rule);
        }
    }

    /// The hosts of the rules so far.
    pub(super) fn hosts(&self) -> &HostsBuilder {
        &self.hosts
    }

    pub(super) fn build(self) -> Index {
        let IndexBuilder { hosts, paths, extensions, rest } = self;
        Index { hosts: hosts.build(), paths, extensions, rest }
    }
}

fn push(list: &mut Vec<u32>, rule: u32) {
    if list.last() != Some(&rule) {
        list.push(rule);
    }
}

impl Index {
    /// The numbers of the rules that may take a request, in order.
    #[inline]
    pub(super) fn candidates(&self, head: &Head<'_, '_>) -> impl Iterator<Item = u32> + '_ {
        let by_host = head.host.map_or(&[][..], |host| self.hosts.find(host));
        let by_path = if self.paths.is_empty() { None } else { self.paths.get(head.path) };
        let mut lists =
            [by_host, list(by_path), list(self.by_extension(head.path)), &self.rest[..]];
        std::iter::from_fn(move || {
            let first = lists.iter_mut().filter(|list| !list.is_empty()).min_by_key(|l| l[0])?;
            let (rule, rest) = first.split_first()?;
            *first = rest;
            Some(*rule)
        })
    }

    fn by_extension(&self, path: &str) -> Option<&Vec<u32>> {
        if self.extensions.is_empty() {
            return None;
        }
        let name = extension(path)?;
        let mut lower = [0; EXTENSION_MAX];
        let lower = lower.get_mut(..name.len())?;
        lower.copy_from_slice(name);
        lower.make_ascii_lowercase();
        self.extensions.get(&*lower)
    }
}

fn list(found: Option<&Vec<u32>>) -> &[u32] {
    found.map_or(&[], Vec::as_slice)
}
