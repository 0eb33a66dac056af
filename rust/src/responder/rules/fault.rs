//! What is done to an answer on purpose: it is delayed, spoilt, cut off.

use std::time::Duration;

/// How an answer is given. The default is: at once and whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Manner {
    /// Time before the first octet.
    pub delay: Duration,
    /// What is wrong with it.
    pub fault: Option<Fault>,
}

/// What is wrong with an answer on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The connection ends after so many octets of the body; half of it where none are given.
    Truncate(Option<usize>),
    /// So many octets at a time, with this pause between them.
    Drip(usize, Duration),
    /// As `Drip`, the head alone; the body follows at once.
    SlowHead(usize, Duration),
    /// As `Drip`, the body alone.
    SlowBody(usize, Duration),
    /// Nothing but that the server's side of the connection is closed behind the answer, without
    /// having said so; what the client still sends is taken, for a while.
    HalfClose,
    /// So many octets that are no HTTP, instead of the answer; then the connection ends.
    Garbage(usize),
    /// Content-Length says this, whatever the length of the body is; then the connection ends.
    WrongLength(u64),
    /// The connection is reset after so many octets of the answer, its head included.
    ResetAfter(usize),
}

/// How a connection goes on once an answer has been given in its manner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// As it would have anyway.
    Usual,
    /// It is closed.
    Close,
    /// It is reset.
    Reset,
}

impl Manner {
    /// Whether there is nothing special about it.
    pub(crate) fn is_plain(&self) -> bool {
        *self == Manner::default()
    }
}

impl Fault {
    /// Spoils `answer`, whole octets of a response; how the connection goes on.
    pub(crate) fn spoil(self, answer: &mut Vec<u8>) -> End {
        let body = body_start(answer);
        match self {
            Fault::Truncate(after) => {
                let after = after.unwrap_or((answer.len() - body) / 2);
                answer.truncate(body.saturating_add(after));
                End::Close
            }
            Fault::Drip(..) | Fault::SlowHead(..) | Fault::SlowBody(..) => End::Usual,
            Fault::HalfClose => End::Close,
            Fault::Garbage(count) => {
                answer.clear();
                answer.extend(garbage().take(count));
                End::Close
            }
            Fault::WrongLength(length) => {
                set_length(answer, body, length);
                End::Close
            }
            Fault::ResetAfter(count) => {
                answer.truncate(count);
                End::Reset
            }
        }
    }
}

/// Where the body of a response begins.
pub(crate) fn body_start(answer: &[u8]) -> usize {
    memchr::memmem::find(answer, b"\r\n\r\n").map_or(answer.len(), |end| end + 4)
}

fn set_length(answer: &mut Vec<u8>, body: usize, length: u64) {
    const NAME: &[u8] = b"\r\nContent-Length: ";
    let line = format!("{length}");
    match memchr::memmem::find(&answer[..body], NAME).map(|at| at + NAME.len()) {
        Some(start) => {
            let digits = answer[start..].iter().take_while(|b| b.is_ascii_digit()).count();
            answer.splice(start..start + digits, line.into_bytes());
        }
        // A 204 or 304 has none: one more line that should not be there.
        None if body >= 2 => {
            let line = format!("Content-Length: {line}\r\n");
            answer.splice(body - 2..body - 2, line.into_bytes());
        }
        None => {}
    }
}

/// Octets that look like nothing, the same each time: a test that fails fails again.
fn garbage() -> impl Iterator<Item = u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        // Never the start of a status line.
        (state as u8) | 0x80
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\nX: y\r\n\r\n0123456789";

    fn spoilt(fault: Fault) -> (String, End) {
        let mut answer = ANSWER.to_vec();
        let end = fault.spoil(&mut answer);
        (String::from_utf8_lossy(&answer).into_owned(), end)
    }

    #[test]
    fn each_fault_does_what_it_says() {
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nX: y\r\n\r\n";
        assert_eq!(spoilt(Fault::Truncate(Some(3))), (format!("{head}012"), End::Close));
        assert_eq!(spoilt(Fault::Truncate(None)), (format!("{head}01234"), End::Close));
        assert_eq!(spoilt(Fault::Truncate(Some(99))).0, format!("{head}0123456789"));
        assert_eq!(spoilt(Fault::ResetAfter(8)), ("HTTP/1.1".into(), End::Reset));
        assert_eq!(spoilt(Fault::ResetAfter(0)), (String::new(), End::Reset));
        let (text, end) = spoilt(Fault::WrongLength(1234));
        assert_eq!(text, head.replace("10", "1234") + "0123456789");
        assert_eq!(end, End::Close);
        assert_eq!(spoilt(Fault::Drip(1, Duration::ZERO)).1, End::Usual);
        assert_eq!(spoilt(Fault::HalfClose), (format!("{head}0123456789"), End::Close));
        let mut garbage = ANSWER.to_vec();
        assert_eq!(Fault::Garbage(100).spoil(&mut garbage), End::Close);
        assert!(garbage.len() == 100 && garbage.iter().all(|b| !b.is_ascii()));
    }

    #[test]
    fn an_answer_without_a_length_gets_the_wrong_one() {
        let mut answer = b"HTTP/1.1 204 No Content\r\nX: y\r\n\r\n".to_vec();
        Fault::WrongLength(5).spoil(&mut answer);
        let text = String::from_utf8(answer).unwrap();
        assert_eq!(text, "HTTP/1.1 204 No Content\r\nX: y\r\nContent-Length: 5\r\n\r\n");
    }
}
