"""ASGI applications (ASGI 3.0: http and lifespan) on a server.

>>> import asyncio
>>> from http_responder.asgi import serve_asgi
>>> async def application(scope, receive, send):
...     await send({"type": "http.response.start", "status": 200, "headers": []})
...     await send({"type": "http.response.body", "body": b"hello"})
>>> async def main():
...     async with serve_asgi(application, port=0, lifespan="off") as server:
...         return server.url_for("/")
>>> asyncio.run(main())  # doctest: +ELLIPSIS
'http://127.0.0.1:.../'
"""

from __future__ import annotations

import asyncio
import weakref
from typing import TYPE_CHECKING, Any, Callable, Literal
from urllib.parse import unquote_to_bytes

from . import _native
from ._native import Deferred, Request, Response, Writer
from .aio import Bridge, Exchange, Server

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ._options import Options

__all__ = ["serve_asgi"]

ASGIApplication = Callable[[Any, Any, Any], Any]

_OWN = frozenset((b"date", b"transfer-encoding", b"connection", b"keep-alive"))


def serve_asgi(
    app: ASGIApplication, *, lifespan: Literal["auto", "on", "off"] = "auto", **options: Unpack[Options]
) -> ASGIServer:
    """A server, not started yet, on which app answers every request that no route takes.

    lifespan "auto" leaves out the events of start and end where app raises at the first of them;
    "on" demands them.
    """
    return ASGIServer(app, lifespan, **options)


class ASGIServer(Server):
    """What serve_asgi() makes; to be used as an async context manager."""

    def __new__(cls, app: Any, lifespan: Any = "auto", **options: Unpack[Options]) -> ASGIServer:
        return super().__new__(cls, **options)

    def __init__(
        self, app: ASGIApplication, lifespan: Literal["auto", "on", "off"] = "auto", **options: Unpack[Options]
    ) -> None:
        super().__init__(**options)
        self._lifespan = Lifespan(app, lifespan)
        mount(self, self._bridge, app, self._lifespan.state)

    async def __aenter__(self) -> ASGIServer:
        await self._lifespan.start()
        await super().__aenter__()
        return self

    async def aclose(self) -> None:
        """Stops the server, and tells the application."""
        await super().aclose()
        await self._lifespan.stop()


def mount(
    server: _native.Server, bridge: Bridge, app: ASGIApplication, state: dict[str, Any]
) -> None:
    """Has app answer what no route of server takes, on the loop of bridge."""
    if not callable(app):
        raise TypeError(f"app: expected an ASGI application, got {app!r}")
    # The server has the function: the function must not keep the server.
    known = weakref.ref(server)
    ours: list[tuple[str, int] | None] = []

    async def ask(request: Request, deferred: Deferred, exchange: Exchange) -> None:
        if not ours:
            mounted = known()
            ours.append(_address(mounted.addresses if mounted is not None else []))
        call = _Call(bridge, request, deferred, exchange)
        await app(_scope(request, ours[0], state), call.receive, call.send)
        call.end()

    bridge.add(server, None, [], ask)


def _address(addresses: list[str]) -> tuple[str, int] | None:
    for address in addresses:
        host, _, port = address.rpartition(":")
        if port.isdigit():
            return host.strip("[]"), int(port)
    return None


def _scope(request: Request, ours: Any, state: dict[str, Any]) -> dict[str, Any]:
    path = request.path
    client = None
    peer = request.peer
    if peer is not None and not peer.startswith("unix:"):
        host, _, port = peer.rpartition(":")
        client = (host.strip("[]"), int(port))
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": request.version[5:],
        "method": request.method,
        "scheme": "http",
        "path": unquote_to_bytes(path).decode("utf-8", "replace") if "%" in path else path,
        "raw_path": path.encode("latin-1"),
        "query_string": request.query_string.encode("latin-1"),
        "root_path": "",
        "headers": request.raw_headers(),
        "client": client,
        "server": ours,
        "state": state.copy(),
    }


class _Call:
    """One call of the application."""

    __slots__ = (
        "_asked",
        "_body",
        "_bridge",
        "_deferred",
        "_done",
        "_exchange",
        "_head",
        "_left",
        "_start",
        "_writer",
    )

    def __init__(
        self, bridge: Bridge, request: Request, deferred: Deferred, exchange: Exchange
    ) -> None:
        self._bridge = bridge
        self._deferred = deferred
        self._exchange = exchange
        self._body = request.body
        self._head = request.method == "HEAD"
        self._asked = False
        self._left: asyncio.Event | None = None
        self._start: dict[str, Any] | None = None
        self._writer: Writer | None = None
        self._done = False

    async def receive(self) -> dict[str, Any]:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": self._body, "more_body": False}
        if not self._done and not self._deferred.gone:
            if self._left is None:
                self._left = asyncio.Event()
                # The application is told, and not cancelled.
                self._exchange.on_gone = self._left.set
            await self._left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        kind = message["type"]
        if kind == "http.response.start" and self._start is None:
            self._start = message
        elif kind == "http.response.body" and self._start is not None and not self._done:
            await self._send_body(message.get("body", b""), message.get("more_body", False))
        else:
            raise RuntimeError(f"send: {kind!r} is not expected here")

    async def _send_body(self, body: bytes, more: bool) -> None:
        assert self._start is not None
        if self._writer is None:
            status = self._start["status"]
            lines, length = _fields(self._start.get("headers", ()))
            if not more:
                self._done = True
                declared = length if self._head else None
                has_body = status not in (204, 205, 304)
                self._deferred.respond(
                    Response(
                        status, body if has_body else b"", headers=lines, length_for_head=declared
                    )
                )
                self._tell_left()
                return
            self._writer = self._deferred.stream(status, headers=lines, length=length)
        if body:
            await self._bridge.stream(self._writer, self._exchange, body)
        if not more:
            self._done = True
            self._writer.finish()
            self._tell_left()

    def end(self) -> None:
        """The application has returned."""
        if self._done:
            return
        if self._writer is not None:
            self._writer.close()
        raise RuntimeError("the application returned without a whole answer")

    def _tell_left(self) -> None:
        if self._left is not None:
            self._left.set()


def _fields(headers: Any) -> tuple[list[tuple[str, bytes]], int | None]:
    lines, length = [], None
    for name, value in headers:
        lower = name.lower()
        if lower == b"content-length":
            length = int(value)
        elif lower not in _OWN:
            lines.append((name.decode("latin-1"), bytes(value)))
    return lines, length


class Lifespan:
    """Tells an application that the server starts and ends."""

    def __init__(self, app: ASGIApplication, mode: Literal["auto", "on", "off"]) -> None:
        if mode not in ("auto", "on", "off"):
            raise ValueError(f"lifespan: expected auto, on or off, got {mode!r}")
        self._app = app
        self._mode = mode
        self.state: dict[str, Any] = {}
        self._task: asyncio.Future[Any] | None = None
        self._in: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        self._out: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def start(self) -> None:
        """Waits until the application is ready. RuntimeError if it says that it failed."""
        if self._mode == "off":
            return
        scope = {
            "type": "lifespan",
            "asgi": {"version": "3.0", "spec_version": "2.0"},
            "state": self.state,
        }
        task = asyncio.ensure_future(self._app(scope, self._in.get, self._out.put))
        self._task = task
        said = await self._ask("startup")
        if said is None:
            failure = task.exception() if not task.cancelled() else None
            self._task = None
            if self._mode == "on":
                raise RuntimeError("lifespan: the application does not take part") from failure
        elif said["type"] == "lifespan.startup.failed":
            raise RuntimeError(f"lifespan: startup failed: {said.get('message', '')}")

    async def stop(self) -> None:
        """Waits until the application has finished."""
        if self._task is None:
            return
        said = await self._ask("shutdown")
        if said is not None and said["type"] == "lifespan.shutdown.failed":
            raise RuntimeError(f"lifespan: shutdown failed: {said.get('message', '')}")
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._task = None

    async def _ask(self, event: str) -> dict[str, Any] | None:
        """What the application says to an event; None if it has ended."""
        assert self._task is not None
        await self._in.put({"type": f"lifespan.{event}"})
        said = asyncio.ensure_future(self._out.get())
        await asyncio.wait({said, self._task}, return_when=asyncio.FIRST_COMPLETED)
        if said.done():
            return said.result()
        said.cancel()
        return None
