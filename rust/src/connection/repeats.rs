//! Answers to requests that came before, octet for octet, as those of polls, health checks and
//! clients that try again do: what there was to check of them was checked.
//!
//! One table per worker, of fixed size. An answer is kept where nothing but the head of its request
//! decides it, and holds for the second that its Date line names.

use crate::responder::{Responder, Version};

/// How many there may be.
const SLOTS: usize = 8;

/// Heads and answers that are longer are not kept: 32 KB in all.
const LONGEST: usize = 2048;

/// Requests in a row that were new, from which on one of `RARELY` is kept: where no request comes
/// twice, nothing is copied in vain.
const OFTEN: u32 = 8;
const RARELY: u32 = 64;

/// The octets of a head that choose its slot; no head is shorter.
const KEY: std::ops::Range<usize> = 4..20;

/// What a worker remembers.
#[derive(Debug, Default)]
pub(crate) struct Repeats {
    slots: [Known; SLOTS],
    /// Whose answers they are.
    version: Version,
    /// Requests in a row that were new.
    news: u32,
}

/// A request and its answer.
#[derive(Debug, Default)]
pub(crate) struct Known {
    pub(crate) head: Vec<u8>,
    pub(crate) answer: Vec<u8>,
    pub(crate) status: u16,
    listener: u16,
    second: u64,
}

/// What an answer depends on beside the octets of its request.
#[derive(Clone, Copy)]
pub(crate) struct Terms<'t> {
    pub(crate) responder: &'t Responder,
    pub(crate) listener: u16,
    /// That of the Date line.
    pub(crate) second: u64,
}

impl Repeats {
    /// What is known of the request that `input` begins with.
    #[inline]
    pub(crate) fn find(&self, input: &[u8], terms: &Terms<'_>) -> Option<&Known> {
        let known = &self.slots[slot(input)?];
        let holds = known.second == terms.second
            && known.listener == terms.listener
            && !known.head.is_empty()
            && input.starts_with(&known.head)
            && terms.responder.is(&self.version);
        holds.then_some(known)
    }

    /// Notes that a request was known.
    #[inline]
    pub(crate) fn found(&mut self) {
        self.news = 0;
    }

    /// Whether the answer to a request that was new should be kept.
    #[inline]
    pub(crate) fn wants(&mut self) -> bool {
        self.news = self.news.wrapping_add(1);
        self.news <= OFTEN || self.news.is_multiple_of(RARELY)
    }

    /// Keeps an answer to the request with this head.
    pub(crate) fn keep(&mut self, head: &[u8], answer: &[u8], status: u16, terms: &Terms<'_>) {
        let Some(slot) = slot(head) else { return };
        if head.len() > LONGEST || answer.len() > LONGEST {
            return;
        }
        if !terms.responder.is(&self.version) {
            self.version = terms.responder.version();
            self.slots.iter_mut().for_each(|known| known.head.clear());
        }
        let known = &mut self.slots[slot];
        (known.status, known.listener, known.second) = (status, terms.listener, terms.second);
        fill(&mut known.head, head);
        fill(&mut known.answer, answer);
    }
}

/// Where the request that `input` begins with would stand.
#[inline]
fn slot(input: &[u8]) -> Option<usize> {
    let key: &[u8; 16] = input.get(KEY)?.try_into().ok()?;
    let key = u128::from_ne_bytes(*key);
    // Fibonacci hashing: the upper bits of the product depend on all of the key's.
    let mixed = (key as u64) ^ ((key >> 64) as u64).rotate_left(32);
    Some((mixed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 61) as usize)
}

fn fill(kept: &mut Vec<u8>, octets: &[u8]) {
    kept.clear();
    kept.reserve_exact(octets.len());
    kept.extend_from_slice(octets);
}

const _: () = assert!(SLOTS == 1 << (64 - 61));
