//! What is asked for: each kind of answer that a program can give.

use crate::fuzzing::Asked;
use crate::http::Version;
use crate::responder::{
    Action, Deferred, Exchange, Fault, Manner, Pace, Request, Responder, Response, Upload, Writer,
};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// Octets of a body that is not copied into the output.
const LARGE: usize = 40_000;

/// The path of a response that no handler gives.
const PREPARED: &str = "/r";

/// What the handlers have seen, and what waits for its answer.
#[derive(Default)]
pub(super) struct Site {
    pub(super) handled: Vec<Asked>,
    pub(super) waiting: VecDeque<Waiting>,
    /// How often one of them has gone on, seen from outside or not.
    pub(super) steps: usize,
}

pub(super) enum Waiting {
    /// An answer of this number.
    Answer(Arc<Deferred>, usize),
    /// A stream of this number that has not begun.
    Stream(Deferred, usize),
    /// One that has, and how many pieces of it were written.
    Pieces(Writer, usize, usize),
    /// A body that its handler has paused.
    Body(Arc<Deferred>),
}

pub(super) type Shared = Arc<Mutex<Site>>;

pub(super) fn lock(site: &Shared) -> MutexGuard<'_, Site> {
    site.lock().unwrap_or_else(|poison| poison.into_inner())
}

/// Whether a handler gets the request.
pub(super) fn is_handled(asked: &Asked) -> bool {
    let methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"];
    methods.contains(&&*asked.method) && asked.path.starts_with('/') && asked.path != PREPARED
}

pub(super) fn streams(path: &str) -> bool {
    path.starts_with("/s")
}

pub(super) fn responder(plain: &Responder, site: &Shared) -> Responder {
    let uploads = site.clone();
    let upload = move |request: &Request<'_>, exchange: &mut Exchange<'_>| {
        let body = Body { asked: asked(request), site: uploads.clone(), deferred: None, pieces: 0 };
        let own = Arc::new(Mutex::new(body));
        match exchange.receive(Box::new(Intake(own.clone()))) {
            Ok(deferred) => own.lock().unwrap().deferred = Some(Arc::new(deferred)),
            Err(error) => panic!("{error}"),
        }
        Action::Done
    };
    let others = site.clone();
    let other = move |request: &Request<'_>, exchange: &mut Exchange<'_>| {
        let mut asked = asked(request);
        asked.body = request.body().to_vec();
        let mut site = lock(&others);
        let number = site.handled.len();
        site.handled.push(asked);
        answer(&mut site, number, request.path(), exchange);
        Action::Done
    };
    plain
        .with_rule(None, PREPARED, response(0, 30))
        .and_then(|it| it.with_upload(None, "/u/*", 0, Arc::new(upload)))
        .and_then(|it| it.with_route(None, "/*", Arc::new(other)))
        .expect("routes")
}

fn asked(request: &Request<'_>) -> Asked {
    Asked {
        method: request.method_name().to_owned(),
        target: request.target().to_owned(),
        path: request.path().to_owned(),
        host: request.host().map(str::to_owned),
        is_old: request.version() == Version::Http10,
        ..Asked::default()
    }
}

pub(super) fn response(number: usize, length: usize) -> Response {
    let mut body = format!("#{number} ").into_bytes();
    body.resize(body.len().max(length), b'x');
    Response::builder(200).body(body).build().expect("a response")
}

fn answer(site: &mut Site, number: usize, path: &str, exchange: &mut Exchange<'_>) {
    let manner = |fault| Manner { delay: Duration::ZERO, fault };
    let given = match path.as_bytes().get(1) {
        Some(b'l') => {
            exchange.defer().map(|it| site.waiting.push_back(Waiting::Answer(Arc::new(it), number)))
        }
        Some(b's') => {
            exchange.defer().map(|it| site.waiting.push_back(Waiting::Stream(it, number)))
        }
        Some(b'b') => exchange.respond(&response(number, LARGE)),
        Some(b'd') => {
            let drip = Fault::Drip(7, Duration::from_millis(1));
            exchange.respond_in(&response(number, 20), manner(Some(drip)))
        }
        Some(b'w') => {
            let late = Manner { delay: Duration::from_millis(3), fault: None };
            exchange.respond_in(&response(number, 20), late)
        }
        _ => exchange.respond_bytes(200, "text/plain", format!("#{number} ").as_bytes()),
    };
    given.expect("the first answer");
}

/// A body that its handler takes as it arrives, with a pause behind every other piece.
struct Body {
    asked: Asked,
    site: Shared,
    deferred: Option<Arc<Deferred>>,
    pieces: usize,
}

struct Intake(Arc<Mutex<Body>>);

impl Upload for Intake {
    fn chunk(&mut self, octets: &[u8]) -> Pace {
        let mut body = self.0.lock().unwrap();
        body.asked.body.extend_from_slice(octets);
        body.pieces += 1;
        if body.pieces % 2 == 1 {
            return Pace::GoOn;
        }
        let deferred = body.deferred.clone().expect("the handler has returned");
        lock(&body.site).waiting.push_back(Waiting::Body(deferred));
        Pace::Pause
    }

    fn end(&mut self) {
        let mut body = self.0.lock().unwrap();
        let deferred = body.deferred.take().expect("the handler has returned");
        let mut site = lock(&body.site);
        let number = site.handled.len();
        site.handled.push(body.asked.clone());
        site.waiting.push_back(Waiting::Answer(deferred, number));
    }

    fn abort(&mut self) {
        // Else each would keep the other.
        self.0.lock().unwrap().deferred = None;
    }
}

/// Goes on with one thing that waits; what else there is to do with it goes back.
pub(super) fn go_on(site: &Shared) {
    let first = lock(site).waiting.pop_front();
    lock(site).steps += usize::from(first.is_some());
    // Who has left, or been refused meanwhile, gets no answer: that is no fault of the program.
    let rest = match first {
        None => None,
        Some(Waiting::Body(deferred)) => {
            deferred.resume();
            None
        }
        Some(Waiting::Answer(deferred, number)) => {
            let _ = deferred.respond(&response(number, 10));
            None
        }
        Some(Waiting::Stream(deferred, number)) => {
            let head = Response::builder(200).build().expect("a response");
            deferred.stream(&head, None).ok().map(|it| Waiting::Pieces(it, number, 0))
        }
        Some(Waiting::Pieces(writer, number, written)) => {
            let said = match written {
                0 => writer.send(format!("#{number} ").as_bytes()),
                1 => writer.send(&[b'x'; 5000]),
                2 => writer.send(b"end"),
                _ => writer.finish(),
            };
            let goes_on = said.is_ok() && written < 3;
            goes_on.then_some(Waiting::Pieces(writer, number, written + 1))
        }
    };
    if let Some(rest) = rest {
        lock(site).waiting.push_front(rest);
    }
}
