"""What holds for the default answer of every kind: HEAD, ranges, conditional requests, cross-origin fields.
The kinds are those of the table of the engine, so that a new one is tested too."""

import re
from pathlib import Path

import pytest

from support.client import get
from support.server import ServerProcess, binary_argv

TYPES = Path(__file__).parents[2] / "rust" / "src" / "responder" / "defaults" / "types.rs"


def rows() -> list[str]:
    """The first extension of each row that names its extensions where it stands."""
    table = TYPES.read_text().split("pub(super) const TABLE", 1)[1].split("\n];", 1)[0]
    return re.findall(r'&\[\s*"(\w+)"', table) + ["html", "php", "java"]


EXTENSIONS = rows()


@pytest.fixture(scope="module")
def address():
    server = ServerProcess(binary_argv(workers=1))
    try:
        yield server.address
        server.stop()
    finally:
        server.kill()


def test_the_table_was_read():
    assert len(EXTENSIONS) > 90 and {"gif", "js", "css", "woff2", "mp4", "wasm"} <= set(EXTENSIONS)


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_a_kind(address, extension):
    path = f"/a.{extension}"
    whole = get(address, path)
    assert whole.status == 200 and whole.get("content-type") and whole.get("cache-control")
    assert whole.get("content-length") == str(len(whole.body))
    assert whole.get("cross-origin-resource-policy") == "cross-origin" and whole.get("timing-allow-origin") == "*"
    assert whole.get("access-control-allow-origin") == "*" and "origin" in whole.tokens("vary")

    head = get(address, path, method="HEAD")
    assert (head.status, head.body) == (200, b"")
    for name in ("content-type", "content-length", "cache-control", "etag", "accept-ranges"):
        assert head.get(name) == whole.get(name), name

    from_page = get(address, path, "Origin: https://page.example")
    assert from_page.get("access-control-allow-origin") == "https://page.example"
    assert from_page.body == whole.body

    tag = whole.get("etag")
    assert (tag is None) == (whole.get("cache-control") == "no-store"), "what may be kept has a tag"
    if tag is None:
        assert get(address, path, "If-None-Match: *").status == 200
        return
    known = get(address, path, f"If-None-Match: {tag}")
    assert (known.status, known.body, known.get("etag")) == (304, b"", tag)
    assert get(address, path, f"If-None-Match: {tag}", method="HEAD").status == 304
    if whole.body:
        last = len(whole.body) - 1
        part = get(address, path, f"Range: bytes={last}-")
        assert (part.status, part.body) == (206, whole.body[-1:])
        assert part.get("content-range") == f"bytes {last}-{last}/{last + 1}"
        assert get(address, path, f"Range: bytes={last + 1}-").status == 416
