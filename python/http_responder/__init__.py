"""A native HTTP server that answers at once.

>>> from http_responder import Server
>>> with Server(port=0, workers=2) as server:
...     @server.route("/hello/{name}")
...     def hello(request):
...         return f"hello {request.params['name']}"
...     print(server.url_for("/hello/x"))  # doctest: +ELLIPSIS
http://127.0.0.1:.../hello/x
"""

from ._native import (
    BindError,
    ConfigError,
    Error,
    Gone,
    Headers,
    InvalidArgument,
    Request,
    Response,
    Server,
    StateError,
    Timeout,
    __version__,
    options,
    statistics,
)
from ._options import Options

__all__ = [
    "BindError",
    "ConfigError",
    "Error",
    "Gone",
    "Headers",
    "InvalidArgument",
    "Options",
    "Request",
    "Response",
    "Server",
    "StateError",
    "Timeout",
    "__version__",
    "options",
    "statistics",
]
