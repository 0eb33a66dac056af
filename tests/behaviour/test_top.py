"""`http_responder_mt top`: the admin side live in a terminal, once for scripts, and its errors."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios

import pytest

from support.client import Client, get, request
from support.deadline import PATIENCE, Deadline
from support.paths import BINARY

ENTER, LEAVE = "\033[?1049h", "\033[?1049l"


@pytest.fixture
def served(start, tmp_path):
    """A server and where its admin side is."""
    address = f"unix:{tmp_path}/admin.sock"
    return start("--admin", address), address


def top(*arguments, **how) -> subprocess.CompletedProcess:
    return subprocess.run([BINARY, "top", *arguments], capture_output=True, text=True, timeout=PATIENCE, **how)


class Terminal:
    """`top` on a terminal of its own, so wide and high."""

    def __init__(self, *arguments, width: int = 100, height: int = 30, locale: str = "C.UTF-8"):
        self.master, self.slave = pty.openpty()
        self.resize(width, height)
        self.before = termios.tcgetattr(self.slave)
        env = {**os.environ, "LC_ALL": locale}
        argv = [BINARY, "top", *arguments]
        self.process = subprocess.Popen(
            argv, stdin=self.slave, stdout=self.slave, stderr=self.slave, env=env, start_new_session=True
        )
        self.said = ""

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self.master >= 0:
            os.close(self.master)
        os.close(self.slave)

    def hang_up(self) -> None:
        os.close(self.master)
        self.master = -1

    def resize(self, width: int, height: int) -> None:
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def read_until(self, pattern: str, seconds: float = PATIENCE) -> re.Match:
        """Reads on until what was said since the last call has `pattern` in it."""
        deadline = Deadline(seconds)
        while not (found := re.search(pattern, self.said)):
            ready, _, _ = select.select([self.master], [], [], deadline.left())
            assert ready, f"no {pattern!r} in {self.said[-2000:]!r}"
            self.said += os.read(self.master, 65536).decode()
        self.said = self.said[found.end() :]
        return found

    def picture(self) -> list[str]:
        """The lines of the next whole picture, without colours."""
        text = self.read_until(r"(?s)\033\[H(.*?)\033\[J")[1]
        return re.split(r"\033\[K\r+\n", re.sub(r"\033\[[0-9;]*m", "", text))[:-1]

    def is_restored(self) -> bool:
        return termios.tcgetattr(self.slave) == self.before


def test_once_prints_a_picture_for_scripts(served):
    server, address = served
    for path in ("/a.gif", "/b.js", "/c.gif"):
        get(server.address, path, "Connection: close")
    with Client(server.address) as open_one:
        open_one.send(request("/d.css"))
        assert open_one.response().status == 200
        ended = top(address, "--once")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "\033" not in ended.stdout
    assert re.search(r"^http_responder \S+  running  up 0 min \d+ s  127\.0\.0\.1:\d+$", ended.stdout, re.MULTILINE)
    assert re.search(r"open 1 of 2000 ", ended.stdout)
    assert re.search(r"^image +2 ", ended.stdout, re.MULTILINE)
    assert re.search(r"test\.example +4 ", ended.stdout)
    for worker in (0, 1):
        assert re.search(rf"^{worker} +\d", ended.stdout, re.MULTILINE)


def test_a_pipe_gets_one_picture_too_and_a_path_is_an_address(served):
    _, address = served
    assert "running" in top(address.removeprefix("unix:")).stdout


def test_a_loopback_port_is_an_address(start):
    server = start("--admin", "[::1]:0")
    assert "running" in top("[::1]:{}".format(server.addresses[-1][1])).stdout


def test_it_is_live_and_q_leaves_the_terminal_as_it_was(served):
    server, address = served
    with Terminal(address) as terminal:
        terminal.read_until(re.escape(ENTER))
        terminal.picture()
        assert not terminal.is_restored(), "keys are read one by one"
        with Client(server.address) as client:
            for _ in range(300):
                client.send(request("/a.gif"))
                assert client.response().status == 200
        deadline = Deadline()
        while not any(re.match(r"image +300 ", line) for line in terminal.picture()):
            assert not deadline.passed()
        os.write(terminal.master, b"q")
        terminal.read_until(re.escape(LEAVE) + "$")
        assert terminal.process.wait(PATIENCE) == 0
        assert terminal.is_restored()


@pytest.mark.parametrize("end", ["key", signal.SIGINT, signal.SIGTERM])
def test_whatever_ends_it_the_terminal_is_as_it_was(served, end):
    _, address = served
    with Terminal(address) as terminal:
        terminal.picture()
        if end == "key":
            os.write(terminal.master, b"\x03")
        else:
            terminal.process.send_signal(end)
        terminal.read_until(re.escape(LEAVE) + "$")
        assert terminal.process.wait(PATIENCE) == 0
        assert terminal.is_restored()


def test_signals_that_are_meant_for_the_server_do_not_end_it(served):
    """Both have the same name, so `kill -HUP $(pidof http_responder_mt)` reaches both."""
    _, address = served
    with Terminal(address) as terminal:
        terminal.picture()
        for number in (signal.SIGHUP, signal.SIGUSR1):
            terminal.process.send_signal(number)
            terminal.picture()
        os.write(terminal.master, b"q")
        assert terminal.process.wait(PATIENCE) == 0
        assert terminal.is_restored()


def test_it_ends_with_its_terminal(served):
    _, address = served
    with Terminal(address) as terminal:
        terminal.picture()
        terminal.hang_up()
        assert terminal.process.wait(PATIENCE) == 0


@pytest.mark.parametrize(("width", "height"), [(200, 50), (80, 24), (60, 15), (40, 12), (20, 6)])
def test_it_stays_inside_the_terminal(served, width, height):
    server, address = served
    with Client(server.address) as client:
        for at in range(40):
            client.send(request("/a.gif").replace(b"test.example", b"a%d.%s.example" % (at, b"long" * 12)))
            assert client.response().status == 200
    with Terminal(address, width=width, height=height) as terminal:
        for _ in range(2):
            lines = terminal.picture()
            assert len(lines) < height, lines
            assert max(map(len, lines)) <= width, max(lines, key=len)
        terminal.resize(width + 10, height)
        terminal.process.send_signal(signal.SIGWINCH)
        assert max(map(len, terminal.picture())) <= width + 10


def test_without_utf8_there_is_plain_ascii(served):
    _, address = served
    with Terminal(address, locale="C") as terminal:
        assert "".join(terminal.picture()).isascii()


def test_a_host_cannot_speak_to_the_terminal(served):
    server, address = served
    with Client(server.address) as client:
        client.send(b"GET / HTTP/1.1\r\nHost: a\x1b[31m.example\r\n\r\n")
        client.response()
    with Client(server.address) as client:
        client.send(b"GET http://%1b%5b31m.example/ HTTP/1.1\r\nHost: \xc2\x9b31m\r\n\r\n")
        client.response()
    shown = top(address, "--once").stdout
    assert "\033" not in shown and "\x9b" not in shown


def test_it_says_when_the_server_has_gone_and_goes_on_with_the_next(served, start):
    server, address = served
    with Terminal(address) as terminal:
        terminal.picture()
        server.stop()
        deadline = Deadline()
        while "gone" not in "".join(terminal.picture()):
            assert not deadline.passed()
        start("--admin", address)
        while "running" not in "".join(terminal.picture()):
            assert not deadline.passed()


def test_where_there_is_no_admin_side_it_says_how_to_get_one(tmp_path):
    ended = top(f"unix:{tmp_path}/none")
    assert ended.returncode == 1 and ended.stdout == ""
    assert f"unix:{tmp_path}/none: No such file or directory; a server has an admin side when" in ended.stderr


def test_another_kind_of_server_is_no_admin_side(start):
    server = start()
    ended = top("{}:{}".format(*server.address))
    assert ended.returncode == 1 and "this is not the admin side of an http_responder" in ended.stderr


@pytest.mark.parametrize("wrong", ["localhost:80", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:99999", "unix:relative", "-x"])
def test_wrong_usage_is_told(wrong):
    ended = top(wrong)
    assert ended.returncode == 2 and f'got "{wrong}", try --help' in ended.stderr


def test_help_says_what_it_takes():
    assert "Usage: http_responder_mt top [ADDRESS] [--once]" in top("--help").stdout
