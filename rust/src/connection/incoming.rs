//! A request whose head is complete and whose body is arriving.

use super::Buffers;
use crate::http::{BodyDecoder, Progress, Refusal};

/// The head as it came, the state of the decoder, and the body so far where a handler wants it.
#[derive(Debug)]
pub(crate) struct Incoming {
    /// The head's octets: parsed anew when the body is whole, which costs less than keeping a
    /// parsed form for every upload in progress.
    pub(crate) head: Vec<u8>,
    /// When the head was whole, for those who watch.
    pub(crate) begun: u64,
    decoder: BodyDecoder,
    /// `None` where nobody wants the body: it is decoded, checked and forgotten.
    body: Option<Vec<u8>>,
    /// Octets accounted for in [`Buffers::reserve_body`].
    reserved: u64,
}

impl Incoming {
    pub(crate) fn new(decoder: BodyDecoder, wanted: bool) -> Self {
        Incoming { head: Vec::new(), begun: 0, decoder, body: wanted.then(Vec::new), reserved: 0 }
    }

    /// Takes what belongs to the body from the front of `input`.
    pub(crate) fn feed(
        &mut self,
        input: &[u8],
        buffers: &mut Buffers,
    ) -> Result<Progress, Refusal> {
        let Incoming { decoder, body, reserved, .. } = self;
        decoder.decode(input, &mut |piece| {
            let Some(body) = body else { return Ok(()) };
            let octets = piece.len() as u64;
            if !buffers.reserve_body(octets) {
                return Err(Refusal::Memory);
            }
            *reserved += octets;
            body.try_reserve(piece.len()).map_err(|_| Refusal::Memory)?;
            body.extend_from_slice(piece);
            Ok(())
        })
    }

    /// The body; empty where it was not wanted.
    pub(crate) fn body(&self) -> &[u8] {
        self.body.as_deref().unwrap_or_default()
    }

    pub(crate) fn body_memory(&self) -> u64 {
        self.reserved
    }
}
