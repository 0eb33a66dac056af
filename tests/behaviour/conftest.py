"""Servers with an admin side."""

import pytest


@pytest.fixture
def admin(start, tmp_path):
    """A server with its admin side on a Unix socket: `admin(*options)` gives both."""

    def both(*options, **how):
        path = str(tmp_path / "admin.sock")
        return start("--admin", f"unix:{path}", *options, **how), path

    return both


@pytest.fixture
def admin_tcp(start):
    """The same on a port of 127.0.0.1, which the start line names last."""

    def both(*options, **how):
        server = start("--admin", "127.0.0.1:0", *options, **how)
        return server, server.addresses[-1]

    return both
