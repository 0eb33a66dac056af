"""A server as a process of its own: started, waited for by its first line, ended by its own pid."""

import re
import resource
import signal
import socket
import subprocess
import threading

from . import stats as statistics
from .deadline import PATIENCE, Deadline, eventually
from .paths import BINARY

ADDRESS = re.compile(
    r"unix:(?P<path>[^\s,;]+)|\[(?P<six>[0-9a-f:.]+)\]:(?P<port6>\d+)|(?P<four>\d+\.\d+\.\d+\.\d+):(?P<port4>\d+)"
)


class ServerProcess:
    """A running server. Its standard error is collected; what a test did not allow fails it."""

    def __init__(
        self,
        argv: list[str],
        *,
        descriptors: int | None = None,
        wrapper: tuple[str, ...] = (),
        inherited: tuple[int, ...] = (),
    ):
        limit = None
        if descriptors is not None:
            limit = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))  # noqa: E731
        self.process = subprocess.Popen(
            [*wrapper, *argv],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=limit,
            pass_fds=inherited,
        )
        self.pid = self.process.pid
        self.stdout_lines: list[str] = []
        self.stderr_lines: list[str] = []
        self._news = threading.Condition()
        self._outputs_open = 2
        self._readers = [
            threading.Thread(target=self._collect, args=pair, daemon=True)
            for pair in ((self.process.stdout, self.stdout_lines), (self.process.stderr, self.stderr_lines))
        ]
        for reader in self._readers:
            reader.start()
        try:
            self.addresses = self._wait_for_start()
        except BaseException:
            self.kill()
            raise

    def _collect(self, stream, lines: list[str]) -> None:
        for line in stream:
            with self._news:
                lines.append(line.rstrip("\n"))
                self._news.notify_all()
        with self._news:
            self._outputs_open -= 1
            self._news.notify_all()

    def _ended(self) -> bool:
        """Whether it is over: it has exited, or closed both its outputs and is about to."""
        if self._outputs_open == 0:
            self.process.wait(PATIENCE)
        return self.process.poll() is not None

    def _wait_for(self, probe, what: str, seconds: float = PATIENCE):
        deadline = Deadline(seconds)
        with self._news:
            while not (found := probe()):
                ended = self._ended()
                if ended or not self._news.wait(deadline.left()):
                    state = f"exit status {self.process.returncode}" if ended else "still running"
                    errors = "\n".join(self.stderr_lines[-20:])
                    raise AssertionError(f"no {what} ({state}); standard error:\n{errors}")
            return found

    def _wait_for_start(self) -> list:
        line = self._wait_for(lambda: next(filter(ADDRESS.search, self.stdout_lines), None), "start line")
        return [_address(match) for match in ADDRESS.finditer(line)]

    @property
    def address(self):
        """The first address: `(host, port)`, or a path."""
        return self.addresses[0]

    @property
    def url(self) -> str:
        host, port = self.address
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def stats(self) -> statistics.Stats:
        """The statistics now, from a dump asked for by SIGUSR1."""
        with self._news:
            seen = len(self.stderr_lines)
        self.signal(signal.SIGUSR1)
        return self._wait_for(lambda: statistics.parse_dump(self.stderr_lines[seen:]), "statistics dump")

    def eventually(self, what: str, condition, seconds: float = PATIENCE) -> statistics.Stats:
        """Waits until `condition(stats)` holds and returns those statistics."""
        last = []

        def probe():
            last[:] = [self.stats()]
            return last[0] if condition(last[0]) else None

        try:
            return eventually(probe, what, seconds)
        except AssertionError as error:
            nonzero = {name: n for name, n in last[0].total.items() if n} if last else {}
            raise AssertionError(f"{error}; statistics: {nonzero}") from None

    def counted(self, name: str, least: int = 1, seconds: float = PATIENCE) -> statistics.Stats:
        """Waits until the statistic `name` is at least `least`."""
        return self.eventually(f"{name} >= {least}", lambda stats: stats[name] >= least, seconds)

    def wait(self, seconds: float = PATIENCE) -> int:
        """Waits for the process to end and returns its exit status."""
        status = self.process.wait(seconds)
        for reader in self._readers:
            reader.join(seconds)
        return status

    def messages(self) -> list[str]:
        """Standard error without the statistics."""
        return [
            line
            for line in self.stderr_lines
            if statistics.parse_line(line) is None and not statistics.is_heading(line)
        ]

    def stop(self, allow: tuple[str, ...] = ()) -> None:
        """Ends it as an operator would and demands a clean end and nothing unexpected said."""
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
            try:
                status = self.wait(1.0)
            except subprocess.TimeoutExpired:
                self.signal(signal.SIGTERM)
                status = self.wait()
        else:
            status = self.wait()
        assert status == 0, f"exit status {status}; standard error: {self.messages()}"
        unexpected = [line for line in self.messages() if not any(re.search(pattern, line) for pattern in allow)]
        assert not unexpected, f"unexpected on standard error: {unexpected}"

    def kill(self) -> None:
        """Makes sure that nothing is left, whatever happened."""
        if self.process.poll() is None:
            self.process.kill()
        self.wait()
        self.process.stdout.close()
        self.process.stderr.close()


def as_service(*listening: socket.socket, options: tuple[str, ...] = ()) -> ServerProcess:
    """A server that gets these sockets as systemd gives them: from descriptor 3 on."""
    fds = tuple(sock.fileno() for sock in listening)
    moves = " ".join(f"{3 + at}<&{fd}" for at, fd in enumerate(fds))
    script = f'export LISTEN_FDS={len(fds)} LISTEN_PID=$$; exec "$@" {moves}'
    return ServerProcess(["bash", "-c", script, "bash", str(BINARY), *options], inherited=fds)


def _address(match: re.Match):
    if match["path"]:
        return match["path"]
    if match["six"]:
        return match["six"], int(match["port6"])
    return match["four"], int(match["port4"])


def binary_argv(*options: str, port: str = "0", address: str = "127.0.0.1", workers: int = 2) -> list[str]:
    """The command line of the binary. A small pool, so that no warning about descriptors is due."""
    argv = [str(BINARY), port, address, "-w", str(workers)]
    if not any(option.partition("=")[0] == "--max-connections" for option in options):
        argv += ["--max-connections", "1000"]
    return [*argv, *options]
