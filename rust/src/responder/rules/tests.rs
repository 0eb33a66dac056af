use super::*;
use crate::http::Field;
use crate::responder::Responder;
use crate::responder::testing::{Seen, ask, head, settings};
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

/// A folder of its own for each test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("hr_rules_{}_{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn responder(rules: &str) -> Responder {
    let folder = Folder::new();
    let set = RuleSet::load(&folder.write("rules.toml", rules)).unwrap_or_else(|mistakes| {
        panic!("{}", mistakes.iter().map(|m| format!("{m}\n")).collect::<String>())
    });
    Responder::new(&settings()).with_rules(Arc::new(set), &settings())
}

fn mistakes(rules: &str) -> Vec<String> {
    let folder = Folder::new();
    let path = folder.write("rules.toml", rules);
    let found = RuleSet::load(&path).err().expect("mistakes");
    let start = format!("{}:", path.display());
    found.iter().map(|m| m.to_string().replace(&start, "")).collect()
}

fn get(responder: &Responder, host: &str, path: &str) -> Seen {
    let mut head = head("GET", path);
    head.host = Some(host);
    if let Some((path, query)) = path.split_once('?') {
        (head.path, head.query) = (path, Some(query));
    }
    ask(responder, &head)
}

#[test]
fn the_first_rule_whose_conditions_all_hold_answers() {
    let responder = responder(
        r#"
        [[rule]]
        host = "ads.example"
        path = "/a/{x}"
        body = "one"
        [[rule]]
        host = ["*.example", "other.org"]
        extension = ["gif", ".PNG"]
        body = "two"
        [[rule]]
        prefix = "/a"
        method = ["GET", "PURGE"]
        body = "three"
        [[rule]]
        path = "/exact"
        body = "four"
        [[rule]]
        extension = "zip"
        body = "five"
        "#,
    );
    for (host, path, expected) in [
        ("ads.example", "/a/b", "one"),
        ("ADS.example:80", "/a/b", "one"),
        ("x.example", "/a/b", "three"),
        ("x.example", "/a/b.gif", "two"),
        ("other.org", "/x.PnG", "two"),
        ("example", "/x.gif", ""),
        ("any", "/abc", "three"),
        ("any", "/exact", "four"),
        ("any", "/exactly", ""),
        ("any", "/x.ZIP", "five"),
    ] {
        let seen = get(&responder, host, path);
        let body = if seen.field("Content-Type") == Some("text/plain; charset=utf-8") {
            seen.body()
        } else {
            ""
        };
        assert_eq!(body, expected, "{host}{path}");
    }
    let purge = ask(&responder, &head("PURGE", "/abc"));
    assert_eq!(purge.body(), "three");
    assert_eq!(ask(&responder, &head("PUT", "/abc")).status, Some(200), "the default answer");
    assert_eq!(ask(&responder, &head("PURGE", "/exact")).status, Some(501));
}

#[test]
fn headers_and_queries_are_conditions() {
    let responder = responder(
        r#"
        [[rule]]
        header = { User-Agent = "*Chrome*", Cookie = false }
        query = { id = "7", debug = true }
        body = "taken"
        "#,
    );
    let ask_with = |fields: &'static [Field<'static>], path: &'static str| {
        let mut head = head("GET", path);
        head.fields = fields;
        (head.path, head.query) = path.split_once('?').map_or((path, None), |(p, q)| (p, Some(q)));
        ask(&responder, &head).text.ends_with("taken")
    };
    const CHROME: Field<'_> = Field { name: "user-agent", value: b"Mozilla Chrome/1 x" };
    const COOKIE: Field<'_> = Field { name: "cookie", value: b"a=b" };
    assert!(ask_with(&[CHROME], "/?debug&id=7"));
    assert!(!ask_with(&[CHROME], "/?id=7"));
    assert!(!ask_with(&[CHROME], "/?debug&id=8"));
    assert!(!ask_with(&[CHROME, COOKIE], "/?debug&id=7"));
    assert!(!ask_with(&[], "/?debug&id=7"));
}

#[test]
fn each_action_answers_as_it_says() {
    let responder = responder(
        r#"
        [[rule]]
        path = "/status"
        status = 410
        [[rule]]
        path = "/headers"
        status = 200
        headers = { X-A = ["1", "2"], Cache-Control = "no-store" }
        body = "{}"
        type = "application/json"
        [[rule]]
        path = "/redirect"
        redirect = "https://example.org/"
        [[rule]]
        path = "/moved"
        redirect = "/there"
        status = 308
        [[rule]]
        path = "/null"
        null = "gif"
        [[rule]]
        path = "/nothing"
        null = "nothing"
        [[rule]]
        path = "/x.gif"
        default = true
        "#,
    );
    let status = |path| get(&responder, "h", path).status;
    assert_eq!((status("/status"), status("/nothing")), (Some(410), Some(204)));
    let seen = get(&responder, "h", "/headers");
    assert!(seen.text.contains("X-A: 1\r\nX-A: 2\r\n"));
    assert_eq!((seen.field("Content-Type"), seen.body()), (Some("application/json"), "{}"));
    assert_eq!(seen.field("Access-Control-Allow-Origin"), Some("*"));
    let redirect = get(&responder, "h", "/redirect");
    assert_eq!(
        (redirect.status, redirect.field("Location")),
        (Some(302), Some("https://example.org/"))
    );
    assert_eq!(status("/moved"), Some(308));
    for path in ["/null", "/x.gif"] {
        assert_eq!(get(&responder, "h", path).field("Content-Type"), Some("image/gif"));
    }
}

#[test]
fn files_beside_the_rules_are_answers_and_lists() {
    let folder = Folder::new();
    folder.write("a.js", "var x;");
    folder.write("b.docm", "D");
    folder.write("list.txt", "# ads\n0.0.0.0 one.example\n||two.example^\n");
    let rules = folder.write(
        "10.toml",
        "[[rule]]\nhost_file = \"list.txt\"\nfile = \"a.js\"\n[[rule]]\npath = \"/d\"\nfile = \"b.docm\"",
    );
    folder.write(
        "20.toml",
        "[[rule]]\nhost_file = \"list.txt\"\nbody = \"late\"\n[[rule]]\npath=\"/e\"\nbody=\"e\"",
    );
    for (path, last) in [(&rules, 404), (&folder.0, 200)] {
        let set = RuleSet::load(path).unwrap_or_else(|_| panic!("{path:?}"));
        let bare = crate::config::Settings { default_answers: false, ..settings() };
        let responder = Responder::new(&bare).with_rules(Arc::new(set), &bare);
        for host in ["one.example", "two.example", "x.two.example"] {
            let seen = get(&responder, host, "/");
            assert_eq!(
                (seen.field("Content-Type"), seen.body()),
                (Some("text/javascript"), "var x;")
            );
        }
        let guessed = get(&responder, "x.one.example", "/d");
        let mime = "application/vnd.ms-word.document.macroenabled.12";
        assert_eq!(
            guessed.field("Content-Type").map(str::to_ascii_lowercase).as_deref(),
            Some(mime)
        );
        assert_eq!(get(&responder, "h", "/e").status, Some(last));
    }
}

#[test]
fn a_preflight_for_a_rule_is_answered_as_a_browser_wants_it() {
    let responder = responder(
        "[[rule]]\nprefix = \"/api\"\nbody = \"x\"\n[[rule]]\nmethod=\"OPTIONS\"\nbody=\"mine\"",
    );
    let mut preflight = head("OPTIONS", "/api/1");
    preflight.known.origin = Some(b"https://a.example");
    preflight.fields = &[Field { name: "Access-Control-Request-Method", value: b"PUT" }];
    let seen = ask(&responder, &preflight);
    assert_eq!((seen.status, seen.field("Access-Control-Allow-Methods")), (Some(204), Some("PUT")));
    assert_eq!(ask(&responder, &head("OPTIONS", "/b")).body(), "mine");
    let mut from_page = head("GET", "/api/1");
    from_page.known.origin = Some(b"https://a.example");
    let seen = ask(&responder, &from_page);
    assert_eq!(seen.field("Access-Control-Allow-Origin"), Some("https://a.example"));
    assert_eq!(seen.field("Vary"), Some("Origin"));
}

#[test]
fn every_mistake_is_told_with_its_place_and_what_was_expected() {
    let found = mistakes(
        r#"unknown = 1
[[rule]]
host = "a b"
pth = "/x"
body = "x"
[[rule]]
path = ["x", "/ok"]
method = "get"
status = 99
headers = 1
body = 5
[[rule]]
host = "ok"
[[rule]]
null = "nope"
delay = "long"
[[rule]]
close = true
reset = true
[[rule]]
fault = { truncate = 1, drip = 2 }
[[rule]]
fault = "odd"
file = "missing.js"
[[rule]]
close = true
status = 404
[[rule]]
host = []
body = ""
[[rule]]
status = 204
body = "x"
[[rule]]
prefix = ["/ads/{any}", "/ads/*", "/ok/"]
type = "css"
body = "x"
"#,
    );
    let expected = [
        "1:1: key: unknown \"unknown\"",
        "3:8: rule 1, host: expected a host name such as ads.example or *.ads.example, without port or path, got \"a b\"",
        "4:1: rule 1, key: unknown \"pth\", did you mean path?",
        "7:9: rule 2, path: pattern \"x\": expected a path that starts with \"/\" (\"/*\" is every path)",
        "8:10: rule 2, method: method \"get\": expected \"GET\", methods are case-sensitive",
        "9:10: rule 2, status: expected a number from 200 to 599, got 99",
        "10:11: rule 2, headers: expected a table such as { Name = \"value\" }, got 1",
        "11:8: rule 2, body: expected a text, got 5",
        "12:1: rule 3, action: expected an action: status, body, file, redirect, null, default, close, reset, delay or fault, got none",
        "15:8: rule 4, null: expected an extension such as gif, js or html, or nothing, got \"nope\"",
        "16:9: rule 4, delay: expected a duration such as 250ms or 2s, at most 1h, got \"long\"",
        "17:1: rule 5, reset: expected one action, got close and reset",
        "21:9: rule 6, fault: expected one of truncate, drip, slow_headers, garbage, wrong_length, reset_after",
        "23:9: rule 7, fault: expected truncate, drip, slow_headers, garbage, wrong_length, half_close or reset, got \"odd\"",
        "24:8: rule 7, file: cannot read \"missing.js\": No such file or directory (os error 2)",
        "27:10: rule 8, status: expected with body, file or redirect, or alone, got another action",
        "29:8: rule 9, host: expected at least one text, got an empty array",
        "32:10: rule 10, response: status 204: expected no body, got 1 octets",
        "35:11: rule 11, prefix: expected the start of a path, from its \"/\" on, in visible ASCII ({name} and a final * are for path), got \"/ads/{any}\"",
        "35:25: rule 11, prefix: expected the start of a path, from its \"/\" on, in visible ASCII ({name} and a final * are for path), got \"/ads/*\"",
        "36:8: rule 11, type: expected a media type such as text/css; charset=utf-8, got \"css\"",
    ];
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(found, expected);
    }
    assert_eq!(found.len(), expected.len(), "{found:#?}");
}

#[test]
fn broken_files_are_told_and_never_panic() {
    assert_eq!(mistakes("[[rule]\nbody = 1\n").len(), 1);
    assert!(mistakes("rule = 1")[0].contains("rule: expected tables"));
    assert!(mistakes("rule = [1]")[0].contains("rule 1, rule: expected a table"));
    let folder = Folder::new();
    for path in [folder.0.clone(), folder.0.join("none.toml"), folder.write("x.toml", b"\xff")] {
        assert_eq!(RuleSet::load(&path).err().map(|m| m.len()), Some(1), "{path:?}");
    }
    folder.write("list.txt", "bad/1\n".repeat(50));
    let path = folder.write("x.toml", "[[rule]]\nhost_file = \"list.txt\"\nbody = \"\"\n");
    let found = RuleSet::load(&path).err().unwrap();
    assert_eq!(found.len(), 11);
    assert_eq!(found[10].message, "40 more lines like these");
}

#[test]
fn a_hundred_thousand_hosts_are_a_rule_each() {
    let rules: String = (0..100_000)
        .map(|i| format!("[[rule]]\nhost = \"h{i}.example\"\nbody = \"{i}\"\n"))
        .collect();
    let responder = responder(&rules);
    for i in [0, 7, 99_999] {
        assert_eq!(get(&responder, &format!("h{i}.example"), "/").body(), i.to_string());
    }
}
