//! HEADERS and CONTINUATION: field sections, which are requests or trailers.

use super::streams::unpad;
use super::{Bounds, Broken, Event, Leaving, Meaning, Open, Session, Space, broken, wrong_size};
use crate::http2::frame::{Code, Head, WINDOW, flag};
use crate::http2::guard::Idle;
use crate::http2::request::is_trailer;

/// Octets of a field section, packed; one that is unpacked to more than `max_head` is refused politely,
/// one that is larger than this ends the connection.
const MAX_SECTION: usize = 64 * 1024;

/// Frames that a field section may be spread over.
const MAX_CONTINUATIONS: u32 = 16;

/// A field section that is not whole.
#[derive(Clone, Copy, Debug)]
pub(super) struct Partial {
    stream: u32,
    ended: bool,
    continuations: u32,
}

impl Session {
    pub(super) fn headers<'i>(
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

    pub(super) fn continuation<'i>(
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
        self.last = id;
        if matches!(self.leaving, Leaving::Said(_)) {
            // It crossed our GOAWAY, and so may what follows it (RFC 9113 section 6.8).
            self.cut_off(id);
            return Ok(None);
        }
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
}
