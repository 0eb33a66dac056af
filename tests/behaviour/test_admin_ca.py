"""The page of the admin side for the operator's CA."""

import socket
import ssl
import subprocess

import pytest

from support.admin import ask, read
from support.deadline import eventually
from support.paths import BINARY

PLATFORMS = (b"Windows", b"macOS", b"iOS and iPadOS", b"Android", b"Linux", b"Firefox", b"Java")


@pytest.fixture
def with_ca(admin, tmp_path):
    """A server with a CA, where it listens, and its admin side."""
    ca = tmp_path / "ca"
    subprocess.run([BINARY, "ca", "init", "--dir", ca, "--name", "Mine"], check=True, capture_output=True)
    server, path = admin("--tls-port", "0", "--ca-dir", str(ca))
    return server, path, ca


def test_it_hands_out_the_ca_in_every_form(with_ca):
    _, path, ca = with_ca
    assert read(path, "/stats.json")["has_ca"] is True
    said = read(path, "/ca.json")
    assert said["certificate"]["subject"] == "CN=Mine" and said["distrusting"] == []
    shown = subprocess.run([BINARY, "ca", "show", "--dir", ca], capture_output=True, text=True).stdout
    assert said["certificate"]["sha256"] in shown
    forms = {"/ca.crt": b"-----BEGIN CERTIFICATE", "/ca.der": b"\x30", "/ca.mobileconfig": b"<?xml", "/ca.p12": b"\x30"}
    for place, begin in forms.items():
        answer = ask(path, place)
        assert answer.status == 200 and answer.body.startswith(begin) and b"PRIVATE" not in answer.body
    assert ask(path, "/ca.crt").body == (ca / "ca.crt").read_bytes()
    page = ask(path, "/ca")
    assert page.status == 200 and all(b"<summary>%s" % name in page.body for name in PLATFORMS)


def test_it_says_who_does_not_trust_the_ca(with_ca):
    server, path, _ = with_ca
    # A client that goes at once may take its alert with it, by a reset.
    def until_said():
        with pytest.raises(ssl.SSLCertVerificationError), socket.create_connection(server.addresses[1]) as raw:
            ssl.create_default_context().wrap_socket(raw, server_hostname="a.example")
        return read(path, "/ca.json")["distrusting"]

    [one] = eventually(until_said, "a client that does not trust it")
    assert (one["client"], one["alert"]) == ("127.0.0.1", "unknown_ca") and one["times"] >= 1 and one["last"] > 1.7e9


def test_without_a_ca_it_has_none_to_hand_out(admin):
    _, path = admin()
    assert read(path, "/ca.json") == {"certificate": None, "distrusting": []}
    # So the page has no link to it.
    assert read(path, "/stats.json")["has_ca"] is False
    assert ask(path, "/ca.crt").status == 404
