//! Rules files, whatever is in them: see [`crate::fuzzing`].

use super::mistake::Mistakes;
use super::{RuleSet, file};
use crate::clients::Peer;
use crate::config::{Config, Settings};
use crate::fuzzing::answers;
use crate::http::head::{self, FieldSlots, Parsed};
use crate::http::{DateLine, Method};
use crate::responder::exchange::{Exchange, Outcome};
use crate::responder::response::Persistence;
use crate::responder::{Request, Responder};
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// Files that rules name are looked for beside it, where there are none.
const PATH: &str = "/nonexistent/http_responder/rules.toml";

/// What is asked, once there are rules.
const REQUESTS: [&str; 5] = [
    "GET /a?b=c HTTP/1.1\r\nHost: a.example\r\nAccept: image/webp\r\n\r\n",
    "HEAD /ads/x.gif HTTP/1.0\r\nHost: ads.example:81\r\n\r\n",
    "OPTIONS /a HTTP/1.1\r\nHost: b.example\r\nOrigin: http://a\r\nAccess-Control-Request-Method: PUT\r\n\r\n",
    "POST http://Sub.A.Example/a/b HTTP/1.1\r\nHost: x\r\nx-a: b\r\nRange: bytes=0-1\r\n\r\n",
    "PURGE / HTTP/1.1\r\nHost: [::1]\r\n\r\n",
];

pub(crate) fn rules_file(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    // Absolute paths would be those of this machine.
    if text.contains("file") && (text.contains('/') || text.contains('\\')) {
        return;
    }
    let (mut drafts, mut mistakes) = (Vec::new(), Mistakes::default());
    file::read(Path::new(PATH), text, &mut drafts, &mut mistakes);
    if mistakes.found() > 0 {
        for mistake in mistakes.into_told(Path::new(PATH)) {
            let told = mistake.to_string();
            assert!(told.starts_with(PATH) && !told.contains(['\n', '\r']), "{told:?}");
        }
        return;
    }
    static PLAIN: OnceLock<(Settings, Responder)> = OnceLock::new();
    let (settings, plain) = PLAIN.get_or_init(|| {
        let settings = Config::new().resolve().expect("defaults");
        let responder = Responder::new(&settings);
        (settings, responder)
    });
    let set = Arc::new(RuleSet::compile(drafts));
    let responder = plain.with_rules(set.clone(), settings);
    for request in REQUESTS {
        let mut slots = FieldSlots::new();
        match &head::parse(request.as_bytes(), &mut slots, &settings.limits) {
            Parsed::Complete(head) => {
                let found = set.find(head);
                assert!(set.shadows.iter().all(|shadow| Some(shadow.rule.0 as usize) != found));
                ask(&responder, head);
            }
            other => panic!("{other:?}"),
        }
    }
}

fn ask(responder: &Responder, head: &head::Head<'_, '_>) {
    let (mut out, date) = (Vec::new(), DateLine::new(784_111_777));
    let is_head = head.method == Method::Head;
    let mut exchange = Exchange::new(&mut out, &date, is_head, Persistence::Implied, None);
    responder.answer(&mut Request::new(head, b"", Peer::Nobody), &mut exchange);
    let shared = exchange.take_shared_body();
    let status = match exchange.into_outcome() {
        Outcome::Answered { status, .. } => status,
        Outcome::Cut { .. } => return,
        _ => panic!("nobody has answered"),
    };
    if let Some(body) = shared {
        out.extend_from_slice(body.rest());
    }
    let seen = answers(&out, |_| is_head);
    assert!(seen.len() == 1 && seen[0].is_whole, "{}", out.escape_ascii());
    assert_eq!(seen[0].status, status);
}
