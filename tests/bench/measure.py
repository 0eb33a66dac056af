"""The single measurements: each starts what it needs and ends it again."""

import re
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support import proc  # noqa: E402
from support.client import Client, request  # noqa: E402
from support.compile import c_program  # noqa: E402
from support.paths import BINARY, BUILD  # noqa: E402
from support.server import ServerProcess  # noqa: E402

PATH = "/a.gif"
SERVER_CORE, CLIENT_CORE = "0", "1"
CONNECTIONS = 64


@dataclass(frozen=True)
class Run:
    """What one run of wrk found."""

    requests: int
    per_second: float
    cpu_us: float
    """Microseconds of processor time that the server used for one request."""


@contextmanager
def running(argv: list[str], *wrapper: str):
    server = ServerProcess(argv, wrapper=wrapper)
    try:
        yield server
    finally:
        server.signal(signal.SIGTERM)
        server.kill()


def ours(workers: int = 1, connections: int = 1000) -> list[str]:
    return [str(BINARY), "0", "127.0.0.1", "-w", str(workers), "--max-connections", str(connections)]


def answer_file() -> Path:
    """The exact bytes of our answer, for the floor to send."""
    file = BUILD / "bench_answer.bin"
    with running(ours()) as server, Client(server.address) as client:
        client.send(request(PATH, "Connection: close", version="1.1"))
        raw = client.until_closed()
    file.write_bytes(raw.replace(b"Connection: close\r\n", b"").replace(b"connection: close\r\n", b""))
    return file


def floor(file: Path) -> list[str]:
    return [str(c_program(Path(__file__).with_name("floor.c"), optimise=True)), str(file)]


def wrk(url: str, seconds: int) -> tuple[int, float]:
    """Requests done and seconds taken; any error ends the benchmark."""
    command = ["taskset", "-c", CLIENT_CORE, "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", url + PATH]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Socket errors" in text or "Non-2xx" in text:
        raise SystemExit(f"wrk met errors:\n{text}")
    done = re.search(r"(\d+) requests in ([\d.]+)(ms|s|m)", text)
    return int(done[1]), float(done[2]) * {"ms": 0.001, "s": 1, "m": 60}[done[3]]


def load(argv: list[str], seconds: int) -> Run:
    """One run against a fresh server on a core of its own."""
    with running(argv, "taskset", "-c", SERVER_CORE) as server:
        wrk(server.url, 1)
        before = proc.cpu_seconds_fine(server.pid)
        requests, took = wrk(server.url, seconds)
        used = proc.cpu_seconds_fine(server.pid) - before
    return Run(requests, requests / took, used / requests * 1e6)


def syscalls_per_request(argv: list[str]) -> tuple[float, dict[str, float]] | str:
    """Calls for each request in all and by name, or why that cannot be said."""
    if shutil.which("strace") is None:
        return "skipped: strace is not installed"
    report = BUILD / "bench_strace.txt"
    report.unlink(missing_ok=True)
    with running(argv, "taskset", "-c", SERVER_CORE) as server:
        wrk(server.url, 1)
        # On the server's core: wrk stays the faster one, so that events come in batches as always.
        command = ["taskset", "-c", SERVER_CORE, "strace", "-c", "-f", "-p", str(server.pid), "-o", str(report)]
        tracer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        line = tracer.stderr.readline()
        if "attached" not in line:
            tracer.wait()
            return f"skipped: {line.strip()}"
        requests, _ = wrk(server.url, 1)
        tracer.send_signal(signal.SIGINT)
        tracer.communicate()
    calls = {
        words[-1]: int(words[3]) / requests
        for words in (row.split() for row in report.read_text().splitlines())
        if len(words) in (5, 6) and words[3].isdigit() and words[-1] != "total"
    }
    return sum(calls.values()), {name: n for name, n in calls.items() if n >= 0.001}


def resident_at_start() -> int:
    """Octets, with four workers of 50,000 connections each."""
    with running(ours(4, 50_000)) as server:
        return proc.resident_bytes(server.pid)


def resident_per_idle_connection(count: int = 5000) -> float:
    """Octets of user memory for each open connection that has had one answer."""
    with running(ours(1, count)) as server:
        with Client(server.address) as warm:
            warm.send(request(PATH))
            warm.response()
        before = proc.resident_bytes(server.pid)
        clients = [Client(server.address) for _ in range(count - 1)]
        for client in clients:
            client.send(request(PATH))
            client.response()
        grown = proc.resident_bytes(server.pid) - before
        for client in clients:
            client.close()
    return grown / len(clients)


def instructions_per_request() -> float | str:
    """User instructions by callgrind: the difference of a long run and a short one."""
    if shutil.which("valgrind") is None:
        return "skipped: valgrind is not installed"
    few, many = 1000, 11_000
    return (_instructions(many) - _instructions(few)) / (many - few)


def _instructions(count: int) -> int:
    command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={BUILD / 'bench_callgrind.out'}"]
    server = ServerProcess(ours(), wrapper=tuple(command))
    try:
        with Client(server.address) as client:
            for _ in range(count):
                client.send(request(PATH))
                client.response()
        server.signal(signal.SIGTERM)
        server.wait(30)
        collected = [re.search(r"Collected : (\d+)", line) for line in server.stderr_lines]
        return int(next(match for match in collected if match)[1])
    finally:
        server.kill()
