//! From the octets of an answer, as HTTP/1 has them, to the frames of a stream.

#[cfg(test)]
mod tests;

use super::frame::{self, MAX_FRAME, flag, kind};
use super::heads::{Framing, Heads, lines};
use super::hpack::encoder;
use super::session::{Open, Way};

/// Octets that wait on a connection from which on streams have to wait for each other.
const BOUND: usize = 128 * 1024;

/// Octets of a body that one stream may add before the others have their turn.
const TURN: usize = 64 * 1024;

/// Octets of the longest head, chunk line or trailer that is put together from pieces.
const LONGEST: usize = 1024 * 1024;

/// How far the answer of one stream has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Head,
    Length(u64),
    UntilEnd,
    /// The line that says how long the next chunk is.
    Size,
    Chunk(u64),
    /// The end of a line behind a chunk.
    ChunkEnd,
    Trailers,
    Done,
}

/// What became of octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// So many of them are on their way.
    Taken(usize),
    /// They are no answer.
    Garbage,
}

/// The answer of one stream.
#[derive(Debug)]
pub(crate) struct Answer {
    phase: Phase,
    /// The request was HEAD.
    head_only: bool,
    /// A head or line that is not whole.
    partial: Vec<u8>,
    /// Octets of body that may still be added in this turn.
    budget: usize,
}

impl Answer {
    pub(crate) fn new(head_only: bool) -> Self {
        Answer { phase: Phase::Head, head_only, partial: Vec::new(), budget: TURN }
    }

    /// The stream has its turn.
    pub(crate) fn begin_turn(&mut self) {
        self.budget = TURN;
    }

    /// Whether its turn ended because it had enough.
    pub(crate) fn is_spent(&self) -> bool {
        self.budget == 0
    }

    /// Whether all of it is on its way.
    pub(crate) fn is_done(&self) -> bool {
        self.phase == Phase::Done
    }

    /// Whether the end of the stream is the end of the body, and has to be said.
    pub(crate) fn ends_with_stream(&self) -> bool {
        self.phase == Phase::UntilEnd
    }

    /// Octets of memory that it holds.
    pub(crate) fn memory(&self) -> usize {
        self.partial.capacity()
    }

    /// Says that nothing more comes.
    pub(crate) fn end(&mut self, stream: &Open, way: &mut Way) {
        frame::head(&mut way.out, 0, kind::DATA, flag::END_STREAM, stream.id);
        self.phase = Phase::Done;
    }

    /// Writes what the windows allow of `octets`.
    pub(crate) fn write(
        &mut self,
        octets: &[u8],
        stream: &mut Open,
        way: &mut Way,
        heads: &mut Heads,
    ) -> Written {
        let mut at = 0;
        while at < octets.len() {
            let rest = &octets[at..];
            let used = match self.phase {
                Phase::Head => self.write_head(rest, stream, way, heads),
                Phase::Length(left) => {
                    // More than was said is wrong on purpose.
                    let left = left.max(rest.len() as u64);
                    let used = self.data(rest, left == rest.len() as u64, stream, way);
                    let left = left - used as u64;
                    self.phase = if left == 0 { Phase::Done } else { Phase::Length(left) };
                    Some(used)
                }
                Phase::UntilEnd => Some(self.data(rest, false, stream, way)),
                Phase::Chunk(left) => {
                    let most =
                        usize::try_from(left).map_or(rest.len(), |left| left.min(rest.len()));
                    let used = self.data(&rest[..most], false, stream, way);
                    let left = left - used as u64;
                    self.phase = if left == 0 { Phase::ChunkEnd } else { Phase::Chunk(left) };
                    Some(used)
                }
                Phase::Size | Phase::ChunkEnd | Phase::Trailers => {
                    self.write_line(rest, stream, way)
                }
                Phase::Done => return Written::Taken(octets.len()),
            };
            match used {
                Some(0) => break,
                Some(used) => at += used,
                None => return Written::Garbage,
            }
        }
        Written::Taken(at)
    }

    /// Writes DATA frames of as many of `octets` as may be sent; `is_last` if the body ends with them.
    fn data(&mut self, octets: &[u8], is_last: bool, stream: &mut Open, way: &mut Way) -> usize {
        let mut done = 0;
        while done < octets.len() && way.waiting() < BOUND {
            let window = way.window.min(way.initial + stream.credit).max(0);
            let window = usize::try_from(window).unwrap_or(0);
            let most = (octets.len() - done).min(MAX_FRAME).min(window).min(self.budget);
            if most == 0 {
                break;
            }
            let ends = is_last && done + most == octets.len();
            let flags = if ends { flag::END_STREAM } else { 0 };
            frame::head(&mut way.out, most, kind::DATA, flags, stream.id);
            way.out.extend_from_slice(&octets[done..done + most]);
            way.window -= most as i64;
            stream.credit -= most as i64;
            self.budget -= most;
            way.earn();
            done += most;
        }
        done
    }

    /// Takes a head, or the next piece of one; `None` where it is none.
    #[inline]
    fn write_head(
        &mut self,
        octets: &[u8],
        stream: &Open,
        way: &mut Way,
        heads: &mut Heads,
    ) -> Option<usize> {
        const END: &[u8] = b"\r\n\r\n";
        if self.partial.is_empty()
            && let Some(end) = memchr::memmem::find(octets, END)
        {
            let length = end + END.len();
            self.head(&octets[..length], stream, way, heads)?;
            return Some(length);
        }
        let before = self.partial.len();
        self.partial.extend_from_slice(octets);
        let from = before.saturating_sub(END.len() - 1);
        let found = memchr::memmem::find(&self.partial[from..], END);
        let Some(length) = found.map(|end| from + end + END.len()) else {
            let start = self.partial.len().min(STATUS.len());
            let is_head = self.partial[..start] == STATUS[..start] && self.partial.len() < LONGEST;
            return is_head.then_some(octets.len());
        };
        let head = std::mem::take(&mut self.partial);
        self.head(&head[..length], stream, way, heads)?;
        Some(length - before)
    }

    #[inline]
    fn head(&mut self, head: &[u8], stream: &Open, way: &mut Way, heads: &mut Heads) -> Option<()> {
        if !head.starts_with(STATUS) {
            return None;
        }
        let packed = heads.pack(head)?;
        let has_body = !self.head_only && !matches!(packed.status, 204 | 304);
        let is_empty = !has_body || packed.framing == Some(Framing::Length(0));
        let is_interim = packed.status < 200;
        let ended = is_empty && !is_interim;
        if way.table.takes(&packed.lines, packed.is_known) {
            let Way { table, out, .. } = way;
            frame::short_section(out, stream.id, ended, |out| {
                out.extend_from_slice(packed.status_line());
                table.write(packed.date(), &packed.lines, out);
            });
        } else if let Some(update) = way.table.update() {
            let section = [&[update], &packed.section[..]].concat();
            frame::section(&mut way.out, stream.id, &section, ended);
        } else {
            frame::section(&mut way.out, stream.id, &packed.section, ended);
        }
        self.phase = match packed.framing {
            _ if is_interim => Phase::Head,
            _ if is_empty => Phase::Done,
            Some(Framing::Length(length)) => Phase::Length(length),
            Some(Framing::Chunked) => Phase::Size,
            None => Phase::UntilEnd,
        };
        Some(())
    }

    /// Takes a line between chunks, or the next piece of one.
    #[cold]
    fn write_line(&mut self, octets: &[u8], stream: &Open, way: &mut Way) -> Option<usize> {
        let end = memchr::memchr(b'\n', octets);
        let used = end.map_or(octets.len(), |end| end + 1);
        self.partial.extend_from_slice(&octets[..used]);
        if self.partial.len() > LONGEST {
            return None;
        }
        if end.is_none() {
            return Some(used);
        }
        match self.phase {
            Phase::Size => {
                let line = std::str::from_utf8(&self.partial).ok()?;
                let size = u64::from_str_radix(line.trim_ascii_end(), 16).ok()?;
                self.phase = if size == 0 { Phase::Trailers } else { Phase::Chunk(size) };
                self.partial.clear();
            }
            Phase::Trailers if self.partial.ends_with(b"\n\r\n") || self.partial == b"\r\n" => {
                self.trailers(stream, way);
            }
            Phase::Trailers => {}
            _ => {
                self.phase = Phase::Size;
                self.partial.clear();
            }
        }
        Some(used)
    }

    fn trailers(&mut self, stream: &Open, way: &mut Way) {
        let trailers = std::mem::take(&mut self.partial);
        if trailers == b"\r\n" {
            return self.end(stream, way);
        }
        let mut section: Vec<u8> = way.table.update().into_iter().collect();
        for (name, value) in lines(&trailers) {
            encoder::field(name, value, &mut section);
        }
        frame::section(&mut way.out, stream.id, &section, true);
        self.phase = Phase::Done;
    }
}

/// How every head begins.
const STATUS: &[u8] = b"HTTP/1.1 ";
