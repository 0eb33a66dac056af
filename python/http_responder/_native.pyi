"""The engine behind http_responder; import the package, not this module."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import (
    Any,
    Literal,
    TypedDict,
    TypeVar,
    final,
    overload,
    type_check_only,
)

from typing_extensions import Self, TypeAlias, Unpack, disjoint_base

from ._fields import FormValue, MultiDict
from .faults import Fault
from ._options import Options, Stats

__all__ = [
    "AsgiApp",
    "Authority",
    "BindError",
    "Certificate",
    "ConfigError",
    "Deferred",
    "Error",
    "Faults",
    "Faulty",
    "Gone",
    "Handshake",
    "Headers",
    "Inbox",
    "InvalidArgument",
    "Record",
    "Request",
    "Response",
    "Server",
    "StateError",
    "Stream",
    "Streamed",
    "Timeout",
    "Writer",
    "WsgiApp",
    "__version__",
    "options",
    "statistics",
]

__version__: str

_T = TypeVar("_T")
_Octets: TypeAlias = str | bytes | bytearray | memoryview
_HeaderValue: TypeAlias = str | bytes
_HeaderLines: TypeAlias = (
    Mapping[str, _HeaderValue] | Headers | Iterable[tuple[str, _HeaderValue]] | None
)
_Body: TypeAlias = _Octets | dict[Any, Any] | list[Any]
_Answer: TypeAlias = (
    Response | _Body | tuple[int, _Body | None] | tuple[int, _HeaderLines, _Body | None]
)
_Handler: TypeAlias = Callable[
    [Request], _Answer | _Streamed | Streamed | Deferred | Faulty | None
]
_Streamed: TypeAlias = (
    Iterator[_Octets] | tuple[int, Iterator[_Octets]] | tuple[int, _HeaderLines, Iterator[_Octets]]
)
_AsyncStreamed: TypeAlias = (
    AsyncIterator[_Octets]
    | tuple[int, AsyncIterator[_Octets]]
    | tuple[int, _HeaderLines, AsyncIterator[_Octets]]
)
_Faults: TypeAlias = Faults | Fault | Sequence[Fault]
_HandlerT = TypeVar("_HandlerT", bound=_Handler)
_Chooser: TypeAlias = Callable[[str | None], Certificate | Handshake | Literal[False] | None]
_ChooserT = TypeVar("_ChooserT", bound=_Chooser | None)
_Tls: TypeAlias = bool | Authority | Certificate | Sequence[Certificate]

@type_check_only
class _Option(TypedDict):
    name: str
    kind: Literal[
        "port", "text", "path", "paths", "target", "address", "local", "list", "integer", "size",
        "duration", "switch", "choice"
    ]
    choices: list[str]
    default: str
    help: str
    group: str

@type_check_only
class _Statistic(TypedDict):
    name: str
    kind: Literal["counter", "gauge"]
    help: str

class Error(Exception):
    """The base of every exception of http_responder.

    The attribute code is the number of the error in the C interface, hr_result.
    """

    code: int

class InvalidArgument(Error, ValueError):
    """An argument is out of its range or malformed."""

class ConfigError(Error, ValueError):
    """An option is unknown, has a bad value, or contradicts another."""

class BindError(Error):
    """An address cannot be listened on."""

class StateError(Error):
    """The call does not fit the state of the server."""

class Gone(Error):
    """The client has left."""

class Timeout(Error, TimeoutError):
    """The time allowed has passed."""

def options() -> list[_Option]:
    """The table of options."""

def statistics() -> list[_Statistic]:
    """The table of statistics."""

@final
class Certificate:
    """A certificate with its chain and its key: PEM, the key in the same text or in key."""

    def __new__(cls, pem: str | bytes, key: str | bytes | None = None) -> Self: ...
    @property
    def pem(self) -> bytes: ...
    @property
    def key(self) -> bytes | None: ...

@final
class Authority:
    """A certificate authority in memory, for tests: nobody trusts it who is not told to."""

    def __new__(cls, name: str = "http_responder test CA", *, days: int = 3650) -> Self: ...
    @property
    def pem(self) -> str: ...
    @property
    def key(self) -> str: ...
    def issue(
        self,
        *names: str,
        start: float = ...,
        end: float = 2_592_000.0,
        self_signed: bool = False,
        client: bool = False,
    ) -> Certificate: ...

@final
class Handshake:
    """A handshake that goes wrong on purpose; made by http_responder.faults."""

    def __new__(cls, kind: str, number: int = 0) -> Self: ...

@final
class Deferred:
    """The right to answer one request later, once, from any thread.

    A handler makes one, gives it to whoever will answer, and returns it. It may be answered before
    the handler has returned. If nobody answers and nobody has it any more, the client gets a 500.
    """

    def __new__(cls) -> Self: ...
    def respond(self, answer: _Answer) -> None: ...
    def stream(
        self,
        status: int = 200,
        content_type: str | None = None,
        headers: _HeaderLines = None,
        length: int | None = None,
    ) -> Writer: ...
    @property
    def gone(self) -> bool: ...

@final
class Faults:
    """What shall go wrong with answers, and the count of those it was asked about.

    Called with what a handler may return it gives something else that a handler may return.
    """

    def __new__(
        cls,
        *,
        delay: float = 0.0,
        jitter: float = 0.0,
        kind: str | None = None,
        amount: int | None = None,
        pause: float = 0.0,
        statuses: Sequence[int] = ...,
        chance: float = 1.0,
        seed: int = 0,
    ) -> Self: ...
    def __call__(self, answer: _Answer | _Streamed | _AsyncStreamed | Streamed | Deferred) -> Faulty: ...

@final
class Faulty:
    """An answer that misbehaves; what a handler returns."""

@final
class Headers:
    """Header fields, in the order in which they came.

    Names are compared without case. A name that came several times is looked up as its first
    value; get_all() has them all. The length is the number of field lines.
    """

    @overload
    def get(self, name: str, default: None = None) -> str | None: ...
    @overload
    def get(self, name: str, default: _T) -> str | _T: ...
    def get_all(self, name: str) -> list[str]: ...
    def keys(self) -> list[str]: ...
    def values(self) -> list[str]: ...
    def items(self) -> list[tuple[str, str]]: ...
    def __getitem__(self, key: str, /) -> str: ...
    def __contains__(self, key: object, /) -> bool: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[str]: ...

@final
class Record:
    """A request and its answer as they went over the wire; of Server.recorded()."""

    @property
    def started(self) -> float: ...
    @property
    def seconds(self) -> float: ...
    @property
    def method(self) -> str: ...
    @property
    def target(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def request_headers(self) -> Headers: ...
    @property
    def request_body(self) -> bytes: ...
    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Headers: ...
    @property
    def body(self) -> bytes: ...
    @property
    def is_whole(self) -> bool: ...

@final
class Request:
    """One request. It is a copy and stays valid after the handler has returned."""

    @property
    def method(self) -> str: ...
    @property
    def target(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def query(self) -> MultiDict[str]: ...
    @property
    def query_string(self) -> str: ...
    @property
    def version(self) -> Literal["HTTP/1.0", "HTTP/1.1", "HTTP/2"]: ...
    @property
    def host(self) -> str | None: ...
    @property
    def peer(self) -> str | None: ...
    @property
    def scheme(self) -> Literal["http", "https"]: ...
    @property
    def peer_certificate(self) -> bytes | None: ...
    @property
    def peer_subject(self) -> str | None: ...
    @property
    def params(self) -> dict[str, str]: ...
    @property
    def raw_params(self) -> dict[str, str]: ...
    @property
    def headers(self) -> Headers: ...
    @property
    def cookies(self) -> dict[str, str]: ...
    @property
    def body(self) -> bytes: ...
    @property
    def stream(self) -> Stream: ...
    @property
    def text(self) -> str: ...
    def json(self) -> Any: ...
    def form(self) -> MultiDict[FormValue]: ...

@final
class Response:
    """A response, prepared once and sent any number of times."""

    def __new__(
        cls,
        status: int = 200,
        body: _Octets | None = None,
        content_type: str | None = None,
        headers: _HeaderLines = None,
        *,
        length_for_head: int | None = None,
    ) -> Self: ...
    @property
    def status(self) -> int: ...
    @property
    def body(self) -> bytes: ...
    @property
    def headers(self) -> Headers: ...
    @property
    def content_type(self) -> str | None: ...

@final
class Writer:
    """Writes the body of one answer, piece by piece, from any thread; made by Deferred.stream().

    Let go of before finish(), the connection is cut off behind what was sent, so that the client
    knows that the answer is not whole.
    """

    def send(self, data: _Octets) -> None: ...
    def try_send(self, data: _Octets) -> bool: ...
    def trailer(self, name: str, value: str) -> None: ...
    def finish(self) -> None: ...
    def close(self) -> None: ...
    @property
    def gone(self) -> bool: ...
    def tell(self, inbox: Inbox, number: int) -> None: ...

@final
class Inbox:
    """Where workers leave what an event loop has to do; a descriptor tells it to look."""

    def __new__(cls) -> Self: ...
    def fileno(self) -> int: ...
    def take(self) -> list[int]: ...
    @property
    def waiting(self) -> bool: ...
    def run(self, bridge: object) -> Awaitable[None]: ...
    def close(self) -> None: ...

@final
class Stream:
    """The body of a request, piece by piece: an iterator, and an async iterator, of bytes."""

    def __iter__(self) -> Self: ...
    def __next__(self) -> bytes: ...
    def __aiter__(self) -> Self: ...
    def __anext__(self) -> Awaitable[bytes]: ...
    def read(self) -> bytes: ...
    def take(self) -> bytes | None: ...

@final
class AsgiApp:
    """An application, and what all of its scopes have in common."""

    def __new__(
        cls,
        app: Callable[..., Any],
        make_base: Callable[[], dict[str, Any]],
        state: dict[str, Any],
    ) -> Self: ...

@final
class WsgiApp:
    """A handler that asks an application."""

    def __new__(
        cls, app: Callable[..., Any], make_base: Callable[[], dict[str, Any]]
    ) -> Self: ...
    def __call__(self, request: Request) -> Response | Streamed: ...

@final
class Streamed:
    """An answer whose body an application gives piece by piece."""

    def send_to(self, deferred: Deferred) -> None: ...

@disjoint_base
class Server:
    """A server that answers HTTP requests from native threads."""

    def __new__(
        cls,
        *,
        app: Callable[..., Any] | None = None,
        threads: int = 0,
        config_file: str | os.PathLike[str] | None = None,
        tls: _Tls | None = None,
        **options: Unpack[Options],
    ) -> Self: ...
    def __init__(
        self,
        *,
        app: Callable[..., Any] | None = None,
        threads: int = 0,
        config_file: str | os.PathLike[str] | None = None,
        tls: _Tls | None = None,
        **options: Unpack[Options],
    ) -> None: ...
    @classmethod
    def from_file(
        cls, path: str | os.PathLike[str], /, **options: Unpack[Options]
    ) -> Self: ...
    @property
    def options(self) -> dict[str, str]: ...
    @property
    def state(self) -> Literal["built", "running", "draining", "stopped"]: ...
    @property
    def addresses(self) -> list[str]: ...
    @property
    def address(self) -> str: ...
    @property
    def admin_address(self) -> str | None: ...
    @property
    def port(self) -> int: ...
    def listen(self, address: str) -> int: ...
    def listen_tls(self, address: str, *, auto: bool = False) -> int: ...
    def add_certificate(self, certificate: Certificate) -> None: ...
    def use_ca(self, pem: str | bytes, key: str | bytes) -> None: ...
    def trust_clients(self, pem: str | bytes, *, required: bool = True) -> None: ...
    def choose_certificate(self, function: _ChooserT) -> _ChooserT: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...
    def drain(self, grace: float | None = None) -> None: ...
    def wait(self, timeout: float | None = None) -> bool: ...
    def url_for(self, path: str = "/") -> str: ...
    def stats(self) -> Stats: ...
    def worker_stats(self) -> list[Stats]: ...
    def stats_text(self, format: Literal["text", "json", "prometheus"] = "text") -> str: ...
    @overload
    def rule(
        self,
        path: str,
        response: _Answer,
        method: str | None = None,
        *,
        faults: _Faults | None = None,
    ) -> None: ...
    @overload
    def rule(
        self, path: str, response: None, method: str | None = None, *, faults: _Faults
    ) -> None: ...
    def record(self, size: int = 1000, max_body: int = 65_536) -> None: ...
    def recorded(self, *, forget: bool = False) -> list[Record]: ...
    def _replay(self, method: str, path: str, queries: dict[str, list[Response]]) -> None: ...
    def clear_routes(self) -> None: ...
    def load_rules(self, path: str | os.PathLike[str]) -> None: ...
    def reload(self) -> None: ...
    def route(
        self,
        path: str,
        method: str | None = None,
        methods: Sequence[str] | None = None,
        *,
        stream: bool = False,
        max_body: int | None = None,
    ) -> Callable[[_HandlerT], _HandlerT]: ...
    def fallback(self, handler: _HandlerT) -> _HandlerT: ...
    def _route_to(
        self,
        path: str | None,
        methods: Sequence[str | None],
        function: Callable[..., Any] | AsgiApp,
        inbox: Inbox,
        max_body: int | None = None,
    ) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...
