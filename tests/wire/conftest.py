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


def host_argv(path: str, *options: str) -> list[str]:
    """The command line of the C host; `options` are names and values in turn."""
    return [str(c_program(Path(__file__).with_name("host.c"), library=True)), "0", path, *options]


def _argv(face: str, path: str) -> list[str]:
    if face == "binary":
        return binary_argv("--listen", f"unix:{path}", workers=1)
    return host_argv(path)


@pytest.fixture
def start_host(tmp_path):
    """Starts the C host with options of its own."""
    started = []

    def start_one(*options: str) -> ServerProcess:
        started.append(ServerProcess(host_argv(str(tmp_path / "s"), *options)))
        return started[-1]

    yield start_one
    try:
        for server in started:
            server.stop()
    finally:
        for server in started:
            server.kill()


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
