"""What clients say when they do not like us, and what they are told: each kind has its counter."""

import socket
import ssl

import pytest

from support.deadline import PATIENCE

from tls.conftest import V12, Client, context, end_of

BAD_CERTIFICATE, EXPIRED, CERTIFICATE_UNKNOWN, UNKNOWN_CA = 42, 45, 46, 48
UNEXPECTED_MESSAGE, DECODE_ERROR = 10, 50


def alert(number: int) -> bytes:
    """A fatal one, in the clear."""
    return bytes([0x15, 3, 3, 0, 2, 2, number])


@pytest.mark.parametrize(
    ("number", "counter", "hint"),
    [
        (UNKNOWN_CA, "unknown_ca", True),
        (BAD_CERTIFICATE, "bad_certificate", True),
        (CERTIFICATE_UNKNOWN, "certificate_unknown", True),
        (EXPIRED, "other", False),
    ],
)
def test_what_clients_say_of_the_certificate_is_counted_by_its_kind(tls, authority, number, counter, hint):
    server = tls("--log-level", "info", allow=("TLS with .*: the client says",))
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    side = context(authority.certificate, version=V12).wrap_bio(incoming, outgoing, server_hostname="a.example.com")
    with pytest.raises(ssl.SSLWantReadError):
        side.do_handshake()
    with socket.create_connection(server.addresses[1], timeout=PATIENCE) as raw:
        raw.sendall(outgoing.read())
        # The certificate has been shown: in 1.2 the client answers in the clear.
        assert raw.recv(65536)[0] == 0x16
        raw.sendall(alert(number))
        end_of(raw)
    stats = server.counted("tls_failures")
    assert stats.named("tls_alerts") == {f"tls_alerts_{counter}": 1}
    told = server.eventually("told", lambda _: [line for line in server.messages() if "the client says" in line])
    assert told and ("does it trust the CA?" in "".join(server.messages())) == hint


def test_who_wants_only_what_is_not_spoken_here_is_told_so(tls, authority):
    server = tls()
    wanted = context(authority.certificate)
    wanted.set_alpn_protocols(["spdy/3"])
    with socket.create_connection(server.addresses[1], timeout=PATIENCE) as raw:
        with pytest.raises(ssl.SSLError, match="(?i)no.application.protocol"):
            wanted.wrap_socket(raw, server_hostname="a.example.com")
    assert server.counted("tls_failures").named("tls_alerts") == {"tls_alerts_sent": 1}
    with Client(server.addresses[1], trust=authority.certificate) as client:
        assert b"200 OK" in client.get()


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (b"\x16\x03\x01\x00\x04\x01\x00\x00\xff" + b"\x14\x03\x01\x00\x01\x01", UNEXPECTED_MESSAGE),
        (b"\x16\x03\x01\x00\x00" * 40, DECODE_ERROR),
        (b"\x16\x03\x01\x00\x04\x01\xff\xff\xff", DECODE_ERROR),
    ],
    ids=["another record in the middle of a message", "empty records", "a hello of 16 MiB"],
)
def test_what_rustls_has_no_alert_for_gets_one(tls, octets, expected):
    server = tls()
    with socket.create_connection(server.addresses[1], timeout=PATIENCE) as raw:
        raw.sendall(octets)
        assert end_of(raw) == alert(expected)
    stats = server.eventually("gone", lambda stats: stats["connections_open"] == 0)
    assert (stats["tls_failures"], stats["tls_alerts_sent"]) == (1, 1)


def test_a_hello_that_is_longer_than_any_gets_an_alert(tls):
    server = tls()
    with socket.create_connection(server.addresses[1], timeout=PATIENCE) as raw:
        record = b"\x16\x03\x01" + (16384).to_bytes(2, "big")
        raw.sendall(record + b"\x01\x00\xf0\x00" + bytes(16380) + record + bytes(16384) + record + bytes(16384))
        assert end_of(raw) == alert(DECODE_ERROR)
    stats = server.eventually("gone", lambda stats: stats["connections_open"] == 0)
    assert (stats["tls_failures"], stats["tls_alerts_sent"]) == (1, 1)
