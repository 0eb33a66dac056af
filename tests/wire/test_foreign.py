"""Requests that others wrote for their own servers and proxies (`requests.jsonl`), where the file
is present: what is dangerous has to be refused, what is sound has to be answered."""

import base64
import json
import re
from dataclasses import dataclass

import pytest

from support.client import Client
from support.paths import foreign_requests
from support.response import Response, parse_all

ANSWERED = (200, 204)
TOO_LARGE = 1_000_000
"""Octets of a body that the server may refuse by default."""

GUNICORN_ONLY = {
    "invalid/006.http": "gunicorn's limit_request_line of 4094",
    "invalid/007.http": "gunicorn's limit_request_field_size of 8190",
    "invalid/008.http": "gunicorn's limit_request_field_size",
    "invalid/011.http": "gunicorn's limit_request_fields set to 2",
    "invalid/012.http": "gunicorn's limit_request_field_size set to 98",
    "invalid/040.http": "gunicorn's header_map: underscores in names are legal",
    "invalid/041.http": "two Content-Types say nothing about framing",
    "invalid/limit_header_default_01.http": "gunicorn's limit_request_field_size",
    "invalid/rfc9110_field_value_ctl_bel_01.http": "the file has a back slash and letters, no control character",
    "invalid/rfc9110_field_value_ctl_del_01.http": "the file has a back slash and letters, no control character",
    "invalid/rfc9110_trailer_forbidden_cl_01.http": "row 20: not acted on, not necessarily refused",
    "invalid/rfc9110_trailer_forbidden_host_01.http": "row 20: not acted on, not necessarily refused",
    "invalid/rfc9110_trailer_forbidden_te_01.http": "row 20: not acted on, not necessarily refused",
}

INCOMPLETE = {
    "invalid/001.http": "no end of the head",
    "invalid/rfc9112_chunked_missing_final_crlf_01.http": "no end of the body",
}


@dataclass(frozen=True)
class Foreign:
    source: str
    name: str
    expect: str
    raw: bytes

    @property
    def id(self) -> str:
        return re.sub(r"[^\w./-]+", "_", f"{self.expect}-{self.name}")


def load() -> list[Foreign]:
    file = foreign_requests()
    if file is None:
        return []
    rows = map(json.loads, file.read_text().splitlines())
    return [Foreign(row["src"], row["name"], row["expect"], base64.b64decode(row["b64"])) for row in rows]


ALL = load()
pytestmark = pytest.mark.skipif(not ALL, reason="requests.jsonl is not here (HR_WIRE_VECTORS says where)")


def those(source: str, *expects: str):
    chosen = [foreign for foreign in ALL if foreign.source == source and foreign.expect in expects]
    return pytest.mark.parametrize("foreign", chosen, ids=lambda foreign: foreign.id)


def test_all_of_them_are_there():
    counts = {expect: sum(foreign.expect == expect for foreign in ALL) for expect in ("Severe", "Compliant")}
    assert counts == {"Severe": 58, "Compliant": 28}


@those("desync", "Severe")
def test_severe_is_refused(face, foreign):
    assert_refused(exchange(face, foreign.raw, end=False), foreign)


@those("gunicorn", "invalid")
def test_what_gunicorn_refuses_is_refused(face, foreign):
    if foreign.name in GUNICORN_ONLY:
        answers = exchange(face, foreign.raw, end=True)
        assert len(answers) <= 1, GUNICORN_ONLY[foreign.name]
        return
    assert_refused(exchange(face, foreign.raw, end=foreign.name in INCOMPLETE), foreign)


@those("desync", "Compliant")
def test_compliant_is_answered(face, foreign):
    statuses = [answer.status for answer in exchange(face, foreign.raw + missing_body(foreign.raw), end=True)]
    assert len(statuses) == 1
    if (allowed := declined_for_a_reason(foreign.raw)) is not None:
        assert statuses[0] in allowed
    else:
        assert statuses[0] in ANSWERED


@those("desync", "Ambiguous", "Acceptable")
def test_ambiguous_gets_one_answer_at_most(face, foreign):
    assert len(exchange(face, foreign.raw, end=True)) <= 1


@those("gunicorn", "valid")
def test_what_gunicorn_parses_never_hangs(face, foreign):
    requests = len(re.findall(rb"HTTP/1\.[01]\r\n", foreign.raw))
    assert len(exchange(face, foreign.raw, end=True)) <= max(1, requests)


def exchange(face, raw: bytes, *, end: bool) -> list[Response]:
    """Sends, and reads until the server closes. Without `end` it closes of its own accord, or the
    deadline fails the test: waiting for more is not refusing."""
    with Client(face.tcp, patience=4.0) as client:
        if client.send_unless_closed(raw) and end:
            client.end_sending()
        return parse_all(client.until_closed(), [raw.split(b" ")[0].decode("latin-1")])


def assert_refused(answers: list[Response], foreign: Foreign) -> None:
    assert len(answers) <= 1, f"answered more than once: {foreign.raw!r}"
    assert not answers or 400 <= answers[0].status < 600, f"{answers[0].status} to {foreign.raw!r}"


def fields(raw: bytes, name: bytes) -> list[bytes]:
    lines = raw.split(b"\r\n\r\n")[0].split(b"\r\n")[1:]
    pairs = (line.split(b":", 1) for line in lines)
    return [value.strip() for key, value in pairs if key.lower() == name]


def missing_body(raw: bytes) -> bytes:
    """The body that these requests announce but do not have."""
    if not raw.endswith(b"\r\n\r\n"):
        return b""
    if fields(raw, b"transfer-encoding"):
        return b"0\r\n\r\n"
    lengths = fields(raw, b"content-length")
    return b"x" * int(lengths[0]) if lengths else b""


def declined_for_a_reason(raw: bytes) -> tuple[int, ...] | None:
    """The statuses of a sound request that this server still does not serve."""
    codings = fields(raw, b"transfer-encoding")
    if codings and codings != [b"chunked"]:
        return 400, 501  # rows 13 and 14: no coding but one plain chunked
    if raw.startswith(b"GET  HTTP/1.1"):
        return (400,)  # row 21: no target
    if any(int(length) > TOO_LARGE for length in fields(raw, b"content-length")):
        return *ANSWERED, 413  # max_body
    if re.search(rb'[<>"\\^`{|}]', raw.split(b"\r\n")[0]):
        return *ANSWERED, 400  # characters that no URI may have (RFC 3986 2): either is right
    return None
