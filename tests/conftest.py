"""Fixtures of all suites."""

import pytest

from support import server
from support.paths import BINARY


def pytest_sessionstart(session) -> None:
    """The suites speak to what was built; they build no engine themselves."""
    if not BINARY.exists() and not session.config.option.collectonly:
        pytest.exit(f"{BINARY} is not there: run make first, or say where it is in HR_BUILD", returncode=1)


@pytest.fixture
def start():
    """Starts servers: `start("--max-requests", "3", workers=1)`. Each has to end cleanly and to
    have said nothing on standard error but what `allow` (regular expressions) names."""
    started = []

    def start_one(*options: str, allow=(), descriptors=None, wrapper=(), **where) -> server.ServerProcess:
        argv = server.binary_argv(*options, **where)
        process = server.ServerProcess(argv, descriptors=descriptors, wrapper=wrapper)
        started.append((process, tuple(allow)))
        return process

    yield start_one
    try:
        for process, allow in started:
            process.stop(allow)
    finally:
        for process, _ in started:
            process.kill()
