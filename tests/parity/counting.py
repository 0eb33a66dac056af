"""The three faces of statistics: each runs a server with options and tells what it has counted."""

import json
import re
import subprocess
from pathlib import Path

import http_responder
from support.compile import c_program
from support.deadline import eventually
from support.paths import BUILD, REPO
from support.server import ServerProcess, binary_argv


def header_members() -> list[str]:
    """The members of hr_stats, as the header declares them."""
    header = (REPO / "include" / "http_responder.h").read_text()
    (body,) = re.findall(r"typedef struct[^{;]*\{([^}]*)\} hr_stats;", header)
    body = re.sub(r"//[^\n]*|/\*.*?\*/", "", body, flags=re.DOTALL)
    return re.findall(r"uint64_t ([a-z0-9_]+);", body)


class Face:
    """A running server with one worker; a context manager."""

    port: int

    def stats(self) -> dict[str, int]:
        """What it has counted."""
        raise NotImplementedError

    def once(self, what: str, holds, seconds: float = 20.0) -> dict[str, int]:
        """Waits until `holds(stats)`; returns those statistics."""
        last = {}

        def probe():
            last.update(self.stats())
            return dict(last) if holds(last) else None

        try:
            return eventually(probe, what, seconds)
        except AssertionError as error:
            counted = {name: value for name, value in last.items() if value}
            raise AssertionError(f"{error}: {counted}") from None

    def quiet(self) -> dict[str, int]:
        """Waits until no connection is left."""
        return self.once("quiet server", lambda stats: stats["connections_open"] == 0)


class Python(Face):
    """`Server.stats()`, which has to agree with the JSON."""

    def __init__(self, **options):
        self.server = http_responder.Server(port=0, workers=1, log_level="off", **options)

    def __enter__(self):
        self.server.__enter__()
        self.port = self.server.port
        return self

    def __exit__(self, *_exc):
        self.server.stop()

    def stats(self):
        # Something may happen between the two.
        def the_same():
            stats = self.server.stats()
            return stats if json.loads(self.server.stats_text("json"))["total"] == stats else None

        return eventually(the_same, "dict and JSON agree")


class Process(Face):
    """`hr_server_stats()` of stats.c, which has to agree with its JSON."""

    def __init__(self, **options):
        arguments = [stats_program(), "0", "127.0.0.1", *flags(workers=1, log_level="off", **options)]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(arguments, stdin=pipe, stdout=pipe, text=True)

    def __enter__(self):
        self.port = int(self.process.stdout.readline().rsplit(":", 1)[1])
        return self

    def __exit__(self, *_exc):
        with self.process:
            self.process.stdin.close()
            status = self.process.wait(20)
        assert status == 0

    def tell(self, command: str) -> None:
        self.process.stdin.write(f"{command}\n")
        self.process.stdin.flush()

    def stats(self):
        return eventually(self._once, "struct and JSON agree")

    def _once(self):
        self.tell("stats")
        lines = [self.process.stdout.readline().split() for _ in header_members()]
        members = {name: int(value) for name, value in lines}
        total = json.loads(self.process.stdout.readline())["total"]
        return members if members == total else None


class Binary(Face):
    """The dump of the binary."""

    def __init__(self, **options):
        self.process = ServerProcess(binary_argv(*flags(**options), workers=1))

    def __enter__(self):
        self.port = self.process.address[1]
        return self

    def __exit__(self, *_exc):
        self.process.kill()

    def stats(self):
        return self.process.stats().total


FACES = [Python, Process, Binary]


def flags(**options) -> list[str]:
    return [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]


def stats_program() -> Path:
    """stats.c with the members that the header has, whatever they are."""
    members = " ".join(f"STATISTIC({name})" for name in header_members())
    text = Path(__file__).with_name("stats.c").read_text()
    source = BUILD / "tests" / "parity" / "stats.c"
    source.parent.mkdir(parents=True, exist_ok=True)
    text = f"#define MEMBERS {members}\n{text}"
    # Written only when it differs: it is built when it is newer than the program.
    if not source.exists() or source.read_text() != text:
        source.write_text(text)
    return c_program(source, library=True)
