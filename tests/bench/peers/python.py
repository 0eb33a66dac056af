"""Servers with a handler in Python, each of which answers with the same GIF; ours first."""

from importlib import metadata, util

from . import BUILD, HERE, Missing, Peer

# What the module is called where the name is not that of its distribution.
MODULES = {"http_responder": "http_responder", "pytest-httpserver": "pytest_httpserver", "granian-wsgi": "granian"}

# As in python_app.py.
OURS = ("prepared", "bytes", "async", "wsgi", "asgi", "rule")
OTHERS = ("socketify", "uvicorn", "granian", "granian-wsgi", "pytest-httpserver", "stdlib")


def python_peer(kind: str) -> Peer:
    """One of our own."""
    return _peer(kind, f"python {kind}", "http_responder")


def _peer(kind: str, name: str, module: str) -> Peer:
    def program(port, _) -> list[str]:
        if module and util.find_spec(module) is None:
            raise Missing(f"{module} is not installed")
        return [str(BUILD / "venv" / "bin" / "python"), str(HERE / "python_app.py"), kind, str(port)]

    version = lambda: metadata.version(module) if module else ""  # noqa: E731
    return Peer(name, program, version, ends_connections=kind == "pytest-httpserver")


def python_peers() -> list[Peer]:
    """All that are there; what they are compared with comes first."""
    ours = [python_peer(kind) for kind in OURS]
    return ours + [_peer(kind, kind, MODULES.get(kind, "" if kind == "stdlib" else kind)) for kind in OTHERS]
