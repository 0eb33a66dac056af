use crate::http::{Field, Head, Method};
use crate::responder::rules::mistake::Mistakes;
use crate::responder::rules::{RuleSet, file};
use crate::responder::testing::head;
use proptest::prelude::*;
use std::path::Path;

/// Rules, each with these lines.
fn set_of<S: AsRef<str>>(rules: &[S]) -> RuleSet {
    let text: String =
        rules.iter().map(|it| format!("[[rule]]\n{}\nreset = true\n", it.as_ref())).collect();
    let (mut drafts, mut mistakes) = (Vec::new(), Mistakes::default());
    file::read(Path::new("rules.toml"), &text, &mut drafts, &mut mistakes);
    assert_eq!(mistakes.found(), 0, "{text}");
    RuleSet::compile(drafts)
}

/// Rules that never match, each with the one that takes its requests.
fn shadows<S: AsRef<str>>(rules: &[S]) -> Vec<(u32, u32)> {
    set_of(rules).shadows.iter().map(|shadow| (shadow.rule.0, shadow.by.0)).collect()
}

#[test]
fn a_rule_behind_one_that_takes_all_of_it_is_found() {
    for (wide, narrow) in [
        ("", ""),
        ("", r#"host = "a""#),
        ("", r#"method = "PUT""#),
        ("", r#"query = { a = "b" }"#),
        (r#"host = "a""#, r#"host = "A.""#),
        (r#"host = "*.a""#, r#"host = ["x.a", "*.b.a"]"#),
        (r#"host = ["b", "a"]"#, r#"host = ["a", "b"]"#),
        (r#"path = "/a""#, r#"path = "/a""#),
        (r#"path = "/*""#, r#"path = "/a""#),
        (r#"path = "/*""#, r#"prefix = "/a""#),
        (r#"path = "/{x}/*""#, r#"path = "/{y}/b/{z}""#),
        (r#"path = "/{x}""#, r#"path = "/a""#),
        (r#"prefix = "/a""#, r#"path = ["/abc", "/a/{x}"]"#),
        (r#"prefix = "/a""#, r#"prefix = "/ab""#),
        (r#"extension = ["gif", "js"]"#, r#"extension = "JS""#),
        (r#"extension = "gif""#, r#"path = "/a.gif""#),
        (r#"method = "GET""#, r#"method = ["HEAD", "GET"]"#),
        (r#"header = { Cookie = true }"#, r#"header = { cookie = "a*" }"#),
        (r#"query = { a = "b" }"#, "path = \"/a\"\nquery = { a = \"b\", c = false }"),
    ] {
        assert_eq!(shadows(&[wide, narrow]), [(1, 0)], "{wide}, {narrow}");
        let between = ["host = \"far\"\npath = \"/far\"", wide, narrow];
        assert_eq!(shadows(&between), [(2, 1)], "{wide}, {narrow}");
    }
}

#[test]
fn a_rule_that_has_something_left_is_not() {
    for (first, second) in [
        (r#"host = "a""#, ""),
        (r#"host = "*.a""#, r#"host = "a""#),
        (r#"host = "a""#, r#"host = "*.a""#),
        (r#"host = "a""#, r#"host = ["a", "b"]"#),
        // The method: without one, those of the list.
        ("", r#"method = "PURGE""#),
        (r#"method = "HEAD""#, r#"method = "GET""#),
        // OPTIONS has a path that is none.
        (r#"path = "/*""#, ""),
        (r#"path = "/{x}""#, r#"path = "/""#),
        (r#"path = "/a/*""#, r#"path = "/a""#),
        (r#"path = "/a/*""#, r#"prefix = "/a""#),
        (r#"prefix = "/a""#, r#"path = "/{x}""#),
        (r#"extension = "gif""#, r#"prefix = "/a.gif""#),
        (r#"header = { A = "x" }"#, r#"header = { A = true }"#),
        (r#"header = { A = true }"#, r#"header = { A = false }"#),
        (r#"query = { a = true }"#, r#"query = { A = true }"#),
    ] {
        assert_eq!(shadows(&[first, second]), [], "{first}, {second}");
    }
}

#[test]
fn some_are_told_and_the_others_counted() {
    let set = set_of(&[""; 50]);
    assert_eq!((set.shadows.len(), set.more_shadows), (10, 39));
}

#[test]
fn the_time_is_linear_whatever_is_in_them() {
    let hosts: Vec<_> = (0..2000).map(|i| format!("\"h{i}.example\"")).collect();
    let paths: Vec<_> = (0..2000).map(|i| format!("\"/p{i}\"")).collect();
    let large = format!("host = [{}]\npath = [{}]", hosts.join(","), paths.join(","));
    let same = |i: usize| format!("host = \"h\"\nquery = {{ q{i} = true }}");
    let rules: Vec<_> = (0..20).map(|_| large.clone()).chain((0..20_000).map(same)).collect();
    let set = set_of(&rules);
    // Too large to be compared is not told.
    assert_eq!((set.shadows.len(), set.more_shadows), (0, 0));
}

fn texts(of: &'static str) -> impl Strategy<Value = String> {
    prop::collection::vec(of, 1..3).prop_map(|texts| format!("{texts:?}"))
}

fn rule() -> impl Strategy<Value = String> {
    let line = |key: &'static str, values: &'static str| {
        prop::option::weighted(0.4, texts(values))
            .prop_map(move |it| it.map(|it| format!("{key} = {it}")))
    };
    let test = |key: &'static str| {
        let value = prop::sample::select(vec!["true", "false", "\"a*\"", "\"ab\"", "\"*\""]);
        let table = (prop::sample::select(vec!["a", "b"]), value);
        prop::option::weighted(0.2, table)
            .prop_map(move |it| it.map(|(name, value)| format!("{key} = {{ {name} = {value} }}")))
    };
    let lines = (
        line("host", "(\\*\\.)?[ab](\\.[ab])?"),
        line("path", "(/([ab]|\\{x\\}|b\\.js)){0,1}(/|/[ab]|/\\{y\\}|/\\*|/a\\.js)"),
        line("prefix", "/[ab]?(/[ab]?)?"),
        line("extension", "js|a"),
        line("method", "GET|HEAD|PUT|PURGE"),
        test("header"),
        test("query"),
    );
    lines.prop_map(|(a, b, c, d, e, f, g)| {
        let said: Vec<_> = [a, b, c, d, e, f, g].into_iter().flatten().collect();
        said.join("\n")
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 4 } else { 1500 }))]
    #[test]
    fn nothing_is_said_to_never_match_that_does(
        rules in prop::collection::vec(rule(), 2..6),
        requests in prop::collection::vec((
            prop::option::of("[ab](\\.[ab]){0,2}"),
            "(/[ab]?(\\.js)?){1,3}|\\*",
            prop::sample::select(vec!["GET", "HEAD", "PUT", "PURGE", "OPTIONS"]),
            prop::option::of("a?b?"),
            prop::option::of("a=a?b?"),
        ), 40),
    ) {
        let set = set_of(&rules);
        for (host, path, method, value, query) in &requests {
            let fields: Vec<_> =
                value.iter().map(|it| Field { name: "A", value: it.as_bytes() }).collect();
            let request = Head { host: host.as_deref(), fields: &fields, query: query.as_deref(), ..head(method, path) };
            prop_assert_eq!(request.method == Method::Other, *method == "PURGE");
            let found = set.find(&request).map(|found| found as u32);
            let shadow = set.shadows.iter().find(|it| Some(it.rule.0) == found);
            prop_assert!(shadow.is_none(), "{:?} in {:?}", shadow, rules);
        }
    }
}
