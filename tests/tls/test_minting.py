"""Certificates are made on a thread of their own: with a CA whose signatures take long, workers go on."""

import signal
import socket
import ssl
import struct
from pathlib import Path

import pytest

from support.client import get
from support.deadline import PATIENCE, eventually

from tls.conftest import Authority, Client, context, openssl


@pytest.fixture(scope="module")
def slow(tmp_path_factory) -> Authority:
    """A CA that takes some milliseconds for each signature."""
    folder = tmp_path_factory.mktemp("slow")
    extensions = ["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign"]
    made = ["-keyout", folder / "ca.key", "-out", folder / "ca.crt", *extensions]
    openssl("req", "-x509", "-newkey", "rsa:4096", "-nodes", "-days", "30", "-subj", "/CN=slow", *made)
    return Authority(folder)


def cpu_ticks(pid: int) -> dict[str, int]:
    """What each thread has used, by its name."""
    ticks = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        name, _, rest = (task / "stat").read_text().partition("(")[2].rpartition(")")
        user, system = rest.split()[11:13]
        ticks[name] = ticks.get(name, 0) + int(user) + int(system)
    return ticks


def hello_of(authority: Authority, name: str) -> tuple[ssl.SSLObject, ssl.MemoryBIO, bytes]:
    """A client without a socket, what it is to read, and the first that it says."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    side = context(authority.certificate).wrap_bio(incoming, outgoing, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        side.do_handshake()
    return side, incoming, outgoing.read()


def shakes_hands(raw: socket.socket, side: ssl.SSLObject, incoming: ssl.MemoryBIO) -> None:
    while True:
        try:
            return side.do_handshake()
        except ssl.SSLWantReadError:
            octets = raw.recv(65536)
            assert octets, "the server has closed"
            incoming.write(octets)


Waiting = list[tuple[socket.socket, ssl.SSLObject, ssl.MemoryBIO]]


def asked_for(server, authority: Authority, names: list[str]) -> Waiting:
    """A connection for each name that has said its hello."""
    waiting = []
    for name in names:
        raw = socket.create_connection(server.addresses[1], timeout=PATIENCE)
        side, incoming, hello = hello_of(authority, name)
        raw.sendall(hello)
        waiting.append((raw, side, incoming))
    return waiting


def all_are_served(waiting: Waiting) -> None:
    for raw, side, incoming in waiting:
        shakes_hands(raw, side, incoming)
        raw.close()


def test_it_is_the_thread_that_signs_and_no_worker(tls, slow):
    server = tls("--ca-dir", str(slow.folder), ca=False, workers=1)
    trusting = context(slow.certificate)
    for number in range(100):
        raw = socket.create_connection(server.addresses[1], timeout=PATIENCE)
        with trusting.wrap_socket(raw, server_hostname=f"x.site{number}.example"):
            pass
    ticks = cpu_ticks(server.pid)
    assert server.counted("tls_handshakes", 100)["tls_certificates_made"] == 100
    assert ticks["hr-mint"] > sum(used for name, used in ticks.items() if name not in ("hr-mint", "hr-rsa-key")), ticks


def test_all_who_come_for_a_name_while_it_is_made_get_it(tls, slow):
    server = tls("--ca-dir", str(slow.folder), ca=False, workers=2)
    all_are_served(asked_for(server, slow, [f"{letter}.once.example" for letter in "abc" for _ in range(20)]))
    stats = server.eventually("all gone", lambda stats: stats["connections_open"] == 0)
    assert stats["tls_certificates_made"] == 1


def test_who_leaves_while_it_is_made_harms_nobody(tls, slow):
    server = tls("--ca-dir", str(slow.folder), ca=False, workers=1)
    for number in range(60):
        with socket.create_connection(server.addresses[1], timeout=PATIENCE) as raw:
            raw.sendall(hello_of(slow, f"x.left{number}.example")[2])
            if number % 2:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # Another one has its place meanwhile.
        assert get(server.address, "/a.gif").status == 200
    with Client(server.addresses[1], "x.left59.example", trust=slow.certificate) as client:
        assert b"200 OK" in client.get()
    stats = server.eventually("all gone", lambda stats: stats["connections_open"] == 0)
    assert stats["tls_handshakes"] == 1 and stats["timeouts_handshake"] == 0


def test_what_comes_behind_the_hello_is_not_forgotten(tls, slow):
    """The rest of a handshake is there before the certificate is: nothing else will announce it."""
    server = tls("--ca-dir", str(slow.folder), ca=False, workers=1)
    _, _, hello = hello_of(slow, "x.behind.example")
    with socket.create_connection(server.addresses[1], timeout=PATIENCE) as raw:
        # Two names that are made first, so that this one waits.
        others = [socket.create_connection(server.addresses[1], timeout=PATIENCE) for _ in range(2)]
        for number, other in enumerate(others):
            other.sendall(hello_of(slow, f"x.first{number}.example")[2])
        raw.sendall(hello)
        raw.sendall(b"\x17\x03\x03\x00\x05hello")
        received = b""
        while octets := raw.recv(65536):
            received += octets
        for other in others:
            other.close()
    assert received.startswith(b"\x16\x03\x03") and server.counted("tls_alerts_sent")["tls_handshakes"] == 0


def in_records(hello: bytes, size: int) -> list[bytes]:
    """The ClientHello again, in records that hold so many octets each."""
    message = hello[5:]
    parts = [message[at : at + size] for at in range(0, len(message), size)]
    return [hello[:3] + struct.pack(">H", len(part)) + part for part in parts]


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("size", [1, 4, 40, 200])
def test_a_hello_in_many_records_has_its_certificate_too(tls, authority, size, at_once):
    server = tls(workers=1)
    side, incoming, hello = hello_of(authority, f"x.cut{size}.example")
    records = in_records(hello, size)
    with socket.create_connection(server.addresses[1], timeout=PATIENCE) as raw:
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for part in [b"".join(records)] if at_once else records:
            raw.sendall(part)
        shakes_hands(raw, side, incoming)
    assert server.counted("tls_certificates_made")["tls_certificates_made"] == 1


def shares(server) -> tuple[int, int]:
    """What the thread that makes certificates has used, and what all others."""
    ticks = cpu_ticks(server.pid)
    mine = ticks.pop("hr-mint")
    ticks.pop("hr-rsa-key", None)
    return mine, sum(ticks.values())


WARNING = b"\x15\x03\x03\x00\x02\x01\x64"
"""The alert no_renegotiation, which ends nothing."""


@pytest.mark.parametrize("how", ["in records", "behind a warning"])
def test_it_is_the_thread_whatever_the_hello_looks_like(tls, slow, how):
    server = tls("--ca-dir", str(slow.folder), ca=False, workers=1)
    for number in range(60):
        side, incoming, hello = hello_of(slow, f"x.many{number}.example")
        with socket.create_connection(server.addresses[1], timeout=PATIENCE) as raw:
            raw.sendall(b"".join(in_records(hello, 100)) if how == "in records" else WARNING + hello)
            shakes_hands(raw, side, incoming)
    mine, others = shares(server)
    assert server.counted("tls_certificates_made", 60) and mine > others


def test_its_threads_leave_signals_to_the_program(tls, slow, tmp_path):
    server = tls("--ca-dir", str(slow.folder), "--certificate-dir", str(tmp_path / "kept"), ca=False, workers=1)
    wanted = {"hr-mint", "hr-certificates", "hr-worker-0"}

    def blocked() -> dict[str, str]:
        """What each thread blocks, once all have the names that they give themselves."""
        found = {}
        for task in Path(f"/proc/{server.pid}/task").iterdir():
            lines = (line.split(":\t", 1) for line in (task / "status").read_text().splitlines() if ":\t" in line)
            lines = dict(lines)
            found[lines["Name"]] = lines["SigBlk"]
        return found if wanted <= set(found) else {}

    masks = eventually(blocked, "the threads have their names")
    assert {masks[name] for name in wanted} == {masks["hr-worker-0"]} != {"0" * 16}


def ends(raw: socket.socket, *octets: bytes) -> None:
    """Sends and closes in such a way that one event says both."""
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
    for some in octets:
        raw.sendall(some)
    raw.shutdown(socket.SHUT_WR)


@pytest.mark.parametrize("how", ["a part of a hello", "a hello", "a hello, and octets later", "octets while it waits"])
def test_an_end_that_is_told_with_what_came_before_is_seen(tls, slow, how):
    server = tls("--ca-dir", str(slow.folder), "--handshake-timeout", "60s", ca=False, workers=1)
    hello = hello_of(slow, "x.end.example")[2]
    raws = [socket.create_connection(server.addresses[1], timeout=PATIENCE) for _ in range(20)]
    server.eventually("they have had their first turn", lambda stats: stats["connections_open"] == 20)
    for number, raw in enumerate(raws):
        mine = hello.replace(b"x.end", b"%c.end" % (97 + number))
        match how:
            case "a part of a hello":
                ends(raw, mine[:50])
            case "a hello":
                ends(raw, mine)
            case "a hello, and octets later":
                ends(raw, mine, b"\x14\x03\x03\x00\x01\x01")
            case _:
                raw.sendall(mine)
                ends(raw, b"\x14\x03\x03\x00\x01\x01")
    stats = server.eventually("all gone", lambda stats: stats["connections_open"] == 0)
    assert stats["timeouts_handshake"] == 0
    for raw in raws:
        raw.close()


def test_who_asks_again_is_not_behind_those_that_came_meanwhile(tls, slow):
    server = tls("--ca-dir", str(slow.folder), ca=False, workers=1)
    asked = hello_of(slow, "x.asked.example")[2]
    hello = hello_of(slow, "x.wait0000.example")[2]
    raws = [socket.create_connection(server.addresses[1], timeout=PATIENCE) for _ in range(401)]
    raws[0].sendall(hello.replace(b"wait0000", b"wait9999"))
    raws[1].sendall(asked)
    for number, raw in enumerate(raws[2:]):
        raw.sendall(hello.replace(b"wait0000", b"wait%04d" % number))
    with Client(server.addresses[1], "x.asked.example", trust=slow.certificate) as client:
        assert b"200 OK" in client.get()
        assert server.stats()["tls_certificates_made"] < 300
    for raw in raws:
        raw.close()


def test_what_nobody_waits_for_any_more_is_not_made(tls, slow):
    """Clients that leave at once with a new name each, many more than can be made, take nothing from others."""
    server = tls("--ca-dir", str(slow.folder), ca=False, workers=1)
    reset = struct.pack("ii", 1, 0)
    hello = hello_of(slow, "x.left0000.example")[2]
    for number in range(3000):
        raw = socket.create_connection(server.addresses[1], timeout=PATIENCE)
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
        raw.sendall(hello.replace(b"left0000", b"left%04d" % number))
        raw.close()
    with Client(server.addresses[1], "x.stays.example", trust=slow.certificate) as client:
        assert b"200 OK" in client.get()
    stats = server.eventually("all gone", lambda stats: stats["connections_open"] == 0)
    assert stats["timeouts_handshake"] == 0 and stats["tls_certificates_made"] < 1500


def test_who_closes_while_it_is_made_gives_the_place_back(tls, slow):
    server = tls("--ca-dir", str(slow.folder), "--handshake-timeout", "60s", ca=False, workers=1)
    raws = [socket.create_connection(server.addresses[1], timeout=PATIENCE) for _ in range(100)]
    for number, raw in enumerate(raws):
        raw.sendall(hello_of(slow, f"x.closes{number}.example")[2])
        raw.shutdown(socket.SHUT_WR)
    stats = server.eventually("all gone", lambda stats: stats["connections_open"] == 0)
    assert stats["tls_failures"] == 100 and stats["timeouts_handshake"] == 0
    for raw in raws:
        raw.close()


def test_with_a_cache_of_one_each_is_still_made_once(tls, slow):
    server = tls("--ca-dir", str(slow.folder), "--certificate-cache", "1", ca=False, workers=2)
    all_are_served(asked_for(server, slow, [f"x.one{number}.example" for number in range(40)]))
    assert server.eventually("gone", lambda stats: stats["connections_open"] == 0)["tls_certificates_made"] == 40


def test_a_reload_with_another_ca_while_they_are_made(tls, slow, authority, tmp_path):
    """Who asked before has the old one's, who asks afterwards the new one's, and each is made once."""
    folder = tmp_path / "ca"
    folder.mkdir()
    for name in ("ca.crt", "ca.key"):
        (folder / name).write_bytes((slow.folder / name).read_bytes())
    server = tls("--ca-dir", str(folder), "--log-level", "info", ca=False, workers=1, allow=(".*reload.*",))
    names = [f"x.reload{number}.example" for number in range(30)]
    waiting = asked_for(server, slow, names)
    for name in ("ca.crt", "ca.key"):
        (folder / name).write_bytes((authority.folder / name).read_bytes())
    server.signal(signal.SIGHUP)
    eventually(lambda: any("reload" in line for line in server.messages()), "it has read everything again")
    for name in names:
        with Client(server.addresses[1], name, trust=authority.certificate) as client:
            assert b"200 OK" in client.get()
    all_are_served(waiting)
    stats = server.eventually("all gone", lambda stats: stats["connections_open"] == 0)
    assert stats["tls_certificates_made"] == 60


def test_a_handshake_that_waits_has_its_deadline(tls, slow):
    """More who stay than can be made in time: those that came last have theirs, others are given up."""
    server = tls("--ca-dir", str(slow.folder), "--handshake-timeout", "500ms", ca=False, workers=1)
    waiting = asked_for(server, slow, [f"x.wait{number}.example" for number in range(800)])
    stats = server.eventually("given up", lambda stats: stats["connections_open"] == 0)
    assert stats["timeouts_handshake"] == 800 > stats["tls_certificates_made"]
    with Client(server.addresses[1], "x.later.example", trust=slow.certificate) as client:
        assert b"200 OK" in client.get()
    for raw, _, _ in waiting:
        raw.close()


def test_many_new_names_at_once_are_all_made(tls, authority):
    server = tls(workers=2)
    all_are_served(asked_for(server, authority, [f"x.many{number}.example" for number in range(300)]))
    assert server.eventually("made", lambda stats: stats["tls_certificates_made"] == 300)["tls_names_refused"] == 0
