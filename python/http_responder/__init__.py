"""A native HTTP server that answers at once.

>>> from http_responder import Server
>>> with Server(port=0, workers=2) as server:
...     @server.route("/hello/{name}")
...     def hello(request):
...         return f"hello {request.params['name']}"
...     print(server.url_for("/hello/x"))  # doctest: +ELLIPSIS
http://127.0.0.1:.../hello/x
"""

from typing import TYPE_CHECKING

from ._native import (
    Authority,
    BindError,
    Certificate,
    ConfigError,
    Deferred,
    Error,
    Gone,
    Headers,
    InvalidArgument,
    Record,
    Request,
    Response,
    Server,
    StateError,
    Timeout,
    Writer,
    __version__,
    options,
    statistics,
)
from ._options import Options, Stats

if TYPE_CHECKING:
    from ._fields import File, MultiDict

__all__ = [
    "Authority",
    "BindError",
    "Certificate",
    "ConfigError",
    "Deferred",
    "Error",
    "File",
    "Gone",
    "Headers",
    "InvalidArgument",
    "MultiDict",
    "Options",
    "Record",
    "Request",
    "Response",
    "Server",
    "StateError",
    "Stats",
    "Timeout",
    "Writer",
    "__version__",
    "options",
    "statistics",
]

# Loaded by who asks for them: the import of the package shall cost next to nothing.
_LAZY = {"File": "_fields", "MultiDict": "_fields"}


def __getattr__(name: str) -> object:
    module = _LAZY.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value: object = getattr(import_module(f"{__name__}.{module}"), name)
    globals()[name] = value
    return value
