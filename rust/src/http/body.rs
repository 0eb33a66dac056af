//! Request bodies: by length or chunked, decoded as they arrive.

use super::{Framing, Refusal};

/// How far a call to [`BodyDecoder::decode`] came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Octets of the input that were used.
    pub consumed: usize,
    /// Whether the body is complete.
    pub done: bool,
}

/// Decodes one body; keeps no bytes itself.
#[derive(Debug)]
pub struct BodyDecoder {}

impl BodyDecoder {
    /// A decoder for a body framed as `framing`; bodies of more than `max_body` octets are refused.
    ///
    /// # Errors
    /// [`Refusal::BodyTooLarge`] where the length is known to be too large.
    pub fn new(framing: Framing, max_body: u64) -> Result<Self, Refusal> {
        let _ = (framing, max_body);
        todo!()
    }

    /// Decodes as much of `input` as belongs to the body; data goes to `sink` in pieces.
    ///
    /// # Errors
    /// The refusal, if the coding is malformed, the body too large, or `sink` refuses.
    pub fn decode(
        &mut self,
        input: &[u8],
        sink: &mut dyn FnMut(&[u8]) -> Result<(), Refusal>,
    ) -> Result<Progress, Refusal> {
        let _ = (input, sink);
        todo!()
    }
}
