"""Applications of either kind on a server."""

from __future__ import annotations

from typing import Any

from ._native import Server


def mount(server: Server, app: Any, threads: int) -> None:
    """Has app answer what no route of server takes."""
    from .wsgi import mount_wsgi

    mount_wsgi(server, app, threads=threads)
