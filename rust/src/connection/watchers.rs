//! Who looks at every answer of a worker: the one place that all answers pass, whoever gives them
//! and however late. Where nobody watches, an answer costs one branch.
//!
//! | answer | told |
//! | --- | --- |
//! | direct, by a route, a rule, a handler, by default | when it is prepared |
//! | deferred | when it comes, a streamed one when it ends; what is needed of the request is kept, if somebody watches |
//! | in the manner of a rule: late, dripping, spoilt | when its end is prepared |
//! | a refusal | when it is prepared |
//! | none: a rule cut the connection, or the client left before | then, with status 0 |
//!
//! A new watcher is a field here and a line in [`Watchers::see`].

use super::Key;
use super::tally::{Observed, Tally};
use crate::access_log::{Home, Recorder};
use crate::clients::Peer;
use crate::http::{Head, Version};
use crate::record::{Draft, Extent, Records};
use crate::responder::extension;
use crate::responder::source::Source;
use crate::stats::Cells;
use crate::stats::hosts::Host;
use crate::stats::requests::{Requests, Sort};
use crate::sys::clock;
use std::sync::Arc;

/// The watchers of one worker.
#[derive(Debug, Default)]
pub(crate) struct Watchers {
    /// Whether there are any.
    on: bool,
    /// When the octets of this turn were received; see [`clock::monotonic_us`].
    received: u64,
    tally: Option<Tally>,
    requests: Option<Arc<Requests>>,
    records: Option<Arc<Records>>,
    /// Nobody wants more than what, for whom, by whom and how long.
    in_brief: bool,
    log: Option<Recorder>,
    /// Where the recorder goes back to.
    log_home: Home,
    #[cfg(test)]
    pub(crate) seen: Vec<String>,
}

/// What is known of a request that was understood.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'r> {
    pub(crate) method: &'r str,
    pub(crate) target: &'r str,
    pub(crate) version: Version,
    /// As sent, with its port if there is one.
    pub(crate) host: Option<&'r str>,
    pub(crate) referer: Option<&'r [u8]>,
    pub(crate) user_agent: Option<&'r [u8]>,
}

/// What was asked.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Question<'r> {
    /// A request.
    Asked(Asked<'r>),
    /// Something that was not understood: its first line as far as it came, perhaps nothing.
    Line(&'r [u8]),
}

/// Whose connection it was.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Client<'c> {
    pub(crate) key: Key,
    /// Where its address can be had.
    pub(crate) peer: Peer<'c>,
    /// The number of the listener that accepted it.
    pub(crate) listener: u16,
}

/// How a request was answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answer {
    /// 0 where there was no answer.
    pub(crate) status: u16,
    /// Octets of the whole answer.
    pub(crate) octets: u64,
    /// Octets of its body.
    pub(crate) body: u64,
    pub(crate) source: Source,
    /// When the request's head was whole; see [`clock::monotonic_us`].
    pub(crate) begun: u64,
}

impl Watchers {
    /// Those whose means are at home.
    pub(crate) fn new(log_home: Home) -> Self {
        let log = log_home.take();
        Watchers {
            on: log.is_some(),
            received: 0,
            log,
            log_home,
            tally: None,
            requests: None,
            records: None,
            in_brief: false,
            #[cfg(test)]
            seen: Vec::new(),
        }
    }

    /// These and one that counts for the admin side, where there is one.
    #[must_use]
    pub(crate) fn with_tally(mut self, observed: Option<Arc<Observed>>) -> Self {
        self.tally = observed.map(Tally::new);
        self.in_brief = !self.on && self.tally.is_some();
        self.on |= self.tally.is_some();
        self
    }

    /// These and one that counts requests as pixelserv-tls does, where its pages are served.
    #[must_use]
    pub(crate) fn with_requests(mut self, requests: Option<Arc<Requests>>) -> Self {
        self.requests = requests;
        self.on |= self.requests.is_some();
        self
    }

    /// These and one that records requests with their answers, where there is a record.
    #[must_use]
    pub(crate) fn with_records(mut self, records: Option<Arc<Records>>) -> Self {
        self.records = records;
        self.on |= self.records.is_some();
        self.in_brief &= self.records.is_none();
        self
    }

    /// How much of a request and its answer is recorded, if anything is.
    pub(crate) fn records(&self) -> Option<Extent> {
        self.records.as_ref().map(|records| records.extent)
    }

    /// Records a request that began then and has its answer now.
    #[cold]
    pub(crate) fn record(&mut self, draft: Draft, status: u16, begun: u64) {
        if let Some(records) = &self.records {
            let took = clock::monotonic_us().saturating_sub(begun);
            records.put(draft, status, (clock::unix_us(), took));
        }
    }

    /// The hosts that the tally has seen.
    pub(crate) fn hosts(&self) -> &[Host] {
        self.tally.as_ref().map_or(&[], Tally::hosts)
    }

    /// Whether anybody watches.
    #[inline]
    pub(crate) fn is_on(&self) -> bool {
        self.on
    }

    /// Whether anybody wants to know how long an answer is, and all fields of the question: both cost
    /// more than the rest together.
    #[inline]
    pub(crate) fn want_details(&self) -> bool {
        !self.in_brief
    }

    /// Octets have come from a client.
    #[inline]
    pub(crate) fn received(&mut self) {
        if self.on {
            self.received = clock::monotonic_us();
        }
    }

    /// When the octets of this turn came; 0 where nobody watches.
    #[inline]
    pub(crate) fn begun(&self) -> u64 {
        self.received
    }

    /// A request was answered, or will never be.
    #[cold]
    pub(crate) fn see(&mut self, client: &Client<'_>, question: &Question<'_>, answer: &Answer) {
        #[cfg(test)]
        self.seen.push(tests::line(client, question, answer));
        if let Some(tally) = &mut self.tally {
            tally.see(question, answer);
        }
        if let (Some(requests), Question::Asked(asked), 1..) =
            (&self.requests, question, answer.status)
        {
            count(requests, asked, answer);
        }
        if let Some(log) = &mut self.log {
            log.record(client, question, answer, clock::monotonic_us());
        }
    }

    /// The worker has come to the end of a batch of events.
    pub(crate) fn end_batch(&mut self, stats: &Cells) {
        if let Some(log) = &mut self.log {
            log.end_batch(stats);
        }
    }
}

impl Drop for Watchers {
    fn drop(&mut self) {
        // Also when the worker panics, and starts afresh.
        self.log_home.put(self.log.take());
    }
}

fn count(requests: &Requests, asked: &Asked<'_>, answer: &Answer) {
    let path = asked.target.split(['?', '#']).next().unwrap_or_default();
    let took = match answer.begun {
        0 => 0,
        begun => clock::monotonic_us().saturating_sub(begun),
    };
    requests.count(Sort::of(asked.method, extension(path), answer.status), took);
}

impl<'r> Asked<'r> {
    pub(crate) fn of(head: &Head<'_, 'r>) -> Self {
        Asked {
            referer: head.field("referer"),
            user_agent: head.field("user-agent"),
            ..Asked::in_brief(head)
        }
    }

    /// Without the fields that have to be looked for.
    pub(crate) fn in_brief(head: &Head<'_, 'r>) -> Self {
        Asked {
            method: head.method_name,
            target: head.target,
            version: head.version,
            host: head.host,
            referer: None,
            user_agent: None,
        }
    }
}

impl<'r> Question<'r> {
    /// Of octets that begin with a request line, if with anything.
    pub(crate) fn line(octets: &'r [u8]) -> Self {
        let is_end = |octet: &u8| matches!(octet, b'\r' | b'\n');
        let start = octets.iter().position(|octet| !is_end(octet)).unwrap_or(octets.len());
        let octets = &octets[start..];
        Question::Line(&octets[..octets.iter().position(is_end).unwrap_or(octets.len())])
    }
}

impl Answer {
    /// An answer that stands in `octets`, with so many octets of its body somewhere else.
    pub(crate) fn written(octets: &[u8], shared: u64, status: u16, source: Source) -> Self {
        let head = memchr::memmem::find(octets, b"\r\n\r\n").map_or(octets.len(), |at| at + 4);
        let body = (octets.len() - head) as u64 + shared;
        Answer { status, octets: octets.len() as u64 + shared, body, source, begun: 0 }
    }

    /// An answer of which nobody wants to know how long it is.
    pub(crate) fn in_brief(status: u16, source: Source) -> Self {
        Answer { status, ..Answer::none(source) }
    }

    /// No answer at all.
    pub(crate) fn none(source: Source) -> Self {
        Answer { status: 0, octets: 0, body: 0, source, begun: 0 }
    }

    /// With so many octets of body behind the head.
    pub(crate) fn with_body(self, body: u64) -> Self {
        Answer { octets: self.octets + body, body, ..self }
    }

    pub(crate) fn since(self, begun: u64) -> Self {
        Answer { begun, ..self }
    }
}

/// What is kept of a request whose answer comes later, for those who watch.
#[derive(Debug)]
pub(crate) struct Kept {
    method: String,
    target: String,
    version: Version,
    host: Option<String>,
    referer: Option<Vec<u8>>,
    user_agent: Option<Vec<u8>>,
    /// What is known of the answer.
    pub(crate) answer: Answer,
    /// What goes into the record.
    pub(crate) draft: Option<Box<Draft>>,
}

impl Kept {
    pub(crate) fn new(asked: &Asked<'_>, answer: Answer) -> Self {
        Kept {
            method: asked.method.to_owned(),
            target: asked.target.to_owned(),
            version: asked.version,
            host: asked.host.map(str::to_owned),
            referer: asked.referer.map(<[u8]>::to_vec),
            user_agent: asked.user_agent.map(<[u8]>::to_vec),
            answer,
            draft: None,
        }
    }

    pub(crate) fn asked(&self) -> Asked<'_> {
        Asked {
            method: &self.method,
            target: &self.target,
            version: self.version,
            host: self.host.as_deref(),
            referer: self.referer.as_deref(),
            user_agent: self.user_agent.as_deref(),
        }
    }

    /// Octets of memory that it holds.
    pub(crate) fn memory(&self) -> usize {
        let optional = |field: &Option<Vec<u8>>| field.as_ref().map_or(0, Vec::capacity);
        size_of::<Kept>()
            + self.method.capacity()
            + self.target.capacity()
            + self.host.as_ref().map_or(0, String::capacity)
            + optional(&self.referer)
            + optional(&self.user_agent)
            + self.draft.as_ref().map_or(0, |draft| draft.memory())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// What a watcher sees, on one line.
    pub(super) fn line(client: &Client<'_>, question: &Question<'_>, answer: &Answer) -> String {
        let Answer { status, octets, body, source, .. } = answer;
        let what = match question {
            Question::Asked(asked) => format!("{} {}", asked.method, asked.target),
            Question::Line(line) => format!("? {}", String::from_utf8_lossy(line)),
        };
        let head = octets - body;
        let (by, kind) = (source.by.name(), source.kind.name());
        let whole = if head > 60 { "with a head" } else { "without one" };
        format!("{what}: {status} {body} {whole} {by} {kind} {}", client.listener)
    }

    impl Watchers {
        /// Somebody watches: the tests.
        pub(crate) fn watching() -> Self {
            let mut watchers = Watchers::default();
            watchers.on = true;
            watchers
        }
    }

    #[test]
    fn the_line_of_what_was_not_understood_is_its_first_one() {
        for (octets, line) in [
            (&b"\r\nGET / HTTP/1.1\r\nHost: a\r\n"[..], &b"GET / HTTP/1.1"[..]),
            (b"GE", b"GE"),
            (b"", b""),
            (b"\r\n", b""),
            (b"a\nb", b"a"),
        ] {
            assert!(matches!(Question::line(octets), Question::Line(found) if found == line));
        }
    }

    #[test]
    fn the_body_of_an_answer_is_what_stands_behind_its_head() {
        let answer = Answer::written(b"HTTP/1.1 200 OK\r\n\r\nbody", 100, 200, Source::DEFAULT);
        assert_eq!((answer.octets, answer.body), (123, 104));
        let cut = Answer::written(b"HTTP/1.1 200 OK\r\nCont", 0, 200, Source::DEFAULT);
        assert_eq!((cut.octets, cut.body), (21, 0));
    }
}
