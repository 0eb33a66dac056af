"""What is asked for by SNI (RFC 6066 section 3): each kind of name has its answer, and no name is ever a path."""

import socket
import struct

import pytest

from support.deadline import PATIENCE

from tls.conftest import Client
from tls.test_handshake import hello

ALERT, HANDSHAKE = 0x15, 0x16

def of_length(length: int) -> bytes:
    """A name of so many characters."""
    return ".".join(["a" * 50] * 7)[:length].encode()


def hello_with(extension: bytes) -> bytes:
    """A ClientHello of TLS 1.2 whose server_name extension has these octets."""
    groups = b"\x00\x0a\x00\x04\x00\x02\x00\x17"
    points = b"\x00\x0b\x00\x02\x01\x00"
    signatures = b"\x00\x0d\x00\x04\x00\x02\x04\x03"
    extensions = struct.pack(">HH", 0, len(extension)) + extension + groups + points + signatures
    body = b"\x03\x03" + b"r" * 32 + b"\x00" + b"\x00\x02\xc0\x2b" + b"\x01\x00"
    body += struct.pack(">H", len(extensions)) + extensions
    message = b"\x01" + struct.pack(">I", len(body))[1:] + body
    return b"\x16\x03\x01" + struct.pack(">H", len(message)) + message


def server_names(*names: tuple[int, bytes]) -> bytes:
    entries = b"".join(struct.pack(">BH", kind, len(name)) + name for kind, name in names)
    return struct.pack(">H", len(entries)) + entries


def answer(server, octets: bytes) -> bytes:
    """The first octets that come back."""
    with socket.create_connection(server.addresses[1], timeout=PATIENCE) as client:
        client.sendall(octets)
        return client.recv(100)


@pytest.mark.parametrize("length", [1, 63, 64, 127, 252, 253])
def test_names_of_every_length_that_dns_has(tls, authority, length):
    server = tls()
    assert answer(server, hello_with(server_names((0, of_length(length)))))[0] == HANDSHAKE
    assert server.counted("tls_certificates_made")["tls_failures"] == 0


NONE = {
    "254 characters": of_length(254),
    "300 characters": of_length(300),
    "a label of 64": b"a" * 64 + b".example",
    "a dot alone": b".",
    "a dot in front": b".example.com",
    "two dots": b"a..example.com",
    "two dots at the end": b"a.example.com..",
    "a path": b"../../etc/passwd",
    "an absolute path": b"/etc/passwd",
    "a path behind a name": b"a.example/../../x",
    "a backslash": b"a\\b.example",
    "a space": b"a b.example",
    "a line end": b"a.example\r\nX: y",
    "zero": b"a.example\0.com",
    "UTF-8": "bücher.example".encode(),
    "no UTF-8": b"\xff\xfe.example",
    "a port": b"a.example:443",
    "a wildcard": b"*.example.com",
    "percent": b"%2e%2e.example",
    "a hyphen first": b"-a.example.com",
}


@pytest.mark.parametrize("name", NONE.values(), ids=NONE)
def test_what_is_no_name_gets_an_alert(tls, authority, name):
    server = tls()
    record = answer(server, hello_with(server_names((0, name))))
    assert record[0] == ALERT and record[5] == 2, record
    stats = server.counted("tls_failures")
    assert stats["tls_alerts_sent"] == 1 and stats["tls_certificates_made"] == 0


MALFORMED = {
    "an empty extension": b"",
    "an empty list": b"\x00\x00",
    "an empty name": server_names((0, b"")),
    "a list cut off": b"\x00\x10\x00\x00\x05ab",
    "octets behind": server_names((0, b"a.example")) + b"xyz",
    "a name twice": server_names((0, b"a.example"), (0, b"b.example")),
}


@pytest.mark.parametrize("extension", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_extension_harms_nobody(tls, authority, extension):
    server = tls("--handshake-timeout", "500ms")
    record = answer(server, hello_with(extension))
    assert record[0] == ALERT and record[5] == 2, record
    stats = server.counted("tls_failures")
    assert stats["tls_alerts_sent"] == 1 and stats["tls_certificates_made"] == 0
    with Client(server.addresses[1], trust=authority.certificate) as client:
        assert b"200 OK" in client.get()


def test_names_become_no_files(tls, authority, tmp_path):
    """With a folder for certificates there is a file for each that was made, called after none of them."""
    folder = tmp_path / "made"
    server = tls("--certificate-dir", str(folder))
    for name in (b"..", b"a/b", b"../../x"):
        answer(server, hello_with(server_names((0, name))))
    with Client(server.addresses[1], "con.example.com", trust=authority.certificate) as client:
        client.get()
    server.stop(())
    names = [file.name for file in folder.iterdir()]
    assert names and all(set(name.rsplit(".", 1)[0]) <= set("0123456789abcdefghijklmnopqrstuvwxyz-") for name in names)
    assert not any("example" in name for name in names)


def test_capital_letters_are_small_ones_and_the_dot_at_the_end_is_none(tls, authority):
    server = tls()
    for name in (b"ADS.Example.COM", b"ads.example.com", b"ads.example.com."):
        assert answer(server, hello(name))[0] == HANDSHAKE
    assert server.counted("tls_certificates_made")["tls_certificates_made"] == 1


@pytest.mark.parametrize("address", ["127.0.0.1", "[::1]"])
def test_without_a_name_the_address_that_was_come_to_has_a_certificate(start, authority, address):
    server = start("--listen-tls", f"{address}:0", "--ca-dir", str(authority.folder))
    with Client(server.addresses[-1], None, trust=authority.certificate, check=False) as client:
        shown = client.names()
    assert shown in ({"127.0.0.1"}, {"0:0:0:0:0:0:0:1"}, {"::1"})
