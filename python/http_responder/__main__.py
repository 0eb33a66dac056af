"""python -m http_responder module:app - serves a WSGI or ASGI application until Ctrl-C."""

from __future__ import annotations

import argparse
import importlib
import signal
import sys
import threading
from typing import Any

from ._native import Error, Server


def load(name: str) -> Any:
    """The application that "module:attribute" names; the attribute is app if it is not said."""
    module_name, _, path = name.partition(":")
    found: Any = importlib.import_module(module_name)
    for part in (path or "app").split("."):
        found = getattr(found, part)
    return found


def parse(arguments: list[str] | None) -> tuple[argparse.Namespace, dict[str, Any]]:
    """What the command line says, the options of the server apart."""
    parser = argparse.ArgumentParser(
        prog="python -m http_responder",
        description="Serves a WSGI or ASGI application; which one is found out.",
        epilog="Any option of the server may be given as --name=value: --workers=2.",
    )
    parser.add_argument("app", metavar="module:app")
    parser.add_argument("--factory", action="store_true", help="call it to get the application")
    parser.add_argument(
        "--threads", type=int, default=0, help="threads of a WSGI application (0: the workers)"
    )
    parser.add_argument("--port", default="8000")
    said, others = parser.parse_known_args(arguments)
    options: dict[str, Any] = {"port": said.port}
    for other in others:
        name, equals, value = other.partition("=")
        if not name.startswith("--") or not equals:
            parser.error(f"{other}: expected --option=value")
        options[name[2:].replace("-", "_")] = value
    return said, options


def main(arguments: list[str] | None = None) -> int:
    """Serves until SIGINT or SIGTERM, which finish what is in progress."""
    said, options = parse(arguments)
    sys.path.insert(0, "")
    try:
        app = load(said.app)
    except (ImportError, AttributeError) as error:
        print(f"http_responder: {said.app}: {error}", file=sys.stderr)
        return 2
    try:
        server = Server(app=app() if said.factory else app, threads=said.threads, **options)
        server.start()
    except (Error, TypeError, RuntimeError) as error:
        print(f"http_responder: {error}", file=sys.stderr)
        return 2
    told = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: told.set())
    print(f"http_responder: {said.app} on {', '.join(server.addresses)}", flush=True)
    while not told.wait(0.5):
        pass
    server.drain()
    server.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
