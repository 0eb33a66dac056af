"""What goes over a connection that speaks TLS: cuts, stalls, large bodies, ends."""

import fcntl
import os
import resource
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import termios
import threading

import pytest

from support.client import get
from support.deadline import PATIENCE, eventually

from behaviour.test_overload import starve
from tls.conftest import V12, V13, Client, context, end_of
from tls.test_handshake import hello


def test_plain_http_on_the_port_is_told_what_it_speaks(tls):
    server = tls()
    answer = get(server.addresses[1], "/")
    assert answer.status == 400 and b"this port speaks TLS, ask for https://" in answer.body
    stats = server.eventually("all gone", lambda stats: stats["connections_open"] == 0)
    assert stats["refused_not_tls"] == 1 and stats["tls_failures"] == 0


def test_one_port_for_both(start, authority):
    server = start("--listen-auto", "127.0.0.1:0", "--ca-dir", str(authority.folder))
    both = server.addresses[1]
    assert get(both, "/a.gif").status == 200
    with Client(both, trust=authority.certificate) as client:
        assert b"200 OK" in client.get()
    # Nobody waits for somebody who has not said which.
    silent = [socket.create_connection(both) for _ in range(5)]
    assert get(both, "/a.gif").status == 200
    for one in silent:
        one.close()
    server.eventually("all gone", lambda stats: stats["connections_open"] == 0)


@pytest.fixture
def many_descriptors():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 2000:
        pytest.skip("this process may not have 2,000 descriptors")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2000), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_memory_of_many_sessions_goes_back_when_they_have_gone(tls, authority, many_descriptors):
    server = tls("-w", "1", "--max-connections", "1500")
    rollup = f"/proc/{server.process.pid}/smaps_rollup"

    def kilobytes() -> int:
        lines = open(rollup).read().splitlines()
        return int(next(line for line in lines if line.startswith("Anonymous:")).split()[1])

    with Client(server.addresses[1], trust=authority.certificate) as client:
        client.get()
    before = kilobytes()
    many = [Client(server.addresses[1], trust=authority.certificate) for _ in range(1200)]
    grown = kilobytes() - before
    assert grown > 3000
    for one in many:
        one.close()
    eventually(lambda: kilobytes() - before < grown / 4, "three quarters of the memory")


def test_the_heap_of_a_worker_grows_by_many_sessions_at_a_time(tls, authority, many_descriptors, tmp_path):
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    server = tls("-w", "1", "--max-connections", "1500")
    counts = tmp_path / "counts"
    command = ["strace", "-f", "-e", "trace=mprotect", "-o", counts, "-p", str(server.process.pid)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as strace:
        try:
            assert "attached" in strace.stderr.readline()
            many = [Client(server.addresses[1], trust=authority.certificate) for _ in range(400)]
        finally:
            strace.send_signal(signal.SIGINT)
            strace.communicate()
    for one in many:
        one.close()
    grown = counts.read_text().count("mprotect(")
    assert grown < 100, "a system call for every page"


@pytest.mark.parametrize("version", [V12, V13])
def test_octet_by_octet(tls, authority, version):
    server = tls()
    raw = socket.create_connection(server.addresses[1], timeout=PATIENCE)
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    side = context(authority.certificate, version=version).wrap_bio(incoming, outgoing, server_hostname="a.example.com")

    def push():
        for octet in outgoing.read():
            raw.send(bytes([octet]))

    def until_done(step):
        while True:
            try:
                result = step()
                push()
                return result
            except ssl.SSLWantReadError:
                push()
                incoming.write(raw.recv(65536))

    until_done(side.do_handshake)
    until_done(lambda: side.write(b"GET /a.gif HTTP/1.1\r\nHost: a\r\n\r\n"))
    assert b"200 OK" in until_done(lambda: side.read(65536))
    raw.close()


def data_segments(raw: socket.socket) -> int:
    """How many segments with data have come: on the loopback one for each send."""
    return struct.unpack_from("=I", raw.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 192), 152)[0]


def test_tickets_go_out_with_the_first_answer(tls, authority):
    server = tls(workers=1)
    raw = socket.create_connection(server.addresses[1], timeout=PATIENCE)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    side = context(authority.certificate, version=V13).wrap_bio(incoming, outgoing, server_hostname="a.example.com")

    def until(done):
        while True:
            try:
                return done()
            except ssl.SSLWantReadError:
                raw.sendall(outgoing.read())
                octets = raw.recv(65536)
                assert octets, "the server has closed"
                incoming.write(octets)

    until(side.do_handshake)
    side.write(b"GET /a.gif HTTP/1.1\r\nHost: a\r\n\r\n")
    assert until(lambda: side.read(65536)).startswith(b"HTTP/1.1 200")
    assert data_segments(raw) == 2, "the handshake, and then the tickets with the answer"
    # Where no request is there yet they do not wait for one.
    with Client(server.addresses[1], trust=authority.certificate) as silent:
        eventually(lambda: data_segments(silent.socket) == 2, "tickets have come")
        assert b"200 OK" in silent.get()
    raw.close()


def test_requests_in_one_record_and_in_many_are_answered_in_their_order(tls, authority):
    server = tls()
    with Client(server.addresses[1], trust=authority.certificate) as client:
        one = b"GET /a.gif HTTP/1.1\r\nHost: a\r\n\r\n"
        client.socket.sendall(one * 500)
        received = b""
        while received.count(b"GIF89a") < 500:
            received += client.some()
        for octet in one:
            client.socket.sendall(bytes([octet]))
        assert b"GIF89a" in client.answer()


def test_a_large_body_goes_both_ways(tls, authority, tmp_path):
    body = os.urandom(3_000_000)
    (tmp_path / "large.bin").write_bytes(body)
    (tmp_path / "rules.toml").write_text('[[rule]]\npath = "/large"\nfile = "large.bin"\n')
    server = tls("--rules", str(tmp_path / "rules.toml"), "--max-body", "8m")
    with Client(server.addresses[1], trust=authority.certificate) as client:
        assert client.get("/large").endswith(body)
        client.socket.sendall(b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n" + body)
        assert client.answer().startswith(b"HTTP/1.1 20")
    assert server.counted("bytes_received", 3_000_000)["disconnects_reset"] == 0


@pytest.mark.parametrize("record", [1000, 5000, 10_000])
def test_a_body_in_small_records_that_has_come_whole_is_read_whole(tls, authority, record):
    server = tls(workers=1)
    with Client(server.addresses[1], trust=authority.certificate) as client:
        client.get()
        body = b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" + bytes(100_000)
        # One event says that all of it is there: more than the server takes at a time.
        server.signal(signal.SIGSTOP)
        for at in range(0, len(body), record):
            client.socket.sendall(body[at : at + record])
        eventually(lambda: unacknowledged(client.socket) == 0, "all of it has arrived")
        server.signal(signal.SIGCONT)
        assert client.answer().startswith(b"HTTP/1.1 20")


def unacknowledged(connection: socket.socket) -> int:
    """Octets that the other side does not have yet."""
    (count,) = struct.unpack("i", fcntl.ioctl(connection, termios.TIOCOUTQ, bytes(4)))
    return count


def test_who_reads_slowly_gets_all_of_it(tls, authority, tmp_path):
    body = os.urandom(6_000_000)
    (tmp_path / "large.bin").write_bytes(body)
    (tmp_path / "rules.toml").write_text('[[rule]]\npath = "/large"\nfile = "large.bin"\n')
    server = tls("--rules", str(tmp_path / "rules.toml"), workers=1)
    with Client(server.addresses[1], trust=authority.certificate) as client:
        client.socket.sendall(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n" * 2)
        server.eventually("a socket that takes no more", lambda stats: stats["connections_writing"] == 1)
        assert get(server.address, "/a.gif").status == 200
        assert client.answer().endswith(body) and client.answer().endswith(body)


@pytest.mark.parametrize("version", [V12, V13])
def test_both_say_goodbye(tls, authority, version):
    server = tls()
    client = Client(server.addresses[1], trust=authority.certificate, version=version)
    client.get(close=True)
    # An end of the stream without close_notify would raise.
    client.socket.suppress_ragged_eofs = False
    assert client.socket.recv(100) == b""
    client.close()
    client = Client(server.addresses[1], trust=authority.certificate, version=version)
    client.get()
    client.socket.unwrap().close()
    stats = server.eventually("all gone", lambda stats: stats["connections_open"] == 0)
    assert stats["disconnects_reset"] == 0 and stats["tls_failures"] == 0


def test_who_says_goodbye_behind_a_request_still_gets_the_answer(tls, authority):
    server = tls()
    raw = socket.create_connection(server.addresses[1], timeout=PATIENCE)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    side = context(authority.certificate).wrap_bio(incoming, outgoing, server_hostname="a.example.com")
    while True:
        try:
            side.do_handshake()
            break
        except ssl.SSLWantReadError:
            raw.sendall(outgoing.read())
            incoming.write(raw.recv(65536))
    side.write(b"GET /a.gif HTTP/1.1\r\nHost: a\r\n\r\n")
    with pytest.raises(ssl.SSLWantReadError):
        side.unwrap()
    raw.sendall(outgoing.read())
    raw.shutdown(socket.SHUT_WR)
    incoming.write(end_of(raw))
    incoming.write_eof()
    assert b"200 OK" in side.read(65536)


def test_renegotiation_is_refused(tls, authority):
    host, port = tls().addresses[1]
    import subprocess

    argv = ["openssl", "s_client", "-tls1_2", "-CAfile", authority.certificate, "-connect", f"{host}:{port}"]
    done = subprocess.run(argv, input=b"R\n", capture_output=True, timeout=PATIENCE)
    assert b"RENEGOTIATING" in done.stdout + done.stderr and b"no renegotiation" in done.stderr, done.stderr


@pytest.mark.parametrize(
    "octets",
    [b"\x16\x03\x01\xff\xff" + b"x" * 100, b"\x16\x03\x01\x00\x05\x01\xff\xff\xff\xff", b"\x80\x2e\x01\x00\x02", b"\x00" * 100, os.urandom(500).replace(b"G", b"\x01")],
    ids=["too long", "a hello without end", "SSL 2", "zeros", "noise"],
)  # fmt: skip
def test_garbage_ends_the_connection_and_nobody_else(tls, authority, octets):
    server = tls("--handshake-timeout", "500ms")
    with Client(server.addresses[1], trust=authority.certificate) as other:
        with socket.create_connection(server.addresses[1], timeout=PATIENCE) as raw:
            first = octets if octets[:1] not in (b"", b"A") and not octets[:1].isupper() else b"\x01" + octets
            raw.sendall(first)
            assert end_of(raw)[:1] == b"\x15", "an alert"
        assert b"200 OK" in other.get()
    stats = server.eventually("all gone", lambda stats: stats["connections_open"] == 0)
    assert (stats["tls_failures"], stats["tls_alerts_sent"]) == (1, 1)


def test_a_record_that_was_changed_ends_the_connection_with_an_alert(tls, authority):
    server = tls()
    client = Client(server.addresses[1], trust=authority.certificate)
    client.get()
    raw = socket.socket(fileno=client.socket.detach())
    raw.settimeout(PATIENCE)
    raw.sendall(b"\x17\x03\x03\x00\x20" + os.urandom(32))
    assert end_of(raw), "an alert"
    raw.close()
    assert server.counted("tls_failures")["tls_alerts_sent"] == 1


def test_who_stalls_in_the_handshake_is_given_up(tls, authority):
    server = tls("--handshake-timeout", "300ms")
    raws = [socket.create_connection(server.addresses[1], timeout=PATIENCE) for _ in range(30)]
    for number, raw in enumerate(raws):
        raw.sendall(hello(b"a.example.com")[: number * 10 or 1])
    assert server.counted("connections_handshake", 1)
    with Client(server.addresses[1], trust=authority.certificate) as client:
        assert b"200 OK" in client.get()
    for raw in raws:
        end_of(raw)
        raw.close()
    stats = server.eventually("all gone", lambda stats: stats["connections_open"] == 0)
    assert stats["timeouts_handshake"] >= 29 and stats["connections_handshake"] == 0


def test_who_aborts_in_the_handshake_leaves_nothing_behind(tls, authority):
    server = tls()
    whole = hello(b"a.example.com")
    for number in range(300):
        raw = socket.create_connection(server.addresses[1], timeout=PATIENCE)
        if number % 3 == 0:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        raw.sendall(whole[: number * len(whole) // 300 + 1])
        raw.close()
    with Client(server.addresses[1], trust=authority.certificate) as client:
        assert b"200 OK" in client.get()
    stats = server.eventually("all gone", lambda stats: stats["connections_open"] == 0)
    assert stats["connections_handshake"] == 0 and stats["buffers_lent"] == 0


def test_a_drain_finishes_what_is_in_progress(tls, authority):
    server = tls()
    idle = Client(server.addresses[1], trust=authority.certificate)
    idle.get()
    shaking = socket.create_connection(server.addresses[1], timeout=PATIENCE)
    shaking.sendall(hello(b"a.example.com")[:20])
    server.counted("connections_handshake")
    server.signal(15)
    idle.socket.suppress_ragged_eofs = False
    assert idle.socket.recv(10) == b"", "with goodbye"
    end_of(shaking)
    assert server.wait() == 0
    idle.close()
    shaking.close()


def test_many_clients_at_once_ask_for_one_new_name_and_it_is_made_once(tls, authority):
    server = tls(workers=2)
    barrier, failures = threading.Barrier(16), []

    def visit():
        barrier.wait()
        try:
            with Client(server.addresses[1], "new.example.net", trust=authority.certificate) as client:
                client.get()
        except Exception as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=visit) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert server.counted("tls_handshakes", 16)["tls_certificates_made"] == 1


def test_idle_connections_hold_no_buffer(tls, authority):
    server = tls()
    clients = [Client(server.addresses[1], trust=authority.certificate) for _ in range(20)]
    for client in clients:
        client.get()
    stats = server.eventually("all idle", lambda stats: stats["connections_keepalive"] == 20)
    assert stats["buffers_lent"] == 0
    for client in clients:
        client.close()
    eventually(lambda: server.stats()["connections_open"] == 0, "all gone")


def test_who_has_to_make_room_is_told_that_nothing_more_comes(tls, authority):
    server = tls("--max-connections", "1", workers=1)
    client = Client(server.addresses[1], trust=authority.certificate)
    client.get()
    with socket.create_connection(server.addresses[0]) as other:
        other.sendall(b"GET /a.gif HTTP/1.1\r\nHost: a\r\n\r\n")
        assert other.recv(12) == b"HTTP/1.1 200"
    server.counted("connections_evicted")
    # Without close_notify this is an error.
    client.socket.unwrap().close()


def test_who_finds_no_room_is_told_nothing_in_the_clear(tls):
    server = tls(workers=1, allow=(r"(?i)descriptor|too many open files|accept",))
    starve(server, 5)
    raws = [socket.create_connection(server.addresses[1], timeout=PATIENCE) for _ in range(30)]
    server.counted("connections_shed")
    for raw in raws:
        raw.setblocking(False)
    # Those that were shed have seen their end, and nothing before it.
    def ends() -> int:
        seen = 0
        for raw in raws:
            try:
                assert raw.recv(100) == b"", "no answer in the clear"
                seen += 1
            except BlockingIOError:
                pass
            except ConnectionResetError:
                seen += 1
        return seen

    eventually(ends, "some are closed")
    for raw in raws:
        raw.close()
    server.eventually("all gone", lambda stats: stats["connections_open"] == 0)
