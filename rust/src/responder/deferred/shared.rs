//! Who comes first: the answer or the end of the connection. Checked with loom
//! (`tests/loom_deferred.rs` compiles this file by itself).

use crate::sync::{AtomicU8, Ordering};

const WAITING: u8 = 0;
const ANSWERED: u8 = 1;
const GONE: u8 = 2;

/// What the two ends of a deferred answer know of each other.
#[derive(Debug)]
pub(crate) struct Shared(AtomicU8);

/// Why an answer is not wanted any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Settled {
    /// It was given already.
    Answered,
    /// The connection is gone.
    Gone,
}

impl Shared {
    pub(crate) fn new() -> Self {
        Shared(AtomicU8::new(WAITING))
    }

    /// Claims the one answer for the caller, who must deliver it then.
    pub(crate) fn answer(&self) -> Result<(), Settled> {
        match self.settle(ANSWERED) {
            Ok(_) => Ok(()),
            Err(GONE) => Err(Settled::Gone),
            Err(_) => Err(Settled::Answered),
        }
    }

    /// Says that the connection is gone: who answers now is told so. Whether an answer was still
    /// awaited.
    pub(crate) fn leave(&self) -> bool {
        self.settle(GONE).is_ok()
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.0.load(Ordering::Acquire) == GONE
    }

    fn settle(&self, to: u8) -> Result<u8, u8> {
        self.0.compare_exchange(WAITING, to, Ordering::AcqRel, Ordering::Acquire)
    }
}
