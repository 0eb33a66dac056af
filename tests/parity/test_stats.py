"""Every statistic is the same by name, order and value on every face."""

import json
import re
import threading

import pytest

import http_responder
from support.deadline import eventually
from support.paths import REPO

from parity.counting import FACES, Process, Python, header_members
from parity.load import (
    BUSY,
    REFUSED,
    ask,
    close,
    come_through_a_proxy,
    crowd,
    overstay,
    put_load_on,
    read_head,
    say,
    want_too_much,
)

TABLE = http_responder.statistics()
NAMES = [row["name"] for row in TABLE]
REQUEST = b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n"
OPTIONS = {"max_connections": 1000, "max_body": "1k", "server_name": "parity", "max_requests": 4}


def prometheus_series(text: str) -> dict[str, int]:
    """The sum of the series of each metric."""
    sums: dict[str, int] = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            series, value = line.split()
            metric = series.partition("{")[0]
            sums[metric] = sums.get(metric, 0) + int(value)
    return sums


def prometheus_name(row: dict) -> str:
    return f"http_responder_{row['name']}{'_total' if row['kind'] == 'counter' else ''}"


def test_the_c_struct_has_exactly_the_statistics_in_their_order():
    assert header_members() == NAMES


def test_the_documentation_names_exactly_the_statistics():
    text = (REPO / "docs" / "stats.md").read_text()
    rows = re.findall(r"^\| `([a-z0-9_]+)` \| (\w+) \| `(\w+)` \| (.*) \|$", text, re.MULTILINE)
    assert rows == [(row["name"], row["kind"], prometheus_name(row), row["help"]) for row in TABLE]


def test_every_form_in_python_has_the_same_names_and_values():
    with http_responder.Server(port=0, workers=1, **OPTIONS) as server:
        put_load_on(server.port)
        eventually(lambda: server.stats()["connections_open"] == 0, "quiet server")
        stats = server.stats()
        found = json.loads(server.stats_text("json"))
        series = prometheus_series(server.stats_text("prometheus"))
        lines = [line.split() for line in server.stats_text("text").splitlines()]
    assert found["total"] == stats
    assert list(found["total"]) == list(found["workers"][0]) == list(stats) == NAMES
    assert {line[0]: int(line[1]) for line in lines} == stats
    assert series == {prometheus_name(row): stats[row["name"]] for row in TABLE}


def test_prometheus_says_kind_and_help_of_every_statistic():
    with http_responder.Server(port=0, workers=1, **OPTIONS) as server:
        text = server.stats_text("prometheus")
    for row in TABLE:
        name = prometheus_name(row)
        assert f"# HELP {name} {row['help']}\n# TYPE {name} {row['kind']}\n{name}" in text


def assert_the_same(counts: dict[str, dict[str, int]]) -> dict[str, int]:
    """Asserts that every face has counted the same; returns it."""
    first = counts["Python"]
    for name, found in counts.items():
        assert found == first, name
    return first


def on_every_face(load, **options) -> dict[str, int]:
    counts = {}
    for face in FACES:
        with face(**options) as running:
            counts[face.__name__] = load(running)
    return assert_the_same(counts)


def requests_of_all_kinds(face):
    put_load_on(face.port)
    return face.quiet()


def clients_that_overstay(face):
    overstay(face)
    return face.quiet()


def a_crowd(face):
    crowd(face, room=4)
    return face.quiet()


def a_client_that_wants_too_much(face):
    want_too_much(face)
    return face.quiet()


def clients_behind_a_proxy(face):
    come_through_a_proxy(face)
    return face.quiet()


def connections_in_several_states(face):
    """Held while they are counted."""
    clients = [ask(face), ask(face), say(face, BUSY), ask(face, REFUSED)]
    try:
        return face.once(
            "all in their states",
            lambda stats: (
                stats["connections_keepalive"] == 2
                and stats["connections_reading"] == 1
                and stats["connections_closing"] == 1
            ),
        )
    finally:
        close(clients)


SHORT = {
    "head_timeout": "300ms",
    "body_timeout": "300ms",
    "keep_alive_timeout": "300ms",
    "linger_timeout": "1s",
}

LIMITS = {"max_connections_per_client": 2, "rate_per_client": 1, "burst_per_client": 3, "limit_loopback": "on"}

LOADS = [
    (requests_of_all_kinds, OPTIONS),
    (clients_that_overstay, {**SHORT, "max_connections": 100}),
    (a_crowd, {"max_connections": 4}),
    (a_client_that_wants_too_much, {"max_connections": 100, **LIMITS}),
    (clients_behind_a_proxy, {"max_connections": 100, "proxy_protocol": "all", "proxy_trusted": "127.0.0.1"}),
    (connections_in_several_states, {"max_connections": 100, "linger_timeout": "60s"}),
]

# What a client cannot bring about, or not the same on every face; each with the reason. Those that
# need a handler, the kernel's buffers or a drain are brought about on one face, below.
NOT_ON_EVERY_FACE = {
    "connections_processing": "needs a handler that defers",
    "deferred_answers": "needs a handler that defers",
    "deferred_gone": "counts only answers that cross the leaving client on the way",
    "handler_silences": "needs a handler in C",
    "rules_matched": "needs a rules file",
    "answers_delayed": "needs a rules file",
    "faults_played": "needs a rules file",
    "streams_begun": "needs a handler that streams",
    "streams_cut": "needs a handler that streams",
    "access_log_written": "needs an access log",
    "access_log_dropped": "needs an access log",
    "clients_forgotten": "needs more clients than a table holds",
    "clients_untracked": "needs more clients than a table holds",
    "responses_3xx": "no default answer redirects",
    "body_memory": "bodies are kept for handlers only",
    "refused_memory": "bodies are kept for handlers only",
    "handler_panics": "no handler of these faces can panic",
    "worker_restarts": "follows a fault of the engine",
    "workers_stalled": "needs a handler that blocks",
    "connections_writing": "how much the sockets take is up to the kernel",
    "timeouts_write": "how much the sockets take is up to the kernel",
    "timeouts_drain": "the binary has ended when it has counted it",
    "connections_handshake": "needs TLS",
    "refused_not_tls": "needs TLS",
    "timeouts_handshake": "needs TLS",
    "tls_handshakes": "needs TLS",
    "tls_resumptions": "needs TLS",
    "tls_failures": "needs TLS",
    "tls_alerts_unknown_ca": "needs TLS",
    "tls_alerts_bad_certificate": "needs TLS",
    "tls_alerts_certificate_unknown": "needs TLS",
    "tls_alerts_other": "needs TLS",
    "tls_alerts_sent": "needs TLS",
    "tls_certificates_made": "needs TLS",
    "tls_names_refused": "needs TLS",
    "tls_early_data": "needs TLS",
    "refused_too_early": "needs TLS",
    "http2_connections": "needs HTTP/2",
    "http2_streams_reset": "needs HTTP/2",
    "http2_errors": "needs HTTP/2",
    "http2_floods": "needs HTTP/2",
    "accept_errors": "follows a fault of the system",
    "accept_pauses": "needs a process without descriptors",
}


@pytest.fixture(scope="module")
def counted() -> set[str]:
    """The statistics that some load has moved."""
    moved = set()
    for load, options in LOADS:
        stats = on_every_face(load, **options)
        moved |= {name for name, value in stats.items() if value}
    return moved


def test_the_same_load_counts_the_same_on_every_face_and_moves_every_statistic(counted):
    assert set(NAMES) - counted == set(NOT_ON_EVERY_FACE)


def test_what_only_handlers_bring_about_is_counted_through_c():
    with Process(max_connections=100) as face:
        ask(face, REQUEST % b"/silent").close()
        with say(face, REQUEST % b"/later") as client:
            face.once("deferred", lambda stats: stats["connections_processing"] == 1)
            face.tell("answer")
            read_head(client)
        ask(face, REQUEST % b"/moved").close()
        stats = face.quiet()
    names = ("handler_silences", "deferred_answers", "responses_3xx")
    assert {name: stats[name] for name in names} == dict.fromkeys(names, 1)


def test_bodies_held_for_a_handler_are_counted_through_python():
    with Python(max_connections=100, max_body="8k", max_body_memory="8k") as face:
        face.server.route("/x")(lambda request: "x")
        post = b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 8000\r\n\r\n" + b"a" * 7000
        with say(face, post) as first:
            face.once("held", lambda stats: stats["body_memory"] >= 7000)
            with say(face, post) as second:
                assert second.recv(100).startswith(b"HTTP/1.1 503 ")
            first.sendall(b"a" * 1000)
            read_head(first)
        stats = face.quiet()
    assert (stats["refused_memory"], stats["body_memory"]) == (1, 0)


def test_a_client_that_does_not_read_is_counted_through_python():
    with Python(max_connections=100, write_timeout="1s") as face:
        face.server.rule("/big", b"x" * (32 << 20))
        with say(face, REQUEST % b"/big"):
            stats = face.once("writing", lambda stats: stats["connections_writing"] == 1)
            assert stats["buffers_lent"] <= 1
            stats = face.quiet()
    assert (stats["timeouts_write"], stats["connections_writing"]) == (1, 0)


def test_a_drain_that_takes_too_long_is_counted_through_python():
    with Python(max_connections=100) as face:
        with say(face, BUSY):
            face.once("reading", lambda stats: stats["bytes_received"] > 0)
            face.server.drain(0.1)
            assert face.server.wait(20)
        assert face.stats()["timeouts_drain"] == 1


def test_a_handler_that_blocks_stalls_its_worker_and_is_counted_through_python():
    leave = threading.Event()
    with Python(max_connections=100, worker_stall="1s") as face:
        face.server.route("/x")(lambda request: leave.wait(20) and "x")
        with say(face, REQUEST % b"/x"):
            face.once("stalled", lambda stats: stats["workers_stalled"] == 1)
            leave.set()
        face.quiet()
