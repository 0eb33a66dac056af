//! An answer that a rule wants given late, piece by piece, or cut off.

use crate::responder::response::CLOSE;
use crate::responder::rules::fault::{End, Fault, Manner, body_start};
use std::ops::Range;
use std::time::Duration;

/// Time that the client's side has to take in what was sent before a reset discards the rest.
const BEFORE_RESET: Duration = Duration::from_millis(20);

/// What is still to be done for one answer.
#[derive(Debug)]
pub(crate) struct Script {
    octets: Vec<u8>,
    sent: usize,
    /// Which of them are sent so many at a time; the others are in one piece.
    slow: Range<usize>,
    piece: usize,
    pause: Duration,
    /// Time before the first octet.
    delay: Duration,
    end: End,
}

/// What comes next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Act<'s> {
    /// These octets; then, if there is a pause, wait.
    Send(&'s [u8], Option<Duration>),
    /// Nothing is left.
    End(End),
}

impl Script {
    /// Gives `answer`, whole octets of a response or none at all, in this manner; `end` holds if
    /// no fault says otherwise.
    pub(crate) fn new(mut answer: Vec<u8>, manner: &Manner, end: End) -> Self {
        let spoilt = manner.fault.map_or(End::Usual, |fault| fault.spoil(&mut answer));
        let body = body_start(&answer);
        let (slow, piece, pause) = match manner.fault {
            Some(Fault::Drip(piece, pause)) => (0..answer.len(), piece, pause),
            Some(Fault::SlowHead(piece, pause)) => (0..body, piece, pause),
            Some(Fault::SlowBody(piece, pause)) => (body..answer.len(), piece, pause),
            _ => (0..0, usize::MAX, BEFORE_RESET),
        };
        let end = if end == End::Usual { spoilt } else { end };
        Script { octets: answer, sent: 0, slow, piece, pause, delay: manner.delay, end }
    }

    /// The next thing to do.
    pub(crate) fn next(&mut self) -> Act<'_> {
        let left = &self.octets[self.sent..];
        if left.is_empty() {
            return Act::End(self.end);
        }
        let most = if self.sent < self.slow.start {
            self.slow.start - self.sent
        } else if self.sent < self.slow.end {
            self.piece.min(self.slow.end - self.sent)
        } else {
            left.len()
        };
        let piece = &left[..left.len().min(most)];
        self.sent += piece.len();
        let more = self.sent < self.octets.len() || self.end == End::Reset;
        Act::Send(piece, more.then_some(self.pause))
    }

    /// Says in the head, as long as nothing of it was given, that the connection ends with this
    /// answer (RFC 9112 section 9.6).
    pub(crate) fn announce_close(&mut self) {
        let is_head =
            self.sent == 0 && self.end == End::Usual && self.octets.starts_with(b"HTTP/1.");
        let Some(line) = memchr::memchr(b'\n', &self.octets).filter(|_| is_head) else { return };
        let head = &self.octets[..body_start(&self.octets)];
        if memchr::memmem::find(head, CLOSE).is_some() {
            return;
        }
        self.octets.splice(line + 1..line + 1, CLOSE.iter().copied());
        let shift = |at: usize| if at > line { at + CLOSE.len() } else { at };
        self.slow = shift(self.slow.start)..shift(self.slow.end);
    }

    /// What was given so far.
    pub(crate) fn given(&self) -> &[u8] {
        &self.octets[..self.sent]
    }

    /// The pause before the next piece.
    pub(crate) fn pause(&self) -> Duration {
        if self.sent == 0 { self.delay } else { self.pause }
    }

    /// Octets of memory that it holds.
    pub(crate) fn memory(&self) -> usize {
        self.octets.capacity()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn play(mut script: Script) -> (Vec<Vec<u8>>, End) {
        let mut pieces = Vec::new();
        loop {
            match script.next() {
                Act::Send(piece, _) => pieces.push(piece.to_vec()),
                Act::End(end) => return (pieces, end),
            }
        }
    }

    #[test]
    fn a_late_answer_is_one_piece_and_a_dripping_one_many() {
        let late = Manner { delay: Duration::from_secs(1), fault: None };
        let (pieces, end) = play(Script::new(b"abcde".to_vec(), &late, End::Usual));
        assert_eq!((pieces, end), (vec![b"abcde".to_vec()], End::Usual));
        let drip = Manner { fault: Some(Fault::Drip(2, Duration::ZERO)), ..late };
        let (pieces, end) = play(Script::new(b"abcde".to_vec(), &drip, End::Close));
        assert_eq!(pieces, [&b"ab"[..], b"cd", b"e"]);
        assert_eq!(end, End::Close);
    }

    #[test]
    fn a_slow_head_or_body_leaves_the_other_in_one_piece() {
        let answer = b"HTTP/1.1 200 OK\r\n\r\nabcd";
        let manner = |fault| Manner { fault: Some(fault), ..Manner::default() };
        let slow_head = manner(Fault::SlowHead(10, Duration::ZERO));
        let (pieces, _) = play(Script::new(answer.to_vec(), &slow_head, End::Usual));
        assert_eq!(pieces, [&b"HTTP/1.1 2"[..], b"00 OK\r\n\r\n", b"abcd"]);
        let slow_body = manner(Fault::SlowBody(3, Duration::ZERO));
        let (pieces, _) = play(Script::new(answer.to_vec(), &slow_body, End::Usual));
        assert_eq!(pieces, [&b"HTTP/1.1 200 OK\r\n\r\n"[..], b"abc", b"d"]);
    }

    #[test]
    fn an_answer_that_has_not_begun_can_still_say_that_it_is_the_last() {
        let answer = b"HTTP/1.1 200 OK\r\n\r\nabcd";
        let manner =
            Manner { fault: Some(Fault::SlowBody(3, Duration::ZERO)), ..Manner::default() };
        let mut script = Script::new(answer.to_vec(), &manner, End::Usual);
        script.announce_close();
        script.announce_close();
        let head = &b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"[..];
        assert_eq!(script.next(), Act::Send(head, Some(Duration::ZERO)));
        script.announce_close();
        assert_eq!(play(script).0, [b"abc".to_vec(), b"d".to_vec()]);
        let mut garbage = Script::new(b"garbage\r\n".to_vec(), &Manner::default(), End::Usual);
        garbage.announce_close();
        assert_eq!(play(garbage).0, [b"garbage\r\n".to_vec()]);
    }

    #[test]
    fn before_a_reset_there_is_time_to_read() {
        let reset = Manner { fault: Some(Fault::ResetAfter(3)), ..Manner::default() };
        let mut script = Script::new(b"abcde".to_vec(), &reset, End::Usual);
        assert_eq!(script.next(), Act::Send(b"abc", Some(BEFORE_RESET)));
        assert_eq!(script.next(), Act::End(End::Reset));
    }
}
