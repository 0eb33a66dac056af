//! Who comes first: the answer or the end of the connection. Checked with loom
//! (`tests/loom_deferred.rs` compiles this file by itself).

use crate::sync::{AtomicU8, Ordering};
use std::sync::OnceLock;

const WAITING: u8 = 0;
const ANSWERED: u8 = 1;
const GONE: u8 = 2;

/// What the two ends of a deferred answer know of each other.
pub(crate) struct Shared {
    state: AtomicU8,
    /// Called when the connection is gone before the answer.
    on_gone: OnceLock<Box<dyn Fn() + Send + Sync>>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Shared").field(&self.state).finish()
    }
}

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
        Shared { state: AtomicU8::new(WAITING), on_gone: OnceLock::new() }
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
        let awaited = self.settle(GONE).is_ok();
        if awaited && let Some(on_gone) = self.on_gone.get() {
            on_gone();
        }
        awaited
    }

    /// Has `on_gone` called when the connection is gone before the answer; the first one counts.
    #[cfg_attr(loom, allow(dead_code, reason = "of no interest to the model"))]
    pub(crate) fn when_gone(&self, on_gone: Box<dyn Fn() + Send + Sync>) {
        let _ = self.on_gone.set(on_gone);
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.state.load(Ordering::Acquire) == GONE
    }

    fn settle(&self, to: u8) -> Result<u8, u8> {
        self.state.compare_exchange(WAITING, to, Ordering::AcqRel, Ordering::Acquire)
    }
}
