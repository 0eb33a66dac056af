//! The committed corpora, and what once was a finding.

use super::*;
use proptest::prelude::*;
use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

/// Every file of a target's corpus and of its findings.
fn committed(name: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let files = ["corpus", "findings"].map(|kind| folder.join(kind).join(name));
    let entries = files.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

#[test]
fn every_target_keeps_its_promises_over_its_corpus() {
    for (name, target) in TARGETS {
        let paths = committed(name);
        assert!(!paths.is_empty(), "{name} has no corpus");
        for path in paths {
            let input = fs::read(&path).unwrap();
            let kept = catch_unwind(|| target(&input));
            assert!(kept.is_ok(), "{}", path.display());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    /// A fuzzer in small: inputs of the corpus, with a piece of another one somewhere in them.
    #[test]
    fn every_target_keeps_its_promises_over_mixtures(seed in any::<[u16; 5]>()) {
        for (name, target) in TARGETS.iter().filter(|(name, _)| *name != "client_hello") {
            let paths = committed(name);
            let pick = |seed: u16| fs::read(&paths[usize::from(seed) % paths.len()]).unwrap();
            let (one, other) = (pick(seed[0]), pick(seed[1]));
            let at = usize::from(seed[2]) % (one.len() + 1);
            let from = usize::from(seed[3]) % (other.len() + 1);
            let to = other.len().min(from + usize::from(seed[4]) % 64);
            let mixed = [&one[..at], &other[from..to], &one[at..]].concat();
            let kept = catch_unwind(|| target(&mixed));
            prop_assert!(kept.is_ok(), "{}: {}", name, mixed.escape_ascii());
        }
    }
}
