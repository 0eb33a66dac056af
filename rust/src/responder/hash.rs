//! The hash of what operators store and requests look up.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

const K: u64 = 0x9e37_79b9_7f4a_7c15;

/// A fast hash without a secret: clients choose what is looked up, but only the operator what is
/// stored, so no client can make collisions.
#[inline]
pub(super) fn hash(bytes: &[u8]) -> u64 {
    extend(bytes.len() as u64, bytes)
}

/// The hash of something that goes on with `bytes`; `so_far` is the hash of what stands before.
#[inline]
pub(super) fn extend(so_far: u64, bytes: &[u8]) -> u64 {
    let (words, tail) = bytes.as_chunks::<8>();
    let mut h = words.iter().fold(so_far, |h, word| mix(h, u64::from_le_bytes(*word)));
    let mut last = [0; 8];
    last[..tail.len()].copy_from_slice(tail);
    h = mix(h, u64::from_le_bytes(last));
    h ^ (h >> 32)
}

#[inline]
fn mix(h: u64, word: u64) -> u64 {
    (h.rotate_left(23) ^ word).wrapping_mul(K)
}

/// The standard library's map by this hash.
pub(super) type Map<K, V> = HashMap<K, V, BuildHasherDefault<Mixer>>;

/// [`hash`] as the standard library wants it.
#[derive(Default)]
pub(super) struct Mixer(u64);

impl Hasher for Mixer {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = extend(self.0, bytes);
    }
}
