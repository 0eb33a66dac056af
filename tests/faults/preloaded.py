"""A server whose calls of the C library fail on demand: the block of memory that it shares with shim.c."""

import errno
import mmap
import struct
import time
from pathlib import Path

from support.client import Client, get, request
from support.compile import c_program
from support.deadline import eventually
from support.proc import cpu_seconds, open_descriptors
from support.server import ServerProcess, binary_argv

BLOCK = struct.Struct("=IiIIII40s")
SHIM = Path(__file__).with_name("shim.c")
ALWAYS = 2**31


class Faults:
    """Which call fails, and how."""

    def __init__(self, folder: Path):
        self.path = folder / "faults"
        self.path.write_bytes(bytes(BLOCK.size))
        with open(self.path, "r+b") as file:
            self.block = mmap.mmap(file.fileno(), BLOCK.size)

    def environment(self) -> tuple[str, ...]:
        """What a program is started behind."""
        return ("env", f"LD_PRELOAD={c_program(SHIM, preloaded=True)}", f"HR_FAULTS={self.path}")

    def arm(self, call: str, error: int, nth: int = 1, times: int = 1) -> None:
        self.block[:] = BLOCK.pack(0, error, nth, times, 0, 0, call.encode())
        self.block[:4] = struct.pack("=I", 1)

    def disarm(self) -> int:
        """How many calls have failed."""
        self.block[:4] = bytes(4)
        return self.hits

    @property
    def seen(self) -> int:
        return BLOCK.unpack(self.block[:])[4]

    @property
    def hits(self) -> int:
        return BLOCK.unpack(self.block[:])[5]


def start_under(faults: Faults, *options: str, workers: int = 2) -> ServerProcess:
    return ServerProcess(binary_argv(*options, workers=workers), wrapper=faults.environment())


def traffic(server: ServerProcess) -> None:
    """Some of everything; what fails of it does not matter here."""
    steps = [
        [request("/a.gif"), request("/b.js"), request("/c.html", "Connection: close")],
        [request("/large.bin", "Connection: close")],
        [b"POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n", b"hello" + request("/", "Connection: close")],
        [b"nonsense\r\n\r\n"],
        [b"GET /a HT"],
    ]
    for step in steps:
        try:
            with Client(server.address, patience=0.3) as client:
                for data in step:
                    client.send(data)
                if step[-1] != b"GET /a HT":
                    client.socket.recv(65536)
        except (OSError, AssertionError):
            pass


def assert_well(server: ServerProcess, base: int, what: str) -> None:
    """It runs, answers, and holds no more descriptors than before."""
    assert server.process.poll() is None, f"{what}: it has ended, {server.process.returncode}: {server.messages()[-5:]}"
    for _ in range(4):
        assert eventually(lambda: answers(server), f"{what}: an answer afterwards", 5.0)
    eventually(lambda: open_descriptors(server.pid) <= base, f"{what}: {base} descriptors as before", 5.0)


def answers(server: ServerProcess) -> bool:
    try:
        return get(server.address, "/a.gif").status == 200
    except (OSError, AssertionError):
        return False


def assert_no_spin(server: ServerProcess, what: str, seconds: float = 0.2, share: float = 0.5) -> None:
    """While it can do nothing it does nothing, for so many seconds."""
    begin, before = time.monotonic(), cpu_seconds(server.pid)
    time.sleep(seconds)
    used = cpu_seconds(server.pid) - before
    assert used <= share * (time.monotonic() - begin), f"{what}: {used} s of CPU in {seconds} s"


def name(error: int) -> str:
    return errno.errorcode[error]
