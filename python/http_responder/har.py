"""HTTP Archives (HAR 1.2): what was recorded elsewhere is answered again; a log is saved as one.

>>> from http_responder import Server
>>> from http_responder.har import replay
>>> with Server(port=0) as server:
...     replay(server, {"log": {"entries": []}})
0
"""

from __future__ import annotations

import json
import os
import threading
from base64 import b64decode, b64encode
from collections.abc import Iterable
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Union
from urllib.parse import urlsplit

from . import __version__
from ._native import Request, Response, Server

if TYPE_CHECKING:
    from .testing import Entry

__all__ = ["dump", "replay", "save"]

_Source = Union[str, "os.PathLike[str]", dict[str, Any]]

# Of the connection that it came over, or no longer true of a body that is decoded.
_DROPPED = frozenset(
    ("connection", "content-encoding", "content-length", "date", "keep-alive", "transfer-encoding")
)


def replay(server: Server, source: _Source) -> int:
    """Has server answer as a HAR file, or one that is parsed already, says; returns how many answers
    there are.

    Requests are told apart by method, path and query, whatever the host. A request that is there
    once, and under whose path there is no other query, is a rule: it never enters Python. Of several
    answers to the same request each is given once, the last one again and again. ValueError names
    the entry that is malformed.
    """
    grouped: dict[tuple[str, str], dict[str, list[Response]]] = {}
    count = 0
    for number, entry in enumerate(_entries(source)):
        try:
            method, path, query, response = _read(entry)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"entry {number}: {type(error).__name__}: {error}") from error
        if response is not None:
            grouped.setdefault((method, path), {}).setdefault(query, []).append(response)
            count += 1
    for (method, path), queries in grouped.items():
        answers = next(iter(queries.values()))
        if len(queries) == len(answers) == 1:
            server.rule(path, answers[0], method=method)
        else:
            server.route(path, method=method)(_Answers(queries))
    return count


class _Answers:
    """The answers to one path, by query."""

    def __init__(self, queries: dict[str, list[Response]]) -> None:
        self._queries = queries
        self._lock = threading.Lock()

    def __call__(self, request: Request) -> Response | None:
        answers = self._queries.get(request.query_string)
        if answers is None:
            return None
        with self._lock:
            return answers.pop(0) if len(answers) > 1 else answers[0]


def _entries(source: _Source) -> list[dict[str, Any]]:
    parsed: Any = source
    if isinstance(source, (str, os.PathLike)):
        with open(source, encoding="utf-8-sig") as file:
            parsed = json.load(file)
    try:
        entries = parsed["log"]["entries"]
    except (KeyError, TypeError):
        entries = None
    if not isinstance(entries, list):
        raise ValueError("HAR: expected an object with log.entries")
    return entries


def _read(entry: dict[str, Any]) -> tuple[str, str, str, Response | None]:
    url = urlsplit(entry["request"]["url"])
    said = entry["response"]
    status = int(said["status"])
    # Braces, which URLs should not have, would be placeholders.
    path = (url.path or "/").replace("{", "%7B").replace("}", "%7D")
    method = entry["request"]["method"]
    if not 200 <= status <= 599:
        # 0 is what browsers write where no answer came.
        return method, path, url.query, None
    content = said.get("content", {})
    text = content.get("text", "")
    body = b64decode(text, validate=True) if content.get("encoding") == "base64" else text.encode()
    headers = [
        (field["name"], field["value"].encode("latin-1", "replace"))
        for field in said.get("headers", ())
        if field["name"].lower() not in _DROPPED and not field["name"].startswith(":")
    ]
    if status in (204, 205, 304):
        body = b""
    return method, path, url.query, Response(status, body, headers=headers)


def save(path: str | os.PathLike[str], entries: Iterable[Entry]) -> None:
    """Writes the log of a http_responder.testing.Server as a HAR file."""
    with open(path, "w", encoding="utf-8") as file:
        json.dump(dump(entries), file, indent=1, ensure_ascii=False)


def dump(entries: Iterable[Entry]) -> dict[str, Any]:
    """The log of a http_responder.testing.Server as HAR. Answers that have no response of their own
    are left out: of a handler that raised, deferred ones, spoilt ones, streams."""
    written = [_write(entry.request, entry.answer) for entry in entries]
    creator = {"name": "http_responder", "version": __version__}
    found = [entry for entry in written if entry is not None]
    return {"log": {"version": "1.2", "creator": creator, "entries": found}}


def _write(request: Request, answer: Any) -> dict[str, Any] | None:
    response = _response(answer)
    if response is None:
        return None
    host = request.host or "localhost"
    asked: dict[str, Any] = {
        "method": request.method,
        "url": f"http://{host}{request.target}",
        "httpVersion": request.version,
        "cookies": _pairs(request.cookies.items()),
        "headers": _pairs(request.headers.items()),
        "queryString": _pairs(request.query.items()),
        "headersSize": -1,
        "bodySize": len(request.body),
    }
    if request.body:
        kind = request.headers.get("content-type", "application/octet-stream")
        asked["postData"] = {"mimeType": kind, **_text(request.body)}
    return {
        "startedDateTime": datetime.now(timezone.utc).isoformat(),
        "time": 0,
        "request": asked,
        "response": {
            "status": response.status,
            "statusText": "",
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": _pairs(response.headers.items()),
            "content": {
                "size": len(response.body),
                "mimeType": response.content_type or "",
                **_text(response.body),
            },
            "redirectURL": response.headers.get("location", ""),
            "headersSize": -1,
            "bodySize": len(response.body),
        },
        "cache": {},
        "timings": {"send": 0, "wait": 0, "receive": 0},
    }


def _response(answer: Any) -> Response | None:
    if isinstance(answer, Response):
        return answer
    status, headers, body = 200, None, answer
    if isinstance(answer, tuple):
        status, headers, body = answer[0], answer[1] if len(answer) == 3 else None, answer[-1]
    kind = None
    if isinstance(body, (dict, list)):
        body, kind = json.dumps(body, separators=(",", ":"), ensure_ascii=False), "application/json"
    try:
        return Response(status, body, content_type=kind, headers=headers)
    except (TypeError, ValueError):
        return None


def _text(octets: bytes) -> dict[str, str]:
    try:
        return {"text": octets.decode()}
    except UnicodeDecodeError:
        return {"text": b64encode(octets).decode(), "encoding": "base64"}


def _pairs(items: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in items]
