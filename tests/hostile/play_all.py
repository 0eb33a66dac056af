"""Hostile clients, one kind after the other: what a polite client sees meanwhile, what the server uses,
and how soon all is as before.

usage: play_all.py [--seconds S] [--only NAME,...] [--write]: --write puts the figures into docs/reliability.md
"""

import argparse
import datetime
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import attacks
from support.client import Client, request
from support.paths import BINARY, REPO
from support.proc import cpu_seconds, most_resident_bytes, resident_bytes
from support.server import ServerProcess, binary_argv
from support.write_figures import write_figures

OPTIONS = ["--max-connections=6000", "--head-timeout=2s", "--body-timeout=2s", "--write-timeout=2s"]
OPTIONS += ["--linger-timeout=1s", "--keep-alive-timeout=5s", "--handshake-timeout=2s"]
# A polite client asks so often.
EVERY = 0.01


class Polite(threading.Thread):
    """Asks on a connection of its own and on a fresh one in turn."""

    def __init__(self, address):
        super().__init__(daemon=True)
        self.address, self.times, self.errors, self.over = address, [], 0, threading.Event()

    def run(self) -> None:
        kept = None
        while not self.over.wait(EVERY):
            begin = time.monotonic()
            try:
                kept = kept or Client(self.address, patience=5.0)
                self.ask(kept)
                with Client(self.address, patience=5.0) as fresh:
                    self.ask(fresh)
                self.times.append((time.monotonic() - begin) / 2)
            except (OSError, AssertionError):
                self.errors += 1
                kept = None

    @staticmethod
    def ask(client: Client) -> None:
        client.send(request("/a.gif"))
        assert client.response().status == 200

    def percentile(self, share: float) -> float:
        return sorted(self.times)[int(share * (len(self.times) - 1))] if self.times else float("inf")


def polite_for(address, seconds: float) -> Polite:
    polite = Polite(address)
    polite.start()
    time.sleep(seconds)
    polite.over.set()
    polite.join(30)
    return polite


def recovery(server, open_before: int) -> float:
    """Seconds until hardly a connection is left of it and an answer takes no longer than before."""
    begin = time.monotonic()
    while time.monotonic() - begin < 30:
        if server.stats()["connections_open"] <= open_before + 2:
            Polite.ask(Client(server.address))
            return time.monotonic() - begin
        time.sleep(0.05)
    return float("inf")


def play(name: str, attack, seconds: float, folder: Path) -> tuple[str, list[str]]:
    """The row of one attack, and what is wrong with it."""
    server = ServerProcess(binary_argv(*OPTIONS, "--ca-dir", str(folder), "--listen-tls", "127.0.0.1:0"), descriptors=20000)
    try:
        quiet = polite_for(server.address, min(1.0, seconds))
        cpu, memory = cpu_seconds(server.pid), resident_bytes(server.pid)
        polite = Polite(server.address)
        polite.start()
        begin = time.monotonic()
        note = attack(server, seconds)
        took = time.monotonic() - begin
        polite.over.set()
        polite.join(30)
        used, peak = cpu_seconds(server.pid) - cpu, most_resident_bytes(server.pid)
        back = recovery(server, 0)
        problems = []
        if polite.errors:
            problems.append(f"{name}: {polite.errors} polite requests failed")
        if back == float("inf"):
            problems.append(f"{name}: connections are left")
        if peak - memory > 300 << 20:
            problems.append(f"{name}: {(peak - memory) >> 20} MiB")
        row = (
            f"| {name} | {note} | {1000 * quiet.percentile(0.99):.1f} | {1000 * polite.percentile(0.5):.1f} / "
            f"{1000 * polite.percentile(0.99):.1f} | {polite.errors} of {2 * len(polite.times)} | "
            f"{100 * used / took:.0f} % | {(peak - memory) / 2**20:+.1f} MiB | {back:.1f} s |"
        )
        server.stop(allow=(".*",))
        return row, problems
    finally:
        server.kill()


def make_authority(folder: Path) -> None:
    subprocess.run([str(BINARY), "ca", "init", "--dir", folder], check=True, capture_output=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--only", default="")
    parser.add_argument("--write", action="store_true")
    said = parser.parse_args()
    wanted = said.only.split(",") if said.only else list(attacks.ALL)
    rows, problems = [], []
    with tempfile.TemporaryDirectory() as folder:
        make_authority(Path(folder))
        for name in wanted:
            if name.startswith("slowhttptest") and not shutil.which("slowhttptest"):
                print(f"skipped: {name}: slowhttptest is not installed", file=sys.stderr)
                continue
            row, wrong = play(name, attacks.ALL[name], said.seconds, Path(folder))
            print(row, flush=True)
            rows.append(row)
            problems += wrong
    if said.write:
        when = f"Of {datetime.date.today()}, {said.seconds:g} s each, two workers on the two cores that the clients share:"
        head = [
            "",
            "| attack | how much | p99 before, ms | p50 / p99 meanwhile, ms | failed | CPU of a core | memory at most | recovery |",
            "| --- | --- | --- | --- | --- | --- | --- | --- |",
        ]
        write_figures(REPO / "docs" / "reliability.md", "hostile", [when, *head, *rows])
    print("\n".join(problems), file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
