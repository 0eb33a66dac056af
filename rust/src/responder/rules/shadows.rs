//! Rules that can never match, because an earlier one takes every request that they would.
//!
//! What is found is always so; not all that is so is found. One earlier rule has to take everything,
//! and only a few of those with a host and a path in common are compared: so the time is linear in the
//! size of the files, whatever is in them.

use super::condition::{Conditions, PathTest};
use super::hosts::{HostsBuilder, Reach};
use super::{Rule, hash};
use crate::responder::defaults::extension;

/// Rules with a host and a path in common that are compared with a later one.
const COMPARED: usize = 8;
/// Hosts with which all paths of a rule are noted; with more it is the first path.
const FEW_HOSTS: usize = 8;
/// What is told; the others are counted.
const TOLD: usize = 10;

/// A rule that never matches, and the one that takes all that it would; by number and line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shadow {
    pub(super) rule: (u32, u32),
    pub(super) by: (u32, u32),
}

/// Looks at rules one after the other.
#[derive(Default)]
pub(super) struct Shadows {
    told: Vec<Shadow>,
    found: usize,
    /// The lines of all rules so far, and whether they name hosts.
    seen: Vec<(u32, bool)>,
    /// The last note, by hash of a host and a path. Where two have the same one, they are compared in
    /// vain.
    last: hash::Map<u64, u32>,
    /// Rules that match, each with the note before it.
    notes: Vec<(u32, u32)>,
}

/// No note.
const NONE: u32 = u32::MAX;

impl Shadows {
    /// Looks at the last of `rules`, which stands in `line` and is for `hosts`; `names` knows the
    /// hosts of those before it.
    pub(super) fn look_at(
        &mut self,
        rules: &[Rule],
        line: u32,
        hosts: &[(String, Reach)],
        names: &HostsBuilder,
    ) {
        let Some((Rule { conditions, .. }, earlier)) = rules.split_last() else { return };
        let number = earlier.len() as u32;
        self.seen.push((line, !hosts.is_empty()));
        let Some(by) = self.first_taker(earlier, conditions, hosts, names) else {
            return self.note(number, conditions, hosts);
        };
        self.found += 1;
        if self.told.len() < TOLD {
            let by = (by, self.seen[by as usize].0);
            self.told.push(Shadow { rule: (number, line), by });
        }
    }

    /// What is told, and how many more were found.
    pub(super) fn into_found(self) -> (Vec<Shadow>, usize) {
        let more = self.found - self.told.len();
        (self.told, more)
    }

    fn first_taker(
        &self,
        earlier: &[Rule],
        conditions: &Conditions,
        hosts: &[(String, Reach)],
        names: &HostsBuilder,
    ) -> Option<u32> {
        let takes = |rule: &u32| {
            let is_wider = earlier[*rule as usize].conditions.cover(conditions);
            let named = self.seen[*rule as usize].1;
            let takes_host = |(name, reach): &(String, Reach)| names.takes(*rule, name, *reach);
            is_wider && (!named || (!hosts.is_empty() && hosts.iter().all(takes_host)))
        };
        let paths = paths_above(conditions);
        let keys =
            hosts_above(hosts.first()).flat_map(|host| paths.iter().map(move |p| key(host, *p)));
        keys.filter_map(|key| self.noted(key).filter(takes).min()).min()
    }

    /// The rules noted under `key`, the last one first.
    fn noted(&self, key: u64) -> impl Iterator<Item = u32> {
        let mut next = self.last.get(&key).copied().unwrap_or(NONE);
        std::iter::from_fn(move || {
            let (rule, before) = *self.notes.get(next as usize)?;
            next = before;
            Some(rule)
        })
    }

    /// Has later rules compared with this one, which they may have in vain before them.
    fn note(&mut self, rule: u32, conditions: &Conditions, hosts: &[(String, Reach)]) {
        let mut paths = own_paths(conditions);
        if hosts.len() > FEW_HOSTS {
            paths.truncate(1);
        }
        if hosts.is_empty() {
            paths.iter().for_each(|path| self.note_under(key(ANY, *path), rule));
        }
        for (name, reach) in hosts {
            let host = host_key(name.as_bytes(), *reach);
            paths.iter().for_each(|path| self.note_under(key(host, *path), rule));
        }
    }

    fn note_under(&mut self, key: u64, rule: u32) {
        let (mut count, mut again) = (0, false);
        for noted in self.noted(key) {
            count += 1;
            again |= noted == rule;
        }
        if count < COMPARED && !again {
            let before = self.last.insert(key, self.notes.len() as u32).unwrap_or(NONE);
            self.notes.push((rule, before));
        }
    }
}

// ---- what rules have in common, as numbers ----

/// Every host, and every path.
const ANY: u64 = 0;
/// A path of a pattern or a prefix.
const OPEN: u64 = 1;

fn key(host: u64, path: u64) -> u64 {
    hash::extend(host, &path.to_le_bytes())
}

fn host_key(name: &[u8], reach: Reach) -> u64 {
    hash::extend(1 + u64::from(reach == Reach::Below), name)
}

fn exact_key(path: &str) -> u64 {
    hash::extend(1, path.as_bytes())
}

fn open_key(text: &str) -> u64 {
    hash::extend(2, text.as_bytes())
}

fn extension_key(name: &[u8]) -> u64 {
    hash::extend(3, &name.to_ascii_lowercase())
}

/// What a rule is found by.
fn own_paths(conditions: &Conditions) -> Vec<u64> {
    if conditions.takes_every_path() {
        return vec![ANY];
    }
    let mut keys = Vec::new();
    for test in &conditions.paths {
        match test {
            PathTest::Pattern(pattern) if pattern.is_exact() => {
                keys.push(exact_key(pattern.text()))
            }
            PathTest::Pattern(pattern) => keys.extend([OPEN, open_key(pattern.text())]),
            PathTest::Prefix(prefix) => keys.extend([OPEN, open_key(prefix)]),
        }
    }
    if keys.is_empty() {
        keys.extend(conditions.extensions.iter().map(|name| extension_key(name.as_bytes())));
    }
    keys
}

/// What a rule that takes all paths of another one may be found by.
fn paths_above(conditions: &Conditions) -> Vec<u64> {
    let mut keys = vec![ANY];
    match conditions.paths.first() {
        Some(PathTest::Pattern(pattern)) if pattern.is_exact() => {
            keys.extend([OPEN, exact_key(pattern.text())]);
            keys.extend(extension(pattern.text()).map(extension_key));
        }
        Some(PathTest::Pattern(pattern)) => keys.extend([OPEN, open_key(pattern.text())]),
        Some(PathTest::Prefix(prefix)) => keys.extend([OPEN, open_key(prefix)]),
        None => {}
    }
    keys.extend(conditions.extensions.first().map(|name| extension_key(name.as_bytes())));
    keys
}

/// What a rule that takes a host is found by; `None` is every host.
fn hosts_above(host: Option<&(String, Reach)>) -> impl Iterator<Item = u64> {
    let named = host.into_iter().flat_map(|(name, reach)| {
        let name = name.as_bytes();
        let above = super::hosts::parents(name).map(|parent| host_key(parent, Reach::Below));
        std::iter::once(host_key(name, *reach)).chain(above)
    });
    std::iter::once(ANY).chain(named)
}

#[cfg(test)]
mod tests;
