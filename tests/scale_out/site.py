"""A site: a client, HAProxy with deploy/haproxy, responders with their gateways, each on a host of its own."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from support.deadline import PATIENCE, eventually
from support.paths import BINARY, REPO

from .network import Network

DEPLOY = REPO / "deploy" / "haproxy"
RULES = """\
[[rule]]
path = "/slow"
delay = "300ms"
status = 200
body = "done"
"""


class Responder:
    """One responder and its gateway, on a host of its own."""

    def __init__(self, site: "Site", number: int):
        self.site, self.name = site, f"r{number}"
        self.address = site.network.add(self.name, 10 + number)
        self.log = site.folder / f"log-{self.name}" / "access.log"
        self.log.parent.mkdir()
        self.start()
        environment = {**os.environ, "GATEWAY": f"{self.address}:9101", "ADMIN": "127.0.0.1:9100"}
        site.network.run(self.name, "haproxy", "-db", "-f", DEPLOY / "gateway.cfg", env=environment)

    def start(self) -> None:
        self.process = self.site.network.run(
            self.name, BINARY, "80", self.address, "--workers", "1", "--max-connections", "1000",
            "--proxy-protocol", "all", "--proxy-trusted", self.site.proxy, "--admin", "127.0.0.1:9100",
            "--rules", self.site.rules, "--access-log", self.log, "--access-log-format", "json",
            "--tls-port", "443", "--ca-dir", self.site.ca, "--ticket-keys", self.site.ticket_keys,
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout.readline().startswith("listening on")

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE * 3)

    def handled(self) -> int:
        return len(self.log.read_text().splitlines()) if self.log.exists() else 0

    def clients(self) -> set[str]:
        return {json.loads(line)["client"] for line in self.log.read_text().splitlines()}


class Site:
    """The whole of it, with three responders."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.rules = folder / "rules.toml"
        self.rules.write_text(RULES)
        self.control = folder / "control.sock"
        self.ca, self.ticket_keys = folder / "ca", folder / "ticket_keys"
        subprocess.run([BINARY, "ca", "init", "--dir", self.ca], check=True, capture_output=True)
        self.ticket_keys.write_bytes(os.urandom(48))
        self.network = Network()
        try:
            self.client = self.network.add("client", 100)
            self.proxy = self.network.add("proxy", 1)
            self.responders = [Responder(self, number) for number in (1, 2, 3)]
            environment = {**os.environ, "FRONT": f"{self.proxy}:80", "CONTROL": str(self.control)}
            self.network.run("proxy", "haproxy", "-db", "-f", self.balancer(), env=environment)
            eventually(self.control.exists, "HAProxy runs")
            for responder in self.responders:
                self.wait_until(responder, "UP")
        except BaseException:
            self.network.close()
            raise

    def balancer(self) -> Path:
        """The configuration of deploy/haproxy, with the part for TLS that it has as a comment."""
        plain, tls = (DEPLOY / "haproxy.cfg").read_text().split("# TLS goes through as it is")
        lines = [line.removeprefix("#") for line in tls.splitlines()[1:]]
        path = self.folder / "haproxy.cfg"
        path.write_text(plain + "\n".join(lines).replace("*:443", f"{self.proxy}:443") + "\n")
        return path

    def visit(self, count: int) -> dict:
        """What so many visits by https, each on a connection of its own, have seen."""
        script = Path(__file__).with_name("visit.py")
        done = subprocess.run(
            ["ip", "netns", "exec", self.network.name("client"), sys.executable, script, self.proxy, self.ca / "ca.crt", str(count)],
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def tell(self, command: str) -> str:
        """What HAProxy answers to a command of its runtime API."""
        with socket.socket(socket.AF_UNIX) as control:
            control.settimeout(PATIENCE)
            control.connect(str(self.control))
            control.sendall(command.encode() + b"\n")
            return b"".join(iter(lambda: control.recv(65536), b"")).decode()

    def row(self, responder: Responder) -> dict[str, str]:
        head, *rows = self.tell("show stat responders 4 -1").lstrip("# ").strip().splitlines()
        rows = [dict(zip(head.split(","), row.split(","))) for row in rows]
        return next((row for row in rows if row["svname"] == responder.name), {})

    def wait_until(self, responder: Responder, status: str) -> None:
        def reached():
            row = self.row(responder)
            # "L7OK" and such: a server that was never asked counts as up.
            return row.get("status") == status and row["check_status"].startswith("L") and row

        eventually(reached, f"HAProxy finds {responder.name} {status}", PATIENCE * 2)

    @contextmanager
    def load(self, gets: int, posts: int):
        """Asks while the body runs; what was seen is in the dictionary afterwards."""
        process = self.network.run(
            "client", sys.executable, Path(__file__).with_name("load.py"), self.proxy, "80", str(gets), str(posts),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        seen: dict = {}
        before = {responder.name: responder.handled() for responder in self.responders}
        for responder in self.responders:
            eventually(lambda r=responder: r.handled() > before[r.name] + 20, f"{responder.name} has work")
        yield seen
        out, _ = process.communicate(timeout=PATIENCE * 3)
        seen.update(json.loads(out))

    def close(self) -> None:
        self.network.close()


def missing() -> str | None:
    """What this machine lacks for all of this."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    tools = [tool for tool in ("haproxy", "ip") if shutil.which(tool) is None]
    return f"{' and '.join(tools)} missing" if tools else None
