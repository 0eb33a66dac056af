"""The fixtures of pytest: http_responder, http_responder_tls and http_responder_factory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Callable

import pytest

if TYPE_CHECKING:
    from .testing import Server

_FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    report = yield
    if report.when == "call":
        item.stash[_FAILED] = report.failed
    return report


@pytest.fixture(scope="session")
def _http_responder_server() -> Iterator[Server]:
    from .testing import Server

    with Server(port=0, workers=1, max_connections=1000) as server:
        yield server


@pytest.fixture
def http_responder(
    _http_responder_server: Server, request: pytest.FixtureRequest
) -> Iterator[Server]:
    """A server for this test: nothing is expected yet, and the log is empty. It is the same server
    for all tests of a session. A test that ends well, but did not get what it expected, fails."""
    _http_responder_server.reset()
    yield _http_responder_server
    _check([_http_responder_server], request)


@pytest.fixture(scope="session")
def _http_responder_tls_server() -> Iterator[Server]:
    from .testing import Server

    with Server(port=0, workers=1, max_connections=1000, tls=True) as server:
        yield server


@pytest.fixture
def http_responder_tls(
    _http_responder_tls_server: Server, request: pytest.FixtureRequest
) -> Iterator[Server]:
    """As http_responder, over https: server.ca_pem is what clients are to trust."""
    _http_responder_tls_server.reset()
    yield _http_responder_tls_server
    _check([_http_responder_tls_server], request)


@pytest.fixture
def http_responder_factory(request: pytest.FixtureRequest) -> Iterator[Callable[..., Server]]:
    """Makes servers of this test's own, with these options, already started; they are checked and
    stopped at its end."""
    from .testing import Server

    servers: list[Server] = []

    def make(**options: Any) -> Server:
        chosen: dict[str, Any] = {"port": 0, "workers": 1, "max_connections": 1000, **options}
        server = Server(**chosen)
        servers.append(server)
        server.start()
        return server

    yield make
    try:
        _check(servers, request)
    finally:
        for server in servers:
            server.stop()


def _check(servers: list[Server], request: pytest.FixtureRequest) -> None:
    """What a test that failed did not get is no news."""
    if request.node.stash.get(_FAILED, False):
        return
    for server in servers:
        server.check()
