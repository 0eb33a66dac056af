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

from . import _native
from .aio import Bridge, Server

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ._options import Options

__all__ = ["serve_asgi"]

ASGIApplication = Callable[[Any, Any, Any], Any]


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
    # The server has the application: this must not keep the server.
    known = weakref.ref(server)

    def base() -> dict[str, Any]:
        mounted = known()
        return _base(mounted.addresses if mounted is not None else [])

    bridge.add(server, None, [], _native.AsgiApp(app, base, state))


def _base(addresses: list[str]) -> dict[str, Any]:
    """A scope, as it is if the request says nothing else."""
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/",
        "raw_path": b"/",
        "query_string": b"",
        "root_path": "",
        "headers": [],
        "client": None,
        "server": _address(addresses),
        "state": {},
    }


def _address(addresses: list[str]) -> tuple[str, int] | None:
    for address in addresses:
        host, _, port = address.rpartition(":")
        if port.isdigit():
            return host.strip("[]"), int(port)
    return None


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
