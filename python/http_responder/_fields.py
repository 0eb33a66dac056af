"""What requests carry beside their head and body: queries, cookies, forms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Generic, TypeVar, Union, overload
from urllib.parse import parse_qsl

_V = TypeVar("_V")
_D = TypeVar("_D")


class MultiDict(Generic[_V]):
    """Names and values, in their order; a name may come several times.

    A name is looked up as its first value; get_all() has them all. The length is the number of
    pairs.
    """

    __slots__ = ("_pairs",)

    def __init__(self, pairs: Iterable[tuple[str, _V]] = ()) -> None:
        self._pairs = list(pairs)

    @overload
    def get(self, name: str) -> _V | None: ...
    @overload
    def get(self, name: str, default: _D) -> _V | _D: ...
    def get(self, name: str, default: Any = None) -> Any:
        """The first value of name, or default."""
        return next((value for key, value in self._pairs if key == name), default)

    def get_all(self, name: str) -> list[_V]:
        """Every value of name."""
        return [value for key, value in self._pairs if key == name]

    def keys(self) -> list[str]:
        """The names, one for each pair."""
        return [key for key, _ in self._pairs]

    def values(self) -> list[_V]:
        """The values, one for each pair."""
        return [value for _, value in self._pairs]

    def items(self) -> list[tuple[str, _V]]:
        """The pairs."""
        return list(self._pairs)

    def __getitem__(self, name: str) -> _V:
        for key, value in self._pairs:
            if key == name:
                return value
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return any(key == name for key, _ in self._pairs)

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self._pairs)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, MultiDict):
            return bool(self._pairs == other._pairs)
        if isinstance(other, dict):
            return len(other) == len(self._pairs) and other == dict(self._pairs)
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"MultiDict({self._pairs!r})"


class File:
    """A file of a form: its filename and content_type as the client says, and its body."""

    __slots__ = ("body", "content_type", "filename")

    def __init__(self, filename: str, content_type: str, body: bytes) -> None:
        self.filename = filename
        self.content_type = content_type
        self.body = body

    @property
    def text(self) -> str:
        """The body as UTF-8; what cannot be decoded is replaced."""
        return self.body.decode("utf-8", "replace")

    def __repr__(self) -> str:
        return f"<File {self.filename!r}, {self.content_type}, {len(self.body)} bytes>"


FormValue = Union[str, File]


def parse_query(query: str) -> MultiDict[str]:
    """The parameters of a query, decoded."""
    return MultiDict(parse_qsl(query, keep_blank_values=True, errors="replace"))


def parse_cookies(lines: list[str]) -> dict[str, str]:
    """The cookies of Cookie fields (RFC 6265 section 4.2)."""
    cookies: dict[str, str] = {}
    for line in lines:
        for cookie in line.split(";"):
            name, equals, value = cookie.strip().partition("=")
            value = value.strip()
            if len(value) > 1 and value[0] == value[-1] == '"':
                value = value[1:-1]
            if equals:
                cookies.setdefault(name.strip(), value)
    return cookies


def parse_form(content_type: str, body: bytes, charset: str) -> MultiDict[FormValue]:
    """The fields of a form."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        text = body.decode("ascii", "replace")
        pairs = parse_qsl(text, keep_blank_values=True, encoding=charset, errors="replace")
        return MultiDict(pairs)
    if kind != "multipart/form-data":
        raise ValueError(
            "Content-Type: expected application/x-www-form-urlencoded or multipart/form-data, "
            f"got {content_type!r}"
        )
    return MultiDict(_part(part) for part in _parts(body, _boundary(content_type)))


def _boundary(content_type: str) -> bytes:
    from email.message import Message

    message = Message()
    message["Content-Type"] = content_type
    boundary = message.get_boundary()
    if not boundary:
        raise ValueError(f"Content-Type: expected a boundary, got {content_type!r}")
    return boundary.encode("latin-1")


def _parts(body: bytes, boundary: bytes) -> list[bytes]:
    """The parts of a body (RFC 2046 section 5.1.1), each with its fields."""
    parts: list[bytes] = []
    # What stands before the first boundary is nothing; the first may stand at the very start.
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary)[1:]:
        if part.startswith(b"--"):
            return parts
        padding, line_end, content = part.partition(b"\r\n")
        if not line_end or padding.strip(b" \t"):
            raise ValueError("multipart/form-data: expected a line end behind a boundary")
        parts.append(content)
    raise ValueError("multipart/form-data: expected a last boundary, got the end of the body")


def _part(part: bytes) -> tuple[str, FormValue]:
    from email import message_from_bytes
    from email.policy import HTTP

    if part.startswith(b"\r\n"):
        fields, body = b"", part[2:]
    else:
        fields, empty_line, body = part.partition(b"\r\n\r\n")
        if not empty_line:
            raise ValueError("multipart/form-data: expected an empty line in a part")
    message = message_from_bytes(fields + b"\r\n\r\n", policy=HTTP)
    name = message.get_param("name", header="content-disposition")
    if name is None:
        raise ValueError("multipart/form-data: expected a name in the Content-Disposition of a part")
    filename = message.get_filename()
    content_type = message.get("Content-Type")
    if filename is not None:
        return _text(name), File(filename, str(content_type or "application/octet-stream"), body)
    return _text(name), body.decode(message.get_content_charset("utf-8"), "replace")


def _text(name: Any) -> str:
    # An encoded parameter (RFC 2231) comes in three parts.
    return str(name[2]) if isinstance(name, tuple) else str(name)
