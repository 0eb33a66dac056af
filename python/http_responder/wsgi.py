"""WSGI applications (PEP 3333) on a server.

>>> from http_responder.wsgi import serve_wsgi
>>> def application(environ, start_response):
...     start_response("200 OK", [("Content-Type", "text/plain")])
...     return [b"hello"]
>>> with serve_wsgi(application, port=0) as server:
...     print(server.url_for("/"))  # doctest: +ELLIPSIS
http://127.0.0.1:.../
"""

from __future__ import annotations

import sys
import weakref
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Callable

from ._native import Authority, Certificate, Server, WsgiApp

if TYPE_CHECKING:
    import ssl

    from typing_extensions import Unpack

    from ._options import Options

__all__ = ["make_server", "mount_wsgi", "serve_wsgi"]

WSGIApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def serve_wsgi(
    app: WSGIApplication,
    *,
    threads: int = 0,
    tls: bool | Authority | Certificate | Sequence[Certificate] | None = None,
    **options: Unpack[Options],
) -> Server:
    """A server, not started yet, on which app answers every request that no route takes.

    app is called on the worker threads, several at once if there are several workers; with threads
    on so many threads of its own, so that calls that block keep nobody else waiting.
    """
    server = Server(tls=tls, **options)
    mount_wsgi(server, app, threads=threads)
    return server


def mount_wsgi(server: Server, app: WSGIApplication, *, threads: int = 0) -> None:
    """Has app answer what no route of server takes."""
    if not callable(app):
        raise TypeError(f"app: expected a WSGI application, got {app!r}")
    # The server has the application: this must not keep the server.
    known = weakref.ref(server)
    application = WsgiApp(app, lambda: _base(known(), threads > 0))
    if threads > 0:
        from ._pool import deferring

        server.fallback(deferring(application, threads))
    else:
        server.fallback(application)


def _base(server: Server | None, threaded: bool) -> dict[str, Any]:
    """What the environs of all requests have in common."""
    host, port, workers = "localhost", "80", "1"
    if server is not None:
        workers = server.options["workers"]
        address = next((a for a in server.addresses if not a.startswith("unix:")), None)
        if address is not None:
            host, _, port = address.rpartition(":")
    return {
        "SCRIPT_NAME": "",
        "SERVER_NAME": host.strip("[]"),
        "SERVER_PORT": port,
        "SERVER_SOFTWARE": "http_responder",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": threaded or workers != "1",
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
    }


class _WSGIServer:
    """What werkzeug.serving.make_server returns, as far as test tools use it."""

    multiprocess = False

    def __init__(self, server: Server, host: str, app: WSGIApplication, threaded: bool) -> None:
        self._server = server
        self.app = app
        self.host = host
        self.multithread = threaded
        self.ssl_context = None
        self.port = server.port
        self.server_address = (host, self.port)
        self.server_port = self.port

    def serve_forever(self, poll_interval: float = 0.5) -> None:
        """Answers until shutdown() is called."""
        if self._server.state == "built":
            self._server.start()
        self._server.wait()

    def shutdown(self) -> None:
        """Stops the server and waits until it has."""
        self._server.stop()

    def server_close(self) -> None:
        """Closes the listener, if shutdown() has not done so."""
        self._server.stop()

    def log_startup(self) -> None:
        """Says nothing."""


def make_server(
    host: str,
    port: int,
    app: WSGIApplication,
    threaded: bool = False,
    processes: int = 1,
    request_handler: object = None,
    passthrough_errors: bool = False,
    ssl_context: ssl.SSLContext | tuple[str, str | None] | str | None = None,
    fd: int | None = None,
) -> _WSGIServer:
    """Takes the place of werkzeug.serving.make_server. The server listens when this returns.

    ssl_context is as werkzeug takes it: the files of a certificate and its key, or "adhoc"; no
    SSLContext, out of which no certificate can be read.
    """
    for name, value, usual in (
        ("processes", processes, 1),
        ("request_handler", request_handler, None),
        ("fd", fd, None),
    ):
        if value != usual:
            raise ValueError(f"{name}: expected {usual}, got {value!r}")
    server = serve_wsgi(
        app,
        threads=_THREADED if threaded else 0,
        address=_address(host),
        port=port,
        workers=1,
        tls=_certificate(ssl_context),
    )
    server.start()
    return _WSGIServer(server, host, app, threaded)


def _certificate(ssl_context: Any) -> Certificate | None:
    if ssl_context is None:
        return None
    if ssl_context == "adhoc":
        return Authority().issue("localhost", "127.0.0.1", "::1", self_signed=True)
    if isinstance(ssl_context, tuple) and len(ssl_context) == 2:
        certificate, key = ssl_context
        with open(certificate, "rb") as file:
            pem = file.read()
        if key is None:
            return Certificate(pem)
        with open(key, "rb") as file:
            return Certificate(pem, file.read())
    expected = 'expected None, "adhoc" or the files of a certificate and its key'
    raise ValueError(f"ssl_context: {expected}, got {ssl_context!r}")


def _address(host: str) -> str:
    """The address of a host, by name or number."""
    if host.startswith("unix:"):
        return host
    import socket

    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    # A name that is of both families means the older one to werkzeug.
    family, *_, address = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    return f"[{address[0]}]" if family == socket.AF_INET6 else str(address[0])


# Where each connection would have a thread of its own.
_THREADED = 256
