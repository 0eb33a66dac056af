//! Which request means what.

#[cfg(feature = "tls")]
use super::authority;
use super::history::History;
use super::reply::Reply;
use super::{acts, guard, look, metrics, report};
#[cfg(feature = "tls")]
use crate::ca::Format;
use crate::http::Method;
use crate::responder::{Action, Exchange, Handler, Request};
use crate::server::Inner;
use std::sync::{Arc, Weak};

/// The page itself.
const PAGE: &str = include_str!("page.html");

/// What answers the requests of the admin side.
pub(super) struct Panel {
    /// The server that it speaks of, which may have gone.
    server: Weak<Inner>,
    /// Whether pages of other sites can reach it.
    is_tcp: bool,
    pub(super) history: Arc<History>,
}

/// What may be done with a path.
struct Route {
    method: &'static str,
    path: &'static str,
    act: fn(&Panel, &Arc<Inner>, &Request<'_>) -> Reply,
}

const fn route(
    method: &'static str,
    path: &'static str,
    act: fn(&Panel, &Arc<Inner>, &Request<'_>) -> Reply,
) -> Route {
    Route { method, path, act }
}

const ROUTES: &[Route] = &[
    route("GET", "/", |_, _, _| Reply::page(PAGE)),
    route("GET", "/stats.json", |panel, server, _| report::json(panel, server)),
    route("GET", "/stats.txt", |panel, server, _| report::text(panel, server)),
    route("GET", "/metrics", |panel, server, _| metrics::metrics(panel, server)),
    route("GET", "/healthz", |_, server, _| acts::health(server)),
    route("GET", "/history.json", |panel, _, _| report::history(panel)),
    route("GET", "/connections", |_, server, request| look::connections(server, request)),
    route("GET", "/rules", |_, server, _| acts::rules(server)),
    route("GET", "/log-level", |_, server, _| acts::log_level(server)),
    route("PUT", "/log-level", |_, server, request| acts::set_log_level(server, request)),
    #[cfg(feature = "tls")]
    route("GET", "/ca", |_, _, _| authority::page()),
    #[cfg(feature = "tls")]
    route("GET", "/ca.json", |_, server, _| authority::json(server)),
    #[cfg(feature = "tls")]
    route("GET", "/ca.crt", |_, server, _| authority::form(server, Format::Pem)),
    #[cfg(feature = "tls")]
    route("GET", "/ca.der", |_, server, _| authority::form(server, Format::Der)),
    #[cfg(feature = "tls")]
    route("GET", "/ca.mobileconfig", |_, server, _| authority::form(server, Format::Mobileconfig)),
    #[cfg(feature = "tls")]
    route("GET", "/ca.p12", |_, server, _| authority::form(server, Format::Pkcs12)),
    route("POST", "/reload", |_, server, _| acts::reload(server)),
    route("POST", "/drain", |_, server, request| acts::drain(server, request)),
];

impl Panel {
    pub(super) fn new(server: Weak<Inner>, is_tcp: bool, history: Arc<History>) -> Self {
        Panel { server, is_tcp, history }
    }

    fn answer(&self, request: &Request<'_>) -> Reply {
        let changes = !matches!(request.method(), Method::Get | Method::Head | Method::Options);
        if self.is_tcp
            && let Err(why) = guard::check(request, changes)
        {
            return Reply::error(403, why);
        }
        let Some(server) = self.server.upgrade() else {
            return Reply::error(503, "the server has gone");
        };
        let method = if request.method() == Method::Head { "GET" } else { request.method_name() };
        let mut here = ROUTES.iter().filter(|route| route.path == request.path()).peekable();
        if here.peek().is_none() {
            return Reply::error(404, "there is no such thing here: see / for a page");
        }
        match here.clone().find(|route| route.method == method) {
            Some(route) => (route.act)(self, &server, request),
            None => refuse_method(here, request),
        }
    }
}

impl Handler for Panel {
    fn handle(&self, request: &Request<'_>, exchange: &mut Exchange<'_>) -> Action {
        self.answer(request).send(exchange);
        Action::Done
    }
}

fn refuse_method<'r>(routes: impl Iterator<Item = &'r Route>, request: &Request<'_>) -> Reply {
    let mut allowed: Vec<&str> = routes.map(|route| route.method).collect();
    if allowed.contains(&"GET") {
        allowed.push("HEAD");
    }
    allowed.push("OPTIONS");
    let allowed = allowed.join(", ");
    if request.method() == Method::Options {
        return Reply::nothing().with("Allow", allowed);
    }
    let got = request.method_name();
    let message = format!("{}: expected one of {allowed}, got {got:.32}", request.path());
    Reply::error(405, message).with("Allow", allowed)
}
