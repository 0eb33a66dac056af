"""The access log: a line for each answer, wherever it goes, whatever becomes of it."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest

from support.client import Client, get, request
from support.deadline import eventually
from support.paths import BINARY

COMBINED = re.compile(
    r'(?P<client>\S+) - - \[\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d \+0000\] '
    r'"(?P<request>(?:[^"\\]|\\.)*)" (?P<status>\d{3}) (?P<body>\d+|-) '
    r'"(?P<referer>(?:[^"\\]|\\.)*)" "(?P<agent>(?:[^"\\]|\\.)*)"'
)
DROPPED = "error: access_log: lines are dropped"


@pytest.fixture
def log(tmp_path):
    return tmp_path / "access.log"


def parsed(path: Path) -> list[dict]:
    """The lines of a JSON log, each of which has to be whole and plain ASCII."""
    octets = path.read_bytes()
    assert octets == b"" or octets.endswith(b"\n")
    assert all(32 <= octet < 127 or octet == 10 for octet in octets)
    return [json.loads(line) for line in octets.splitlines()]


def lines(path: Path, count: int) -> list[dict]:
    """The lines of a JSON log once there are so many."""
    eventually(lambda: path.exists() and path.read_bytes().count(b"\n") >= count, f"{count} lines in {path}")
    found = parsed(path)
    assert len(found) == count, found
    return found


def start_json(start, log, *options, **where):
    return start("--access-log", str(log), "--access-log-format", "json", *options, **where)


def exchange(server, octets: bytes, count: int = 1) -> None:
    with Client(server.address) as client:
        client.send(octets)
        for _ in range(count):
            client.response()


def test_there_is_no_log_unless_it_is_asked_for(start, tmp_path):
    server = start()
    assert get(server.address, "/a.gif").status == 200
    names = {(Path(f"/proc/{server.pid}/task") / it / "comm").read_text() for it in os.listdir(f"/proc/{server.pid}/task")}
    assert "hr-log\n" not in names
    stats = server.stats()
    assert stats["access_log_written"] == stats["access_log_dropped"] == 0
    assert len(server.stdout_lines) == 1


def test_a_json_line_says_all_that_is_known(start, log):
    server = start_json(start, log, workers=2)
    with Client(server.address) as client:
        port = client.socket.getsockname()[1]
        client.send(request("/a.gif?x=1", "Referer: http://page/", "User-Agent: agent/1.0"))
        answer = client.response()
    (found,) = lines(log, 1)
    stamp = found.pop("time")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", stamp)
    assert abs(time.time() - time.mktime(time.strptime(stamp[:19] + " UTC", "%Y-%m-%dT%H:%M:%S %Z")) + time.timezone) < 60
    assert 0 <= found.pop("duration_us") < 10_000_000
    assert found.pop("octets") > len(answer.body)
    host, listener = server.address
    assert found == {
        "client": host,
        "port": port,
        "listener": f"{host}:{listener}",
        "method": "GET",
        "host": "test.example",
        "target": "/a.gif?x=1",
        "version": "1.1",
        "status": 200,
        "body": len(answer.body),
        "referer": "http://page/",
        "user_agent": "agent/1.0",
        "by": "default",
        "kind": "image",
    }


def test_a_combined_line_is_apaches(start, log):
    server = start("--access-log", str(log))
    exchange(server, request("/a.gif", "Referer: http://page/", 'User-Agent: a "b" \\'))
    exchange(server, b"GET /a.gif HTTP/1.0\r\n\r\n")
    eventually(lambda: log.read_bytes().count(b"\n") == 2, "two lines")
    one, two = (COMBINED.fullmatch(line) for line in log.read_text().splitlines())
    assert one and two, log.read_text()
    assert one["client"] == server.address[0] and one["request"] == "GET /a.gif HTTP/1.1"
    assert (one["status"], one["referer"]) == ("200", "http://page/") and int(one["body"]) > 0
    assert one["agent"] == r'a \"b\" \\'
    assert (two["request"], two["referer"], two["agent"]) == ("GET /a.gif HTTP/1.0", "-", "-")


def test_every_kind_of_answer_has_its_line(start, log, tmp_path):
    rules = tmp_path / "rules.toml"
    rules.write_text(
        '[[rule]]\npath = "/rule"\nbody = "12345"\n'
        '[[rule]]\npath = "/late"\nbody = "later"\ndelay = "50ms"\n'
        '[[rule]]\npath = "/cut"\nclose = true\n'
        '[[rule]]\npath = "/long"\nbody = "123456789"\ndelay = "60s"\n'
    )
    server = start_json(start, log, "--rules", str(rules), workers=1)
    etag = get(server.address, "/a.gif").get("etag")
    count = 1

    def seen(octets: bytes, answers: int = 1) -> dict:
        nonlocal count
        with Client(server.address) as client:
            client.send(octets)
            for _ in range(answers):
                client.response(head=octets.startswith(b"HEAD"))
            if not answers:
                client.until_closed()
        count += max(answers, 1)
        return lines(log, count)[-1]

    head = seen(request("/a.gif", method="HEAD"))
    assert (head["method"], head["status"], head["body"]) == ("HEAD", 200, 0) and head["octets"] > 0
    unchanged = seen(request("/a.gif", f"If-None-Match: {etag}"))
    assert (unchanged["status"], unchanged["body"], unchanged["kind"]) == (304, 0, "image")
    part = seen(request("/a.gif", "Range: bytes=0-9"))
    assert (part["status"], part["body"]) == (206, 10)
    old = seen(b"GET /a.gif HTTP/1.0\r\n\r\n")
    assert (old["version"], old["host"]) == ("1.0", None)
    upload = seen(request("/up", "Content-Length: 5", method="POST") + b"hello")
    assert (upload["method"], upload["target"]) == ("POST", "/up")
    rule = seen(request("/rule"))
    assert (rule["by"], rule["body"], rule["status"]) == ("rule", 5, 200)
    late = seen(request("/late"))
    assert (late["by"], late["body"]) == ("rule", 5) and late["duration_us"] >= 45_000
    cut = seen(request("/cut"), 0)
    assert (cut["by"], cut["status"], cut["octets"], cut["target"]) == ("rule", 0, 0, "/cut")
    refused = seen(b"GET /x y z\r\n\r\n")
    assert (refused["by"], refused["status"], refused["line"]) == ("refusal", 400, "GET /x y z")
    assert refused["target"] is None and refused["method"] is None
    method = seen(request("/x", method="BREW"))
    assert (method["by"], method["status"], method["method"]) == ("refusal", 501, "BREW")
    large = seen(request("/big", "Content-Length: 99999999", method="PUT"))
    assert (large["by"], large["status"], large["target"]) == ("refusal", 413, "/big")
    # Who leaves before the answer has a line too.
    with Client(server.address) as client:
        client.send(request("/long"))
        server.counted("connections_processing")
    count += 1
    gone = lines(log, count)[-1]
    assert (gone["target"], gone["status"], gone["octets"]) == ("/long", 0, 0)


def test_pipelined_requests_have_a_line_each_in_their_order(start, log):
    server = start_json(start, log, workers=1)
    exchange(server, b"".join(request(f"/{number}.gif") for number in range(500)), 500)
    assert [line["target"] for line in lines(log, 500)] == [f"/{number}.gif" for number in range(500)]


def test_addresses_of_all_families(start, log, tmp_path):
    path = tmp_path / "socket"
    server = start_json(start, log, "--listen", f"unix:{path},[::1]:0", workers=1)
    for address in server.addresses:
        get(address, "/")
    clients = {line["client"]: line["listener"] for line in lines(log, 3)}
    assert set(clients) == {server.addresses[0][0], "::1", "unix:"}
    assert clients["unix:"] == f"unix:{path}" and clients["::1"].startswith("[::1]:")


HOSTILE = [
    b"\x1b[31mred\x1b[0m",
    b'" 200 0 "-" "-"',
    b"\\",
    b'\\"',
    b'","status":999,"x":"',
    bytes(octet for octet in range(256) if octet not in (0, 10, 13) and (octet >= 32 or octet == 9) and octet != 127),
    "\u2028\u202e\u009b".encode(),
]


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_field_forges_nothing(start, tmp_path, value):
    """Octets that no field may have are refused before; these get through."""
    text = b"GET /a.gif HTTP/1.1\r\nHost: a\r\nReferer: x" + value + b"x\r\nUser-Agent: x" + value + b"x\r\n\r\n"
    logs = [tmp_path / "combined", tmp_path / "json"]
    for path, form in zip(logs, ("combined", "json"), strict=True):
        server = start("--access-log", str(path), "--access-log-format", form, workers=1)
        exchange(server, text)
        eventually(path.read_bytes, "a line")
    line = logs[0].read_bytes()
    assert line.count(b"\n") == 1 and all(32 <= octet < 127 for octet in line[:-1])
    found = COMBINED.fullmatch(line[:-1].decode())
    assert found, line
    (found,) = parsed(logs[1])
    if found["status"] == 200:
        try:
            meant = value.decode()
        except UnicodeDecodeError:
            meant = None
        assert meant is None or found["referer"] == found["user_agent"] == f"x{meant}x"
    else:
        assert found["by"] == "refusal"


def test_garbage_instead_of_a_request_is_one_line(start, log):
    server = start_json(start, log, workers=1)
    with Client(server.address) as client:
        client.send(b'\x1b]0;title\x07"\\\xff\xfe GET\r\nHost: a\r\n\r\n')
        client.until_closed()
    (found,) = lines(log, 1)
    assert found["line"].startswith('\x1b]0;title\x07"\\') and found["status"] == 400


def test_one_of_so_many(start, log):
    server = start_json(start, log, "--access-log-sample", "10", workers=1)
    exchange(server, b"".join(request(f"/{number}") for number in range(95)), 95)
    assert [line["target"] for line in lines(log, 10)] == [f"/{number}" for number in range(0, 95, 10)]


def test_everything_is_written_before_the_end(start, log):
    server = start_json(start, log, workers=2)
    clients = [Client(server.address) for _ in range(4)]
    for client in clients:
        client.send(request("/x") * 50)
        for _ in range(50):
            client.response()
    server.signal(signal.SIGTERM)
    assert server.wait() == 0
    assert len(parsed(log)) == 200


class Load:
    """Clients that ask one after the other, each for targets of its own, until told to stop."""

    def __init__(self, server, clients: int = 4):
        self.server, self.over, self.asked = server, threading.Event(), []
        self.slowest = 0.0
        self.threads = [threading.Thread(target=self.ask, args=[number]) for number in range(clients)]

    def ask(self, number: int) -> None:
        asked = []
        with Client(self.server.address) as client:
            while not self.over.is_set():
                target = f"/{number}/{len(asked)}"
                began = time.monotonic()
                client.send(request(target))
                assert client.response().status in (200, 204)
                self.slowest = max(self.slowest, time.monotonic() - began)
                asked.append(target)
        self.asked.append(asked)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_exc) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join()
        assert len(self.asked) == len(self.threads), "a client has failed"


def test_a_log_that_is_moved_away_loses_no_line(start, log, tmp_path):
    server = start_json(start, log, workers=2)
    with Load(server) as load:
        for number in range(10):
            log.rename(tmp_path / f"old.{number}")
            server.signal(signal.SIGHUP)
            eventually(lambda: log.exists() and log.stat().st_size, "lines in the new file")
    server.signal(signal.SIGTERM)
    assert server.wait() == 0
    everything = [line["target"] for path in [*tmp_path.glob("old.*"), log] for line in parsed(path)]
    assert sorted(everything) == sorted(target for asked in load.asked for target in asked)


def test_a_log_that_cannot_be_opened_again_goes_on_where_it_was(start, tmp_path):
    folder = tmp_path / "logs"
    folder.mkdir()
    log = folder / "access.log"
    server = start_json(start, log, workers=1, allow=["error: reload: access_log: cannot open .*No such file or directory"])
    folder.rename(tmp_path / "moved")
    server.signal(signal.SIGHUP)
    eventually(server.messages, "what is wrong")
    get(server.address, "/still")
    assert lines(tmp_path / "moved" / "access.log", 1)[0]["target"] == "/still"


def test_a_full_disk_costs_lines_and_nothing_else(start):
    server = start("--access-log", "/dev/full", workers=2, allow=[DROPPED])
    with Load(server) as load:
        stats = server.counted("access_log_dropped", 50)
    assert stats["access_log_written"] == 0 and load.slowest < 1
    asked = sum(map(len, load.asked))
    server.eventually("each line is counted", lambda stats: stats["access_log_dropped"] == asked)
    assert len(server.messages()) == 1, "said once, not for each line"
    server.signal(signal.SIGTERM)
    assert server.wait() == 0


def test_a_pipe_that_nobody_reads_slows_nothing(start, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    server = start("--access-log", str(pipe), "--access-log-buffer", "256k", workers=2)
    with Client(server.address) as client:
        began = time.monotonic()
        # More than the pipe and both rings hold.
        for _ in range(100):
            client.send(request("/" + "x" * 500) * 50)
            for _ in range(50):
                client.response()
        assert time.monotonic() - began < 10
    stats = server.counted("access_log_dropped")
    assert stats["requests_handled"] == 5000 > stats["access_log_dropped"] + stats["access_log_written"]
    began = time.monotonic()
    server.signal(signal.SIGTERM)
    assert server.wait() == 0 and time.monotonic() - began < 6


def test_a_reader_that_comes_late_gets_whole_lines_and_each_missing_one_is_counted(start, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    server = start_json(start, pipe, "--access-log-buffer", "256k", workers=1)
    for _ in range(40):
        exchange(server, request("/" + "x" * 500) * 50, 50)
    server.counted("access_log_dropped")
    octets, reader = bytearray(), os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)

    def drain() -> None:
        with contextlib.suppress(BlockingIOError):
            while chunk := os.read(reader, 1 << 20):
                octets.extend(chunk)

    def accounted() -> bool:
        drain()
        stats = server.stats()
        return stats["access_log_written"] + stats["access_log_dropped"] == 2000 == stats["requests_handled"]

    eventually(accounted, "each line is written or counted")
    drain()
    found = bytes(octets).splitlines()
    assert len(found) == server.stats()["access_log_written"]
    assert all(json.loads(line)["status"] for line in found)
    os.close(reader)


def test_workers_with_descriptors_of_their_own_log_too_and_a_moved_log_is_let_go(start, log, tmp_path):
    server = start_json(start, log, "--private-descriptors", "on", "--accept", "reuseport", workers=2)
    for number in range(8):
        get(server.address, f"/before/{number}")
    lines(log, 8)
    log.rename(tmp_path / "old")
    server.signal(signal.SIGHUP)
    eventually(log.exists, "the new file")
    for number in range(8):
        get(server.address, f"/after/{number}")
    assert {line["target"] for line in lines(log, 8)} == {f"/after/{number}" for number in range(8)}
    holders = []
    for task in os.listdir(f"/proc/{server.pid}/task"):
        folder = Path(f"/proc/{server.pid}/task/{task}/fd")
        holders += [it for it in folder.iterdir() if os.path.realpath(it) == str(tmp_path / "old")]
    assert holders == [], "nobody keeps the old file"


def test_what_the_options_say_is_for_the_next_start_and_told(start, log, tmp_path):
    options = tmp_path / "options.toml"
    options.write_text(f'access_log = "{log}"\naccess_log_format = "json"\n')
    server = start("--config", str(options), workers=1, allow=["warning: reload: .*access_log_sample"])
    options.write_text(f'access_log = "{log}"\naccess_log_format = "json"\naccess_log_sample = 10\n')
    server.signal(signal.SIGHUP)
    eventually(server.messages, "that it is for the next start")
    for number in range(3):
        get(server.address, f"/{number}")
    assert len(lines(log, 3)) == 3


def test_standard_output(start):
    server = start("--access-log", "-", workers=1)
    get(server.address, "/out")
    eventually(lambda: len(server.stdout_lines) == 2, "a line")
    found = COMBINED.fullmatch(server.stdout_lines[1])
    assert found and found["request"] == "GET /out HTTP/1.1"


@pytest.fixture
def daemon(tmp_path):
    """Stands for a syslog daemon or the journal."""
    path = tmp_path / "daemon"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as it:
        it.bind(str(path))
        it.settimeout(10)
        yield it, path


def test_syslog_gets_each_line_as_a_message(start, daemon):
    it, path = daemon
    server = start("--access-log", f"syslog:{path}", workers=1)
    exchange(server, request("/one") + request("/two"), 2)
    for target in ("/one", "/two"):
        text = it.recv(65536).decode()
        head, line = text.split("]: ", 1)
        assert re.fullmatch(rf"<30>[A-Z][a-z]{{2}} [ \d]\d \d\d:\d\d:\d\d http_responder\[{server.pid}", head)
        assert COMBINED.fullmatch(line)["request"] == f"GET {target} HTTP/1.1"


def test_the_journal_gets_its_own_protocol(start, daemon):
    it, path = daemon
    server = start("--access-log", f"journald:{path}", "--access-log-format", "json", workers=1)
    get(server.address, "/one")
    fields = dict(line.split("=", 1) for line in it.recv(65536).decode().splitlines())
    assert fields["SYSLOG_IDENTIFIER"] == "http_responder" and fields["PRIORITY"] == "6"
    assert json.loads(fields["MESSAGE"])["target"] == "/one"


def test_a_daemon_that_dies_slows_nothing_and_is_found_again(start, tmp_path):
    path = tmp_path / "daemon"
    first = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    first.bind(str(path))
    server = start("--access-log", f"syslog:{path}", workers=1, allow=[DROPPED])
    get(server.address, "/one")
    first.settimeout(10)
    assert b"/one" in first.recv(65536)
    first.close()
    path.unlink()
    began = time.monotonic()
    for _ in range(100):
        assert get(server.address, "/lost").status < 300
    assert time.monotonic() - began < 5
    server.counted("access_log_dropped")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as second:
        second.bind(str(path))
        second.setblocking(False)

        def found() -> bool:
            get(server.address, "/again")
            with contextlib.suppress(BlockingIOError):
                return b"/again" in second.recv(65536)
            return False

        eventually(found, "the daemon is found again")


def test_a_daemon_that_does_not_read_slows_nothing(start, daemon):
    _, path = daemon
    server = start("--access-log", f"syslog:{path}", "--access-log-buffer", "256k", workers=1)
    began = time.monotonic()
    for _ in range(60):
        exchange(server, request("/" + "x" * 500) * 50, 50)
    assert time.monotonic() - began < 10
    server.counted("access_log_dropped")
    server.signal(signal.SIGTERM)
    assert server.wait() == 0


def run(*options: str) -> subprocess.CompletedProcess:
    argv = [BINARY, "0", "127.0.0.1", "--max-connections", "10", *options]
    return subprocess.run(argv, capture_output=True, text=True, timeout=30)


def test_what_cannot_be_opened_is_told_at_the_start(tmp_path):
    for target, place, why in [
        (f"{tmp_path}/none/x", f"{tmp_path}/none/x", "No such file or directory"),
        (str(tmp_path), str(tmp_path), "Is a directory"),
        (f"syslog:{tmp_path}/none", f"{tmp_path}/none", "No such file or directory"),
        (f"journald:{tmp_path}/none", f"{tmp_path}/none", "No such file or directory"),
    ]:
        done = run("--access-log", target)
        assert done.returncode == 1 and done.stdout == ""
        assert f"access_log: cannot open {place}: {why}" in done.stderr, done.stderr
    done = run("--access-log", "access.log")
    assert done.returncode == 2
    assert 'access_log: expected off, - for standard output, /path, syslog: or journald:' in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_file_that_only_root_may_make_is_open_before_root_is_given_up(start, log):
    server = start_json(start, log, "--user", "nobody", workers=1)
    get(server.address, "/x")
    assert lines(log, 1)[0]["target"] == "/x"
    assert log.stat().st_mode & 0o777 == 0o640
