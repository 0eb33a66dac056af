"""One vector: what is sent and what has to come back."""

from dataclasses import dataclass, field

HOST = b"Host: a\r\n"

OK = frozenset({200, 204})
"""Answered: the default answers and the routes of the host program use these."""

REFUSED = frozenset({400})


@dataclass(frozen=True)
class Vector:
    """`raw` is sent; the answers have to have the statuses of `expect`, in order.

    `closes` says that the server closes after the last of them and answers nothing that follows;
    `None` leaves it free. `silent` allows it to close without any answer. `ends` has the client
    close its sending half after `raw`. `echo` is the body of the first answer, where the face has
    the route `/echo/`; `faces` are the faces that it is for (all where empty).
    """

    row: str
    name: str
    raw: bytes
    expect: tuple[frozenset[int], ...]
    closes: bool | None = False
    silent: bool = False
    ends: bool = False
    echo: bytes | None = None
    faces: tuple[str, ...] = ()
    methods: tuple[str, ...] = field(default=())

    @property
    def id(self) -> str:
        return f"{self.row}-{self.name}".replace(" ", "_")

    @property
    def request_methods(self) -> list[str]:
        """The methods of the requests, so that answers to HEAD are read right."""
        return list(self.methods) or [self.raw.lstrip(b"\r\n").split(b" ")[0].decode("latin-1")]


def refused(row, name: str, raw: bytes, *statuses: int, **more) -> Vector:
    """Refused with 400 or one of `statuses`; the connection is closed after it."""
    return Vector(str(row), name, raw, (frozenset(statuses) or REFUSED,), closes=True, **more)


def answered(row, name: str, raw: bytes, *, count: int = 1, closes: bool = False, **more) -> Vector:
    """Answered `count` times; the connection stays open unless `closes`."""
    return Vector(str(row), name, raw, (OK,) * count, closes=closes, **more)


def head(line: bytes, *fields: bytes, host: bool = True) -> bytes:
    """A request head from its lines."""
    lines = [line, *([b"Host: a"] if host else []), *fields]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def post(*fields: bytes, body: bytes = b"", version: bytes = b"1.1") -> bytes:
    """A POST to the echo route."""
    return head(b"POST /echo/x HTTP/" + version, *fields) + body


def chunked(body: bytes) -> bytes:
    """A POST with a chunked body as given."""
    return post(b"Transfer-Encoding: chunked", body=body)
