//! Records appended to a buffer: rustls says how much room it needs only when it has too little.

use rustls::unbuffered::{EncodeError, EncryptError};
use std::io;

/// Octets that are needed, where that is what is wrong.
pub(super) fn needs_encode(error: EncodeError) -> Option<usize> {
    match error {
        EncodeError::InsufficientSize(error) => Some(error.required_size),
        EncodeError::AlreadyEncoded => None,
    }
}

pub(super) fn needs_encrypt(error: EncryptError) -> Option<usize> {
    match error {
        EncryptError::InsufficientSize(error) => Some(error.required_size),
        EncryptError::EncryptExhausted => None,
    }
}

/// Appends what `write` writes into the room that it is given, at first `room` octets.
pub(super) fn append(
    outgoing: &mut Vec<u8>,
    room: usize,
    mut write: impl FnMut(&mut [u8]) -> Result<usize, Option<usize>>,
) -> io::Result<()> {
    let start = outgoing.len();
    let mut room = room;
    loop {
        outgoing.resize(start + room, 0);
        match write(&mut outgoing[start..]) {
            Ok(count) => {
                outgoing.truncate(start + count);
                return Ok(());
            }
            Err(Some(needed)) if needed > room => room = needed,
            Err(_) => {
                outgoing.truncate(start);
                return Err(io::ErrorKind::BrokenPipe.into());
            }
        }
    }
}
