//! The record of a server: its last requests with their answers.

use super::{Server, lock};
use crate::error::{Error, ErrorCode, Result};
use crate::record::{Extent, Recorded, gathered};
use std::sync::Arc;

impl Server {
    /// Records the last `size` requests with their answers, and `most` octets of each body. None of them is
    /// missing before there are more. Each answer costs a copy then; the beginning of a file is read for it.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidArgument`] for a size of 0 or more than a million, [`ErrorCode::State`] once started.
    pub fn record(&self, size: usize, most: usize) -> Result<()> {
        if !(1..=1_000_000).contains(&size) {
            let text = format!("size: expected 1 to 1000000, got {size}");
            return Err(Error::new(ErrorCode::InvalidArgument, text));
        }
        let _life = self.built("record")?;
        *lock(&self.inner.extent) = Some(Extent { size, most });
        Ok(())
    }

    /// What was recorded, in the order of the answers; `forget` begins anew.
    pub fn recorded(&self, forget: bool) -> Vec<Arc<Recorded>> {
        let Some(running) = self.inner.running.get() else { return Vec::new() };
        gathered(running.workers.iter().filter_map(|worker| worker.records.as_deref()), forget)
    }
}
