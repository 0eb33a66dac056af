"""Each condition and each action of a rule by itself: what takes it and what does not, what comes back."""

import pytest

from support.client import Client

MINE = b"mine"


def ask(server, host="ads.example", path="/", *fields, method="GET"):
    with Client(server.address) as client:
        lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", *fields, "Connection: close", "", ""]
        client.send("\r\n".join(lines).encode())
        return client.response(head=method == "HEAD")


@pytest.fixture
def with_rule(start, tmp_path):
    def make(text: str):
        (tmp_path / "rules.toml").write_text(text)
        return start("--rules", str(tmp_path / "rules.toml"), workers=1)

    return make


# A condition; requests that it takes; requests that it does not. A request is (host, path, field...).
CONDITIONS = {
    "an exact host": (
        'host = "ads.example"',
        [("ads.example", "/"), ("ADS.Example:8080", "/a.gif"), ("ads.example.", "/")],
        [("x.ads.example", "/"), ("example", "/"), ("ads.example.org", "/")],
    ),
    "every name below a host": (
        'host = "*.ads.example"',
        [("x.ads.example", "/"), ("a.b.ads.example:80", "/")],
        [("ads.example", "/"), ("xads.example", "/")],
    ),
    "one of several hosts": (
        'host = ["a.example", "*.b.example"]',
        [("a.example", "/"), ("x.b.example", "/")],
        [("b.example", "/"), ("x.a.example", "/")],
    ),
    "an address": (
        'host = ["192.0.2.1", "[2001:db8::1]"]',
        [("192.0.2.1:80", "/"), ("[2001:db8::1]:80", "/")],
        [("192.0.2.2", "/"), ("[2001:db8::2]", "/")],
    ),
    "a list of hosts": (
        'host_file = "list.txt"',
        [("plain.example", "/"), ("hosts.example", "/"), ("adblock.example", "/"), ("x.adblock.example", "/")],
        [("x.plain.example", "/"), ("remark.example", "/"), ("x.hosts.example", "/")],
    ),
    "an exact path": (
        'path = "/a/b"',
        [("h", "/a/b"), ("h", "/a/b?x=1")],
        [("h", "/a/b/"), ("h", "/a"), ("h", "/A/b")],
    ),
    "a path with a segment left open": (
        'path = "/v/{version}/app.js"',
        [("h", "/v/1/app.js"), ("h", "/v/2.0/app.js")],
        [("h", "/v/app.js"), ("h", "/v/1/2/app.js")],
    ),
    "a path with its end left open": ('path = "/a/*"', [("h", "/a/"), ("h", "/a/b/c")], [("h", "/ab"), ("h", "/b")]),
    "the start of a path": ('prefix = "/ad"', [("h", "/ad"), ("h", "/ads/x")], [("h", "/x/ad"), ("h", "/a")]),
    "an extension": (
        'extension = "js"',
        [("h", "/a.js"), ("h", "/x/A.JS?v=1")],
        [("h", "/a.css"), ("h", "/js"), ("h", "/a.js/b")],
    ),
    "a field with a text": (
        'header = { User-Agent = "*Old/1.*" }',
        [("h", "/", "User-Agent: App Old/1.5"), ("h", "/", "user-agent: Old/1.")],
        [("h", "/", "User-Agent: Old/2"), ("h", "/")],
    ),
    "a field that is there": ("header = { DNT = true }", [("h", "/", "dnt: 0")], [("h", "/")]),
    "a field that is not there": ("header = { DNT = false }", [("h", "/")], [("h", "/", "DNT: 1")]),
    "a parameter with a text": (
        'query = { id = "a b*" }',
        [("h", "/?id=a+b"), ("h", "/?x=1&id=a%20bc")],
        [("h", "/?id=a"), ("h", "/?ID=a+b"), ("h", "/")],
    ),
    "a parameter that is there": ("query = { id = true }", [("h", "/?id"), ("h", "/?id=")], [("h", "/?x")]),
    "a parameter that is not there": ("query = { id = false }", [("h", "/"), ("h", "/?x")], [("h", "/?id=1")]),
    "all of several": (
        'host = "ads.example"\nextension = "js"\nquery = { v = "1" }',
        [("ads.example", "/a.js?v=1")],
        [("ads.example", "/a.js"), ("h", "/a.js?v=1"), ("ads.example", "/a.css?v=1")],
    ),
    "nothing at all": ("", [("h", "/"), ("x", "/a.gif?y")], []),
}


@pytest.mark.parametrize("condition, taken, others", CONDITIONS.values(), ids=CONDITIONS)
def test_a_condition(with_rule, tmp_path, condition, taken, others):
    (tmp_path / "list.txt").write_text(
        "# remark.example\n! remark.example\nplain.example\n0.0.0.0 hosts.example # here\n||adblock.example^\n"
    )
    server = with_rule(f'[[rule]]\n{condition}\nbody = "mine"\n')
    for request in taken:
        assert ask(server, *request).body == MINE, request
    for request in others:
        assert ask(server, *request).body != MINE, request
    assert server.stats()["rules_matched"] == len(taken)


def test_a_method(with_rule):
    server = with_rule('[[rule]]\nmethod = ["GET", "PURGE"]\nbody = "mine"\n')
    assert ask(server).body == ask(server, method="PURGE").body == MINE
    assert ask(server, method="HEAD").get("content-length") == "4", "GET takes HEAD too"
    assert ask(server, method="POST").body != MINE


def test_the_first_rule_that_takes_a_request_answers(with_rule):
    server = with_rule('[[rule]]\nprefix = "/ab"\nbody = "first"\n[[rule]]\nprefix = "/a"\nbody = "second"\n')
    assert ask(server, "h", "/abc").body == b"first"
    assert ask(server, "h", "/ac").body == b"second"


def test_a_status_with_fields(with_rule):
    answer = ask(with_rule('[[rule]]\nstatus = 410\nheaders = { X-One = "1", X-Two = ["a", "b"] }\n'))
    assert (answer.status, answer.body, answer.get("x-one")) == (410, b"", "1")
    assert answer.all("x-two") == ["a", "b"]


def test_a_body_with_its_type(with_rule):
    server = with_rule('[[rule]]\npath = "/t"\nbody = "x"\n[[rule]]\nbody = "{}"\ntype = "application/json"\n')
    assert ask(server, "h", "/t").get("content-type") == "text/plain; charset=utf-8"
    assert ask(server).get("content-type") == "application/json"


def test_a_file_with_the_type_of_its_name(with_rule, tmp_path):
    (tmp_path / "own.js").write_text("own()")
    answer = ask(with_rule('[[rule]]\nfile = "own.js"\n'))
    assert (answer.body, answer.get("content-type")) == (b"own()", "text/javascript")
    again = ask(with_rule('[[rule]]\nfile = "own.js"\n'), "h", "/", f"If-None-Match: {answer.get('etag')}")
    assert again.status == 304


def test_a_redirect(with_rule):
    server = with_rule('[[rule]]\npath = "/p"\nredirect = "/q"\nstatus = 308\n[[rule]]\nredirect = "https://x.example/"\n')
    assert (ask(server).status, ask(server).get("location")) == (302, "https://x.example/")
    assert (ask(server, "h", "/p").status, ask(server, "h", "/p").get("location")) == (308, "/q")


@pytest.mark.parametrize("kind, media_type", [("gif", "image/gif"), ("js", "text/javascript"), ("mp4", "video/mp4")])
def test_the_null_of_a_kind(with_rule, kind, media_type):
    answer = ask(with_rule(f'[[rule]]\nnull = "{kind}"\n'), "h", "/x.html")
    assert answer.status == 200 and answer.get("content-type") == media_type


def test_nothing_and_the_default(with_rule):
    server = with_rule('[[rule]]\npath = "/n"\nnull = "nothing"\n[[rule]]\npath = "/a.gif"\ndefault = true\n[[rule]]\nclose = true\n')
    assert ask(server, "h", "/n").status == 204
    assert ask(server, "h", "/a.gif").get("content-type") == "image/gif"


def test_many_hosts_are_found_and_read_in_reasonable_time(start, tmp_path):
    """A hundred thousand names in a list, as many as rules of their own, and a reload of both."""
    names = [f"h{i}.ads{i % 97}.example" for i in range(100_000)]
    (tmp_path / "list.txt").write_text("\n".join(names))
    rules = "".join(f'[[rule]]\nhost = "own{i}.example"\nbody = "{i}"\n' for i in range(100_000))
    (tmp_path / "rules.toml").write_text('[[rule]]\nhost_file = "list.txt"\nbody = "listed"\n' + rules)
    server = start("--rules", str(tmp_path / "rules.toml"))
    for i in (0, 4711, 99_999):
        assert ask(server, names[i]).body == b"listed"
        assert ask(server, f"own{i}.example").body == str(i).encode()
    assert ask(server, "h1.ads2.example", "/x").body == ask(server, "own100000.example", "/x").body == b""
