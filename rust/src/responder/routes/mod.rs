//! Which route, rule or default answers a request.
//!
//! Routes are tried in the order of registration; the first that takes path and method gets the
//! request, and the next one that does if it declines. Then come pages about the server
//! itself ([`super::pages`]), the rules of the operator ([`super::rules`]), the fallback and the
//! default answers.
//!
//! | request | answer where no route takes it |
//! | --- | --- |
//! | a path that routes match, but for other methods | 405 with Allow; OPTIONS: 204 with Allow |
//! | CONNECT, TRACE | 405 with Allow |
//! | a method outside [`Method`] that no route names | 501 |
//! | `OPTIONS *` | 204 with Allow |
//! | anything else | the fallback, then the default answers, or 404 where they are off |
//!
//! A GET route serves HEAD. A route for any method takes every method of the list except CONNECT
//! and TRACE, which tunnel or reflect: no route can take them.
//!
//! A handler that declines a request after having answered or deferred it contradicts itself: the
//! answer stands, nobody else is asked, and the log says so.

mod allow;
mod index;
mod route;
#[cfg(test)]
mod tests;

use super::defaults::Defaults;
use super::exchange::HandlerFault;
use super::pages::Pages;
use super::rules::{RuleSet, Rules, Verdict};
use super::source::{By, Kind};
use super::{Action, Exchange, Handler, Params, Request, Response};
use crate::config::Settings;
use crate::error::{Error, ErrorCode, Result};
use crate::http::{Head, Method, Refusal};
use crate::log::{Limiter, Log};
use allow::Allow;
pub(super) use allow::COMMON as COMMON_METHODS;
use index::Index;
pub(super) use route::Methods;
use route::{Route, Target};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Weak};

/// Everything that answers: routes and rules in their order, the fallback, the default answers.
/// Immutable: a change makes a new one that shares what it can, so that ten thousand changes one
/// by one are cheap. Cloning is a reference count.
#[derive(Clone)]
pub struct Responder(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    index: Index,
    fallback: Option<Arc<dyn Handler>>,
    pages: Option<Arc<Pages>>,
    rules: Option<Arc<Rules>>,
    base: Arc<Base>,
}

/// What the settings decide, once.
struct Base {
    defaults: Defaults,
    /// Whether they answer what nothing else does.
    defaults_on: bool,
    cors: bool,
    server_line: Box<[u8]>,
    options: Response,
    log: Log,
    late_declines: Limiter,
}

impl Base {
    fn new(settings: &Settings) -> Self {
        let server_line = server_line(&settings.server_name);
        let defaults = Defaults::new(settings, &server_line);
        let options = Response::builder(204).build().expect("a 204 without fields is well-formed");
        Base {
            defaults,
            defaults_on: settings.default_answers,
            cors: settings.cors,
            options: options.with_server(&server_line),
            server_line,
            log: Log::new(settings.log_level),
            late_declines: Limiter::default(),
        }
    }
}

impl Responder {
    /// No routes; default answers as `settings` say.
    pub fn new(settings: &Settings) -> Self {
        let base = Arc::new(Base::new(settings));
        let (index, fallback) = (Index::default(), None);
        Responder(Arc::new(Inner { index, fallback, pages: None, rules: None, base }))
    }

    /// This responder with the default answers as `settings` say. Rules keep the Server field that
    /// they were prepared with.
    #[must_use]
    pub(crate) fn with_settings(&self, settings: &Settings) -> Self {
        let base = Arc::new(Base::new(settings));
        let again = |rules: &Arc<Rules>| Arc::new(rules.again(settings, &base.server_line));
        let rules = self.0.rules.as_ref().map(again);
        Responder(Arc::new(Inner { base, rules, ..(*self.0).clone() }))
    }

    /// This responder with a route added behind the others. `method` of `None` is any (see the
    /// module's table for what that leaves out); methods are case-sensitive (RFC 9110 section 9.1).
    ///
    /// # Errors
    /// [`ErrorCode::InvalidArgument`] for a malformed method or pattern.
    pub fn with_route(
        &self,
        method: Option<&str>,
        pattern: &str,
        handler: Arc<dyn Handler>,
    ) -> Result<Self> {
        self.with_target(method, pattern, Target::Handler(handler))
    }

    /// This responder with a route whose handler is called when the head of a request is there, and
    /// takes its body, at most `max_body` octets, as it arrives; 0 stands for the option `max_body`.
    ///
    /// # Errors
    /// As [`Responder::with_route`].
    pub fn with_upload(
        &self,
        method: Option<&str>,
        pattern: &str,
        max_body: u64,
        handler: Arc<dyn Handler>,
    ) -> Result<Self> {
        self.with_target(method, pattern, Target::Upload(handler, max_body))
    }

    /// This responder with a rule, a prepared response, added behind the others.
    ///
    /// # Errors
    /// As [`Responder::with_route`].
    pub fn with_rule(
        &self,
        method: Option<&str>,
        pattern: &str,
        response: Response,
    ) -> Result<Self> {
        let response = response.with_server(&self.0.base.server_line);
        self.with_target(method, pattern, Target::Rule(response))
    }

    /// This responder with these rules of the operator, prepared as `settings` say, in place of any
    /// before.
    #[must_use]
    pub(crate) fn with_rules(&self, set: Arc<RuleSet>, settings: &Settings) -> Self {
        // Without any, requests are not even looked up.
        let prepare = || Arc::new(Rules::new(set.clone(), settings, &self.0.base.server_line));
        let rules = (set.len() > 0).then(prepare);
        Responder(Arc::new(Inner { rules, ..(*self.0).clone() }))
    }

    /// This responder with these pages about the server itself in place of any before.
    #[must_use]
    pub(crate) fn with_pages(&self, pages: Pages) -> Self {
        // Without any, requests are not even looked up.
        let pages = (!pages.is_empty()).then(|| Arc::new(pages));
        Responder(Arc::new(Inner { pages, ..(*self.0).clone() }))
    }

    /// The rules of the operator; `None` where there are none.
    pub(crate) fn rules(&self) -> Option<&RuleSet> {
        self.0.rules.as_deref().map(Rules::set)
    }

    /// This responder without any route or rule that was added one by one.
    #[must_use]
    pub fn without_routes(&self) -> Self {
        Responder(Arc::new(Inner { index: Index::default(), ..(*self.0).clone() }))
    }

    /// This responder with `handler` for what no route takes.
    #[must_use]
    pub fn with_fallback(&self, handler: Arc<dyn Handler>) -> Self {
        Responder(Arc::new(Inner { fallback: Some(handler), ..(*self.0).clone() }))
    }

    /// Whether anything of the program's own answers: routes, responses, a fallback. Rules of files
    /// and default answers are ours.
    pub(crate) fn is_hosts(&self) -> bool {
        !self.0.index.is_empty() || self.0.fallback.is_some()
    }

    /// The Server line with its CRLF, for answers that do not come through
    /// [`Responder::answer`]; empty where `server_name` is.
    pub(crate) fn server_line(&self) -> &[u8] {
        &self.0.base.server_line
    }

    /// Whether a handler will want the body of this request.
    pub(crate) fn wants_body(&self, head: &Head<'_, '_>) -> bool {
        let mut path_known = false;
        for route in self.0.index.candidates(head.path) {
            if route.methods.take(head.method, head.method_name) {
                match route.target {
                    // It was asked already, and declined.
                    Target::Upload(..) => continue,
                    Target::Handler(_) => return true,
                    Target::Rule(_) => return false,
                }
            }
            path_known = true;
        }
        let refused = path_known || head.path == "*" || always_refused(head.method).is_some();
        let by_rule = || self.0.rules.as_ref().is_some_and(|rules| rules.take(head));
        !refused && self.0.fallback.is_some() && !by_rule()
    }

    /// How large a body may be for the route that takes it as it arrives, if that is the first one
    /// to be asked.
    pub(crate) fn takes_upload(&self, head: &Head<'_, '_>) -> Option<u64> {
        let mut routes = self.0.index.candidates(head.path);
        let first = routes.find(|route| route.methods.take(head.method, head.method_name))?;
        if let Target::Upload(_, max_body) = first.target { Some(max_body) } else { None }
    }

    /// Offers a request whose head alone is there to the routes that take bodies as they arrive, up
    /// to the first of another kind; whether one took it.
    pub(crate) fn offer<'r>(
        &'r self,
        request: &mut Request<'r>,
        exchange: &mut Exchange<'r>,
    ) -> bool {
        exchange.set_server(&self.0.base.server_line);
        let path = request.path();
        for route in self.0.index.candidates(path) {
            if !route.methods.take(request.method(), request.method_name()) {
                continue;
            }
            let Target::Upload(handler, _) = &route.target else { return false };
            request.params = Params::new(&route.pattern, path);
            self.0.run(&**handler, request, exchange);
            if !exchange.is_open() {
                return true;
            }
        }
        false
    }

    /// Answers `request` through `exchange`; afterwards the exchange has an outcome, and perhaps
    /// a fault.
    #[inline]
    pub(crate) fn answer<'r>(&'r self, request: &mut Request<'r>, exchange: &mut Exchange<'r>) {
        let inner = &*self.0;
        exchange.set_server(&inner.base.server_line);
        let mut allow = Allow::default();
        if !inner.index.is_empty() && inner.try_routes(request, exchange, &mut allow) {
            return;
        }
        inner.answer_unrouted(request, exchange, &allow);
    }

    /// Which one it is.
    pub(crate) fn version(&self) -> Version {
        Version(Arc::downgrade(&self.0))
    }

    /// Whether it is the one that `version` stands for.
    #[inline]
    pub(crate) fn is(&self, version: &Version) -> bool {
        std::ptr::eq(Arc::as_ptr(&self.0), version.0.as_ptr())
    }

    fn with_target(&self, method: Option<&str>, pattern: &str, target: Target) -> Result<Self> {
        let route = Route::new(method, pattern, target)?;
        Ok(Responder(Arc::new(Inner { index: self.0.index.with(route), ..(*self.0).clone() })))
    }
}

impl Base {
    #[cold]
    fn note_late_decline(&self, path: &str) {
        if let Some(held_back) = self.late_declines.admit() {
            self.log.warn(format_args!(
                "a handler declined after it had answered or deferred, for {path:.200}: the \
                 answer stands ({held_back} more like this)"
            ));
        }
    }
}

/// Which [`Responder`] something came from; none by default.
#[derive(Default)]
pub(crate) struct Version(Weak<Inner>);

impl std::fmt::Debug for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Version")
    }
}

impl Inner {
    /// Offers the request to the routes; whether one took it. If not, `allow` has the methods of
    /// the routes for the path, unless one of them declined.
    #[inline(never)]
    fn try_routes<'r>(
        &'r self,
        request: &mut Request<'r>,
        exchange: &mut Exchange<'r>,
        allow: &mut Allow,
    ) -> bool {
        let mut declined = false;
        let mut offered = request.offered;
        let path = request.path();
        for route in self.index.candidates(path) {
            if !route.methods.take(request.method(), request.method_name()) {
                allow.add(&route.methods);
                continue;
            }
            request.params = Params::new(&route.pattern, path);
            match &route.target {
                // Nothing was answered before: a fresh exchange, or handlers that declined.
                Target::Rule(response) => {
                    exchange.answered_by(By::Route);
                    drop(exchange.respond(response));
                }
                // It has declined when the head was there.
                Target::Upload(..) if offered => declined = true,
                Target::Handler(handler) | Target::Upload(handler, _) => {
                    offered = false;
                    declined |= !self.run(&**handler, request, exchange);
                }
            }
            if !exchange.is_open() {
                return true;
            }
        }
        if declined {
            *allow = Allow::default();
        }
        false
    }

    #[inline]
    fn answer_unrouted<'r>(
        &'r self,
        request: &mut Request<'r>,
        exchange: &mut Exchange<'r>,
        allow: &Allow,
    ) {
        if let Some(pages) = &self.pages
            && pages.answer(request, exchange)
        {
            exchange.may_change();
            return;
        }
        if let Some(rules) = &self.rules
            && self.apply_rules(rules, request, exchange)
        {
            return;
        }
        let method = request.method();
        if let Some(refusal) = always_refused(method) {
            return self.refuse(refusal, request, exchange, allow);
        }
        if method == Method::Options && (request.path() == "*" || !allow.is_empty()) {
            return self.answer_options(request, exchange, allow);
        }
        if !allow.is_empty() {
            return self.refuse(Refusal::MethodNotAllowed, request, exchange, allow);
        }
        request.params = Params::default();
        if let Some(fallback) = &self.fallback {
            self.run(&**fallback, request, exchange);
        }
        if exchange.is_open() {
            if self.base.defaults_on {
                self.base.defaults.answer(request, exchange);
            } else {
                drop(exchange.respond(Response::plain(404)));
            }
        }
    }

    #[inline(never)]
    fn answer_options(&self, request: &Request<'_>, exchange: &mut Exchange<'_>, allow: &Allow) {
        let line = self.allow_line(request, allow);
        exchange.is_kind(Kind::Options);
        let _ = exchange.respond_with(&self.base.options, line.as_bytes());
    }

    /// Whether one of the operator's rules has answered the request.
    #[inline(never)]
    fn apply_rules<'r>(
        &'r self,
        rules: &'r Rules,
        request: &Request<'r>,
        exchange: &mut Exchange<'r>,
    ) -> bool {
        let Base { defaults, cors, .. } = &*self.base;
        match rules.answer(request, exchange, *cors) {
            None => return false,
            Some(Verdict::Done) => {}
            Some(Verdict::Kind(row)) => defaults.answer_kind(row, request.head, exchange),
            Some(Verdict::Nothing) => defaults.answer_nothing(request.head, exchange),
            Some(Verdict::Default) => defaults.answer(request, exchange),
        }
        true
    }

    /// Runs a handler, its panics caught. `false` if it declined.
    #[inline(never)]
    fn run(
        &self,
        handler: &dyn Handler,
        request: &Request<'_>,
        exchange: &mut Exchange<'_>,
    ) -> bool {
        // What a handler leaves half done is its own: the exchange takes an answer whole or not
        // at all, and the request is only read.
        exchange.may_change();
        let call = AssertUnwindSafe(|| handler.handle(request, exchange));
        match catch_unwind(call) {
            Ok(Action::Decline) if exchange.is_open() => return false,
            Ok(Action::Decline) => self.base.note_late_decline(request.path()),
            Ok(Action::Done) if exchange.is_open() => exchange.blame(HandlerFault::Silent),
            Ok(Action::Done) => {}
            Err(payload) => {
                exchange.blame(HandlerFault::Panicked);
                // A payload may panic once more when it is dropped; that one is given up.
                if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
                    std::mem::forget(second);
                }
            }
        }
        exchange.answered_by(By::Handler);
        true
    }

    #[inline(never)]
    fn refuse(
        &self,
        refusal: Refusal,
        request: &Request<'_>,
        exchange: &mut Exchange<'_>,
        allow: &Allow,
    ) {
        let response = Response::refusal(refusal);
        if refusal == Refusal::MethodNotAllowed {
            let line = self.allow_line(request, allow);
            exchange.refuse(refusal, response, line.as_bytes());
        } else {
            exchange.refuse(refusal, response, b"");
        }
    }

    fn allow_line(&self, request: &Request<'_>, allow: &Allow) -> allow::Line {
        allow.line(self.index.candidates(request.path()).map(|route| &route.methods))
    }
}

/// The refusal of a method that no route, or only one which names it, can serve.
#[inline]
fn always_refused(method: Method) -> Option<Refusal> {
    match method {
        Method::Other => Some(Refusal::Method),
        Method::Connect | Method::Trace => Some(Refusal::MethodNotAllowed),
        _ => None,
    }
}

pub(super) fn server_line(name: &str) -> Box<[u8]> {
    let name = name.trim();
    if name.is_empty() || name.bytes().any(|b| b.is_ascii_control()) {
        return Box::default();
    }
    format!("Server: {name}\r\n").into_bytes().into()
}

fn invalid(message: String) -> Error {
    Error::new(ErrorCode::InvalidArgument, message)
}
