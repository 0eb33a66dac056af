//! The chunked coding (RFC 9112 section 7.1), decoded from input that may be cut anywhere.
//!
//! One state per place in the grammar; data is passed on in pieces as long as the input has them,
//! all else goes byte by byte. Extensions and trailers are checked and dropped (RFC 9110 section
//! 6.5.1: a trailer field is never merged with the header).

use super::syntax::{is_ows, is_tchar, is_value_byte};
use super::{Progress, Refusal};

/// Hexadecimal digits that a chunk size may have, leading zeros included; so it fits into 64 bits.
const SIZE_DIGITS_MAX: u8 = 16;
/// Octets of all chunk extensions of one body.
const EXTENSIONS_MAX: u16 = 4096;
/// Octets of the trailer section.
const TRAILERS_MAX: u16 = 8192;
/// Field lines of the trailer section.
const TRAILER_LINES_MAX: u8 = 100;

/// Where in the grammar the next byte stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The first digit of a size.
    SizeStart,
    /// Further digits, or what ends them.
    Size,
    /// White space after a size: only an extension may follow.
    SizeSpace,
    /// After `;`, white space included.
    ExtensionStart,
    ExtensionName,
    /// White space after a name.
    ExtensionNameSpace,
    /// After `=`, white space included.
    ExtensionValueStart,
    ExtensionToken,
    ExtensionQuoted,
    /// After a backslash in a quoted string.
    ExtensionEscape,
    /// After the closing quote.
    ExtensionQuoteEnd,
    /// White space after a value: only another extension may follow.
    ExtensionValueSpace,
    /// The LF of the line of a size.
    SizeLf,
    Data,
    DataCr,
    DataLf,
    /// The first byte of a trailer line.
    TrailerStart,
    TrailerName,
    TrailerValue,
    TrailerLf,
    /// The LF of the empty line that ends the body.
    FinalLf,
    Done,
}

impl State {
    fn is_in_extension(self) -> bool {
        use State::*;
        matches!(
            self,
            SizeSpace
                | ExtensionStart
                | ExtensionName
                | ExtensionNameSpace
                | ExtensionValueStart
                | ExtensionToken
                | ExtensionQuoted
                | ExtensionEscape
                | ExtensionQuoteEnd
                | ExtensionValueSpace
        )
    }

    fn is_in_trailer(self) -> bool {
        matches!(self, State::TrailerName | State::TrailerValue | State::TrailerLf)
    }
}

/// Decodes one chunked body.
#[derive(Debug)]
pub(super) struct Chunked {
    /// Octets of the current chunk that are still to come; while its size is read, the size so far.
    chunk: u64,
    state: State,
    digits: u8,
    trailer_lines: u8,
    /// Octets of extensions so far; in the trailer section, octets of it.
    overhead: u16,
}

impl Chunked {
    pub(super) fn new() -> Self {
        Chunked { chunk: 0, state: State::SizeStart, digits: 0, trailer_lines: 0, overhead: 0 }
    }

    /// See [`super::BodyDecoder::decode`]; `budget` is what the body may still have.
    pub(super) fn decode(
        &mut self,
        input: &[u8],
        budget: &mut u64,
        sink: &mut dyn FnMut(&[u8]) -> Result<(), Refusal>,
    ) -> Result<Progress, Refusal> {
        let mut at = 0;
        while at < input.len() && self.state != State::Done {
            if self.state == State::Data {
                at += self.pass_data(&input[at..], sink)?;
            } else {
                self.step(input[at], budget)?;
                at += 1;
            }
        }
        Ok(Progress { consumed: at, done: self.state == State::Done })
    }

    fn pass_data(
        &mut self,
        input: &[u8],
        sink: &mut dyn FnMut(&[u8]) -> Result<(), Refusal>,
    ) -> Result<usize, Refusal> {
        let len = input.len().min(usize::try_from(self.chunk).unwrap_or(usize::MAX));
        sink(&input[..len])?;
        self.chunk -= len as u64;
        if self.chunk == 0 {
            self.state = State::DataCr;
        }
        Ok(len)
    }

    fn step(&mut self, byte: u8, budget: &mut u64) -> Result<(), Refusal> {
        self.state = match self.state {
            State::SizeStart => self.first_digit(byte)?,
            State::Size => self.in_size(byte, *budget)?,
            State::SizeLf if byte == b'\n' => self.start_of_data(budget),
            State::DataCr if byte == b'\r' => State::DataLf,
            State::DataLf if byte == b'\n' => State::SizeStart,
            State::TrailerStart => self.start_of_trailer(byte)?,
            state if state.is_in_trailer() => in_trailer(state, byte)?,
            State::FinalLf if byte == b'\n' => State::Done,
            state => in_extension(state, byte)?,
        };
        self.count_overhead()
    }

    fn first_digit(&mut self, byte: u8) -> Result<State, Refusal> {
        self.chunk = hex(byte).ok_or(Refusal::Chunk)?;
        self.digits = 1;
        Ok(State::Size)
    }

    fn in_size(&mut self, byte: u8, budget: u64) -> Result<State, Refusal> {
        if let Some(digit) = hex(byte) {
            if self.digits == SIZE_DIGITS_MAX {
                return Err(Refusal::Chunk);
            }
            self.digits += 1;
            self.chunk = self.chunk << 4 | digit;
            return Ok(State::Size);
        }
        let next = match byte {
            b'\r' => State::SizeLf,
            b';' => State::ExtensionStart,
            _ if is_ows(byte) => State::SizeSpace,
            _ => return Err(Refusal::Chunk),
        };
        if self.chunk > budget { Err(Refusal::BodyTooLarge) } else { Ok(next) }
    }

    fn start_of_data(&mut self, budget: &mut u64) -> State {
        *budget -= self.chunk;
        if self.chunk > 0 {
            return State::Data;
        }
        self.overhead = 0;
        State::TrailerStart
    }

    fn start_of_trailer(&mut self, byte: u8) -> Result<State, Refusal> {
        if byte == b'\r' {
            return Ok(State::FinalLf);
        }
        self.trailer_lines += 1;
        if !is_tchar(byte) || self.trailer_lines > TRAILER_LINES_MAX {
            return Err(Refusal::Chunk);
        }
        Ok(State::TrailerName)
    }

    /// Bounds what is read only to be dropped.
    fn count_overhead(&mut self) -> Result<(), Refusal> {
        let max = match self.state {
            state if state.is_in_extension() => EXTENSIONS_MAX,
            state if state.is_in_trailer() => TRAILERS_MAX,
            _ => return Ok(()),
        };
        self.overhead += 1;
        if self.overhead > max { Err(Refusal::Chunk) } else { Ok(()) }
    }
}

/// `*( BWS ";" BWS token [ BWS "=" BWS ( token / quoted-string ) ] )`; no white space before CR.
fn in_extension(state: State, byte: u8) -> Result<State, Refusal> {
    use State::*;
    Ok(match (state, byte) {
        (ExtensionName | ExtensionToken | ExtensionQuoteEnd, b'\r') => SizeLf,
        (
            SizeSpace | ExtensionName | ExtensionNameSpace | ExtensionToken | ExtensionQuoteEnd
            | ExtensionValueSpace,
            b';',
        ) => ExtensionStart,
        (ExtensionName | ExtensionNameSpace, b'=') => ExtensionValueStart,
        (ExtensionName, b' ' | b'\t') => ExtensionNameSpace,
        (ExtensionToken | ExtensionQuoteEnd, b' ' | b'\t') => ExtensionValueSpace,
        (
            SizeSpace | ExtensionStart | ExtensionNameSpace | ExtensionValueStart
            | ExtensionValueSpace,
            b' ' | b'\t',
        ) => state,
        (ExtensionStart | ExtensionName, _) if is_tchar(byte) => ExtensionName,
        (ExtensionValueStart | ExtensionToken, _) if is_tchar(byte) => ExtensionToken,
        (ExtensionValueStart, b'"') => ExtensionQuoted,
        (ExtensionQuoted, b'"') => ExtensionQuoteEnd,
        (ExtensionQuoted, b'\\') => ExtensionEscape,
        (ExtensionQuoted | ExtensionEscape, _) if is_value_byte(byte) => ExtensionQuoted,
        _ => return Err(Refusal::Chunk),
    })
}

fn in_trailer(state: State, byte: u8) -> Result<State, Refusal> {
    use State::*;
    Ok(match (state, byte) {
        (TrailerName, b':') => TrailerValue,
        (TrailerName, _) if is_tchar(byte) => TrailerName,
        (TrailerValue, b'\r') => TrailerLf,
        (TrailerValue, _) if is_value_byte(byte) => TrailerValue,
        (TrailerLf, b'\n') => TrailerStart,
        _ => return Err(Refusal::Chunk),
    })
}

fn hex(byte: u8) -> Option<u64> {
    (byte as char).to_digit(16).map(u64::from)
}
