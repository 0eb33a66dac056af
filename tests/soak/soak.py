"""Mixed traffic for so many minutes: does memory stay flat, do descriptors stay few, and do the server's
counters say what the clients say?

usage: soak.py MINUTES [--pause SECONDS] [--write]: every client pauses so long between two of its rounds (0), which leaves
the machine to others; --write puts the figures into docs/reliability.md
"""

import argparse
import datetime
import math
import random
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.client import Client, request
from support.deadline import eventually
from support.http2 import Client as Http2Client
from support.paths import BINARY, REPO
from support.proc import cpu_seconds, open_descriptors, resident_bytes
from support.server import ServerProcess, binary_argv
from support.write_figures import write_figures

RULES = """
[[rule]]
prefix = "/slow"
delay = "50ms"
[[rule]]
prefix = "/drip"
body = "drip by drip, and then no more"
fault = { drip = 5, every = "5ms" }
[[rule]]
prefix = "/reset"
reset = true
[[rule]]
prefix = "/version"
body = "%d"
"""


class Part(threading.Thread):
    """One kind of client. Counts whole answers and connections."""

    def __init__(self, scene: "Scene"):
        super().__init__(daemon=True)
        self.scene, self.answers, self.connections, self.errors = scene, 0, 0, []

    def run(self) -> None:
        while not self.scene.over.is_set():
            try:
                self.round()
            except (OSError, AssertionError) as error:
                self.errors.append(repr(error))
                if len(self.errors) > 20:
                    return
            self.scene.over.wait(self.scene.pause)

    def connect(self, **how) -> Client:
        self.connections += 1
        return Client(self.scene.plain, **how)

    def answered(self, client: Client, head: bool = False) -> None:
        assert client.response(head).status == 200
        self.answers += 1


class KeepAlive(Part):
    def round(self) -> None:
        with self.connect() as client:
            for number in range(200):
                client.send(request(random.choice(["/a.gif", "/b.js", "/c.html", "/slow", "/drip"])))
                self.answered(client)
                if self.scene.over.is_set():
                    return


class Churn(Part):
    def round(self) -> None:
        with self.connect() as client:
            client.send(request("/a.gif", "Connection: close"))
            self.answered(client)


class Pipelines(Part):
    def round(self) -> None:
        with self.connect() as client:
            client.send(request("/a.png") * 50)
            for _ in range(50):
                self.answered(client)


class Uploads(Part):
    def round(self) -> None:
        with self.connect() as client:
            body = b"x" * random.randrange(1, 60_000)
            client.send(b"POST /a.gif HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            self.answered(client)


class Slow(Part):
    def round(self) -> None:
        with self.connect() as client:
            for octet in request("/a.gif"):
                client.send(bytes([octet]))
                time.sleep(0.01)
            self.answered(client)


class Leaving(Part):
    """Half a request, or one whose answer nobody waits for; a rule's reset."""

    def round(self) -> None:
        self.connect().close()
        with self.connect() as client:
            client.send(b"GET /a HT")
        with self.connect() as client:
            client.send(request("/reset"))
            try:
                client.socket.recv(10)
            except ConnectionResetError:
                pass
        time.sleep(0.02)


class Tls(Part):
    def round(self) -> None:
        self.connections += 1
        name = f"h{random.randrange(300)}.example"
        with socket.create_connection(self.scene.secure, 10) as plain:
            with self.scene.trust.wrap_socket(plain, server_hostname=name) as client:
                for _ in range(random.randrange(1, 20)):
                    client.sendall(b"GET /a.gif HTTP/1.1\r\nHost: a\r\n\r\n")
                    said = b""
                    while b"\r\n\r\n" not in said or not said.endswith(b";"):
                        piece = client.recv(4096)
                        assert piece, said
                        said += piece
                    assert said.startswith(b"HTTP/1.1 200")
                    self.answers += 1


class Http2(Part):
    """Several streams at once, one with a body, one that is let go of."""

    def round(self) -> None:
        self.connections += 1
        client = Http2Client(self.scene.secure, trust=self.scene.authority)
        try:
            for _ in range(random.randrange(1, 10)):
                paths = ["/a.gif", "/slow", "/drip", "/b.js"]
                streams = [client.ask(path, host="ads.example.com") for path in paths]
                streams.append(client.ask("/a.gif", method="POST", body=b"x" * random.randrange(1, 60_000)))
                for stream in streams:
                    answer = client.answer(stream)
                    assert answer.status == 200 and answer.reset is None
                    self.answers += 1
            client.ask("/reset")
        finally:
            client.close()
        time.sleep(0.02)


PARTS = [KeepAlive, KeepAlive, Churn, Pipelines, Uploads, Slow, Slow, Leaving, Tls, Tls, Http2]


class Scene:
    """The server, its clients, and what is seen of them."""

    def __init__(self, folder: Path, pause: float):
        self.folder, self.pause, self.over, self.reloads = folder, pause, threading.Event(), 0
        subprocess.run([str(BINARY), "ca", "init", "--dir", folder / "ca"], check=True, capture_output=True)
        self.rules = folder / "rules.toml"
        self.rules.write_text(RULES % 0)
        self.log = folder / "access.log"
        options = ["--ca-dir", str(folder / "ca"), "--listen-tls", "127.0.0.1:0", "--rules", str(self.rules)]
        options += ["--access-log", str(self.log), "--certificate-cache", "1000"]
        self.server = ServerProcess(binary_argv(*options))
        self.plain, self.secure = self.server.addresses[:2]
        self.authority = folder / "ca" / "ca.crt"
        self.trust = ssl.create_default_context(cafile=self.authority)
        self.parts = [part(self) for part in PARTS]

    def reload(self) -> None:
        """New rules and a new log, while everybody goes on."""
        self.reloads += 1
        self.rules.write_text(RULES % self.reloads)
        self.log.replace(self.log.with_suffix(".1"))
        self.server.signal(signal.SIGHUP)

    def run(self, seconds: float) -> list[tuple[float, int, int]]:
        """Time, resident octets and descriptors, once a second."""
        begin, samples = time.monotonic(), []
        for part in self.parts:
            part.start()
        while (now := time.monotonic() - begin) < seconds:
            samples.append((now, resident_bytes(self.server.pid), open_descriptors(self.server.pid)))
            if len(samples) % 5 == 0:
                self.reload()
            time.sleep(1.0)
        self.over.set()
        for part in self.parts:
            part.join(30)
        return samples


def slope(samples: list[tuple[float, int]]) -> tuple[float, float]:
    """Octets a second by least squares, and half the width of its interval of 95 %."""
    n = len(samples)
    mean_t, mean_y = sum(t for t, _ in samples) / n, sum(y for _, y in samples) / n
    spread = sum((t - mean_t) ** 2 for t, _ in samples)
    rate = sum((t - mean_t) * (y - mean_y) for t, y in samples) / spread
    rest = sum((y - mean_y - rate * (t - mean_t)) ** 2 for t, y in samples)
    return rate, 1.96 * math.sqrt(rest / max(1, n - 2) / spread)


def descriptors_at_rest(pid: int) -> int:
    """How many it holds once each of its threads has opened its own."""
    seen: list[int] = []

    def the_same_for_a_while() -> bool:
        seen.append(open_descriptors(pid))
        return len(seen) >= 20 and len(set(seen[-20:])) == 1

    eventually(the_same_for_a_while, "as many descriptors as a moment ago")
    return seen[-1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("minutes", type=float)
    parser.add_argument("--pause", type=float, default=0.0, metavar="SECONDS")
    parser.add_argument("--write", action="store_true")
    said = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        scene = Scene(Path(folder), said.pause)
        try:
            return judge(scene, said)
        finally:
            scene.server.kill()


def judge(scene: Scene, said) -> int:
    before = descriptors_at_rest(scene.server.pid)
    samples = scene.run(said.minutes * 60)
    server, parts = scene.server, scene.parts
    answers, connections = sum(part.answers for part in parts), sum(part.connections for part in parts)
    stats = server.eventually("all connections are closed", lambda stats: stats["connections_open"] == 0, 30)
    after = open_descriptors(server.pid)
    # Caches and pools fill in the first fifth.
    settled = [(t, octets) for t, octets, _ in samples[len(samples) // 5 :]]
    rate, half = slope(settled)
    hourly = 3600 * rate / 2**20
    grown = hourly - 3600 * half / 2**20 > 8 and said.minutes >= 5
    resets = stats["faults_played"]
    problems = [f"{type(part).__name__}: {part.errors[:3]}" for part in parts if part.errors]
    if stats["responses_2xx"] != answers:
        problems.append(f"the server counts {stats['responses_2xx']} answers, the clients {answers}")
    if stats["connections_handled"] != connections:
        problems.append(f"the server counts {stats['connections_handled']} connections, the clients {connections}")
    if after > before:
        problems.append(f"{after} descriptors at the end, {before} at the beginning")
    if stats["worker_restarts"] or stats["handler_panics"] or stats["access_log_dropped"]:
        problems.append("a worker was restarted, or lines of the log were dropped")
    if grown:
        problems.append("memory grows")
    row = (
        f"| {datetime.date.today()} | {said.minutes:g} min | {answers:,} | {connections:,} | {scene.reloads} | "
        f"{settled[0][1] / 2**20:.1f} to {settled[-1][1] / 2**20:.1f} MiB, {hourly:+.2f} ± {3600 * half / 2**20:.2f} MiB an hour | "
        f"{before} and {after} | {'equal' if not problems else '; '.join(problems)} |"
    )
    print(f"faults played {resets}, {cpu_seconds(server.pid):.0f} s of CPU\n{row}")
    if said.write:
        write_figures(REPO / "docs" / "reliability.md", "soak", [row], add=True)
    server.stop(allow=(".*",))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
