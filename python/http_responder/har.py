"""HTTP Archives (HAR 1.2): what was recorded elsewhere is answered again; records and logs are saved.

>>> from http_responder import Server
>>> from http_responder.har import replay
>>> with Server(port=0) as server:
...     replay(server, {"log": {"entries": []}})
0
"""

from __future__ import annotations

import json
import os
import time
from base64 import b64decode, b64encode
from collections.abc import Iterable
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Union
from urllib.parse import parse_qsl, urlsplit

from . import __version__
from ._native import Headers, Record, Request, Response, Server

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

    Requests are told apart by method, path and query, whatever the host; where a path has but one
    answer, whatever the query. Of several answers to the same request each is given once, the last one
    again and again. The workers do it all, without entering Python. ValueError names
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
            server._replay(method, path, queries)
    return count


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


def save(path: str | os.PathLike[str], entries: Iterable[Entry | Record]) -> None:
    """Writes what Server.recorded() gives, or the log of a http_responder.testing.Server, as a HAR file."""
    with open(path, "w", encoding="utf-8") as file:
        json.dump(dump(entries), file, indent=1, ensure_ascii=False)


def dump(entries: Iterable[Entry | Record]) -> dict[str, Any]:
    """The same as HAR. Records are there as they went over the wire, whoever answered; what was not
    understood is left out. Of a log, so are answers that have no response of their own: of a handler
    that raised, deferred ones, spoilt ones, streams."""
    written = [
        _write_record(entry) if isinstance(entry, Record) else _write(entry.request, entry.answer)
        for entry in entries
    ]
    creator = {"name": "http_responder", "version": __version__}
    found = [entry for entry in written if entry is not None]
    return {"log": {"version": "1.2", "creator": creator, "entries": found}}


def _write_record(record: Record) -> dict[str, Any] | None:
    if not record.method:
        return None
    headers, body = record.request_headers, record.request_body
    asked = _request(record.method, record.target, record.version, headers, body)
    # Of a body that was not kept to its end, what is there would pass for all of it.
    said = _answer(record.status, record.headers, record.body if record.is_whole else b"")
    return _entry(record.started, record.seconds * 1e3, asked, said)


def _write(request: Request, answer: Any) -> dict[str, Any] | None:
    response = _response(answer)
    if response is None:
        return None
    asked = _request(request.method, request.target, request.version, request.headers, request.body)
    said = _answer(response.status, response.headers, response.body)
    return _entry(time.time(), 0, asked, said)


def _request(
    method: str, target: str, version: str, headers: Headers, body: bytes
) -> dict[str, Any]:
    host = headers.get("host") or "localhost"
    url = target if "://" in target else f"http://{host}{target}"
    cookies = [
        (name.strip(), value.strip())
        for line in headers.get_all("cookie")
        for name, _, value in (pair.partition("=") for pair in line.split(";"))
        if name.strip()
    ]
    asked: dict[str, Any] = {
        "method": method,
        "url": url,
        "httpVersion": version,
        "cookies": _pairs(cookies),
        "headers": _pairs(headers.items()),
        "queryString": _pairs(parse_qsl(urlsplit(url).query, keep_blank_values=True)),
        "headersSize": -1,
        "bodySize": len(body),
    }
    if body:
        kind = headers.get("content-type", "application/octet-stream")
        asked["postData"] = {"mimeType": kind, **_text(body)}
    return asked


def _answer(status: int, headers: Headers, body: bytes) -> dict[str, Any]:
    return {
        "status": status,
        "statusText": "",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(headers.items()),
        "content": {
            "size": len(body),
            "mimeType": headers.get("content-type") or "",
            **_text(body),
        },
        "redirectURL": headers.get("location", ""),
        "headersSize": -1,
        "bodySize": len(body),
    }


def _entry(
    started: float, took: float, asked: dict[str, Any], said: dict[str, Any]
) -> dict[str, Any]:
    return {
        "startedDateTime": datetime.fromtimestamp(started, timezone.utc).isoformat(),
        "time": took,
        "request": asked,
        "response": said,
        "cache": {},
        "timings": {"send": 0, "wait": took, "receive": 0},
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
