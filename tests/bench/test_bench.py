"""The benchmark itself: its client counts right, and its verdicts follow from the figures."""

import json
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import goals
import measure
import parts
import pytest
import report
import stalls
import workloads
from peers import OURS
from peers.tls import OURS_TLS, PIXELSERV_TLS, site_certificate
from support.compile import c_program

HERE = Path(__file__).resolve().parent
REQUEST = HERE / "requests" / "minimal.http"
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


@contextmanager
def server(answer, seen=None):
    """A server that answers the n-th request, counted over all connections, with `answer(n)`; its head goes to `seen`."""
    listener = socket.create_server(("127.0.0.1", 0))
    count, lock = [0], threading.Lock()

    def serve(connection: socket.socket) -> None:
        with connection:
            octets = b""
            while part := connection.recv(65536):
                octets += part
                while b"\r\n\r\n" in octets:
                    head, octets = octets.split(b"\r\n\r\n", 1)
                    with lock:
                        count[0] += 1
                        if seen is not None:
                            seen.append(head)
                        reply = answer(count[0])
                    connection.sendall(reply)

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=_quietly, args=(serve, connection), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1], count
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _quietly(serve, connection) -> None:
    try:
        serve(connection)
    except OSError:
        pass  # the client is done


def load(port: int, *options: str, request: Path = REQUEST) -> dict:
    program = str(c_program(HERE / "client" / "load.c", optimise=True))
    done = subprocess.run(
        [program, str(port), "--request", str(request), *options], capture_output=True, text=True, timeout=60, input="\n"
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("options", [(), ("--depth", "4"), ("--churn",), ("--rate", "500")], ids=str)
def test_every_answer_is_counted_once(options):
    with server(lambda _: ANSWER) as (port, count):
        found = load(port, "--connections", "3", "--seconds", "0.3", *options)
    assert found["errors"] == 0
    # What was in flight at the end was answered, but not counted.
    assert 0 < found["requests"] <= count[0] <= found["requests"] + 3 * 4
    assert (found["connections"] > 3) == ("--churn" in options)


@pytest.mark.parametrize(
    "wrong",
    [ANSWER.replace(b"200", b"500"), ANSWER.replace(b"200", b"404"), ANSWER.replace(b"content-length: 2", b"x: y"), ANSWER + b"!"],
    ids=["status", "another status", "no length", "too much"],
)
def test_a_wrong_answer_is_an_error(wrong):
    with server(lambda n: wrong if n == 20 else ANSWER) as (port, _):
        found = load(port, "--connections", "1", "--seconds", "0.3")
    assert found["errors"] >= 1 and found["requests"] >= 19


@pytest.mark.parametrize("depth", ["1", "3"])
def test_varied_requests_have_a_number_each(depth):
    seen = []
    with server(lambda _: ANSWER, seen) as (port, _):
        load(port, "--connections", "2", "--seconds", "0.1", "--depth", depth, request=HERE / "requests" / "varied.http")
    assert len(set(seen)) == len(seen) > 5 and not any(b"#" in head for head in seen)


def test_what_is_held_is_asked_twice():
    with server(lambda _: ANSWER) as (port, count):
        found = load(port, "--connections", "20", "--hold")
    assert found["requests"] == 40 == count[0] and found["connections"] == 20


def test_a_stall_counts_for_every_request_that_was_due():
    def answer(n: int) -> bytes:
        if n == 50:
            time.sleep(0.3)  # the fault that is tested
        return ANSWER

    with server(answer) as (port, _):
        found = load(port, "--connections", "1", "--seconds", "1", "--rate", "200")
    # One request in two hundred stalled, but sixty were due meanwhile.
    assert found["p99_us"] > 200_000


@pytest.mark.parametrize("how", ["full", "resumed", "names", "keepalive"])
def test_the_server_counts_the_handshakes_that_the_client_counts(how):
    with measure.running(OURS_TLS) as peer:
        found = measure.client(peer.port, measure.Load(connections=4, tls=how), 0.2)
        peer.process.send_signal(signal.SIGUSR1)
        full, resumed = (peer.told(name) for name in ("tls_handshakes", "tls_resumptions"))
        made = peer.told("tls_certificates_made")
    assert found["errors"] == 0 < found["requests"]
    if how == "keepalive":
        assert (full, resumed, made) == (4, 0, 1) and found["requests"] > 8
        return
    assert found["requests"] <= full + resumed <= found["requests"] + 4
    assert found["resumed"] == resumed and (resumed >= found["requests"] - 4 > 0) == (how == "resumed")
    assert (made == full) == (how == "names")


def test_so_many_names_are_asked_for_and_no_more():
    found = measure.names(OURS_TLS, 40, measure.Load(connections=1, tls="names"))
    assert (found["visits"], found["failed"], found["failed_again"]) == (40, 0, 0)


@contextmanager
def fails_first(folder: Path):
    """A server whose first handshake with each name fails, as that of one that makes certificates afterwards."""
    context, seen = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), set()
    context.load_cert_chain(*site_certificate(folder))

    def name(_, asked, __):
        return None if asked in seen else seen.add(asked) or ssl.ALERT_DESCRIPTION_INTERNAL_ERROR

    context.sni_callback = name

    def serve(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as spoken:
            spoken.recv(65536)
            spoken.sendall(ANSWER)
            spoken.recv(1)

    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    _quietly(serve, listener.accept()[0])

        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


def test_failed_visits_are_counted_and_the_others_are_made(tmp_path):
    with fails_first(tmp_path) as port:
        names = measure.Load(connections=1, tls="names")
        command = [str(names.program()), str(port), *names.arguments(0), "--count", "12", "--tag", "same"]
        first, again = (json.loads(subprocess.run(command, capture_output=True, timeout=60).stdout) for _ in range(2))
    assert (first["requests"], first["errors"]) == (0, 12)
    assert (again["requests"], again["errors"]) == (12, 0)


@pytest.mark.skipif(shutil.which("pixelserv-tls") is None, reason="pixelserv-tls is not on the PATH")
def test_pixelserv_fails_each_new_name_once():
    found = measure.names(PIXELSERV_TLS, 20, measure.Load(connections=1, tls="names"))
    assert (found["failed"], found["failed_again"]) == (20, 0)


def test_what_is_held_over_tls_is_asked_twice():
    found = measure.idle(OURS_TLS, 20, measure.Load(tls="keepalive"))
    assert found["connections"] == 20


@pytest.mark.parametrize("end", ["whole", "short"])
@pytest.mark.parametrize("framing", ["chunked", "length"])
def test_a_large_answer_is_taken_to_its_end(framing, end):
    body = b"x" * 3_000_000
    if framing == "length":
        answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    else:
        answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    with one_answer(answer if end == "whole" else answer[:-1]) as port:
        program = str(c_program(HERE / "client" / "drain.c", optimise=True))
        done = subprocess.run([program, str(port), "3000000", "40000"], capture_output=True, text=True, timeout=60, input="\n")
    assert (done.returncode == 0) == (end == "whole"), done.stderr
    if end == "whole":
        assert json.loads(done.stdout.splitlines()[-1])["octets"] == len(answer.split(b"\r\n\r\n", 1)[1])


@contextmanager
def one_answer(answer):
    """A server that gives it and ends the connection."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(answer)

    thread = threading.Thread(target=_quietly, args=(lambda _: serve(), None), daemon=True)
    thread.start()
    with listener:
        yield listener.getsockname()[1]
        thread.join(20)


@pytest.mark.skipif(shutil.which("h2load") is None, reason="h2load is not installed (package nghttp2-client)")
@pytest.mark.parametrize("peer, tls", [(OURS, ""), (OURS_TLS, "h2")], ids=["clear", "tls"])
def test_requests_of_http2_are_counted_once(peer, tls):
    with measure.running(peer) as server:
        found = measure.client(server.port, measure.Load(connections=2, streams=10, tls=tls), 0.2)
        server.process.send_signal(signal.SIGUSR1)
        # What was in flight at the end was answered, but not counted.
        assert 100 < found["requests"] <= server.told("requests_handled") <= found["requests"] + 2 * 10


def test_clients_that_stall_are_there_and_leave(monkeypatch):
    monkeypatch.setattr(stalls, "STALLING", 50)
    found = stalls.stalls(OURS_TLS, 0.4)
    assert found["stalled"] > 50 + 100 and found["stall_ratio"] > 0 and found["idle_percent"] < 20


REPORT = {
    "runs": {"keepalive": {"machine": "a machine", "rounds": 5, "seconds": 1}},
    "versions": {"nginx": "1.0"},
    "skipped": {"h2o": "it is not installed"},
    "workloads": {
        "keepalive": {
            "floor": {"cpu_us": 5.0, "user_us": 0.2, "cpu_us_ratio": 1.0},
            "http_responder": {"cpu_us": 5.2, "user_us": 0.4, "cpu_us_ratio": 1.04},
        },
        "pipeline": {"nginx": {"per_second": 100}, "http_responder": {"per_second": 790}},
    },
}


def test_goals_are_judged_by_their_bounds():
    met = {goal.text.split(",")[0]: goal.met for goal in goals.judge(REPORT)}
    assert met == {
        "keepalive: CPU time per request": True,
        "keepalive: user part": False,
        "pipeline: requests per second": False,
    }
    assert "MISSED: 7.9, at least 8 (1% off)" in [goal.verdict for goal in goals.judge(REPORT)]


def test_the_report_names_what_it_has_and_what_it_lacks():
    text = report.markdown(REPORT, {"keepalive": "one", "pipeline": "two"})
    assert "| floor | 5.000 | 1.00 | 0.20 |" in text
    assert "- h2o: it is not installed" in text and "nginx 1.0" in text


def test_what_has_no_split_of_its_time_has_no_picture(tmp_path):
    names = {"names": {"one": {"cpu_us": 1.0, "failed": 0}}}
    assert "![names]" not in report.markdown(REPORT | {"workloads": names}, {"names": "names"})
    assert "![keepalive](benchmarks/keepalive.svg)" in report.markdown(REPORT, {"keepalive": "one", "pipeline": "two"})
    pytest.importorskip("matplotlib")
    report.plots({"workloads": names}, {"names": "names"}, tmp_path)
    assert not list(tmp_path.iterdir())


def test_parts_add_up(tmp_path):
    file = tmp_path / "bench.json"
    assert parts.earlier(file, ["pipeline"])["workloads"] == {}
    file.write_text(json.dumps(REPORT))
    kept = parts.earlier(file, ["pipeline", "churn", "keepalive"])["workloads"]
    assert list(kept) == ["pipeline", "keepalive"]
    assert kept["pipeline"] == REPORT["workloads"]["pipeline"]


def test_what_was_tried_again_is_not_said_to_be_missing():
    before = {"h2o": "not installed", "h2o, browser": "x", "evhttp, pipeline": "y"}
    assert parts.still_skipped(before, {"browser"}) == {"evhttp, pipeline": "y"}


def test_runs_that_differ_are_told_apart():
    assert report.runs(REPORT) == ["a machine. 5 rounds of 1 s."]
    other = {"machine": "another", "rounds": 3, "seconds": 1}
    both = {"runs": {**REPORT["runs"], "browser": other, "churn": other}}
    assert report.runs(both)[1] == "- another. 3 rounds of 1 s: browser, churn."


@pytest.mark.parametrize("choose, what", [(workloads.choose_workloads, "BENCH"), (workloads.choose_peers, "PEERS")])
def test_an_unknown_name_is_told_with_the_known_ones(choose, what):
    with pytest.raises(SystemExit, match=f"bench: {what}=nonsense: expected some of .*n"):
        choose("nonsense")
    assert len(choose("")) > 5
