//! Request bodies: by length or chunked, decoded as they arrive.

use super::chunked::Chunked;
use super::{Framing, Refusal};

/// How far a call to [`BodyDecoder::decode`] came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Octets of the input that were used; what follows them belongs to the next request.
    pub consumed: usize,
    /// Whether the body is complete.
    pub done: bool,
}

/// Decodes one body; keeps no bytes itself.
///
/// After an error the connection has to be closed: where the next request would begin is not known.
#[derive(Debug)]
pub struct BodyDecoder {
    /// Octets that are still to come (by length) or that may still come (chunked).
    left: u64,
    /// `None` for a body by length.
    chunked: Option<Chunked>,
}

/// One stands in every connection that reads a body.
const _: () = assert!(size_of::<BodyDecoder>() <= 24);

impl BodyDecoder {
    /// A decoder for a body framed as `framing`; bodies of more than `max_body` octets are refused.
    ///
    /// # Errors
    /// [`Refusal::BodyTooLarge`] where the length is known to be too large.
    pub fn new(framing: Framing, max_body: u64) -> Result<Self, Refusal> {
        match framing {
            Framing::None => Ok(BodyDecoder { left: 0, chunked: None }),
            Framing::Length(length) if length > max_body => Err(Refusal::BodyTooLarge),
            Framing::Length(length) => Ok(BodyDecoder { left: length, chunked: None }),
            Framing::Chunked => Ok(BodyDecoder { left: max_body, chunked: Some(Chunked::new()) }),
        }
    }

    /// Decodes as much of `input` as belongs to the body; data goes to `sink` in pieces, none of
    /// them empty.
    ///
    /// May be called with any cut of the body, an empty one too. Once done it uses nothing more.
    ///
    /// # Errors
    /// [`Refusal::Chunk`] if the coding is malformed (RFC 9112 section 7.1) or has too much of
    /// extensions or trailers, [`Refusal::BodyTooLarge`] as soon as a chunk size says so, or what
    /// `sink` returns.
    pub fn decode(
        &mut self,
        input: &[u8],
        sink: &mut dyn FnMut(&[u8]) -> Result<(), Refusal>,
    ) -> Result<Progress, Refusal> {
        match &mut self.chunked {
            Some(chunked) => chunked.decode(input, &mut self.left, sink),
            None => self.decode_by_length(input, sink),
        }
    }

    fn decode_by_length(
        &mut self,
        input: &[u8],
        sink: &mut dyn FnMut(&[u8]) -> Result<(), Refusal>,
    ) -> Result<Progress, Refusal> {
        let len = input.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        if len > 0 {
            sink(&input[..len])?;
            self.left -= len as u64;
        }
        Ok(Progress { consumed: len, done: self.left == 0 })
    }
}

#[cfg(test)]
mod tests;
