"""The single measurements: each starts what it needs and ends it again."""

import json
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from peers import HERE as PEERS_FOLDER
from peers import BUILD, OURS, Peer, c_program
from support import proc

HERE = PEERS_FOLDER.parent
SERVER_CORE, CLIENT_CORE = "0", "1"
PATIENCE = 20.0
# Seconds that a million connections may take, one after the other.
LONGEST = 400.0
# Requests of the two runs whose difference callgrind is asked for.
SHORT, LONG = 200, 2200


class Failed(Exception):
    """A measurement that could not be made, and why."""


@dataclass(frozen=True)
class Load:
    """What the client is told; see client/load.c."""

    request: str = "minimal"
    connections: int = 64
    depth: int = 1
    churn: bool = False
    rate: float = 0
    requests: int = 0
    """After how many it ends, before its time is over; 0 is never."""
    tls: str = ""
    """What client/tls.c is told, where the load is one of TLS: full, resumed, names, keepalive."""
    streams: int = 0
    """Requests at once on each connection of HTTP/2, where it is one: h2load's, over TLS where `tls` says anything."""

    def program(self) -> Path:
        if self.tls:
            return c_program(HERE / "client" / "tls.c", optimise=True, extra=("-lssl", "-lcrypto"))
        return c_program(HERE / "client" / "load.c", optimise=True)

    def arguments(self, seconds: float) -> list[str]:
        if self.tls:
            request = str(HERE / "requests" / f"{self.request}.http")
            return [self.tls, "--request", request, "--connections", str(self.connections), "--seconds", str(seconds)]
        words = ["--request", str(HERE / "requests" / f"{self.request}.http"), "--seconds", str(seconds)]
        words += ["--connections", str(self.connections), "--depth", str(self.depth)]
        words += ["--requests", str(self.requests)] if self.requests else []
        return words + (["--churn"] if self.churn else []) + (["--rate", str(self.rate)] if self.rate else [])

    @property
    def request_octets(self) -> int:
        return (HERE / "requests" / f"{self.request}.http").stat().st_size


class Running:
    """A server on a core of its own, with all its processes."""

    def __init__(self, peer: Peer, *, wrapper: tuple[str, ...] = (), extra: tuple[str, ...] = ()):
        self.folder = tempfile.TemporaryDirectory(prefix="http_responder_bench")
        os.chmod(self.folder.name, 0o755)  # a worker may run as another user
        self.port = _free_port()
        argv = [*wrapper, *peer.argv(self.port, Path(self.folder.name)), *extra]
        # Under a wrapper everything is slow, and what it has found is written at the end.
        self.grace = 20 if wrapper else 3
        self.patience = 6 * PATIENCE if wrapper else PATIENCE
        self.errors = tempfile.TemporaryFile()
        # Its core is inherited: to start taskset first would be half of the time to the first answer.
        cores = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {int(SERVER_CORE)})
        try:
            self.started = time.monotonic()
            self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self.errors)
        finally:
            os.sched_setaffinity(0, cores)
        self._wait(peer.name)

    def _wait(self, name: str) -> None:
        end = time.monotonic() + self.patience
        while time.monotonic() < end:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            if self.process.poll() is not None:
                break
            time.sleep(0.0002)
        self.errors.seek(0)
        said = self.errors.read().decode(errors="replace").strip()[-300:]
        self.end()
        raise Failed(f"{name} does not listen: {said}")

    def pids(self) -> list[int]:
        found, queue = [], [self.process.pid]
        while queue:
            pid = queue.pop()
            found.append(pid)
            for task in Path(f"/proc/{pid}/task").iterdir():
                try:
                    queue += [int(child) for child in (task / "children").read_text().split()]
                except (FileNotFoundError, ProcessLookupError):
                    pass  # a thread that ended this moment
        return found

    def cpu(self) -> tuple[float, int, int]:
        """Seconds on a processor, to the nanosecond; ticks of user and system time, which split it."""
        fine = sum(proc.cpu_seconds_fine(pid) for pid in self.pids())
        words = [Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split() for pid in self.pids()]
        return fine, sum(int(w[11]) for w in words), sum(int(w[12]) for w in words)

    def cpu_since(self, before: tuple[float, int, int]) -> tuple[float, int, int]:
        fine, user, system = (after - b for after, b in zip(self.cpu(), before))
        # Threads that have ended are in the ticks alone.
        ticks = (user + system) / proc.TICK
        return (ticks if ticks > 1.05 * fine else fine), user, system

    def private_octets(self) -> int:
        text = "".join(Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in self.pids())
        return sum(int(kib) for kib in re.findall(r"^Private_\w+:\s+(\d+) kB", text, re.MULTILINE)) * 1024

    def told(self, name: str) -> int:
        """A statistic, once the server has written it to standard error."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            found = re.search(rf"^{name} +(\d+)", os.pread(self.errors.fileno(), 1 << 20, 0).decode(), re.MULTILINE)
            if found:
                return int(found[1])
            time.sleep(0.01)
        raise Failed(f"it does not say {name}")

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(self.grace)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()
        self.folder.cleanup()


@contextmanager
def running(peer: Peer, **how):
    server = Running(peer, **how)
    try:
        yield server
    finally:
        server.end()


def _free_port() -> int:
    # The peers take no port 0; nobody else on this machine's loopback takes it meanwhile.
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def client(port: int, load: Load, seconds: float, *, lenient: bool = False) -> dict:
    """What the client has found; a failed request is nobody's fault where that is `lenient`."""
    if load.streams:
        return _h2load(port, load, seconds)
    command = ["taskset", "-c", CLIENT_CORE, str(load.program()), str(port)]
    done = subprocess.run([*command, *load.arguments(seconds)], capture_output=True, text=True, timeout=seconds + 60)
    if done.returncode != 0:
        raise Failed(done.stderr.strip()[-200:])
    found = json.loads(done.stdout.splitlines()[-1])
    if not lenient and (found["errors"] or not found["requests"]):
        raise Failed(f"{found['errors']} errors in {found['requests']} requests")
    if load.tls == "resumed" and found["resumed"] < found["requests"] - load.connections:
        raise Failed(f"{found['resumed']} of {found['requests']} connections were resumed")
    return found


def _warm(peer: Peer, server: Running, load: Load, seconds: float) -> None:
    end = time.monotonic() + PATIENCE
    while peer.fails_first and time.monotonic() < end:
        # Until the certificate of the first name is there.
        if client(server.port, load, seconds, lenient=True)["errors"] == 0:
            break
    client(server.port, load, seconds)


def _extra(peer: Peer, load: Load) -> tuple[str, ...]:
    return (str(load.request_octets),) if peer.name == "floor" and load.depth > 1 else ()


def run(peer: Peer, load: Load, seconds: float) -> dict:
    """One run against a fresh server: requests, latency, microseconds of processor time for one request."""
    with running(peer, extra=_extra(peer, load)) as server:
        _warm(peer, server, load, 0.2)
        before = server.cpu()
        found = client(server.port, load, seconds)
        fine, user, system = server.cpu_since(before)
    found["per_second"] = found["requests"] / found["seconds"]
    found["cpu_us"] = fine / found["requests"] * 1e6
    found["user_ticks"], found["system_ticks"] = user, system
    return found


def syscalls(peer: Peer, load: Load) -> float:
    """System calls for each request."""
    if shutil.which("strace") is None:
        raise Failed("strace is not installed")
    with running(peer, extra=_extra(peer, load)) as server, tempfile.NamedTemporaryFile() as report:
        client(server.port, load, 0.1)
        command = ["taskset", "-c", SERVER_CORE, "strace", "-c", "-f", "-o", report.name]
        for pid in server.pids():
            command += ["-p", str(pid)]
        tracer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        for _ in server.pids():
            tracer.stderr.readline()
        found = client(server.port, load, 0.5)
        tracer.send_signal(signal.SIGINT)
        tracer.communicate()
        rows = [row.split() for row in Path(report.name).read_text().splitlines()]
    calls = sum(int(row[3]) for row in rows if len(row) in (5, 6) and row[3].isdigit() and row[-1] != "total")
    return calls / found["requests"]


def instructions(peer: Peer, load: Load) -> float:
    """User instructions for each request, by callgrind: of a long run less those of a short one."""
    if shutil.which("valgrind") is None:
        raise Failed("valgrind is not installed")
    counts = []
    for requests in (SHORT, LONG):
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o777)  # a worker may run as another user
            wrapper = ("valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/%p.out")
            with running(peer, wrapper=wrapper, extra=_extra(peer, load)) as server:
                _ask(server.port, load, requests)
            files = Path(folder).glob("*.out")
            totals = [re.search(r"^(?:totals|summary): (\d+)", file.read_text(), re.MULTILINE) for file in files]
            counts.append(sum(int(total[1]) for total in totals if total))
    if not all(counts) or counts[1] - counts[0] < LONG - SHORT:
        raise Failed("callgrind did not see the process that answers")
    return (counts[1] - counts[0]) / (LONG - SHORT)


def wrk(peer: Peer, load: Load, seconds: float) -> float:
    """Requests per second as another client counts them: wrk, on the same core as ours."""
    if shutil.which("wrk") is None:
        raise Failed("wrk is not installed")
    command = ["taskset", "-c", CLIENT_CORE, "wrk", "-t1", f"-c{load.connections}", f"-d{max(1, round(seconds))}s"]
    with running(peer) as server:
        done = subprocess.run(
            [*command, f"http://127.0.0.1:{server.port}/x.gif"], capture_output=True, text=True, timeout=seconds + 60
        )
    found = re.search(r"^Requests/sec: *([\d.]+)", done.stdout, re.MULTILINE)
    if not found or "Non-2xx" in done.stdout:
        raise Failed(f"wrk: {(done.stdout + done.stderr).strip()[-200:]}")
    return float(found[1])


def _h2load(port: int, load: Load, seconds: float) -> dict:
    """HTTP/2; the latencies come from its log, a line for each answer: start, status, microseconds."""
    if shutil.which("h2load") is None:
        raise Failed("h2load is not installed (package nghttp2-client)")
    with tempfile.NamedTemporaryFile("r") as log:
        command = ["taskset", "-c", CLIENT_CORE, "h2load", "-c", str(load.connections), "-m", str(load.streams)]
        command += [f"-D{max(1, round(seconds * 1000))}ms", f"--log-file={log.name}"]
        url = f"http{'s' if load.tls else ''}://127.0.0.1:{port}/x.gif"
        done = subprocess.run([*command, url], capture_output=True, text=True, timeout=seconds + 60)
        rows = [line.split("\t") for line in log]
    times = sorted(int(row[2]) for row in rows if row[1] == "200")
    counted = re.search(r"^requests: .* (\d+) succeeded, (\d+) failed, (\d+) errored", done.stdout, re.MULTILINE)
    spoken = re.search(r"^Application protocol: h2c?$", done.stdout, re.MULTILINE)
    if not counted or not spoken or not times or [counted[2], counted[3]] != ["0", "0"] or len(times) != len(rows):
        raise Failed(f"h2load: {(done.stdout + done.stderr).strip()[-300:]}")
    at = lambda part: times[int(part * (len(times) - 1))]  # noqa: E731
    found = {"requests": len(times), "errors": 0, "seconds": seconds}
    return found | {"p50_us": at(0.5), "p99_us": at(0.99), "p999_us": at(0.999)}


def _ask(port: int, load: Load, count: int) -> None:
    request = (HERE / "requests" / f"{load.request}.http").read_bytes()
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for number in range(count):
            connection.sendall(request.replace(b"########", b"%08x" % number))
            answer = b""
            while b"\r\n\r\n" not in answer or len(answer) < _length(answer):
                part = connection.recv(65536)
                if not part:
                    raise Failed("the connection was closed")
                answer += part


def _length(answer: bytes) -> int:
    head = answer.index(b"\r\n\r\n") + 4
    length = re.search(rb"\r\ncontent-length: *(\d+)", answer[:head], re.IGNORECASE)
    return head + int(length[1]) if length else head


def idle(peer: Peer, connections: int, load: Load = Load()) -> dict:
    """Private octets for each open connection that has had one answer; all answer once more."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    connections = min(connections, peer.most_connections or connections)
    if peer.halves_descriptors and limit < 2 * connections:
        raise Failed(f"it takes a connection for every two descriptors that it may have, {limit:,} here")
    request = str(HERE / "requests" / "minimal.http")
    with running(peer) as server:
        _warm(peer, server, replace(load, connections=8), 0.1)
        before = server.private_octets()
        command = ["taskset", "-c", CLIENT_CORE, str(load.program()), str(server.port), *(["hold"] if load.tls else [])]
        command += ["--request", request, "--connections", str(connections), *([] if load.tls else ["--hold"])]
        holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        opened = holder.stdout.readline().strip() == "open"
        grown = server.private_octets() - before
        rest, _ = holder.communicate("\n")
    found = json.loads(rest.splitlines()[-1]) if opened and rest.strip() else {"requests": 0, "errors": 0}
    if found["requests"] != 2 * connections:
        raise Failed(f"{found['requests']} of {2 * connections} answered, {found['errors']} errors")
    return {"octets": grown / connections, "connections": connections}


def names(peer: Peer, count: int, load: Load) -> dict:
    """So many visits in a row, each to a name that is new, and the same again: how many failed, and processor time."""
    with running(peer) as server:
        _warm(peer, server, replace(load, tls="full"), 0.1)
        (cpu_us, found), (again_us, again) = (_visits(server, count, load) for _ in range(2))
    return {
        "cpu_us": cpu_us,
        "visits": found["requests"],
        "failed": found["errors"],
        "p99_us": found["p99_us"],
        "again_us": again_us,
        "failed_again": again["errors"],
    }


def _visits(server: Running, count: int, load: Load) -> tuple[float, dict]:
    """Microseconds of processor time for each of so many visits, and what the client says of them."""
    before = server.cpu()
    command = ["taskset", "-c", CLIENT_CORE, str(load.program()), str(server.port), *load.arguments(0)]
    done = subprocess.run([*command, "--count", str(count), "--tag", "list"], capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        raise Failed(done.stderr.strip()[-200:])
    found = json.loads(done.stdout.splitlines()[-1])
    if found["requests"] + found["errors"] < count:
        raise Failed(f"{found['requests']} of {count} names were asked for")
    return server.cpu_since(before)[0] / count * 1e6, found


def clients(peer: Peer, count: int) -> dict:
    """Private octets that so many clients take, and processor time for a connection of each."""
    load = Load(request="proxied", churn=True, requests=count)
    with running(peer) as server:
        empty = server.private_octets()
        before = server.cpu()[0]
        found = client(server.port, load, LONGEST)
        spent = server.cpu()[0] - before
        if found["requests"] < count:
            raise Failed(f"only {found['requests']:,} clients in time")
        server.process.send_signal(signal.SIGUSR1)
        lost = [server.told(f"clients_{what}") for what in ("forgotten", "untracked")]
        if any(lost):
            raise Failed(f"{lost} of {found['requests']:,} clients were not remembered")
        grown = server.private_octets() - empty
    return {"grown": grown, "clients": found["requests"], "connection_us": spent / found["requests"] * 1e6}


def answer_file() -> None:
    """The exact octets of our answer, for the floor to send."""
    request = (HERE / "requests" / "minimal.http").read_bytes()
    with running(OURS) as server, socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(request)
        (BUILD / "bench_answer.bin").write_bytes(connection.recv(65536))


def start_ms(peer: Peer) -> float:
    """From the start of the process to its first answer."""
    with running(peer) as server:
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.sendall((HERE / "requests" / "minimal.http").read_bytes())
            connection.recv(65536)
        return (time.monotonic() - server.started) * 1000
