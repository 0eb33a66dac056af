"""Handshakes whose sends fail: what was meant for one client never reaches another."""

import errno as e
import socket
import ssl
import subprocess

import pytest
from faults.preloaded import Faults, start_under

from support.client import get
from support.paths import BINARY

VISITORS = 3


@pytest.mark.parametrize("error", [e.ECONNRESET, e.EPIPE, e.ENOBUFS], ids=lambda error: e.errorcode[error])
def test_octets_that_could_not_be_sent_are_for_nobody_else(tmp_path, error):
    subprocess.run([str(BINARY), "ca", "init", "--dir", str(tmp_path / "ca")], check=True, capture_output=True)
    faults = Faults(tmp_path)
    options = ["--ca-dir", str(tmp_path / "ca"), "--listen-tls", "127.0.0.1:0"]
    server = start_under(faults, *options, workers=1)
    trust = ssl.create_default_context(cafile=str(tmp_path / "ca" / "ca.crt"))
    try:
        for _ in range(VISITORS):
            faults.arm("send", error)
            with pytest.raises((OSError, AssertionError)):
                visit(server, trust)
            assert faults.disarm() == 1
            visit(server, trust)
        get(server.addresses[0], "/a.gif")
        server.stop()
    finally:
        server.kill()


def visit(server, trust: ssl.SSLContext) -> None:
    """A handshake and an answer."""
    with socket.create_connection(server.addresses[1], timeout=5) as plain:
        with trust.wrap_socket(plain, server_hostname="blocked.example.com") as client:
            client.sendall(b"GET /a.gif HTTP/1.1\r\nHost: blocked.example.com\r\n\r\n")
            assert client.recv(4096).startswith(b"HTTP/1.1 200")
