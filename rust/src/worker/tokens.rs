//! What an event's token stands for: one of the worker's own sources or a connection.

use crate::connection::Key;
use mio::Token;

pub(crate) const WAKER: Token = Token(usize::MAX);
pub(crate) const TIMER: Token = Token(usize::MAX - 1);

/// Listeners count down from here.
const FIRST_LISTENER: usize = usize::MAX - 2;

/// How many listeners there may be.
pub(crate) const MAX_LISTENERS: usize = 1024;

/// Bits of a token that hold the index; the rest holds the low bits of the generation.
const INDEX_BITS: u32 = if usize::BITS >= 64 { 32 } else { 22 };

/// What a token stands for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Waker,
    Timer,
    Listener(usize),
    Connection { index: u32, generation: u32 },
}

pub(crate) fn of_listener(listener: usize) -> Token {
    Token(FIRST_LISTENER - listener)
}

#[inline]
pub(crate) fn of_connection(key: Key) -> Token {
    Token((low_bits(key.generation) << INDEX_BITS) | key.index as usize)
}

#[inline]
pub(crate) fn source(token: Token) -> Source {
    match token {
        WAKER => Source::Waker,
        TIMER => Source::Timer,
        Token(value) if value > FIRST_LISTENER - MAX_LISTENERS => {
            Source::Listener(FIRST_LISTENER - value)
        }
        Token(value) => Source::Connection {
            index: (value & ((1 << INDEX_BITS) - 1)) as u32,
            generation: (value >> INDEX_BITS) as u32,
        },
    }
}

/// Whether an event for `generation`, as its token has it, is meant for the connection `key`.
#[inline]
pub(crate) fn means(generation: u32, key: Key) -> bool {
    low_bits(key.generation) as u32 == generation
}

/// The generation as far as it fits beside the index.
#[inline]
fn low_bits(generation: u32) -> usize {
    generation as usize & (usize::MAX >> INDEX_BITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connections_token_gives_its_key_back() {
        for key in [
            Key { index: 0, generation: 0 },
            Key { index: 15_999_999, generation: 7 },
            Key { index: 3, generation: u32::MAX },
        ] {
            match source(of_connection(key)) {
                Source::Connection { index, generation } => {
                    assert_eq!(index, key.index);
                    assert!(means(generation, key));
                    assert!(!means(generation.wrapping_add(1), key));
                }
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn a_workers_own_sources_are_no_connections() {
        assert_eq!(source(WAKER), Source::Waker);
        assert_eq!(source(TIMER), Source::Timer);
        assert_eq!(source(of_listener(0)), Source::Listener(0));
        assert_eq!(source(of_listener(MAX_LISTENERS - 1)), Source::Listener(MAX_LISTENERS - 1));
    }
}
