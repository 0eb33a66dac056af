"""The faces that the vectors speak to: the binary and a C program that embeds the library. Both
listen on TCP and on a Unix socket, which tells what the server has read."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from support.compile import c_program
from support.server import ServerProcess, binary_argv

FACES = ("binary", "c")


@dataclass(frozen=True)
class Face:
    """One way to use the engine, running."""

    name: str
    server: ServerProcess
    tcp: tuple
    unix: str

    @property
    def echoes(self) -> bool:
        """Whether it has the routes of wire/host.c."""
        return self.name == "c"


def _argv(face: str, path: str) -> list[str]:
    if face == "binary":
        return binary_argv("--listen", f"unix:{path}", workers=1)
    host = c_program(Path(__file__).with_name("host.c"), library=True)
    return [str(host), "0", path]


@pytest.fixture(scope="session", params=FACES)
def face(request, tmp_path_factory) -> Face:
    path = str(tmp_path_factory.mktemp(request.param) / "s")
    server = ServerProcess(_argv(request.param, path))
    try:
        tcp = next(address for address in server.addresses if not isinstance(address, str))
        yield Face(request.param, server, tcp, path)
        server.stop()
    finally:
        server.kill()
