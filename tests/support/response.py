"""A strict reader of HTTP/1.1 responses (RFC 9110, RFC 9112).

It accepts only what this server may send: Content-Length framing, one Date, CRLF line ends. What a
lenient client would let pass is an error here.
"""

import re
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

STATUS_LINE = re.compile(rb"HTTP/1\.1 ([1-5][0-9][0-9]) ([\t \x21-\x7e]*)")
FIELD_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x21-\x7e\x80-\xff]?[\t \x21-\x7e\x80-\xff]*)")
IMF_FIXDATE = re.compile(
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} "
    r"\d\d:\d\d:\d\d GMT"
)
SINGLETONS = ("content-length", "content-type", "date", "location", "server", "etag", "retry-after")


class Malformed(AssertionError):
    """The bytes are no response that this server may send."""


@dataclass
class Response:
    """One response as received."""

    status: int
    reason: str
    fields: list[tuple[str, str]]
    body: bytes
    head_size: int
    interim: list["Response"] = field(default_factory=list)

    def all(self, name: str) -> list[str]:
        """Every value of the field `name`."""
        return [value for key, value in self.fields if key == name.lower()]

    def get(self, name: str) -> str | None:
        """The values of the field `name`, joined; `None` where there is none."""
        values = self.all(name)
        return ", ".join(values) if values else None

    def tokens(self, name: str) -> set[str]:
        """The members of a list field, in lower case."""
        return {token.strip().lower() for token in (self.get(name) or "").split(",")} - {""}

    @property
    def closes(self) -> bool:
        """Whether it announces that the connection will be closed."""
        return "close" in self.tokens("connection")


def parse_response(data: bytes, head: bool = False) -> tuple[Response, bytes] | None:
    """The first final response in `data` and what follows it; `None` where more is needed.

    `head` says that it answers a HEAD request.
    """
    interim = []
    while True:
        parsed = _parse_one(data, head)
        if parsed is None:
            return None
        response, data = parsed
        if response.status >= 200:
            response.interim = interim
            return response, data
        interim.append(response)


def parse_all(data: bytes, methods: list[str]) -> list[Response]:
    """Every response in `data`, which has to end with the last one. `methods` are the requests'."""
    responses = []
    while data:
        head = len(responses) < len(methods) and methods[len(responses)] == "HEAD"
        parsed = parse_response(data, head)
        if parsed is None:
            raise Malformed(f"the stream ends inside a response: {data[:300]!r}")
        responses.append(parsed[0])
        data = parsed[1]
    return responses


def _parse_one(data: bytes, head: bool) -> tuple[Response, bytes] | None:
    end = data.find(b"\r\n\r\n")
    if end < 0:
        _check_prefix(data)
        return None
    lines = data[:end].split(b"\r\n")
    match = STATUS_LINE.fullmatch(lines[0])
    if not match:
        raise Malformed(f"status line {lines[0]!r}")
    fields = [_parse_field(line) for line in lines[1:]]
    response = Response(int(match[1]), match[2].decode(), fields, b"", end + 4)
    _check_fields(response)
    length = _body_length(response, head)
    rest = data[end + 4 :]
    if len(rest) < length:
        return None
    response.body = rest[:length]
    return response, rest[length:]


def _check_prefix(data: bytes) -> None:
    start = b"HTTP/1.1 "
    if not data.startswith(start[: len(data)]):
        raise Malformed(f"no response begins like this: {data[:100]!r}")
    if len(data) > 65536:
        raise Malformed("a response head of more than 64 KiB")


def _parse_field(line: bytes) -> tuple[str, str]:
    match = FIELD_LINE.fullmatch(line)
    if not match:
        raise Malformed(f"field line {line!r}")
    return match[1].decode().lower(), match[2].decode("latin-1").strip(" \t")


def _check_fields(response: Response) -> None:
    for name in SINGLETONS:
        if len(response.all(name)) > 1:
            raise Malformed(f"more than one {name}: {response.all(name)}")
    date = response.get("date")
    if response.status >= 200:
        if date is None or not IMF_FIXDATE.fullmatch(date):
            raise Malformed(f"{response.status} with Date {date!r}")
        parsedate_to_datetime(date)
    if response.status == 405 and response.get("allow") is None:
        raise Malformed("405 without Allow (RFC 9110 15.5.6)")


def _body_length(response: Response, head: bool) -> int:
    if response.get("transfer-encoding") is not None:
        raise Malformed("Transfer-Encoding in a response that is not streamed")
    length = response.get("content-length")
    if length is not None and not re.fullmatch(r"0|[1-9][0-9]*", length):
        raise Malformed(f"Content-Length {length!r}")
    if response.status < 200 or response.status == 204:
        if length is not None:
            raise Malformed(f"Content-Length with {response.status} (RFC 9110 8.6)")
        return 0
    if head or response.status == 304:
        return 0
    if length is None:
        raise Malformed(f"{response.status} without Content-Length")
    return int(length)
