//! A request's body, given to its handler as it arrives.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Whether more of a body is wanted at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// Yes.
    GoOn,
    /// Not before [`crate::Deferred::resume`]: what comes stays with the client, and no deadline
    /// runs.
    Pause,
}

/// Takes the body of one request as it arrives. All calls come from one worker, which must not be
/// blocked. A panic ends the calls, as if the body were not wanted any more.
///
/// Once the request is answered nothing is called any more; the rest of the body is not read then,
/// and the connection ends with the answer.
pub trait Upload: Send {
    /// Octets of the body, decoded; never none. They are one receive's: up to 64 KiB.
    fn chunk(&mut self, octets: &[u8]) -> Pace;

    /// The body is whole.
    fn end(&mut self);

    /// The rest will never come: the client has left or is too slow, the body is malformed or too
    /// large, or the server stops.
    fn abort(&mut self);
}

/// An [`Upload`] that is told of its end, or else of its abort, whatever happens.
pub(crate) struct Intake(Option<Box<dyn Upload>>);

impl Intake {
    pub(crate) fn new(upload: Box<dyn Upload>) -> Self {
        Intake(Some(upload))
    }

    /// Hands over octets. `None` after a panic.
    pub(crate) fn chunk(&mut self, octets: &[u8]) -> Option<Pace> {
        let upload = self.0.as_mut()?;
        let pace = catch_unwind(AssertUnwindSafe(|| upload.chunk(octets)));
        if pace.is_err() {
            self.forget();
        }
        pace.ok()
    }

    /// Says that the body is whole; whether that went well.
    pub(crate) fn end(&mut self) -> bool {
        let upload = self.0.take();
        // Dropped under guard too: it is the host's code.
        catch_unwind(AssertUnwindSafe(|| upload.into_iter().for_each(|mut it| it.end()))).is_ok()
    }

    /// Calls nothing any more.
    pub(crate) fn forget(&mut self) {
        let upload = self.0.take();
        let _ = catch_unwind(AssertUnwindSafe(|| drop(upload)));
    }
}

impl Drop for Intake {
    fn drop(&mut self) {
        let upload = self.0.take();
        let _ = catch_unwind(AssertUnwindSafe(|| {
            upload.into_iter().for_each(|mut it| it.abort());
        }));
    }
}

impl std::fmt::Debug for Intake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Intake")
    }
}
