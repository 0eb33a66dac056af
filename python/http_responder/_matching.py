"""What a request must be, and what it is instead."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Callable, Union

from ._fields import MultiDict
from ._native import Request

Text = Union[str, "re.Pattern[str]", Callable[[str], bool]]
"""A text: equal, found by a regular expression, or as a function says."""

Path = Text
Query = Union[str, Mapping[str, Any], Iterable[tuple[str, str]], Callable[[MultiDict[str]], bool]]
Headers = Mapping[str, Union[Text, None]]
Body = Union[str, bytes, Callable[[bytes], bool]]

NOTHING: Any = object()
"""Stands for what was not asked for: None is a JSON value."""

Matcher = Callable[[Request], Union[str, None]]
"""Says what is wrong with a request; None if nothing is."""


def matchers(
    path: Path,
    method: str | Iterable[str] | None,
    query: Query | None,
    headers: Headers | None,
    json: Any,
    body: Body | None,
) -> list[Matcher]:
    """One for each thing that is asked for, the cheapest first."""
    found = [_path(path)]
    if method is not None:
        found.append(_method(method))
    if query is not None:
        found.append(_query(query))
    for name, value in (headers or {}).items():
        found.append(_header(name, value))
    if json is not NOTHING:
        found.append(_json(json))
    if body is not None:
        found.append(_body(body))
    return found


def is_text(value: str, expected: Text) -> bool:
    """Whether a text is what was asked for."""
    if isinstance(expected, str):
        return value == expected
    if isinstance(expected, re.Pattern):
        return expected.search(value) is not None
    return bool(expected(value))


def say(expected: Any) -> str:
    """What was asked for, in words."""
    if isinstance(expected, re.Pattern):
        return f"a match of {expected.pattern!r}"
    if callable(expected):
        return f"what {getattr(expected, '__name__', repr(expected))} takes"
    return repr(expected)


_PLACEHOLDER = re.compile(r"\{(\*?)(\w+)\}")


def pattern(path: str) -> re.Pattern[str] | None:
    """The regular expression of a path as in routes; None for one that stands for itself."""
    if not _PLACEHOLDER.search(path):
        return None
    parts, at = [], 0
    for found in _PLACEHOLDER.finditer(path):
        parts.append(re.escape(path[at : found.start()]))
        parts.append(f"(?P<{found[2]}>{'.*' if found[1] else '[^/]+'})")
        at = found.end()
    return re.compile("".join(parts) + re.escape(path[at:]))


def _path(expected: Path) -> Matcher:
    compiled = pattern(expected) if isinstance(expected, str) else None

    def match(request: Request) -> str | None:
        if compiled is not None:
            if compiled.fullmatch(request.path):
                return None
        elif is_text(request.path, expected) or is_text(_decoded(request.path), expected):
            return None
        return f"path: expected {say(expected)}, got {request.path!r}"

    return match


def _decoded(path: str) -> str:
    from urllib.parse import unquote

    return unquote(path) if "%" in path else path


def _method(expected: str | Iterable[str]) -> Matcher:
    one = isinstance(expected, str)
    methods = {expected} if isinstance(expected, str) else set(expected)
    methods = {method.upper() for method in methods}
    told = next(iter(methods)) if one else " or ".join(sorted(methods))

    def match(request: Request) -> str | None:
        if request.method.upper() in methods:
            return None
        return f"method: expected {told}, got {request.method}"

    return match


def _query(expected: Query) -> Matcher:
    pairs = None if callable(expected) or isinstance(expected, str) else _pairs(expected)

    def match(request: Request) -> str | None:
        got: Any = request.query_string
        if callable(expected):
            right = expected(request.query)
        elif pairs is None:
            right = got == expected
        else:
            got = sorted(request.query.items())
            right = got == pairs
        told = say(expected) if pairs is None else repr(pairs)
        return None if right else f"query: expected {told}, got {got!r}"

    return match


def _pairs(query: Any) -> list[tuple[str, str]]:
    items = query.items() if hasattr(query, "items") else query
    pairs: list[tuple[str, str]] = []
    for name, value in items:
        values = value if isinstance(value, (list, tuple)) else [value]
        pairs += [(name, str(one)) for one in values]
    return sorted(pairs)


def _header(name: str, expected: Text | None) -> Matcher:
    def match(request: Request) -> str | None:
        values = request.headers.get_all(name)
        if expected is None:
            return f"header {name}: expected none, got {values[0]!r}" if values else None
        if any(is_text(value, expected) for value in values):
            return None
        got = " and ".join(map(repr, values)) or "none"
        return f"header {name}: expected {say(expected)}, got {got}"

    return match


def _json(expected: Any) -> Matcher:
    def match(request: Request) -> str | None:
        try:
            got = request.json()
        except ValueError:
            return f"json: expected {say(expected)}, got no JSON: {_short(request.body)}"
        right = expected(got) if callable(expected) else got == expected
        return None if right else f"json: expected {say(expected)}, got {got!r}"

    return match


def _body(expected: Body) -> Matcher:
    octets = expected.encode() if isinstance(expected, str) else expected

    def match(request: Request) -> str | None:
        right = octets(request.body) if callable(octets) else request.body == octets
        return None if right else f"body: expected {say(expected)}, got {_short(request.body)}"

    return match


def _short(octets: bytes) -> str:
    return repr(octets if len(octets) <= 200 else octets[:200] + b"...")
