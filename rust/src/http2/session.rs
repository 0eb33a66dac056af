//! One HTTP/2 connection without its socket: frames in, what they mean for its streams out. What the
//! protocol itself has to say goes to the output at once.

use super::frame::{self, Code, Head, MAX_WINDOW, PREFACE, WINDOW, flag, kind, setting};
use super::guard::{Guard, Idle};
use super::hpack::{Decoder, Sent};
use super::request::{Builder, Facts, is_trailer};

/// What a connection may send us in all streams before we say more; the stream's own window bounds
/// what any of them holds.
const CONNECTION_WINDOW: i64 = 1024 * 1024;

/// Octets of a field section, packed; one that is unpacked to more than `max_head` is refused politely,
/// one that is larger than this ends the connection.
const MAX_SECTION: usize = 64 * 1024;

/// Frames that a field section may be spread over.
const MAX_CONTINUATIONS: u32 = 16;

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

/// The way to the client, which all streams share.
#[derive(Debug)]
pub(crate) struct Way {
    /// Frames, from `sent` on to be sent.
    pub(crate) out: Vec<u8>,
    pub(crate) sent: usize,
    /// Octets of DATA that may be sent in all.
    pub(crate) window: i64,
    /// What every stream may send at first.
    pub(crate) initial: i64,
    /// The table that the client keeps of heads.
    pub(super) table: Sent,
    guard: Guard,
}

impl Way {
    /// Octets that wait to be sent.
    pub(crate) fn waiting(&self) -> usize {
        self.out.len() - self.sent
    }

    /// A DATA frame was written.
    pub(crate) fn earn(&mut self) {
        self.guard.earn();
    }
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

/// A field section that is not whole.
#[derive(Clone, Copy, Debug)]
struct Partial {
    stream: u32,
    ended: bool,
    continuations: u32,
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
        let guard = Guard::new(bounds.now);
        Session {
            way: Way { out, sent: 0, window: WINDOW, initial: WINDOW, table: Sent::new(), guard },
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
        self.leaving = Leaving::Said(self.last);
        frame::goaway(&mut self.way.out, self.last, code, why);
    }

    /// Resets a stream that is not open any more, or never was.
    pub(crate) fn reset(&mut self, stream: &Open, code: Code) {
        frame::reset(&mut self.way.out, stream.id, code);
        if !stream.ended {
            self.cut[self.cut_next % CUT] = stream.id;
            self.cut_next = self.cut_next.wrapping_add(1);
        }
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

    fn data<'i>(&mut self, head: Head, payload: &'i [u8], bounds: &Bounds) -> Meaning<'i> {
        if self.is_idle(head.stream) {
            return broken("DATA on an idle stream");
        }
        let octets = unpad(head, payload)?;
        self.window -= payload.len() as i64;
        if self.window < 0 {
            return Err(Broken(Code::FlowControl, "more DATA than the connection's window"));
        }
        if self.window < CONNECTION_WINDOW / 2 {
            frame::window_update(&mut self.way.out, 0, (CONNECTION_WINDOW - self.window) as u32);
            self.window = CONNECTION_WINDOW;
        }
        let ended = head.has(flag::END_STREAM);
        if octets.is_empty() && !ended {
            self.charge(Idle::EmptyData, bounds)?;
        }
        let Some(place) = self.place(head.stream) else {
            self.charge(Idle::Other, bounds)?;
            if !self.is_cut(head.stream) {
                frame::reset(&mut self.way.out, head.stream, Code::StreamClosed);
            }
            return Ok(None);
        };
        let stream = &mut self.open[place];
        if stream.ended {
            return Ok(Some(Event::Wrong { place, code: Code::StreamClosed }));
        }
        stream.window -= payload.len() as i64;
        if stream.window < 0 {
            return Ok(Some(Event::Wrong { place, code: Code::FlowControl }));
        }
        stream.ended = ended;
        // Padding is used as soon as it has come.
        let padding = (payload.len() - octets.len()) as i64;
        if let Some(left) = &mut stream.left {
            let rest = left.checked_sub(octets.len() as u64);
            *left = rest.unwrap_or(0);
            if rest.is_none_or(|rest| ended && rest > 0) {
                return Ok(Some(Event::Wrong { place, code: Code::Protocol }));
            }
        }
        self.used(place, padding);
        Ok(Some(Event::Data { place, octets, ended }))
    }

    fn headers<'i>(
        &mut self,
        head: Head,
        payload: &[u8],
        space: &mut Space,
        bounds: &Bounds,
    ) -> Meaning<'i> {
        if head.stream == 0 || head.stream.is_multiple_of(2) {
            return broken("HEADERS on a stream that is not the client's");
        }
        let mut section = unpad(head, payload)?;
        if head.has(flag::PRIORITY) {
            let Some((_, rest)) = section.split_at_checked(5) else { return wrong_size() };
            section = rest;
        }
        let ended = head.has(flag::END_STREAM);
        if head.has(flag::END_HEADERS) {
            return self.whole(head.stream, ended, section, space, bounds);
        }
        self.section.extend_from_slice(section);
        self.partial = Some(Partial { stream: head.stream, ended, continuations: 0 });
        Ok(None)
    }

    fn continuation<'i>(
        &mut self,
        head: Head,
        payload: &[u8],
        space: &mut Space,
        bounds: &Bounds,
    ) -> Meaning<'i> {
        let Some(partial) = &mut self.partial else { return broken("CONTINUATION of nothing") };
        if partial.stream != head.stream {
            return broken("CONTINUATION of another stream");
        }
        partial.continuations += 1;
        let Partial { ended, continuations, .. } = *partial;
        self.section.extend_from_slice(payload);
        if continuations > MAX_CONTINUATIONS || self.section.len() > MAX_SECTION {
            return Err(Broken(Code::EnhanceYourCalm, "field section too long"));
        }
        if !head.has(flag::END_HEADERS) {
            return Ok(None);
        }
        self.partial = None;
        let section = std::mem::take(&mut self.section);
        self.whole(head.stream, ended, &section, space, bounds)
    }

    /// A field section is whole: a request, or trailers.
    fn whole<'i>(
        &mut self,
        id: u32,
        ended: bool,
        section: &[u8],
        space: &mut Space,
        bounds: &Bounds,
    ) -> Meaning<'i> {
        if id <= self.last {
            return self.trailers(id, ended, section, space, bounds);
        }
        let Space { builder, strings, text } = space;
        builder.begin(bounds.max_head);
        let decoded = self.decoder.decode(section, strings, |field| builder.take(field));
        if decoded.is_err() {
            return Err(Broken(Code::Compression, "malformed field section"));
        }
        if matches!(self.leaving, Leaving::Said(_)) {
            return Ok(None);
        }
        self.last = id;
        self.requests = self.requests.wrapping_add(1);
        let mut stream = Open { id, slot: u32::MAX, credit: 0, window: WINDOW, left: None, ended };
        if self.open.len() >= bounds.max_streams {
            self.charge(Idle::Reset, bounds)?;
            self.reset(&stream, Code::RefusedStream);
            return Ok(None);
        }
        let Ok(facts) = builder.finish(ended, text) else {
            self.charge(Idle::Reset, bounds)?;
            self.reset(&stream, Code::Protocol);
            return Ok(None);
        };
        stream.left = facts.length;
        Ok(Some(Event::Request { stream, facts }))
    }

    /// A field section behind a body, or where none may be.
    fn trailers<'i>(
        &mut self,
        id: u32,
        ended: bool,
        section: &[u8],
        space: &mut Space,
        bounds: &Bounds,
    ) -> Meaning<'i> {
        let mut good = true;
        let decoded = self.decoder.decode(section, &mut space.strings, |field| {
            good &= is_trailer(field);
        });
        if decoded.is_err() {
            return Err(Broken(Code::Compression, "malformed field section"));
        }
        let Some(place) = self.place(id) else {
            self.charge(Idle::Other, bounds)?;
            return match () {
                () if self.is_cut(id) => Ok(None),
                () if id == self.last => {
                    Err(Broken(Code::StreamClosed, "HEADERS on a closed stream"))
                }
                () => broken("HEADERS on a stream before the last one"),
            };
        };
        let stream = &mut self.open[place];
        if stream.ended {
            return Ok(Some(Event::Wrong { place, code: Code::StreamClosed }));
        }
        stream.ended = ended;
        if !ended || !good || stream.left.is_some_and(|left| left > 0) {
            return Ok(Some(Event::Wrong { place, code: Code::Protocol }));
        }
        Ok(Some(Event::Data { place, octets: &[], ended }))
    }

    fn settings<'i>(&mut self, head: Head, payload: &[u8], bounds: &Bounds) -> Meaning<'i> {
        if head.stream != 0 {
            return broken("SETTINGS on a stream");
        }
        self.charge(Idle::Settings, bounds)?;
        if head.has(flag::ACK) {
            return if head.length == 0 { Ok(None) } else { wrong_size() };
        }
        if !head.length.is_multiple_of(6) {
            return wrong_size();
        }
        self.settled = true;
        let before = self.way.initial;
        for parameter in payload.chunks_exact(6) {
            let name = u16::from_be_bytes([parameter[0], parameter[1]]);
            let value = frame::number(&parameter[2..]);
            match name {
                setting::HEADER_TABLE_SIZE => self.way.table.bound(value),
                setting::ENABLE_PUSH if value > 1 => return broken("ENABLE_PUSH"),
                setting::INITIAL_WINDOW_SIZE if i64::from(value) > MAX_WINDOW => {
                    return Err(Broken(Code::FlowControl, "INITIAL_WINDOW_SIZE"));
                }
                setting::INITIAL_WINDOW_SIZE => self.way.initial = i64::from(value),
                setting::MAX_FRAME_SIZE if !(1 << 14..1 << 24).contains(&value) => {
                    return broken("MAX_FRAME_SIZE");
                }
                _ => {}
            }
        }
        if self.open.iter().any(|stream| self.way.initial + stream.credit > MAX_WINDOW) {
            return Err(Broken(Code::FlowControl, "a window beyond its bounds"));
        }
        frame::settings_ack(&mut self.way.out);
        Ok((self.way.initial > before).then_some(Event::Room))
    }

    fn ping<'i>(&mut self, head: Head, payload: &[u8], bounds: &Bounds) -> Meaning<'i> {
        if head.stream != 0 {
            return broken("PING on a stream");
        }
        if head.length != 8 {
            return wrong_size();
        }
        self.charge(Idle::Ping, bounds)?;
        if !head.has(flag::ACK) {
            frame::ping_ack(&mut self.way.out, payload);
        }
        Ok(None)
    }

    fn rst_stream<'i>(&mut self, head: Head, payload: &[u8], bounds: &Bounds) -> Meaning<'i> {
        if self.is_idle(head.stream) {
            return broken("RST_STREAM on an idle stream");
        }
        if payload.len() != 4 {
            return wrong_size();
        }
        self.charge(Idle::Reset, bounds)?;
        Ok(self.place(head.stream).map(|place| Event::Reset { place }))
    }

    fn window_update<'i>(&mut self, head: Head, payload: &[u8], bounds: &Bounds) -> Meaning<'i> {
        if payload.len() != 4 {
            return wrong_size();
        }
        let octets = i64::from(frame::number(payload) & 0x7fff_ffff);
        self.charge(Idle::Other, bounds)?;
        if head.stream == 0 {
            self.way.window += octets;
            return match octets {
                0 => broken("WINDOW_UPDATE of nothing"),
                _ if self.way.window > MAX_WINDOW => {
                    Err(Broken(Code::FlowControl, "a window beyond its bounds"))
                }
                _ => Ok(Some(Event::Room)),
            };
        }
        if self.is_idle(head.stream) {
            return broken("WINDOW_UPDATE on an idle stream");
        }
        let Some(place) = self.place(head.stream) else { return Ok(None) };
        let stream = &mut self.open[place];
        stream.credit += octets;
        Ok(Some(match octets {
            0 => Event::Wrong { place, code: Code::Protocol },
            _ if self.way.initial + stream.credit > MAX_WINDOW => {
                Event::Wrong { place, code: Code::FlowControl }
            }
            _ => Event::Room,
        }))
    }

    /// Which stream comes before which is not looked at (RFC 9113 section 5.3.2).
    fn priority<'i>(&mut self, head: Head, payload: &[u8], bounds: &Bounds) -> Meaning<'i> {
        if head.stream == 0 {
            return broken("PRIORITY on no stream");
        }
        if payload.len() != 5 {
            return wrong_size();
        }
        self.charge(Idle::Other, bounds)?;
        Ok(None)
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

/// The payload of a frame without its padding.
fn unpad(head: Head, payload: &[u8]) -> Result<&[u8], Broken> {
    if !head.has(flag::PADDED) {
        return Ok(payload);
    }
    let Some((&padding, rest)) = payload.split_first() else {
        return Err(Broken(Code::FrameSize, "a frame of the wrong length"));
    };
    let length = rest.len().checked_sub(usize::from(padding));
    length.map(|length| &rest[..length]).ok_or(Broken(Code::Protocol, "padding"))
}
