//! A request whose head is complete and whose body is arriving.

use super::Buffers;
use crate::http::{BodyDecoder, Progress, Refusal};
use crate::record::Draft;
use crate::responder::upload::{Intake, Pace};

/// The head as it came, the state of the decoder, and where the body goes.
#[derive(Debug)]
pub(crate) struct Incoming {
    /// The head's octets: parsed anew when the body is whole, which costs less than keeping a
    /// parsed form for every upload in progress.
    pub(crate) head: Vec<u8>,
    /// When the head was whole, for those who watch.
    pub(crate) begun: u64,
    decoder: BodyDecoder,
    sink: Sink,
    /// It came in early data, and may not: whoever would answer it never hears of it.
    pub(crate) too_early: bool,
    /// Octets accounted for in [`Buffers::reserve_body`].
    reserved: u64,
    /// A handler that takes the body as it arrives wants no more for now.
    paused: bool,
}

/// Where a body goes.
#[derive(Debug)]
pub(crate) enum Sink {
    /// Nobody wants it: it is decoded, checked and forgotten.
    Nobody,
    /// Kept until it is whole.
    Kept(Vec<u8>),
    /// The handler has the request already, and takes the body as it arrives.
    Upload(Intake),
    /// The handler has the request already, and does not want the body.
    Unwanted,
}

impl Incoming {
    pub(crate) fn new(decoder: BodyDecoder, sink: Sink) -> Self {
        let (head, begun, reserved) = (Vec::new(), 0, 0);
        Incoming { head, begun, decoder, sink, too_early: false, reserved, paused: false }
    }

    /// Takes what belongs to the body from the front of `input`.
    pub(crate) fn feed(
        &mut self,
        input: &[u8],
        buffers: &mut Buffers,
    ) -> Result<Progress, Refusal> {
        let Incoming { decoder, sink, reserved, .. } = self;
        match sink {
            Sink::Nobody => decoder.decode(input, &mut |_| Ok(())),
            Sink::Upload(_) | Sink::Unwanted => self.take_in(input, None),
            Sink::Kept(body) => decoder.decode(input, &mut |piece| {
                let octets = piece.len() as u64;
                if !buffers.reserve_body(octets) {
                    return Err(Refusal::Memory);
                }
                *reserved += octets;
                body.try_reserve(piece.len()).map_err(|_| Refusal::Memory)?;
                body.extend_from_slice(piece);
                Ok(())
            }),
        }
    }

    /// As [`Incoming::feed`] where the handler has the request already: one call of it for all of
    /// `input`, so that it can pause behind it. `draft` gets the body too.
    pub(crate) fn take_in(
        &mut self,
        input: &[u8],
        draft: Option<&mut Draft>,
    ) -> Result<Progress, Refusal> {
        let wanted = self.is_upload() || draft.is_some();
        let mut gathered = Vec::new();
        let progress = self.decoder.decode(input, &mut |piece| {
            if wanted {
                gathered.extend_from_slice(piece);
            }
            Ok(())
        })?;
        if let Some(draft) = draft {
            draft.arrived(&gathered, progress.done);
        }
        if let (Sink::Upload(intake), false) = (&mut self.sink, gathered.is_empty()) {
            match intake.chunk(&gathered) {
                Some(pace) => self.paused = pace == Pace::Pause,
                None => self.sink = Sink::Unwanted,
            }
        }
        Ok(progress)
    }

    /// The body; empty where it was not wanted, or not kept.
    pub(crate) fn body(&self) -> &[u8] {
        if let Sink::Kept(body) = &self.sink { body } else { &[] }
    }

    pub(crate) fn body_memory(&self) -> u64 {
        self.reserved
    }

    /// Whether the handler has the request already.
    pub(crate) fn is_handled(&self) -> bool {
        matches!(self.sink, Sink::Upload(_) | Sink::Unwanted)
    }

    pub(crate) fn is_upload(&self) -> bool {
        matches!(self.sink, Sink::Upload(_))
    }

    pub(crate) fn is_paused(&self) -> bool {
        self.paused
    }

    pub(crate) fn resume(&mut self) {
        self.paused = false;
    }

    /// Tells the handler that the body is whole; whether it panicked.
    pub(crate) fn end(&mut self) -> bool {
        match &mut self.sink {
            Sink::Upload(intake) => !intake.end(),
            _ => false,
        }
    }

    /// Calls the handler no more.
    pub(crate) fn forget(&mut self) {
        if let Sink::Upload(intake) = &mut self.sink {
            intake.forget();
        }
    }
}
