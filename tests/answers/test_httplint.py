"""Every kind of answer, judged by httplint, the checks of REDbot."""

import pytest
from httplint import HttpRequestLinter, HttpResponseLinter, levels

from support.client import Client

# What it says of answers that are meant so: `public` is for caches that a request with credentials
# would make careful.
MEANT = {"STORE_PUBLIC_UNNECESSARY"}

REQUESTS = [
    ("GET", "/a.gif", ()),
    ("HEAD", "/a.gif", ()),
    ("GET", "/a.html", ()),
    ("GET", "/a.js", ("Origin: http://b.example",)),
    ("GET", "/a.json", ()),
    ("GET", "/a.mp4", ("Range: bytes=0-9",)),
    ("GET", "/a.mp4", ("Range: bytes=999999999-",)),
    ("GET", "/generate_204", ()),
    ("GET", "/a.woff2", ()),
    ("GET", "/nothing", ("Accept: text/css",)),
    ("POST", "/p", ("Content-Length: 0",)),
    ("OPTIONS", "/p", ("Origin: http://b.example", "Access-Control-Request-Method: PUT")),
    ("OPTIONS", "*", ()),
    ("TRACE", "/", ()),
    ("BREW", "/", ()),
    ("GET", "/" + "x" * 9000, ()),
    ("GET", "/a", ("Expect: more",)),
    ("GET", "/a", ("Content-Length: x",)),
    ("GET", "/a", ("Transfer-Encoding: gzip, chunked",)),
]


def notes(server, method: str, target: str, fields) -> list[tuple]:
    with Client(server.address) as client:
        lines = [f"{method} {target} HTTP/1.1", "Host: a.example", *fields, "", ""]
        client.send("\r\n".join(lines).encode())
        response = client.response(head=method == "HEAD")
    asked = HttpRequestLinter()
    asked.process_request_topline(method.encode(), f"http://a.example{target if target != '*' else '/'}".encode(), b"HTTP/1.1")
    named = [tuple(line.encode() for line in field.split(": ", 1)) for field in ("Host: a.example", *fields)]
    asked.process_headers(named)
    asked.finish_content(True)
    linter = HttpResponseLinter(_related=asked, no_content=method == "HEAD")
    linter.process_response_topline(b"1.1", str(response.status).encode(), response.reason.encode())
    linter.process_headers([(name.encode(), value.encode()) for name, value in response.fields])
    linter.feed_content(response.body)
    linter.finish_content(True)
    return [(note.level, type(note).__name__, str(note.summary)) for note in linter.notes]


def is_meant(name: str) -> bool:
    """Notes on a status say what it means."""
    return name in MEANT or name.startswith("STATUS_")


@pytest.mark.parametrize("method,target,fields", REQUESTS)
def test_httplint_finds_nothing_bad(start, method, target, fields):
    server = start(workers=1)
    found = [note for note in notes(server, method, target, fields) if note[0] in (levels.BAD, levels.WARN)]
    assert not [note for note in found if not is_meant(note[1])], found
