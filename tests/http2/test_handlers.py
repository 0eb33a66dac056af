"""Handlers, deferred and streamed answers, and faults over HTTP/2."""

import struct
import threading

import h2.exceptions
import h2.settings
import pytest
from http2.conftest import Client, Raw

import http_responder
from support import frames as h
from support.deadline import eventually
from support.frames import frame

FAULTS = """
[[rule]]
path = "/truncate"
body = "0123456789"
fault = "truncate"

[[rule]]
path = "/late"
body = "0123456789"
delay = "50ms"

[[rule]]
path = "/drip"
body = "0123456789"
fault = { drip = 8, every = "1ms" }

[[rule]]
path = "/half"
body = "0123456789"
fault = "half_close"

[[rule]]
path = "/long"
body = "0123456789"
fault = { wrong_length = 100 }

[[rule]]
path = "/garbage"
body = "0123456789"
fault = "garbage"

[[rule]]
path = "/reset"
body = "0123456789"
fault = "reset"
"""


WAITING: list[http_responder.Deferred] = []


def later(work) -> http_responder.Deferred:
    deferred = http_responder.Deferred()
    threading.Timer(0.02, work, [deferred]).start()
    return deferred


@pytest.fixture
def server(tmp_path, authority):  # noqa: F811
    WAITING.clear()
    rules = tmp_path / "rules.toml"
    rules.write_text(FAULTS)
    server = http_responder.Server(workers=1, log_level="off")
    server.load_rules(str(rules))

    @server.route("/echo", methods=["POST"])
    def echo(request):
        fields = {"x-version": request.version, "x-host": request.host, "x-cookie": request.headers["cookie"]}
        return http_responder.Response(200, request.body, headers=fields)

    @server.route("/big")
    def big(request):
        return http_responder.Response(200, b"z" * 3_000_000)

    @server.route("/defer")
    def defer(request):
        return later(lambda deferred: deferred.respond(http_responder.Response(200, b"later")))

    @server.route("/wait")
    def wait(request):
        WAITING.append(http_responder.Deferred())
        return WAITING[-1]

    @server.route("/stream")
    def stream(request):
        def write(deferred):
            writer = deferred.stream(200, "text/plain")
            for _ in range(100):
                writer.send(b"y" * 10_000)
            writer.trailer("digest", "abc")
            writer.finish()

        return later(write)

    @server.route("/cut")
    def cut(request):
        def write(deferred):
            writer = deferred.stream(200, "text/plain")
            writer.send(b"y" * 10)
            writer.close()

        return later(write)

    server.use_ca(*((authority.folder / name).read_bytes() for name in ("ca.crt", "ca.key")))
    server.listen("127.0.0.1:0")
    server.listen_tls("127.0.0.1:0")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def client(server, authority, layer):  # noqa: F811
    host, port = server.addresses[layer == "tls"].rsplit(":", 1)
    client = Client((host, int(port)), trust=authority.certificate if layer == "tls" else None)
    yield client
    client.close()


def test_a_handler_sees_the_request_and_its_body(client):
    answer = client.get("/echo", "POST", [("cookie", "a=1"), ("cookie", "b=2")], b"q" * 150_000)
    assert (answer.status, answer.body) == (200, b"q" * 150_000)
    assert [answer.headers[name] for name in ("x-version", "x-host", "x-cookie")] == ["HTTP/2", "a", "a=1; b=2"]


def test_a_large_body_holds_nobody_up(client):
    streams = [client.ask(path) for path in ("/big", "/a.gif", "/defer", "/big")]
    small = client.answer(streams[1])
    assert small.status == 200 and not client.answers[streams[0]].ended
    assert [len(client.answer(stream).body) for stream in streams] == [3_000_000, 43, 5, 3_000_000]


def test_streams_that_wait_for_the_window_take_turns_and_who_resets_leaves_it_to_the_others(client):
    client.opens_windows = False
    # Each stream may have more than the connection: that is what they share.
    client.h2.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: 1 << 20})
    streams = [client.ask("/big") for _ in range(3)]
    last = streams[-1]
    got = lambda: [len(client.answers[stream].body) for stream in streams]  # noqa: E731
    # All of them wait, one with the window behind it.
    client.until(lambda: sum(got()) == 65_535 and all(client.answers[stream].headers for stream in streams))
    for windows in (2, 3, 4):
        client.h2.increment_flow_control_window(65_535)
        client.flush()
        client.until(lambda windows=windows: sum(got()) == windows * 65_535)
    assert min(got()) > 0, f"one stream has waited for nothing: {got()}"
    for stream in streams[:-1]:
        client.h2.reset_stream(stream)
    client.opens_windows = True
    client.h2.increment_flow_control_window(65_535)
    client.h2.increment_flow_control_window(got()[-1], last)
    client.flush()
    assert len(client.answer(last).body) == 3_000_000
    assert client.get("/a.gif").status == 200


def test_a_window_that_shrinks_while_an_answer_waits_has_to_be_earned_again(server):
    first = h.PREFACE + frame(h.SETTINGS, payload=struct.pack(">HI", 4, 100))
    client = Raw(("127.0.0.1", server.port), first)
    path = b"\x04\x04/big"
    client.send(frame(h.HEADERS, h.END_STREAM | h.END_HEADERS, 1, b"\x82\x86\x41\x01a" + path))
    assert len(client.until(h.DATA, 1)[1]) == 100
    client.send(frame(h.SETTINGS, payload=struct.pack(">HI", 4, 40)))
    client.until(h.SETTINGS, flags=h.ACK)
    # Sixty are owed: these come to nothing, and one more is one octet.
    client.send(frame(h.WINDOW, 0, 1, struct.pack(">I", 60)), frame(h.PING, payload=bytes(8)))
    kinds = []
    for kind, *_ in client.frames():
        kinds.append(kind)
        if kind == h.PING:
            break
    assert h.DATA not in kinds
    client.send(frame(h.WINDOW, 0, 1, struct.pack(">I", 1)))
    assert len(client.until(h.DATA, 1)[1]) == 1
    client.close()


def test_a_streamed_answer_has_its_trailers(client):
    streams = [client.ask("/stream") for _ in range(3)]
    for stream in streams:
        answer = client.answer(stream)
        assert (len(answer.body), answer.trailers) == (1_000_000, {"digest": "abc"})


def test_a_stream_that_is_cut_is_reset_and_the_connection_goes_on(client):
    answer = client.get("/cut")
    assert (answer.status, answer.body, answer.reset) == (200, b"y" * 10, 2)
    assert client.get("/a.gif").status == 200


def test_who_resets_a_stream_is_gone_for_its_handler(client, server):
    stream = client.ask("/wait")
    eventually(lambda: WAITING, "the handler has it")
    client.h2.reset_stream(stream)
    client.flush()
    eventually(lambda: WAITING[0].gone, "it is told")
    assert client.get("/a.gif").status == 200
    assert server.stats()["http2_streams_reset"] == 1


def test_who_closes_is_gone_for_all_handlers_and_nothing_is_left(client, server):
    for _ in range(5):
        client.ask("/wait")
    eventually(lambda: len(WAITING) == 5, "the handlers have them")
    client.close()
    eventually(lambda: all(deferred.gone for deferred in WAITING), "they are told")
    left = lambda stats: (stats["connections_open"], stats["buffers_lent"])  # noqa: E731
    eventually(lambda: left(server.stats()) == (0, 0), "nothing is left")


@pytest.mark.parametrize(
    ("path", "body", "reset"),
    [
        ("/late", b"0123456789", None),
        ("/drip", b"0123456789", None),
        ("/half", b"0123456789", None),
        ("/truncate", b"01234", 2),
        ("/long", b"0123456789", 2),
    ],
)
def test_a_fault_has_its_nearest_meaning(client, path, body, reset):
    answer = client.get(path)
    assert (answer.body, answer.reset) == (body, reset)
    assert client.get("/a.gif").status == 200


@pytest.mark.parametrize("path", ["/garbage", "/reset"])
def test_faults_of_the_connection_end_it(client, server, path):
    with pytest.raises((AssertionError, ConnectionError, h2.exceptions.ProtocolError)):
        client.get(path)
    eventually(lambda: server.stats()["connections_open"] == 0, "it is gone")
