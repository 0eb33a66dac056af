//! One HTTP/2 connection without its socket: frames in, what they mean for its streams out. What the
//! protocol itself has to say goes to the output at once.
//!
//! | file | idea |
//! | --- | --- |
//! | `sections` | HEADERS and CONTINUATION |
//! | `streams` | DATA, RST_STREAM, WINDOW_UPDATE |
//! | `control` | SETTINGS, PING, PRIORITY |
//! | `way` | what goes to the client |

mod control;
mod sections;
mod streams;
#[cfg(test)]
mod tests;
mod way;

pub(crate) use way::Way;

use super::frame::{self, Code, Head, PREFACE, WINDOW, flag, kind, setting};
use super::guard::Idle;
use super::hpack::Decoder;
use super::request::{Builder, Facts};
use sections::Partial;

/// What a connection may send us in all streams before we say more; the stream's own window bounds
/// what any of them holds.
const CONNECTION_WINDOW: i64 = 1024 * 1024;

/// Streams that we reset before the client had sent all, of which more may still come.
const CUT: usize = 16;

/// The last stream that is said to be served when it is not known yet (RFC 9113 section 6.8).
const ANY: u32 = (1 << 31) - 1;

/// What the frames mean.
#[derive(Debug)]
pub(crate) enum Event<'i> {
    /// More octets are needed.
    Hungry,
    /// A request, whose head stands in [`Space::text`]; `ended` if it has no body.
    Request { stream: Open, facts: Facts },
    /// Octets of a body, of the open stream at this place.
    Data { place: usize, octets: &'i [u8], ended: bool },
    /// The client has reset the open stream at this place.
    Reset { place: usize },
    /// The open stream at this place has broken the rules.
    Wrong { place: usize, code: Code },
    /// Streams that waited for a window may go on.
    Room,
    /// The connection has to end.
    Fatal(Code, &'static str),
}

/// What one stream may send, and has received.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Open {
    pub(crate) id: u32,
    /// Where the worker has the rest of it.
    pub(crate) slot: u32,
    /// What may be sent, beyond the initial window.
    pub(crate) credit: i64,
    /// What the client may send.
    pub(crate) window: i64,
    /// Octets of the body that are to come, where that was said.
    pub(crate) left: Option<u64>,
    /// The client has sent all of its request.
    pub(crate) ended: bool,
}

/// What the workers lends to whichever of its connections has its turn.
#[derive(Debug, Default)]
pub(crate) struct Space {
    builder: Builder,
    strings: Vec<u8>,
    /// The head of a request, as HTTP/1 has it.
    pub(crate) text: Vec<u8>,
}

/// What bounds a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) max_head: usize,
    pub(crate) max_streams: usize,
    /// Milliseconds.
    pub(crate) now: u64,
}

/// How far the end of the connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leaving {
    No,
    /// The client was told that it shall go elsewhere; what it has sent meanwhile is served.
    Announced,
    /// Nothing behind this stream is served.
    Said(u32),
}

/// The state of one connection.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) way: Way,
    /// Octets received and not used yet.
    pub(crate) kept: Vec<u8>,
    /// Streams that are not at their end.
    pub(crate) open: Vec<Open>,
    decoder: Decoder,
    section: Vec<u8>,
    partial: Option<Partial>,
    /// The highest stream that the client has opened.
    last: u32,
    /// Requests that have come.
    requests: u32,
    /// What the client may send in all.
    window: i64,
    greeted: bool,
    settled: bool,
    leaving: Leaving,
    cut: [u32; CUT],
    cut_next: usize,
    /// Octets that came behind the end.
    pub(crate) thrown_away: usize,
    /// Octets of memory that were accounted for.
    pub(crate) accounted: u64,
}

impl Session {
    /// A connection that begins, with what is said first prepared.
    pub(crate) fn new(bounds: &Bounds) -> Self {
        let mut out = Vec::new();
        let bounded = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        let settings = [
            (setting::MAX_CONCURRENT_STREAMS, bounded(bounds.max_streams)),
            (setting::MAX_HEADER_LIST_SIZE, bounded(bounds.max_head)),
        ];
        frame::settings(&mut out, &settings);
        frame::window_update(&mut out, 0, (CONNECTION_WINDOW - WINDOW) as u32);
        Session {
            way: Way::new(out, bounds.now),
            kept: Vec::new(),
            open: Vec::new(),
            decoder: Decoder::new(),
            section: Vec::new(),
            partial: None,
            last: 0,
            requests: 0,
            window: CONNECTION_WINDOW,
            greeted: false,
            settled: false,
            leaving: Leaving::No,
            cut: [0; CUT],
            cut_next: 0,
            thrown_away: 0,
            accounted: 0,
        }
    }

    /// Whether the client still owes something that has to come soon: its first frame, or the rest
    /// of a field section.
    pub(crate) fn is_reading(&self) -> bool {
        !self.settled || self.partial.is_some()
    }

    /// Whether a field section has begun and is not whole.
    pub(crate) fn is_in_section(&self) -> bool {
        self.partial.is_some()
    }

    pub(crate) fn is_leaving(&self) -> bool {
        self.leaving != Leaving::No
    }

    /// Whether all that was promised is done.
    pub(crate) fn is_done(&self) -> bool {
        matches!(self.leaving, Leaving::Said(_)) && self.open.is_empty()
    }

    /// Requests that have come.
    pub(crate) fn requests(&self) -> u32 {
        self.requests
    }

    /// Octets of memory that it holds, about.
    pub(crate) fn memory(&self) -> u64 {
        let buffers = self.way.out.capacity() + self.kept.capacity() + self.section.capacity();
        let open = self.open.capacity() * size_of::<Open>();
        (size_of::<Session>() + buffers + open + self.decoder.memory()) as u64
    }

    /// Announces the end: the client shall send its next requests elsewhere.
    pub(crate) fn announce(&mut self) {
        if self.leaving == Leaving::No {
            self.leaving = Leaving::Announced;
            frame::goaway(&mut self.way.out, ANY, Code::NoError, "");
        }
    }

    /// Says which requests are the last ones.
    pub(crate) fn leave(&mut self, code: Code, why: &str) {
        if !matches!(self.leaving, Leaving::Said(_)) {
            self.leaving = Leaving::Said(self.last);
            frame::goaway(&mut self.way.out, self.last, code, why);
        }
    }

    /// Says why the connection cannot go on.
    pub(crate) fn fail(&mut self, code: Code, why: &str) {
        let last = match self.leaving {
            Leaving::Said(last) => last,
            _ => self.last,
        };
        self.leaving = Leaving::Said(last);
        frame::goaway(&mut self.way.out, last, code, why);
    }

    /// Resets a stream that is not open any more, or never was.
    pub(crate) fn reset(&mut self, stream: &Open, code: Code) {
        frame::reset(&mut self.way.out, stream.id, code);
        if !stream.ended {
            self.cut_off(stream.id);
        }
    }

    /// What still comes of this stream is nobody's mistake.
    fn cut_off(&mut self, id: u32) {
        self.cut[self.cut_next % CUT] = id;
        self.cut_next = self.cut_next.wrapping_add(1);
    }

    /// The worker has used `octets` of a stream's body: the client may send as many more.
    pub(crate) fn used(&mut self, place: usize, octets: i64) {
        let stream = &mut self.open[place];
        if octets > 0 && !stream.ended {
            stream.window += octets;
            frame::window_update(&mut self.way.out, stream.id, octets as u32);
        }
    }

    /// Goes through `input` from `at` on, up to the next frame that means something.
    pub(crate) fn next<'i>(
        &mut self,
        input: &'i [u8],
        at: &mut usize,
        space: &mut Space,
        bounds: &Bounds,
    ) -> Event<'i> {
        if !self.greeted {
            let Some(rest) = input[*at..].strip_prefix(PREFACE) else {
                return match PREFACE.starts_with(&input[*at..]) {
                    true => Event::Hungry,
                    false => Event::Fatal(Code::Protocol, "no preface"),
                };
            };
            self.greeted = true;
            *at = input.len() - rest.len();
        }
        loop {
            let Some(head) = Head::parse(&input[*at..]) else { return Event::Hungry };
            if head.length > frame::MAX_FRAME {
                return Event::Fatal(Code::FrameSize, "frame too long");
            }
            let start = *at + frame::HEAD;
            let Some(payload) = input.get(start..start + head.length) else {
                return Event::Hungry;
            };
            *at = start + head.length;
            match self.frame(head, payload, space, bounds) {
                Ok(Some(event)) => return event,
                Ok(None) => {}
                Err(Broken(code, why)) => return Event::Fatal(code, why),
            }
        }
    }

    #[inline]
    fn frame<'i>(
        &mut self,
        head: Head,
        payload: &'i [u8],
        space: &mut Space,
        bounds: &Bounds,
    ) -> Meaning<'i> {
        if self.partial.is_some() != (head.kind == kind::CONTINUATION) {
            return broken("frames between the parts of a field section, or parts without one");
        }
        if !self.settled && (head.kind != kind::SETTINGS || head.has(flag::ACK)) {
            return broken("the first frame is no SETTINGS");
        }
        match head.kind {
            kind::DATA => self.data(head, payload, bounds),
            kind::HEADERS => self.headers(head, payload, space, bounds),
            kind::CONTINUATION => self.continuation(head, payload, space, bounds),
            kind::SETTINGS => self.settings(head, payload, bounds),
            kind::PING => self.ping(head, payload, bounds),
            kind::RST_STREAM => self.rst_stream(head, payload, bounds),
            kind::WINDOW_UPDATE => self.window_update(head, payload, bounds),
            kind::PRIORITY => self.priority(head, payload, bounds),
            kind::PUSH_PROMISE => broken("PUSH_PROMISE from a client"),
            kind::GOAWAY if head.stream != 0 => broken("GOAWAY on a stream"),
            kind::GOAWAY if head.length < 8 => wrong_size(),
            _ => {
                self.charge(Idle::Other, bounds)?;
                Ok(None)
            }
        }
    }

    fn place(&self, id: u32) -> Option<usize> {
        self.open.iter().position(|stream| stream.id == id)
    }

    fn is_idle(&self, id: u32) -> bool {
        id > self.last || id.is_multiple_of(2)
    }

    fn is_cut(&self, id: u32) -> bool {
        self.cut.contains(&id)
    }

    /// Counts a frame behind which there is no request.
    #[inline]
    fn charge(&mut self, kind: Idle, bounds: &Bounds) -> Result<(), Broken> {
        match self.way.guard.admits(kind, bounds.now) {
            true => Ok(()),
            false => Err(Broken(
                Code::EnhanceYourCalm,
                match kind {
                    Idle::Reset => "too many RST_STREAM",
                    Idle::Ping => "too many PING",
                    Idle::Settings => "too many SETTINGS",
                    Idle::EmptyData => "too many empty DATA",
                    Idle::Other => "too many frames without a request",
                },
            )),
        }
    }
}

/// The connection breaks the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Broken(Code, &'static str);

type Meaning<'i> = Result<Option<Event<'i>>, Broken>;

#[cold]
fn broken<'i>(why: &'static str) -> Meaning<'i> {
    Err(Broken(Code::Protocol, why))
}

#[cold]
fn wrong_size<'i>() -> Meaning<'i> {
    Err(Broken(Code::FrameSize, "a frame of the wrong length"))
}
