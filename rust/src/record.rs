//! The last requests of a server with their answers, as they went over the wire.
//!
//! Each worker has a ring of its own, so that workers do not wait for each other; it is locked by its worker
//! once for each answer, and by whoever reads it. Each is as large as the whole record shall be: whoever is
//! among the last that many of all workers is still there.

use crate::http::{BodyDecoder, Field, Framing, Head, Version};
use std::borrow::Cow;
use std::collections::VecDeque;
use std::fs::File;
use std::mem;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How much is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    /// Requests.
    pub(crate) size: usize,
    /// Octets of each body, and of each answer.
    pub(crate) most: usize,
}

/// A request and what was answered.
#[derive(Debug)]
pub struct Recorded {
    head: Box<[u8]>,
    request_body: Box<[u8]>,
    answer: Box<[u8]>,
    /// All octets of the two bodies were kept.
    is_whole: bool,
    status: u16,
    ended: u64,
    took: u64,
}

impl Recorded {
    /// The head of the request as HTTP/1.1 has it; the first line of what was not understood.
    pub fn request_head(&self) -> &[u8] {
        &self.head
    }

    /// Method, target and version of the request; `None` where it was not understood.
    pub fn request_line(&self) -> Option<[&str; 3]> {
        // Without an end of the line it was not understood.
        let end = memchr::memmem::find(&self.head, b"\r\n")?;
        let mut words = std::str::from_utf8(&self.head[..end]).ok()?.split(' ');
        Some([words.next()?, words.next()?, words.next()?])
    }

    /// Names and values of the fields of the request.
    pub fn request_fields(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        fields(&self.head)
    }

    /// Names and values of the fields of the answer.
    pub fn answer_fields(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        fields(self.answer_head())
    }

    /// The body of the request, as far as it is kept.
    pub fn request_body(&self) -> &[u8] {
        &self.request_body
    }

    /// The head of the answer; nothing where there was none, or none that is HTTP.
    pub fn answer_head(&self) -> &[u8] {
        &self.answer[..self.body_start().unwrap_or(0)]
    }

    /// The body of the answer as far as it is kept, without chunks.
    pub fn answer_body(&self) -> Cow<'_, [u8]> {
        let start = self.body_start().unwrap_or(0);
        let (head, body) = self.answer.split_at(start);
        let lower = head.to_ascii_lowercase();
        if memchr::memmem::find(&lower, b"\r\ntransfer-encoding: chunked").is_some() {
            Cow::Owned(without_chunks(body))
        } else {
            Cow::Borrowed(body)
        }
    }

    /// The status that was given; 0 where there was no answer.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Whether all of both bodies is kept.
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// When the answer was prepared, or was known not to come, in microseconds since 1970.
    pub fn ended(&self) -> u64 {
        self.ended
    }

    /// Microseconds from the whole head to then.
    pub fn took(&self) -> u64 {
        self.took
    }

    fn body_start(&self) -> Option<usize> {
        memchr::memmem::find(&self.answer, b"\r\n\r\n").map(|at| at + 4)
    }
}

/// The fields behind the first line of `head`.
fn fields(head: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    head.split(|octet| *octet == b'\n').skip(1).filter_map(|line| {
        let line = line.strip_suffix(b"\r")?;
        let colon = memchr::memchr(b':', line)?;
        Some((&line[..colon], line[colon + 1..].trim_ascii()))
    })
}

/// The body in `octets` as far as it is there.
fn without_chunks(octets: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    if let Ok(mut decoder) = BodyDecoder::new(Framing::Chunked, u64::MAX) {
        let _ = decoder.decode(octets, &mut |piece: &[u8]| {
            body.extend_from_slice(piece);
            Ok(())
        });
    }
    body
}

/// What is known of a request whose answer is not whole.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    head: Vec<u8>,
    request_body: Vec<u8>,
    answer: Vec<u8>,
    is_cut: bool,
    /// The body goes to its handler as it arrives, and is not whole yet.
    is_arriving: bool,
    most: usize,
}

impl Draft {
    /// A request that was understood.
    pub(crate) fn of(head: &Head<'_, '_>, body: &[u8], extent: Extent) -> Draft {
        let version = match head.version {
            Version::Http10 => "HTTP/1.0",
            Version::Http11 => "HTTP/1.1",
            Version::Http2 => "HTTP/2",
        };
        let line = format!("{} {} {version}\r\n", head.method_name, head.target);
        let mut octets = line.into_bytes();
        for Field { name, value } in head.fields {
            for part in [name.as_bytes(), b": ", value, b"\r\n"] {
                octets.extend_from_slice(part);
            }
        }
        octets.extend_from_slice(b"\r\n");
        let mut draft = Draft { head: octets, most: extent.most, ..Draft::default() };
        draft.request_body = draft.kept(body, 0).to_vec();
        draft
    }

    /// Something that was not understood; its first line.
    pub(crate) fn of_line(line: &[u8], extent: Extent) -> Draft {
        Draft { head: line.to_vec(), most: extent.most, ..Draft::default() }
    }

    /// The body of the request goes to its handler, and comes here by [`Draft::arrived`].
    pub(crate) fn arriving(mut self) -> Draft {
        self.is_arriving = true;
        self
    }

    /// Whether its body is still to come here.
    pub(crate) fn is_arriving(&self) -> bool {
        self.is_arriving
    }

    /// The body of the request has these octets too, which may be the last ones.
    pub(crate) fn arrived(&mut self, octets: &[u8], done: bool) {
        let kept = self.kept(octets, self.request_body.len());
        self.request_body.extend_from_slice(kept);
        self.is_arriving = !done;
    }

    /// The answer has these octets too.
    pub(crate) fn answer(&mut self, octets: &[u8]) {
        let kept = self.kept(octets, self.answer.len());
        self.answer.extend_from_slice(kept);
    }

    /// The answer has these octets of a file too.
    pub(crate) fn answer_file(&mut self, file: &File, offset: u64, length: u64) {
        let there = self.answer.len();
        let room =
            self.most.saturating_sub(there).min(usize::try_from(length).unwrap_or(usize::MAX));
        self.is_cut |= (room as u64) < length;
        self.answer.resize(there + room, 0);
        if file.read_exact_at(&mut self.answer[there..], offset).is_err() {
            // Cut off meanwhile, or not to be read: the client will not get it either.
            self.answer.truncate(there);
            self.is_cut = true;
        }
    }

    /// Octets of memory that it holds.
    pub(crate) fn memory(&self) -> usize {
        self.head.capacity() + self.request_body.capacity() + self.answer.capacity()
    }

    /// What there is room for behind `there`.
    fn kept<'o>(&mut self, octets: &'o [u8], there: usize) -> &'o [u8] {
        let room = self.most.saturating_sub(there).min(octets.len());
        self.is_cut |= room < octets.len();
        &octets[..room]
    }
}

/// The ring of one worker.
#[derive(Debug)]
pub(crate) struct Records {
    pub(crate) extent: Extent,
    ring: Mutex<VecDeque<Arc<Recorded>>>,
}

impl Records {
    pub(crate) fn new(extent: Extent) -> Records {
        Records { extent, ring: Mutex::default() }
    }

    /// The answer to the request of `draft` is over, which has this status; the oldest one goes where there
    /// is no room.
    pub(crate) fn put(&self, draft: Draft, status: u16, (ended, took): (u64, u64)) {
        let Draft { head, request_body, answer, is_cut, is_arriving, .. } = draft;
        let recorded = Arc::new(Recorded {
            head: head.into(),
            request_body: request_body.into(),
            answer: answer.into(),
            is_whole: !is_cut && !is_arriving,
            status,
            ended,
            took,
        });
        let mut ring = self.lock();
        let oldest = (ring.len() >= self.extent.size).then(|| ring.pop_front());
        ring.push_back(recorded);
        drop(ring);
        drop(oldest);
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Arc<Recorded>>> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What all of `rings` have, in the order of the answers; nothing is left where it is to `forget`.
pub(crate) fn gathered<'r>(
    rings: impl Iterator<Item = &'r Records>,
    forget: bool,
) -> Vec<Arc<Recorded>> {
    let (mut all, mut size) = (Vec::new(), 0);
    for records in rings {
        size = records.extent.size;
        let mut ring = records.lock();
        if forget {
            all.extend(mem::take(&mut *ring));
        } else {
            all.extend(ring.iter().cloned());
        }
    }
    // Stable: those of one worker stay in their order.
    all.sort_by_key(|recorded| recorded.ended);
    all.split_off(all.len().saturating_sub(size))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXTENT: Extent = Extent { size: 3, most: 8 };

    fn put(records: &Records, line: &str, ended: u64) {
        let mut draft = Draft::of_line(line.as_bytes(), EXTENT);
        draft.answer(b"0123");
        draft.answer(b"4567");
        records.put(draft, 200, (ended, 1));
    }

    fn lines(all: &[Arc<Recorded>]) -> Vec<String> {
        all.iter().map(|it| String::from_utf8(it.request_head().to_vec()).unwrap()).collect()
    }

    #[test]
    fn the_last_ones_of_all_workers_are_there_in_the_order_of_their_answers() {
        let rings = [Records::new(EXTENT), Records::new(EXTENT)];
        for (ring, line, ended) in
            [(0, "a", 1), (0, "b", 2), (0, "c", 4), (0, "d", 6), (1, "e", 5), (1, "f", 3)]
        {
            put(&rings[ring], line, ended);
        }
        assert_eq!(lines(&gathered(rings.iter(), false)), ["c", "e", "d"]);
        assert_eq!(lines(&gathered(rings.iter(), true)), ["c", "e", "d"]);
        assert!(gathered(rings.iter(), true).is_empty());
    }

    #[test]
    fn of_what_is_too_long_the_beginning_is_kept() {
        let records = Records::new(EXTENT);
        put(&records, "a", 1);
        assert!(gathered([&records].into_iter(), true)[0].is_whole());
        let mut draft = Draft::of_line(b"a", EXTENT);
        draft.answer(b"0123456");
        draft.answer(b"789");
        records.put(draft, 200, (1, 1));
        let all = gathered([&records].into_iter(), true);
        assert!(!all[0].is_whole() && *all[0].answer == *b"01234567");
    }

    #[test]
    fn chunks_are_taken_apart_as_far_as_they_are_there() {
        let records = Records::new(Extent { size: 1, most: 1000 });
        let mut draft = Draft::of_line(b"a", records.extent);
        draft.answer(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n5\r\nde");
        records.put(draft, 200, (1, 1));
        let all = gathered([&records].into_iter(), true);
        assert_eq!(*all[0].answer_body(), *b"abcde");
        assert!(all[0].answer_head().ends_with(b"chunked\r\n\r\n"));
    }
}
