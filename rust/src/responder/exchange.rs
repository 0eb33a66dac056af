//! The answering side of a request: what a handler writes to.

use super::conditional::Part;
use super::deferred::{Deferred, Post, Shared, Terms};
use super::response::{Persistence, Response, SharedBody, Wire};
use super::rules::fault::Manner;
use super::source::{By, Kind, Source};
use super::stream::Marks;
use super::treatment::Treatment;
use super::upload::{Intake, Upload};
use crate::config::Settings;
use crate::connection::Key;
use crate::error::{Error, ErrorCode, Result};
use crate::http::{DateLine, Refusal, Version};
use std::sync::Arc;
use std::time::Duration;

/// Takes the answer to one request. Valid while the handler runs; [`Exchange::defer`] makes
/// something that lives longer.
pub struct Exchange<'x> {
    out: &'x mut Vec<u8>,
    date: &'x DateLine,
    head_only: bool,
    persistence: Persistence,
    defer: Option<DeferSource<'x>>,
    server: &'x [u8],
    outcome: Outcome,
    fault: Option<HandlerFault>,
    shared_body: Option<SharedBody>,
    /// How a rule wants the answer to be given.
    rule: Option<&'x Manner>,
    /// How somebody else wants it to be given, who comes before.
    own: Option<Box<Treatment>>,
    source: Source,
    /// Whether the next request of the same octets may get another answer.
    changes: bool,
}

/// What a handler did that it may not do; the client got a 500 where nothing was answered yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HandlerFault {
    /// It panicked.
    Panicked,
    /// It said that it was done, but neither answered nor deferred.
    Silent,
}

/// Where deferred answers go.
pub(crate) struct DeferSource<'x> {
    pub(crate) post: &'x Arc<dyn Post>,
    pub(crate) key: Key,
    pub(crate) version: Version,
    pub(crate) settings: &'x Settings,
}

/// What has become of a request.
pub(crate) enum Outcome {
    /// Nothing yet.
    Unanswered,
    /// The answer stands in the output; `close` if the response itself asks for it.
    Answered { status: u16, close: bool, refusal: Option<Refusal> },
    /// There is no answer: the connection is closed, or reset.
    Cut { reset: bool },
    /// Somebody else will answer.
    Deferred(Arc<Shared>),
    /// As that, and its body goes to the handler as it arrives.
    Receiving(Arc<Shared>, Intake),
}

impl Outcome {
    /// The status of the answer, if there is one.
    pub(crate) fn status(&self) -> Option<u16> {
        match self {
            Outcome::Answered { status, .. } => Some(*status),
            _ => None,
        }
    }
}

impl<'x> Exchange<'x> {
    pub(crate) fn new(
        out: &'x mut Vec<u8>,
        date: &'x DateLine,
        head_only: bool,
        persistence: Persistence,
        defer: Option<DeferSource<'x>>,
    ) -> Self {
        Exchange {
            out,
            date,
            head_only,
            persistence,
            defer,
            server: b"",
            outcome: Outcome::Unanswered,
            fault: None,
            shared_body: None,
            rule: None,
            own: None,
            source: Source::DEFAULT,
            changes: false,
        }
    }

    /// Answers with `response`.
    ///
    /// # Errors
    /// [`ErrorCode::State`] if the request was answered or deferred already.
    #[inline]
    pub fn respond(&mut self, response: &Response) -> Result<()> {
        self.respond_with(response, b"")
    }

    /// Answers with a response made on the spot.
    ///
    /// # Errors
    /// As [`Exchange::respond`]; [`ErrorCode::InvalidArgument`] for a bad status, or a bad or empty
    /// type.
    pub fn respond_bytes(&mut self, status: u16, content_type: &str, body: &[u8]) -> Result<()> {
        self.check_open()?;
        if content_type.trim_ascii().is_empty() {
            let message = "type: expected a media type such as text/plain, got an empty one";
            return Err(Error::new(ErrorCode::InvalidArgument, message));
        }
        let response =
            Response::builder(status).header("Content-Type", content_type).body(body).build()?;
        self.respond(&response)
    }

    /// Answers with `response`, in this manner: late, piece by piece, spoilt or cut off.
    ///
    /// # Errors
    /// As [`Exchange::respond`].
    pub fn respond_in(&mut self, response: &Response, manner: Manner) -> Result<()> {
        self.check_open()?;
        self.own = Some(Box::new(Treatment::of(manner)));
        self.write(response, b"", None);
        Ok(())
    }

    /// Ends the connection without an answer, by a reset or by closing it, after `delay`.
    ///
    /// # Errors
    /// As [`Exchange::respond`].
    pub fn cut_off(&mut self, reset: bool, delay: Duration) -> Result<()> {
        self.check_open()?;
        let manner = Manner { delay, fault: None };
        self.treat(Treatment { cut: Some(reset), ..Treatment::of(manner) });
        Ok(())
    }

    /// Puts off the answer: any thread may give it later through what is returned.
    ///
    /// # Errors
    /// [`ErrorCode::State`] if the request was answered or deferred already.
    pub fn defer(&mut self) -> Result<Deferred> {
        self.check_open()?;
        let source = self.defer.as_ref().ok_or_else(|| {
            Error::new(ErrorCode::State, "this request cannot be deferred: there is no worker")
        })?;
        let DeferSource { version, settings, .. } = *source;
        let marks = Marks { high: settings.stream_high_water, low: settings.stream_low_water };
        let terms = Terms { version, head_only: self.head_only, marks };
        let deferred = Deferred::new(source.post.clone(), source.key, terms);
        if let Some(treatment) = self.own.take() {
            deferred.treat(*treatment);
        }
        self.outcome = Outcome::Deferred(deferred.shared());
        Ok(deferred)
    }

    /// Puts off the answer as [`Exchange::defer`] does, and has the body go to `upload` as it arrives.
    /// `Expect: 100-continue` is answered now, and not before.
    ///
    /// The handler of a route for uploads gets its requests at the end of their heads; to any other
    /// the body goes whole.
    ///
    /// # Errors
    /// As [`Exchange::defer`].
    pub fn receive(&mut self, upload: Box<dyn Upload>) -> Result<Deferred> {
        let deferred = self.defer()?;
        self.outcome = Outcome::Receiving(deferred.shared(), Intake::new(upload));
        Ok(deferred)
    }

    /// Whether nothing has been answered or deferred yet.
    #[inline]
    pub fn is_open(&self) -> bool {
        matches!(self.outcome, Outcome::Unanswered)
    }

    /// Answers with `response` and the whole field lines in `extra`.
    #[inline]
    pub(crate) fn respond_with(&mut self, response: &Response, extra: &[u8]) -> Result<()> {
        self.check_open()?;
        self.write(response, extra, None);
        Ok(())
    }

    /// Answers with `part` of `response` and the whole field lines in `extra`.
    pub(super) fn respond_part(&mut self, response: &Response, extra: &[u8], part: &Part) {
        if !self.is_open() {
            return;
        }
        if self.own.as_ref().is_some_and(|own| own.status.is_some()) {
            // Another status has no parts.
            return self.write(response, extra, None);
        }
        let wire = self.wire(response, extra);
        let share = self.manner().is_none_or(Manner::is_plain);
        self.shared_body = response.write_part(self.out, &wire, part, share);
        let (status, close) = (part.status(), response.closes());
        self.outcome = Outcome::Answered { status, close, refusal: None };
    }

    /// Answers with `head` and the body behind it, which is somewhere else.
    pub(super) fn respond_head(&mut self, head: &Response, body: Option<SharedBody>) {
        let wire = Wire { head_only: true, ..self.wire(head, b"") };
        head.write(self.out, &wire);
        self.shared_body = body.filter(|_| !self.head_only);
        let (status, close) = (head.status(), head.closes());
        self.outcome = Outcome::Answered { status, close, refusal: None };
    }

    /// Answers a request that is refused for `refusal`; the connection stays as it is.
    pub(crate) fn refuse(&mut self, refusal: Refusal, response: &Response, extra: &[u8]) {
        if self.is_open() {
            self.source = Source::REFUSED;
            self.write(response, extra, Some(refusal));
        }
    }

    /// Answers 500 where nothing was answered yet, and notes what the handler did.
    pub(crate) fn blame(&mut self, fault: HandlerFault) {
        self.fault = Some(fault);
        if self.is_open() {
            self.write(Response::plain(500), b"", None);
        }
    }

    /// What a handler did that it may not do.
    pub(crate) fn fault(&self) -> Option<HandlerFault> {
        self.fault
    }

    /// The body that has to be sent behind the output.
    pub(crate) fn take_shared_body(&mut self) -> Option<SharedBody> {
        self.shared_body.take()
    }

    /// A rule has taken the request, and wants the answer given in its manner.
    pub(super) fn by_rule(&mut self, manner: &'x Manner) {
        self.may_change();
        self.rule = Some(manner);
        self.source.by = By::Rule;
    }

    /// How the answer is to be given; `None` where nobody said.
    pub(crate) fn manner(&self) -> Option<&Manner> {
        self.own.as_deref().map(|own| &own.manner).or(self.rule)
    }

    /// Says what becomes of the answer, whoever gives it.
    pub(super) fn treat(&mut self, treatment: Treatment) {
        self.may_change();
        self.own = Some(Box::new(treatment));
        if let Some(reset) = treatment.cut {
            self.cut(reset);
        }
    }

    /// Whether a rule took the request.
    pub(crate) fn is_ruled(&self) -> bool {
        self.rule.is_some()
    }

    /// Says that more than the octets of the request decide the answer.
    #[inline]
    pub(super) fn may_change(&mut self) {
        self.changes = true;
    }

    /// Whether more than the octets of the request decides the answer.
    #[inline]
    pub(crate) fn changes(&self) -> bool {
        self.changes
    }

    /// Says who answers.
    #[inline]
    pub(super) fn answered_by(&mut self, by: By) {
        self.source.by = by;
    }

    /// Says what the answer is.
    #[inline]
    pub(super) fn is_kind(&mut self, kind: Kind) {
        self.source.kind = kind;
    }

    /// Where the answer came from.
    #[inline]
    pub(crate) fn source(&self) -> Source {
        self.source
    }

    /// Ends the connection without an answer.
    pub(super) fn cut(&mut self, reset: bool) {
        self.outcome = Outcome::Cut { reset };
    }

    /// Sets the Server line for answers that have none of their own.
    pub(crate) fn set_server(&mut self, line: &'x [u8]) {
        self.server = line;
    }

    pub(crate) fn into_outcome(self) -> Outcome {
        self.outcome
    }

    #[inline]
    fn write(&mut self, response: &Response, extra: &[u8], refusal: Option<Refusal>) {
        if let Some(other) = self.own.as_ref().and_then(|own| own.restated(response)) {
            return self.write_as(&other, extra, refusal);
        }
        self.write_as(response, extra, refusal);
    }

    #[inline]
    fn write_as(&mut self, response: &Response, extra: &[u8], refusal: Option<Refusal>) {
        let wire = self.wire(response, extra);
        match self.manner() {
            // It is cut into pieces, or waits: all of it has to be in one place.
            Some(manner) if !manner.is_plain() => response.write(self.out, &wire),
            _ => {
                if let Some(body) = response.write_sharing(self.out, &wire) {
                    self.shared_body = Some(body);
                }
            }
        }
        let (status, close) = (response.status(), response.closes());
        self.outcome = Outcome::Answered { status, close, refusal };
    }

    /// How `response` goes over the wire, with the whole field lines in `extra`.
    #[inline]
    fn wire<'w>(&self, response: &Response, extra: &'w [u8]) -> Wire<'w>
    where
        'x: 'w,
    {
        Wire {
            date: self.date,
            head_only: self.head_only,
            persistence: if response.closes() { Persistence::Close } else { self.persistence },
            server: self.server,
            extra,
        }
    }

    #[inline]
    pub(super) fn check_open(&self) -> Result<()> {
        if self.is_open() { Ok(()) } else { self.not_open() }
    }

    #[cold]
    fn not_open(&self) -> Result<()> {
        match self.outcome {
            Outcome::Unanswered => Ok(()),
            Outcome::Answered { .. } => {
                Err(Error::new(ErrorCode::State, "this request has been answered already"))
            }
            Outcome::Cut { .. } => {
                Err(Error::new(ErrorCode::State, "the connection is to be closed"))
            }
            Outcome::Deferred(_) | Outcome::Receiving(..) => {
                Err(Error::new(ErrorCode::State, "this request has been deferred already"))
            }
        }
    }
}
