use super::*;
use crate::responder::testing::{Seen, ask, head, settings};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

fn get(responder: &Responder, path: &str) -> Seen {
    ask(responder, &head("GET", path))
}

fn with_method(responder: &Responder, method: &str, path: &str) -> Seen {
    ask(responder, &head(method, path))
}

fn bare() -> Responder {
    Responder::new(&Settings { default_answers: false, ..settings() })
}

fn says(text: &str) -> Response {
    Response::builder(200).body(text).build().unwrap()
}

/// A handler that answers with `text`.
fn handler(text: &'static str) -> Arc<dyn Handler> {
    Arc::new(move |_: &Request<'_>, exchange: &mut Exchange<'_>| {
        exchange.respond(&says(text)).unwrap();
        Action::Done
    })
}

fn declining() -> Arc<dyn Handler> {
    Arc::new(|_: &Request<'_>, _: &mut Exchange<'_>| Action::Decline)
}

/// Panics without the report of the default hook, which would only litter the test's output.
fn quiet_panic(payload: impl Send + 'static) -> ! {
    std::panic::resume_unwind(Box::new(payload))
}

#[test]
fn the_first_route_that_takes_path_and_method_answers() {
    let responder = bare()
        .with_rule(Some("POST"), "/a", says("post"))
        .unwrap()
        .with_route(Some("GET"), "/{x}", handler("pattern"))
        .unwrap()
        .with_rule(None, "/a", says("late"))
        .unwrap();
    assert_eq!(get(&responder, "/a").body(), "pattern");
    assert_eq!(with_method(&responder, "POST", "/a").body(), "post");
    assert_eq!(with_method(&responder, "PUT", "/a").body(), "late");
    assert_eq!(get(&responder, "/a/b").status, Some(404));
}

#[test]
fn a_handler_sees_what_its_pattern_took() {
    let echo = |request: &Request<'_>, exchange: &mut Exchange<'_>| {
        let text = format!("{:?}", request.params());
        exchange.respond_bytes(200, "text/plain", text.as_bytes()).unwrap();
        Action::Done
    };
    let responder = bare().with_route(None, "/u/{id}/{*rest}", Arc::new(echo)).unwrap();
    assert_eq!(get(&responder, "/u/7/a/b").body(), r#"{"id": "7", "rest": "a/b"}"#);
}

#[test]
fn a_get_route_serves_head_without_the_body() {
    let responder = bare().with_rule(Some("GET"), "/a", says("text")).unwrap();
    let seen = with_method(&responder, "HEAD", "/a");
    assert_eq!(
        (seen.status, seen.body(), seen.field("Content-Length")),
        (Some(200), "", Some("4"))
    );
}

#[test]
fn a_handler_that_declines_passes_the_request_on() {
    let responder = bare()
        .with_route(None, "/a", declining())
        .unwrap()
        .with_rule(None, "/*", says("next"))
        .unwrap();
    assert_eq!(get(&responder, "/a").body(), "next");
}

#[test]
fn where_all_decline_the_fallback_and_then_the_default_answers() {
    let declined = bare().with_route(Some("GET"), "/a", declining()).unwrap();
    assert_eq!(get(&declined, "/a").status, Some(404));
    assert_eq!(get(&declined.with_fallback(handler("fallback")), "/a").body(), "fallback");
    assert_eq!(get(&declined.with_fallback(declining()), "/a").status, Some(404));

    let with_defaults = Responder::new(&settings()).with_fallback(declining());
    assert_eq!(get(&with_defaults, "/a.css").field("Content-Type"), Some("text/css"));
}

#[test]
fn a_fallback_does_not_see_what_a_declining_pattern_took() {
    let sees = |request: &Request<'_>, exchange: &mut Exchange<'_>| {
        assert_eq!(request.params().iter().count(), 0);
        exchange.respond(&says("fallback")).unwrap();
        Action::Done
    };
    let responder =
        bare().with_route(None, "/{x}", declining()).unwrap().with_fallback(Arc::new(sees));
    assert_eq!(get(&responder, "/a").body(), "fallback");
}

#[test]
fn a_path_that_is_known_for_other_methods_is_a_405_with_allow() {
    let responder = bare()
        .with_rule(Some("GET"), "/a", says(""))
        .unwrap()
        .with_rule(Some("PATCH"), "/{x}", says(""))
        .unwrap()
        .with_rule(Some("PURGE"), "/a", says(""))
        .unwrap()
        .with_fallback(handler("fallback"));
    let seen = with_method(&responder, "PUT", "/a");
    assert_eq!((seen.status, seen.refusal), (Some(405), Some(Refusal::MethodNotAllowed)));
    assert_eq!(seen.field("Allow"), Some("GET, HEAD, OPTIONS, PATCH, PURGE"));
}

#[test]
fn options_on_a_known_path_is_a_204_with_allow() {
    let responder = bare().with_rule(Some("GET"), "/a", says("")).unwrap();
    let seen = with_method(&responder, "OPTIONS", "/a");
    assert_eq!((seen.status, seen.refusal), (Some(204), None));
    assert_eq!(seen.field("Allow"), Some("GET, HEAD, OPTIONS"));
    assert_eq!(seen.field("Content-Length"), None);

    let own = responder.with_rule(Some("OPTIONS"), "/a", says("mine")).unwrap();
    assert_eq!(with_method(&own, "OPTIONS", "/a").body(), "mine");
}

#[test]
fn options_for_the_whole_server_is_a_204_with_allow() {
    for responder in [bare(), Responder::new(&settings()), bare().with_fallback(handler("no"))] {
        let seen = with_method(&responder, "OPTIONS", "*");
        assert_eq!((seen.status, seen.field("Allow")), (Some(204), Some(COMMON_METHODS)));
    }
}

#[test]
fn connect_and_trace_are_405_whatever_the_routes() {
    let responder = Responder::new(&settings())
        .with_rule(None, "/*", says("any"))
        .unwrap()
        .with_rule(Some("GET"), "/b", says("get"))
        .unwrap()
        .with_fallback(handler("fallback"));
    for (method, path) in
        [("CONNECT", "host:443"), ("CONNECT", "/"), ("TRACE", "/a"), ("TRACE", "/b")]
    {
        let seen = with_method(&responder, method, path);
        assert_eq!((seen.status, seen.refusal), (Some(405), Some(Refusal::MethodNotAllowed)));
        assert_eq!(seen.field("Allow"), Some(COMMON_METHODS), "{method}");
    }
}

#[test]
fn a_method_outside_the_list_is_a_501_unless_a_route_names_it() {
    let responder = Responder::new(&settings())
        .with_rule(None, "/a", says("any"))
        .unwrap()
        .with_rule(Some("PURGE"), "/b", says("purged"))
        .unwrap()
        .with_fallback(handler("fallback"));
    for (method, path) in [("PURGE", "/a"), ("PURGE", "/x.gif"), ("purge", "/b"), ("FOO", "/b")] {
        let seen = with_method(&responder, method, path);
        assert_eq!((seen.status, seen.refusal), (Some(501), Some(Refusal::Method)), "{path}");
    }
    assert_eq!(with_method(&responder, "PURGE", "/b").body(), "purged");
}

#[test]
fn without_default_answers_what_no_route_takes_is_a_plain_404() {
    let seen = get(&bare(), "/a.gif");
    assert_eq!((seen.status, seen.refusal), (Some(404), None));
    assert_eq!(seen.field("Content-Type"), Some("text/plain"));
}

#[test]
fn a_handler_that_panics_becomes_a_500() {
    let panics = |_: &Request<'_>, _: &mut Exchange<'_>| -> Action { quiet_panic("no") };
    for responder in [
        bare().with_route(None, "/a", Arc::new(panics)).unwrap(),
        bare().with_fallback(Arc::new(panics)),
    ] {
        let seen = get(&responder, "/a");
        assert_eq!((seen.status, seen.fault), (Some(500), Some(HandlerFault::Panicked)));
    }
}

#[test]
fn a_panic_after_the_answer_leaves_the_answer() {
    let panics = |_: &Request<'_>, exchange: &mut Exchange<'_>| -> Action {
        exchange.respond(&says("done")).unwrap();
        quiet_panic("no")
    };
    let seen = get(&bare().with_route(None, "/a", Arc::new(panics)).unwrap(), "/a");
    assert_eq!((seen.status, seen.fault), (Some(200), Some(HandlerFault::Panicked)));
    assert!(seen.text.ends_with("\r\n\r\ndone"));
}

#[test]
fn a_panic_whose_payload_panics_too_is_still_a_500() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            quiet_panic("again");
        }
    }
    let panics = |_: &Request<'_>, _: &mut Exchange<'_>| -> Action { quiet_panic(Bomb) };
    let seen = get(&bare().with_route(None, "/a", Arc::new(panics)).unwrap(), "/a");
    assert_eq!((seen.status, seen.fault), (Some(500), Some(HandlerFault::Panicked)));
}

#[test]
fn a_handler_that_is_done_without_an_answer_becomes_a_500() {
    let silent = |_: &Request<'_>, _: &mut Exchange<'_>| Action::Done;
    let responder = bare().with_route(None, "/a", Arc::new(silent)).unwrap();
    let seen = get(&responder, "/a");
    assert_eq!((seen.status, seen.fault), (Some(500), Some(HandlerFault::Silent)));
}

#[test]
fn a_handler_may_defer_and_then_nobody_else_is_asked() {
    let kept = Arc::new(Mutex::new(None));
    let keep = kept.clone();
    let defers = move |_: &Request<'_>, exchange: &mut Exchange<'_>| {
        *keep.lock().unwrap() = Some(exchange.defer().unwrap());
        Action::Decline
    };
    let responder = bare().with_route(None, "/a", Arc::new(defers)).unwrap();
    let seen = get(&responder.with_rule(None, "/a", says("no")).unwrap(), "/a");
    assert!(seen.deferred && seen.text.is_empty() && seen.fault.is_none());
}

#[test]
fn an_answer_stands_even_if_the_handler_declines_after_it() {
    let both = |_: &Request<'_>, exchange: &mut Exchange<'_>| {
        exchange.respond(&says("mine")).unwrap();
        Action::Decline
    };
    let responder = bare().with_route(None, "/a", Arc::new(both)).unwrap();
    let seen = get(&responder.with_rule(None, "/a", says("no")).unwrap(), "/a");
    assert_eq!((seen.body(), seen.fault), ("mine", None));
}

#[test]
fn only_a_handler_that_may_be_asked_wants_the_body() {
    let wants =
        |responder: &Responder, method: &str, path: &str| responder.wants_body(&head(method, path));
    let responder = Responder::new(&settings())
        .with_rule(Some("PUT"), "/a", says(""))
        .unwrap()
        .with_route(Some("POST"), "/{x}", handler(""))
        .unwrap();
    assert!(wants(&responder, "POST", "/a"));
    assert!(!wants(&responder, "PUT", "/a"), "a rule takes it");
    assert!(!wants(&responder, "PATCH", "/a"), "it is a 405");
    assert!(!wants(&responder, "POST", "/a/b"), "it is a default answer");

    let responder = responder.with_fallback(handler(""));
    assert!(wants(&responder, "POST", "/a/b"));
    assert!(!wants(&responder, "PUT", "/a"), "a rule takes it");
    assert!(!wants(&responder, "PATCH", "/a"), "it is a 405");
    assert!(!wants(&responder, "PURGE", "/a/b"), "it is a 501");
    assert!(!wants(&responder, "TRACE", "/a/b"), "it is a 405");
    assert!(!wants(&responder, "OPTIONS", "*"), "it is a 204");
}

#[test]
fn the_server_name_stands_once_in_every_answer() {
    let named = Settings { server_name: "probe/1".into(), ..settings() };
    let with_own = Response::builder(200).header("Server", "own").build().unwrap();
    let responder = Responder::new(&named)
        .with_rule(None, "/rule", says(""))
        .unwrap()
        .with_rule(None, "/own", with_own)
        .unwrap()
        .with_route(Some("GET"), "/handler", handler(""))
        .unwrap();
    for path in ["/rule", "/handler", "/x.gif", "/generate_204", "/"] {
        assert_eq!(get(&responder, path).field("Server"), Some("probe/1"), "{path}");
    }
    for (method, path) in [("PURGE", "/"), ("PUT", "/handler"), ("OPTIONS", "/handler")] {
        assert_eq!(with_method(&responder, method, path).field("Server"), Some("probe/1"));
    }
    assert_eq!(get(&responder, "/own").field("Server"), Some("own"));
    assert_eq!(responder.server_line(), b"Server: probe/1\r\n");
    assert_eq!(get(&Responder::new(&settings()), "/").field("Server"), None);
}

#[test]
fn malformed_methods_and_patterns_are_told() {
    let error = |method, pattern| {
        let error = bare().with_rule(method, pattern, says("")).err().unwrap();
        assert_eq!(error.code(), ErrorCode::InvalidArgument);
        error.message().to_owned()
    };
    assert_eq!(error(Some(""), "/"), "method \"\": expected a token such as GET");
    assert_eq!(error(Some("A B"), "/"), "method \"A B\": expected a token such as GET");
    assert_eq!(
        error(Some("get"), "/"),
        "method \"get\": expected \"GET\", methods are case-sensitive"
    );
    assert!(error(Some("CONNECT"), "/").starts_with("method \"CONNECT\": expected another one"));
    assert!(error(Some("TRACE"), "/").starts_with("method \"TRACE\": expected another one"));
    assert!(error(None, "a").starts_with("pattern \"a\": expected a path"));
}

#[test]
fn a_change_leaves_the_responder_it_was_made_of_alone() {
    let old = bare();
    let new = old.with_rule(None, "/a", says("new")).unwrap().with_fallback(handler("fallback"));
    assert_eq!((get(&old, "/a").status, get(&old, "/b").status), (Some(404), Some(404)));
    assert_eq!((get(&new, "/a").body(), get(&new, "/b").body()), ("new", "fallback"));
}

#[test]
fn handlers_are_dropped_with_the_last_responder_that_has_them() {
    struct Counted(Arc<AtomicUsize>);
    impl Handler for Counted {
        fn handle(&self, _: &Request<'_>, _: &mut Exchange<'_>) -> Action {
            Action::Decline
        }
    }
    impl Drop for Counted {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    let drops = Arc::new(AtomicUsize::new(0));
    let first = bare().with_route(None, "/a", Arc::new(Counted(drops.clone()))).unwrap();
    let second = first.with_route(None, "/{x}", Arc::new(Counted(drops.clone()))).unwrap();
    drop(first);
    assert_eq!(drops.load(Ordering::Relaxed), 0);
    drop(second);
    assert_eq!(drops.load(Ordering::Relaxed), 2);
}

#[test]
fn ten_thousand_rules_added_one_by_one_are_quick_to_add_and_to_find() {
    let start = Instant::now();
    let mut responder = bare();
    let mut in_use = responder.clone();
    for i in 0..10_000 {
        responder = responder.with_rule(None, &format!("/ads/{i}"), says("")).unwrap();
        // The server keeps the one before in use while the next is made.
        in_use = responder.clone();
    }
    assert_eq!(get(&in_use, "/ads/9999").status, Some(200));
    assert_eq!(get(&in_use, "/ads/10000").status, Some(404));
    // Far above what an unoptimised build takes, far below a copy of all rules each time.
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}
