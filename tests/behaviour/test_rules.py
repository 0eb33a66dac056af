"""Rules of the operator: what they take, what they do to an answer, how they are changed."""

import signal
import subprocess
import threading
import time

import pytest

from support.client import Client, get, request
from support.deadline import eventually
from support.load import Wrk
from support.paths import BINARY, REPO


@pytest.fixture
def with_rules(start, tmp_path):
    """Starts a server with these rules; more options may follow."""

    def make(text: str, *options: str, allow=(), **where):
        path = tmp_path / "rules.toml"
        path.write_text(text)
        server = start("--rules", str(path), *options, allow=allow, **where)
        server.rules = path
        return server

    return make


def check(path) -> subprocess.CompletedProcess:
    return subprocess.run([BINARY, "--check", str(path)], capture_output=True, text=True, timeout=30)


def raw(server, host: str = "localhost", path: str = "/") -> bytes:
    """Everything that comes before the connection ends, however it does."""
    with Client(server.address) as client:
        client.send(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        data = b""
        try:
            while piece := client.socket.recv(65536):
                data += piece
        except ConnectionResetError:
            data += b"<reset>"
        return data


def test_a_rule_goes_before_the_default_answers(with_rules):
    server = with_rules('[[rule]]\nhost = "*.example"\nextension = "js"\nbody = "own()"\ntype = "text/javascript"\n')
    with Client(server.address) as client:
        client.send(b"GET /a.js HTTP/1.1\r\nHost: ads.example\r\n\r\n")
        assert client.response().body == b"own()"
        client.send(b"GET /a.js HTTP/1.1\r\nHost: example\r\n\r\n")
        assert client.response().body == b""
    server.eventually("one was taken by a rule", lambda stats: stats["rules_matched"] == 1)


def test_a_delayed_answer_comes_late_and_in_order(with_rules):
    server = with_rules('[[rule]]\npath = "/slow"\nbody = "slow"\ndelay = "300ms"\n', workers=1)
    with Client(server.address) as client, Client(server.address) as other:
        begun = time.monotonic()
        client.send(request("/slow") + request("/x.gif") + request("/slow"))
        other.send(request("/x.gif"))
        assert other.response().status == 200
        meanwhile = time.monotonic() - begun
        first, second, third = client.response(), client.response(), client.response()
        assert (first.body, third.body) == (b"slow", b"slow")
        assert second.get("content-type") == "image/gif"
        assert time.monotonic() - begun >= 0.6 > 0.3 > meanwhile, "nobody else waits"
    server.eventually("both are counted", lambda stats: stats["answers_delayed"] == 2)


def test_a_client_that_leaves_during_a_delay_leaves_nothing_behind(with_rules):
    server = with_rules('[[rule]]\ndelay = "1h"\n')
    with Client(server.address) as client:
        client.send(request("/"))
        server.eventually("it waits", lambda stats: stats["connections_processing"] == 1)
    server.eventually("it is gone", lambda stats: stats["connections_open"] == stats["buffers_lent"] == 0)


def test_a_drain_waits_for_a_delayed_answer(with_rules):
    server = with_rules('[[rule]]\nbody = "late"\ndelay = "500ms"\n')
    with Client(server.address) as client:
        client.send(request("/"))
        server.eventually("it waits", lambda stats: stats["connections_processing"] == 1)
        server.signal(signal.SIGTERM)
        answer = client.response()
        assert (answer.body, answer.get("connection")) == (b"late", "close")
        client.until_closed()
    assert server.wait() == 0


FAULTS = """
[[rule]]
path = "/close"
close = true
[[rule]]
path = "/reset"
reset = true
[[rule]]
path = "/late-reset"
reset = true
delay = "50ms"
[[rule]]
path = "/truncate"
body = "0123456789"
fault = { truncate = 4 }
[[rule]]
path = "/garbage"
fault = { garbage = 100 }
[[rule]]
path = "/length"
body = "0123456789"
fault = { wrong_length = 12345 }
[[rule]]
path = "/cut"
body = "0123456789"
fault = { reset_after = 20 }
[[rule]]
path = "/drip"
body = "0123456789"
fault = { drip = 40, every = "20ms" }
"""


def test_each_fault_goes_over_the_wire(with_rules):
    server = with_rules(FAULTS)
    assert raw(server, path="/close") == b""
    assert raw(server, path="/reset") == raw(server, path="/late-reset") == b"<reset>"
    truncated = raw(server, path="/truncate")
    assert truncated.endswith(b"\r\n\r\n0123") and b"Content-Length: 10\r\n" in truncated
    garbage = raw(server, path="/garbage")
    assert len(garbage) == 100 and not garbage.startswith(b"HTTP")
    wrong = raw(server, path="/length")
    assert b"Content-Length: 12345\r\n" in wrong and wrong.endswith(b"\r\n\r\n0123456789")
    assert raw(server, path="/cut") == b"HTTP/1.1 200 OK\r\nDat<reset>"
    server.eventually("each is counted", lambda stats: stats["faults_played"] == 7)


def test_a_dripping_answer_is_whole_and_the_connection_stays(with_rules):
    server = with_rules(FAULTS)
    with Client(server.address) as client:
        client.send(request("/drip") + request("/x.gif"))
        pieces = []
        while b"0123456789" not in b"".join(pieces):
            pieces.append(client.socket.recv(65536))
        assert len(pieces) > 3, "it comes in pieces"
        client.buffer = b"".join(pieces)
        assert client.response().body == b"0123456789"
        assert client.response().get("content-type") == "image/gif"


def test_a_large_answer_drips_to_a_client_that_reads_slowly(with_rules, tmp_path):
    (tmp_path / "large").write_bytes(bytes(8 << 20))
    server = with_rules('[[rule]]\nfile = "large"\nfault = { drip = 3000000, every = "1ms" }\n')
    with Client(server.address) as client:
        client.send(request("/"))
        server.eventually("the socket is full", lambda stats: stats["connections_writing"] == 1)
        assert client.response().body == bytes(8 << 20)
        client.send(request("/"))
        assert client.response().status == 200


def test_a_thousand_delays_at_once(with_rules):
    server = with_rules('[[rule]]\nbody = "x"\ndelay = "200ms"\n')
    clients = [Client(server.address) for _ in range(1000)]
    try:
        for client in clients:
            client.send(request("/"))
        assert all(client.response().body == b"x" for client in clients)
    finally:
        for client in clients:
            client.close()


def test_rules_change_on_sighup_and_a_mistake_changes_nothing(with_rules):
    server = with_rules('[[rule]]\nbody = "old"\n', allow=["error: reload: ", "no rule in it any more"])
    body = lambda: get(server.address, "/").body  # noqa: E731
    assert body() == b"old"
    server.rules.write_text('[[rule]]\nbody = "new"\n')
    server.signal(signal.SIGHUP)
    eventually(lambda: body() == b"new", "the new rule")
    server.rules.write_text('[[rule]]\nbody = "newer"\npth = "/"\n[[rule]]\n')
    server.signal(signal.SIGHUP)
    eventually(lambda: any("everything stays" in line for line in server.messages()[-1:]), "what is wrong")
    first, second = server.messages()[-2:]
    assert '3:1: rule 1, key: unknown "pth", did you mean path?; everything stays as it was' in first
    assert "4:1: rule 2, action: expected an action" in second
    assert body() == b"new"
    server.rules.write_text("")
    server.signal(signal.SIGHUP)
    eventually(lambda: body() != b"new", "no rule")
    # Who writes a file anew may be read while it is empty.
    eventually(lambda: server.messages()[-1].endswith("warning: reload: the rules file has no rule in it any more"), "a warning")


def test_no_request_is_lost_while_rules_change_a_hundred_times(with_rules):
    server = with_rules('[[rule]]\nbody = "0"\n')
    stop, bad, seen = threading.Event(), [], set()

    def ask() -> None:
        with Client(server.address) as client:
            while not stop.is_set():
                client.send(request("/") * 10)
                for _ in range(10):
                    answer = client.response()
                    seen.add(answer.body)
                    if answer.status != 200:
                        bad.append(answer)

    askers = [threading.Thread(target=ask) for _ in range(4)]
    for asker in askers:
        asker.start()
    try:
        for number in range(1, 101):
            server.rules.write_text(f'[[rule]]\nbody = "{number}"\n')
            server.signal(signal.SIGHUP)
            eventually(lambda: get(server.address, "/").body == str(number).encode(), "it is in force")
    finally:
        stop.set()
        for asker in askers:
            asker.join()
    assert not bad and len(seen) > 10


def certify(path) -> None:
    """A fresh certificate with its key beside it."""
    key = path.with_suffix(".key")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=a.example", "-addext", "subjectAltName=DNS:a.example", "-keyout", str(key), "-out", str(path)]
    subprocess.run(command, check=True, capture_output=True)


def test_wrk_sees_no_error_while_everything_is_read_again_a_hundred_times(with_rules, tmp_path):
    options = tmp_path / "options.toml"
    options.write_text('keep_alive_timeout = "100s"\n')
    body, log, pem = tmp_path / "body", tmp_path / "access.log", tmp_path / "site.pem"
    rule = '[[rule]]\nextension = "gif"\nfile = "body"\n# '
    body.write_text("0")
    certify(pem)
    tls = ("--listen-tls", "127.0.0.1:0", "--certificates", str(pem))
    log_options = ("--access-log", str(log), "--access-log-sample", "1000")
    server = with_rules(rule, "--config", str(options), *tls, *log_options)
    with Wrk(f"{server.url}/a.gif") as wrk:
        for number in range(1, 101):
            server.rules.write_text(f"{rule}{number}\n")
            body.write_text(str(number))
            log.rename(f"{log}.{number}")
            if number % 10 == 0:
                certify(pem)
            options.write_text(f'keep_alive_timeout = "{100 + number}s"\nserver_name = "s{number}"\n')
            server.signal(signal.SIGHUP)
            eventually(lambda: get(server.address, "/a.gif").body == str(number).encode(), "it is in force")
            eventually(log.exists, "the log is opened again")
        assert wrk.stop() > 1000
    assert get(server.address, "/").get("server") == "s100"


def test_check_says_whether_a_file_could_be_loaded(tmp_path):
    rules = tmp_path / "rules.toml"
    rules.write_text('[[rule]]\nnull = "gif"\n')
    good = check(rules)
    assert (good.returncode, good.stdout, good.stderr) == (0, "1 rule, no mistake\n", "")
    rules.write_text('[[rule]]\nnull = "gift"\nhost = "http://x"\n')
    bad = check(rules)
    assert (bad.returncode, bad.stdout) == (2, "")
    lines = bad.stderr.splitlines()
    assert len(lines) == 2 and lines[0].startswith(f"{rules}:2:8: rule 1, null: expected an extension")
    assert lines[1].startswith(f"{rules}:3:8: rule 1, host: expected a host name")
    assert check(tmp_path / "none.toml").returncode == 2
    usage = subprocess.run([BINARY, "--check"], capture_output=True, text=True, timeout=30)
    assert usage.returncode == 2 and "expected one rules file" in usage.stderr


NEVER = """[[rule]]
host = "*.example"
null = "gif"
[[rule]]
host = "ads.example"
path = "/a.js"
body = ""
[[rule]]
host = "example"
body = ""
"""


def test_check_warns_of_a_rule_that_can_never_match_and_finds_no_mistake(tmp_path):
    rules = tmp_path / "rules.toml"
    rules.write_text(NEVER)
    told = check(rules)
    assert (told.returncode, told.stdout) == (0, "3 rules, no mistake\n")
    assert told.stderr == (
        f"warning: {rules}:4: rule 2 can never match: rule 1, line 1, takes every request that it would\n"
    )
    (tmp_path / "00-first.toml").write_text("[[rule]]\n# all of them\nreset = true\n")
    told = check(tmp_path)
    lines = told.stderr.splitlines()
    assert (told.returncode, len(lines)) == (0, 3)
    by = f"rule 1 of {tmp_path}/00-first.toml, line 1, takes every request that it would"
    assert lines == [f"warning: {rules}:{n}: rule {i} can never match: {by}" for i, n in ((1, 1), (2, 4), (3, 8))]
    rules.write_text('[[rule]]\nnull = "gif"\n' * 100_000)
    told = check(rules)
    assert (told.returncode, told.stdout, len(told.stderr.splitlines())) == (0, "100000 rules, no mistake\n", 11)
    assert told.stderr.endswith(f"warning: {rules}: 99989 more rules that can never match\n")


def test_rules_that_are_shipped_all_match():
    told = check(REPO / "deploy" / "rules")
    assert (told.returncode, told.stderr) == (0, "")


def test_start_and_reload_warn_once_of_a_rule_that_can_never_match(with_rules):
    server = with_rules(NEVER, allow=["can never match"])
    warning = f"warning: {server.rules}:4: rule 2 can never match: rule 1, line 1, takes every request that it would"
    told = lambda: [line for line in server.messages() if "never match" in line]  # noqa: E731
    eventually(lambda: told() == [f"http_responder: {warning}"], "the warning")
    server.rules.write_text("# nothing new\n" + NEVER)
    server.signal(signal.SIGHUP)
    again = warning.replace(":4:", ":5:").replace("line 1", "line 2")
    eventually(lambda: any(line.endswith(again) for line in server.messages()), "the warning again")


def test_a_server_does_not_start_with_wrong_rules(tmp_path):
    rules = tmp_path / "rules.toml"
    rules.write_text("[[rule]]\nbody = 1\n")
    argv = [BINARY, "0", "127.0.0.1", "--rules", str(rules)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=30)
    assert done.returncode == 2
    assert done.stderr == f"http_responder_mt: {rules}:2:8: rule 1, body: expected a text, got 1\n"
    rules.write_text("[[rule]]\n[[rule]]\n")
    done = subprocess.run(argv, capture_output=True, text=True, timeout=30)
    lines = done.stderr.splitlines()
    assert len(lines) == 2 and all(line.startswith(f"http_responder_mt: {rules}:") for line in lines)
    rules.unlink()
    done = subprocess.run(argv, capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert done.stderr == f"http_responder_mt: rules: {rules}: No such file or directory (os error 2)\n"
