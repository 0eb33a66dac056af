use super::*;
use crate::http::{Field, Head};
use crate::responder::Responder;
use crate::responder::testing::{Seen, ask, head, settings};

const GIF: &str = "image/gif";
const HTML: &str = "text/html; charset=utf-8";

fn responder() -> Responder {
    Responder::new(&settings())
}

fn get(path: &str) -> Seen {
    ask(&responder(), &head("GET", path))
}

/// The answer to a request whose head `change` has changed.
fn answer<'h>(method: &'h str, path: &'h str, change: impl FnOnce(&mut Head<'h, 'h>)) -> Seen {
    let mut head = head(method, path);
    change(&mut head);
    ask(&responder(), &head)
}

fn to_destination(destination: &'static str, path: &str) -> String {
    let seen = answer("GET", path, |h| h.known.sec_fetch_dest = Some(destination.as_bytes()));
    seen.field("Content-Type").unwrap_or("none").to_owned()
}

fn accepting(accept: &'static str, path: &str) -> String {
    let seen = answer("GET", path, |h| h.known.accept = Some(accept.as_bytes()));
    seen.field("Content-Type").unwrap().to_owned()
}

#[test]
fn each_extension_is_answered_with_the_type_and_body_of_its_row() {
    for kind in types::TABLE {
        for extension in kind.extensions {
            let seen = get(&format!("/a/b.c/x.{extension}"));
            assert_eq!(seen.status, Some(200));
            assert_eq!(seen.field("Content-Type"), Some(kind.mime), "{extension}");
            assert_eq!(seen.field("Cache-Control"), Some(kind.cache.value()), "{extension}");
            let length = kind.body.len().to_string();
            assert_eq!(seen.field("Content-Length"), Some(&*length), "{extension}");
            assert_eq!(seen.body(), String::from_utf8_lossy(kind.body));
        }
    }
}

#[test]
fn what_a_program_makes_is_what_the_client_takes() {
    let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    let image = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8";
    assert_eq!(accepting(browser, "/a.php"), HTML);
    assert_eq!(accepting(image, "/track.php"), "image/avif");
    assert_eq!(accepting("text/css,*/*;q=0.1", "/style.php"), "text/css");
    let script = answer("GET", "/tag.aspx", |h| h.known.accept = Some(b"*/*"));
    assert_eq!((script.field("Content-Type"), script.body()), (Some(HTML), ""));
    assert_eq!(get("/a.php").body(), get("/").body(), "who says nothing gets a page");
    assert_eq!(to_destination("script", "/tag.php"), "text/javascript");
}

#[test]
fn the_root_is_a_page_and_an_unknown_path_an_empty_one() {
    let root = get("/");
    assert_eq!(root.field("Content-Type"), Some(HTML));
    assert!(root.body().starts_with("<!DOCTYPE html>") && root.body().contains("<title>"));
    assert_eq!(get("/index.html").body(), root.body());
    for path in ["/a", "/a/", "/x.unknown", "/x.", "/a.gif/"] {
        let seen = get(path);
        assert_eq!((seen.field("Content-Type"), seen.body()), (Some(HTML), ""), "{path}");
    }
}

#[test]
fn the_extension_is_read_in_any_case_and_cut_at_parameters() {
    for path in ["/X.GIF", "/x.Gif;v=1.js", "/x.gif#y.js", "/.gif"] {
        assert_eq!(get(path).field("Content-Type"), Some(GIF), "{path}");
    }
}

#[test]
fn head_is_answered_like_get_without_the_body() {
    for path in ["/x.gif", "/", "/x.unknown", "/generate_204", "/x.pdf"] {
        let whole = get(path);
        let bare = ask(&responder(), &head("HEAD", path));
        assert_eq!(format!("{}{}", bare.text, whole.body()), whole.text, "{path}");
    }
}

#[test]
fn methods_with_a_body_are_answered_by_type_too() {
    for method in ["POST", "PUT", "DELETE", "PATCH"] {
        let seen = ask(&responder(), &head(method, "/x.json"));
        assert_eq!((seen.status, seen.body()), (Some(200), "{}"), "{method}");
    }
}

#[test]
fn the_destination_says_more_than_the_extension() {
    assert_eq!(to_destination("script", "/x.php"), "text/javascript");
    assert_eq!(to_destination("script", "/x.gif"), "text/javascript");
    assert_eq!(to_destination("worker", "/x"), "text/javascript");
    assert_eq!(to_destination("style", "/x"), "text/css");
    assert_eq!(to_destination("image", "/x.php"), GIF);
    assert_eq!(to_destination("document", "/x.js"), HTML);
    assert_eq!(to_destination("manifest", "/x"), "application/json");
    assert_eq!(to_destination("track", "/x"), "text/vtt");
}

#[test]
fn the_extension_says_which_format_of_the_destination() {
    assert_eq!(to_destination("image", "/x.png"), "image/png");
    assert_eq!(to_destination("manifest", "/x.webmanifest"), "application/manifest+json");
    assert_eq!(to_destination("document", "/x.xhtml"), "application/xhtml+xml");
}

#[test]
fn a_destination_that_takes_anything_leaves_it_to_the_extension() {
    for destination in ["empty", "object", "embed", "nonsense", ""] {
        assert_eq!(to_destination(destination, "/x.css"), "text/css", "{destination}");
    }
}

#[test]
fn a_frame_gets_an_empty_document() {
    for destination in ["iframe", "frame"] {
        for path in ["/", "/ad.html", "/ad.gif"] {
            let seen =
                answer("GET", path, |h| h.known.sec_fetch_dest = Some(destination.as_bytes()));
            assert_eq!(seen.field("Content-Type"), Some(HTML));
            assert_eq!(seen.body().as_bytes(), bodies::FRAME);
        }
    }
}

#[test]
fn accept_decides_where_nothing_else_does() {
    assert_eq!(accepting("text/css,*/*;q=0.1", "/x"), "text/css");
    assert_eq!(accepting("image/png", "/x"), "image/png");
    assert_eq!(accepting("IMAGE/PNG", "/x"), "image/png");
    assert_eq!(
        accepting("application/json, text/javascript, */*; q=0.01", "/x"),
        "application/json"
    );
    assert_eq!(
        accepting("text/javascript;q=0.5, application/json;q=0.9", "/x"),
        "application/json"
    );
    assert_eq!(accepting("application/unheard-of, image/*;q=0.2", "/x"), GIF);
    assert_eq!(accepting("text/html,application/xhtml+xml,*/*;q=0.8", "/x"), HTML);
    assert_eq!(accepting("image/png", "/x.css"), "text/css");
}

#[test]
fn accept_that_says_nothing_changes_nothing() {
    let refuses = "image/png;q=0, image/gif;q=x";
    for accept in ["*/*", "", ",,,", ";", "*/*, image/png;q=0.9", "nonsense/*", refuses] {
        let seen = answer("GET", "/x", |h| h.known.accept = Some(accept.as_bytes()));
        assert_eq!((seen.field("Content-Type"), seen.body()), (Some(HTML), ""), "{accept}");
    }
    let page = answer("GET", "/x", |h| h.known.accept = Some(b"text/html"));
    assert_eq!(page.body().as_bytes(), bodies::PAGE);
}

#[test]
fn a_type_that_nothing_is_known_of_is_not_chosen_by_accept() {
    let among = "application/vnd.example.unknown,image/webp,image/*,*/*;q=0.8";
    assert_eq!(accepting(among, "/x"), "image/webp");
    assert_eq!(accepting("application/vnd.example.unknown", "/x"), HTML);
}

#[test]
fn json_that_a_function_takes_is_a_call_of_it() {
    let ask = |method, path, query, destination: Option<&'static str>| {
        answer(method, path, |h| {
            h.query = Some(query);
            h.known.sec_fetch_dest = destination.map(str::as_bytes);
        })
    };
    for destination in [None, Some("script"), Some("empty")] {
        let seen = ask("GET", "/x.json", "callback=a.b", destination);
        assert_eq!((seen.field("Content-Type"), seen.body()), (Some("text/javascript"), "a.b({})"));
        assert_eq!(seen.field("X-Content-Type-Options"), Some("nosniff"));
        assert_eq!(seen.field("Access-Control-Allow-Origin"), Some("*"));
    }
    assert_eq!(ask("HEAD", "/x.json", "callback=f", None).field("Content-Length"), Some("5"));
    for (method, path, query, destination, body) in [
        ("GET", "/x.json", "callback=alert(1)", None, "{}"),
        ("GET", "/x.json", "callback=alert(1)", Some("script"), ""),
        ("GET", "/x.json", "q=1", None, "{}"),
        ("POST", "/x.json", "callback=f", None, "{}"),
        ("GET", "/x.js", "callback=f", Some("script"), ""),
        ("GET", "/x", "callback=f", None, ""),
    ] {
        assert_eq!(ask(method, path, query, destination).body(), body, "{path}?{query}");
    }
    let image = ask("GET", "/x.json", "callback=f", Some("image"));
    assert_eq!(image.field("Content-Type"), Some(GIF));
}

#[test]
fn beacons_get_a_204() {
    let posted = answer("POST", "/x.js", |h| h.known.sec_fetch_dest = Some(b"empty"));
    let ping = answer("POST", "/x", |h| h.known.ping_to = Some(b"http://a/"));
    let report = answer("POST", "/x", |h| h.known.sec_fetch_dest = Some(b"report"));
    for seen in [posted, ping, report] {
        assert_eq!((seen.status, seen.body()), (Some(204), ""));
        assert_eq!(seen.field("Content-Length"), None);
        assert_eq!(seen.field("Access-Control-Allow-Origin"), Some("*"));
    }
    let fetched = answer("GET", "/x.js", |h| h.known.sec_fetch_dest = Some(b"empty"));
    assert_eq!(fetched.status, Some(200));
}

#[test]
fn probes_get_what_their_platform_expects() {
    for path in ["/generate_204", "/gen_204"] {
        let seen = get(path);
        assert_eq!((seen.status, seen.body()), (Some(204), ""));
        assert_eq!(seen.field("Content-Length"), None);
    }
    assert_eq!(get("/ncsi.txt").body(), "Microsoft NCSI");
    assert_eq!(get("/connecttest.txt").body(), "Microsoft Connect Test");
    assert_eq!(get("/success.txt").body(), "success\n");
    let apple = "<HTML><HEAD><TITLE>Success</TITLE></HEAD><BODY>Success</BODY></HTML>";
    assert_eq!(get("/hotspot-detect.html").body(), apple);
    assert_eq!(get("/hotspot-detect.html").field("Cache-Control"), Some("no-store"));
}

#[test]
fn probes_can_be_switched_off() {
    let off = Responder::new(&crate::config::Settings { probes: false, ..settings() });
    assert_eq!(ask(&off, &head("GET", "/generate_204")).status, Some(200));
    let seen = ask(&off, &head("GET", "/ncsi.txt"));
    assert_eq!((seen.field("Content-Type"), seen.body()), (Some("text/plain"), ""));
}

#[test]
fn fixed_paths_are_what_they_are_whatever_the_other_fields_say() {
    let seen = answer("GET", "/favicon.ico", |h| h.known.sec_fetch_dest = Some(b"script"));
    assert_eq!(seen.field("Content-Type"), Some("image/x-icon"));
    assert_eq!(seen.field("Content-Length"), Some("70"));
    let seen = answer("POST", "/ncsi.txt", |h| h.known.sec_fetch_dest = Some(b"empty"));
    assert_eq!(seen.body(), "Microsoft NCSI");
}

#[test]
fn without_origin_anybody_may_read_the_answer() {
    let seen = get("/x.gif");
    assert_eq!(seen.field("Access-Control-Allow-Origin"), Some("*"));
    assert_eq!(seen.field("Access-Control-Allow-Credentials"), None);
    assert_eq!(seen.field("Vary"), Some("Sec-Fetch-Dest, Accept, Origin"));
    assert_eq!(seen.field("Timing-Allow-Origin"), Some("*"));
    assert_eq!(seen.field("Cross-Origin-Resource-Policy"), Some("cross-origin"));
}

#[test]
fn an_origin_is_echoed_with_credentials() {
    let seen = answer("GET", "/x.gif", |h| h.known.origin = Some(b"https://a.example:8443"));
    assert_eq!(seen.field("Access-Control-Allow-Origin"), Some("https://a.example:8443"));
    assert_eq!(seen.field("Access-Control-Allow-Credentials"), Some("true"));
    assert_eq!(seen.field("Vary"), Some("Sec-Fetch-Dest, Accept, Origin"));
    assert_eq!(seen.field("Timing-Allow-Origin"), Some("*"));
    assert_eq!(seen.field("Cross-Origin-Resource-Policy"), Some("cross-origin"));
}

#[test]
fn an_origin_that_is_none_is_not_echoed() {
    for origin in [&b""[..], b"a b", b"a\r\nSet-Cookie: x=1", b"\xff", &[b'a'; 513]] {
        let seen = answer("GET", "/x.gif", |h| h.known.origin = Some(origin));
        assert_eq!(seen.field("Access-Control-Allow-Origin"), Some("*"), "{origin:?}");
        assert!(!seen.text.contains("Set-Cookie"));
    }
}

#[test]
fn a_preflight_is_granted_what_it_asks_for() {
    let seen = answer("OPTIONS", "/x.gif", |h| {
        h.known.origin = Some(b"https://a.example");
        h.fields = &[
            Field { name: "Access-Control-Request-Method", value: b"DELETE" },
            Field { name: "access-control-request-headers", value: b"content-type, x-token" },
            Field { name: "Access-Control-Request-Private-Network", value: b"true" },
        ];
    });
    assert_eq!((seen.status, seen.body()), (Some(204), ""));
    let vary = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers";
    for (name, value) in [
        ("Access-Control-Allow-Origin", "https://a.example"),
        ("Access-Control-Allow-Credentials", "true"),
        ("Access-Control-Allow-Methods", "DELETE"),
        ("Access-Control-Allow-Headers", "content-type, x-token"),
        ("Access-Control-Allow-Private-Network", "true"),
        ("Access-Control-Max-Age", "86400"),
        ("Vary", vary),
    ] {
        assert_eq!(seen.field(name), Some(value));
    }
    assert_eq!(seen.field("Content-Length"), None);
}

#[test]
fn a_preflight_gets_no_more_than_it_asks_for() {
    let seen = answer("OPTIONS", "/x", |h| {
        h.known.origin = Some(b"null");
        h.fields = &[
            Field { name: "Access-Control-Request-Method", value: b"GET" },
            Field { name: "Access-Control-Request-Headers", value: b"a\r\nSet-Cookie: x=1" },
        ];
    });
    assert_eq!(seen.field("Access-Control-Allow-Methods"), Some("GET"));
    assert_eq!(seen.field("Access-Control-Allow-Headers"), None);
    assert_eq!(seen.field("Access-Control-Allow-Private-Network"), None);
    assert!(!seen.text.contains("Set-Cookie"));
}

#[test]
fn options_that_is_no_preflight_tells_the_methods() {
    let plain = answer("OPTIONS", "/x", |_| {});
    assert_eq!((plain.status, plain.field("Allow")), (Some(204), Some(COMMON_METHODS)));
    assert_eq!(plain.field("Access-Control-Allow-Origin"), Some("*"));

    let from_page = answer("OPTIONS", "/x", |h| h.known.origin = Some(b"http://a"));
    assert_eq!(from_page.field("Allow"), Some(COMMON_METHODS));
    assert_eq!(from_page.field("Access-Control-Allow-Origin"), Some("http://a"));
}

#[test]
fn cors_can_be_switched_off() {
    let off = Responder::new(&crate::config::Settings { cors: false, ..settings() });
    let mut with_origin = head("GET", "/x.gif");
    with_origin.known.origin = Some(b"http://a");
    let mut preflight = head("OPTIONS", "/x.gif");
    preflight.known.origin = Some(b"http://a");
    preflight.fields = &[Field { name: "Access-Control-Request-Method", value: b"PUT" }];
    for request in [head("GET", "/x.gif"), with_origin, preflight] {
        let text = ask(&off, &request).text.to_ascii_lowercase();
        for name in ["access-control", "origin", "timing-allow", "cross-origin"] {
            assert!(!text.contains(name), "{text}");
        }
    }
}
