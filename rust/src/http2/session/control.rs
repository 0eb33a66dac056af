//! SETTINGS, PING and PRIORITY.

use super::{Bounds, Broken, Event, Meaning, Session, broken, wrong_size};
use crate::http2::frame::{self, Code, Head, MAX_WINDOW, flag, setting};
use crate::http2::guard::Idle;

impl Session {
    pub(super) fn settings<'i>(
        &mut self,
        head: Head,
        payload: &[u8],
        bounds: &Bounds,
    ) -> Meaning<'i> {
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

    pub(super) fn ping<'i>(&mut self, head: Head, payload: &[u8], bounds: &Bounds) -> Meaning<'i> {
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

    /// Which stream comes before which is not looked at (RFC 9113 section 5.3.2).
    pub(super) fn priority<'i>(
        &mut self,
        head: Head,
        payload: &[u8],
        bounds: &Bounds,
    ) -> Meaning<'i> {
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
