//! What the two ends of a stream share: the octets that the writer has given and the worker has not
//! fetched, how far both are, and how it ends. Checked with loom (`tests/loom_stream.rs` compiles
//! this file by itself).
//!
//! Octets do not travel through the worker's mailbox: a writer tells the worker once that there is
//! something, and the worker fetches all there is.

use crate::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Room that the queue may keep while nothing comes.
const KEEP: usize = 64 * 1024;

/// How many octets may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Marks {
    /// From here on the writer has to wait.
    pub(crate) high: usize,
    /// Down to here it has to wait then; less than `high`.
    pub(crate) low: usize,
}

/// The end of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// All of it was given.
    Whole,
    /// The rest will never come: the client must not take it for whole.
    Cut,
}

/// Why something was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Nobody is there to take it.
    Gone,
    /// The high-water mark is reached.
    Full,
    /// The stream has ended.
    Ended,
    /// So many octets are left of the length that was announced.
    Length(u64),
}

/// What the worker has fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fetched {
    /// Octets.
    Octets,
    /// Nothing now.
    Nothing,
    /// Nothing any more.
    End(End),
}

/// The state of one stream.
#[derive(Debug)]
pub(crate) struct Flow {
    state: Mutex<State>,
    changed: Condvar,
    marks: Marks,
}

#[derive(Debug)]
struct State {
    /// Octets, framed, that the worker has not fetched.
    queue: Vec<u8>,
    /// Octets that it has fetched and the socket has not taken.
    fetched: usize,
    /// Octets that are to come, where their number was announced.
    left: Option<u64>,
    /// The worker was told that there is something.
    told: bool,
    /// Somebody was told to wait for room.
    awaited: bool,
    end: Option<End>,
    gone: bool,
}

impl State {
    fn waiting(&self) -> usize {
        self.queue.len() + self.fetched
    }

    fn check_open(&self) -> Result<(), Refused> {
        match self.end {
            Some(_) => Err(Refused::Ended),
            None if self.gone => Err(Refused::Gone),
            None => Ok(()),
        }
    }

    /// Whether the worker must be told now.
    fn tell(&mut self) -> bool {
        !std::mem::replace(&mut self.told, true)
    }
}

impl Flow {
    /// A stream of `length` octets, if that is known. Its worker is about to be told of it.
    pub(crate) fn new(marks: Marks, length: Option<u64>) -> Self {
        let state = State {
            queue: Vec::new(),
            fetched: 0,
            left: length,
            told: true,
            awaited: false,
            end: None,
            gone: false,
        };
        Flow { state: Mutex::new(state), changed: Condvar::new(), marks }
    }

    /// Has `write` append the framed form of `octets` octets. Whether the worker must be told.
    pub(crate) fn put(
        &self,
        octets: u64,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Result<bool, Refused> {
        let mut state = self.lock();
        state.check_open()?;
        if let Some(left) = state.left.filter(|left| octets > *left) {
            return Err(Refused::Length(left));
        }
        if state.waiting() >= self.marks.high {
            state.awaited = true;
            return Err(Refused::Full);
        }
        if let Some(left) = &mut state.left {
            *left -= octets;
        }
        write(&mut state.queue);
        Ok(state.tell())
    }

    /// Ends the stream: whole, with what `write` appends, or cut, where octets are missing. Whether
    /// the worker must be told, and how many are missing.
    pub(crate) fn finish(&self, write: impl FnOnce(&mut Vec<u8>)) -> Result<(bool, u64), Refused> {
        let mut state = self.lock();
        state.check_open()?;
        let missing = state.left.unwrap_or(0);
        if missing == 0 {
            write(&mut state.queue);
            state.end = Some(End::Whole);
        } else {
            state.end = Some(End::Cut);
        }
        self.changed.notify_all();
        Ok((state.tell(), missing))
    }

    /// Cuts the stream off, unless it has ended. Whether the worker must be told.
    pub(crate) fn cut(&self) -> bool {
        let mut state = self.lock();
        if state.check_open().is_err() {
            return false;
        }
        state.end = Some(End::Cut);
        self.changed.notify_all();
        state.tell()
    }

    /// Waits until there is room; `false` if the time has passed.
    pub(crate) fn wait(&self, timeout: Option<Duration>) -> Result<bool, Refused> {
        let end = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let mut state = self.lock();
        loop {
            state.check_open()?;
            // Who was told to wait waits down to the low-water mark.
            if state.waiting() < self.marks.high && !state.awaited {
                return Ok(true);
            }
            state = match end {
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(end) => {
                    let left = end.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return Ok(false);
                    }
                    let waited = self.changed.wait_timeout(state, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }

    /// Whether nobody is there to take the rest.
    pub(crate) fn is_gone(&self) -> bool {
        self.lock().check_open() == Err(Refused::Gone)
    }

    /// The worker fetches what there is into `into`, which must be empty; its memory is used again.
    pub(crate) fn fetch(&self, into: &mut Vec<u8>) -> Fetched {
        let mut state = self.lock();
        state.told = false;
        if !state.queue.is_empty() {
            std::mem::swap(&mut state.queue, into);
            state.fetched += into.len();
            return Fetched::Octets;
        }
        state.queue.shrink_to(KEEP);
        match state.end {
            Some(end) => Fetched::End(end),
            None => Fetched::Nothing,
        }
    }

    /// The socket has taken `count` octets of what was fetched. Whether somebody waits for that.
    #[must_use = "who waits has to be told"]
    pub(crate) fn sent(&self, count: usize) -> bool {
        let mut state = self.lock();
        state.fetched -= count;
        let ready = state.awaited && state.waiting() <= self.marks.low;
        if ready {
            state.awaited = false;
            self.changed.notify_all();
        }
        ready
    }

    /// The worker leaves: nobody takes anything any more. Whether the writer does not know yet.
    #[must_use = "who waits has to be told"]
    pub(crate) fn leave(&self) -> bool {
        let mut state = self.lock();
        let surprised = state.end.is_none() && !state.gone;
        state.gone = true;
        state.queue = Vec::new();
        self.changed.notify_all();
        surprised
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Whoever panics has changed nothing by half: `write` only appends.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
