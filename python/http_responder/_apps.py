"""Applications of either kind on a server."""

from __future__ import annotations

import asyncio
import inspect
import threading
import weakref
from typing import Any

from ._native import Server

# How late the end of a server may be noticed by the loop of its application.
_LOOK = 0.05


def mount(server: Server, app: Any, threads: int) -> None:
    """Has app answer what no route of server takes."""
    if is_asgi(app):
        _Loop(server, app)
        return
    from .wsgi import mount_wsgi

    mount_wsgi(server, app, threads=threads)


def is_asgi(app: Any) -> bool:
    """Whether app is an ASGI application: something async that takes three arguments."""
    call = getattr(app, "__call__", app)  # noqa: B004 - an object may have an async one
    return inspect.iscoroutinefunction(app) or inspect.iscoroutinefunction(call)


class _Loop:
    """An event loop in a thread of its own, as long as its server runs."""

    def __init__(self, server: Server, app: Any) -> None:
        from .aio import Bridge
        from .asgi import Lifespan
        from .asgi import mount as mount_asgi

        self._server = weakref.ref(server)
        self._bridge = Bridge()
        self._app = app
        self._lifespan = Lifespan
        self._state: dict[str, Any] = {}
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        mount_asgi(server, self._bridge, app, self._state)
        thread = threading.Thread(target=self._run, name="http_responder-loop", daemon=True)
        thread.start()
        self._ready.wait()
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            if self._ready.is_set():
                raise
            self._failure = error
            self._ready.set()

    async def _serve(self) -> None:
        lifespan = self._lifespan(self._app, "auto")
        lifespan.state = self._state
        await lifespan.start()
        self._bridge.attach(asyncio.get_running_loop())
        self._ready.set()
        while self._is_used():
            await asyncio.sleep(_LOOK)
        await self._bridge.detach()
        await lifespan.stop()

    def _is_used(self) -> bool:
        server = self._server()
        return server is not None and server.state != "stopped"
