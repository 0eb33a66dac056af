//! Frames of streams that are open, or were: DATA, RST_STREAM, WINDOW_UPDATE.

use super::{Bounds, Broken, CONNECTION_WINDOW, Event, Meaning, Session, broken, wrong_size};
use crate::http2::frame::{self, Code, Head, MAX_WINDOW, flag};
use crate::http2::guard::Idle;

impl Session {
    pub(super) fn data<'i>(
        &mut self,
        head: Head,
        payload: &'i [u8],
        bounds: &Bounds,
    ) -> Meaning<'i> {
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

    pub(super) fn rst_stream<'i>(
        &mut self,
        head: Head,
        payload: &[u8],
        bounds: &Bounds,
    ) -> Meaning<'i> {
        if self.is_idle(head.stream) {
            return broken("RST_STREAM on an idle stream");
        }
        if payload.len() != 4 {
            return wrong_size();
        }
        self.charge(Idle::Reset, bounds)?;
        Ok(self.place(head.stream).map(|place| Event::Reset { place }))
    }

    pub(super) fn window_update<'i>(
        &mut self,
        head: Head,
        payload: &[u8],
        bounds: &Bounds,
    ) -> Meaning<'i> {
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
}

/// The payload of a frame without its padding.
pub(super) fn unpad(head: Head, payload: &[u8]) -> Result<&[u8], Broken> {
    if !head.has(flag::PADDED) {
        return Ok(payload);
    }
    let Some((&padding, rest)) = payload.split_first() else {
        return Err(Broken(Code::FrameSize, "a frame of the wrong length"));
    };
    let length = rest.len().checked_sub(usize::from(padding));
    length.map(|length| &rest[..length]).ok_or(Broken(Code::Protocol, "padding"))
}
