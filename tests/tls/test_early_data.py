"""Early data (0-RTT): off by default, safe methods only where it is on, each session once. By openssl, for
Python's ssl sends none."""

import socket
import subprocess

import h2.config
import h2.connection
import h2.events
import pytest

from support.deadline import PATIENCE, eventually
from support.paths import BINARY

LIMIT = ["--tls-early-data", "16k"]


def request(method: str = "GET", path: str = "/a.gif", end: bool = False, body: bytes = b"") -> bytes:
    close = "Connection: close\r\n" if end else ""
    length = f"Content-Length: {len(body)}\r\n" if body else ""
    return f"{method} {path} HTTP/1.1\r\nHost: a\r\n{close}{length}\r\n".encode() + body


LAST = request(path="/last.txt", end=True)


class Visitor:
    """A client of a server, with its sessions."""

    def __init__(self, server, authority, folder, *choices: str):
        host, port = server.addresses[1]
        self.folder = folder
        self.argv = ["openssl", "s_client", "-connect", f"{host}:{port}", "-tls1_3", "-CAfile", str(authority.certificate)]
        self.argv += ["-servername", "ads.example.com", "-nocommands", "-ign_eof", *choices]

    def session(self, last: bytes = LAST) -> str:
        """A fresh session."""
        path = self.folder / f"session{len(list(self.folder.iterdir()))}"
        told = self.say(last, "-sess_out", str(path))
        assert path.exists(), told
        return str(path)

    def say(self, later: bytes, *choices: str) -> bytes:
        """What comes of `later`, up to the end of the connection."""
        return subprocess.run([*self.argv, *choices], input=later, capture_output=True, timeout=PATIENCE).stdout

    def early(self, octets: bytes, later: bytes = LAST, session: str | None = None) -> tuple[bool, bytes]:
        """Whether `octets` were taken as early data, and all that was told."""
        path = self.folder / f"early{len(list(self.folder.iterdir()))}"
        path.write_bytes(octets)
        told = self.say(later, "-sess_in", session or self.session(), "-early_data", str(path))
        taken, not_taken = b"Early data was accepted" in told, b"Early data was rejected" in told
        assert taken != not_taken, told
        return taken, told


@pytest.fixture
def visit(tls, authority, tmp_path):
    """A server with early data, and a client of it."""

    def start(*options: str, choices: tuple[str, ...] = (), **where):
        server = tls(*LIMIT, *options, **where)
        return server, Visitor(server, authority, tmp_path, *choices)

    return start


def statuses(told: bytes) -> list[int]:
    return [int(part[:3]) for part in told.split(b"HTTP/1.1 ")[1:]]


def test_it_is_never_offered_unless_it_is_wanted(tls, authority, tmp_path):
    server = tls()
    visitor = Visitor(server, authority, tmp_path)
    told = visitor.say(LAST)
    assert b"Max Early Data: 0" in told and b"New Session Ticket" in told, told


def test_safe_requests_are_answered_and_counted(visit):
    server, visitor = visit(workers=2)
    methods = ("GET", "HEAD", "OPTIONS", "TRACE")
    usual = statuses(visitor.say(b"".join(request(method) for method in methods) + LAST))
    taken, told = visitor.early(b"".join(request(method) for method in methods))
    assert taken and statuses(told) == usual and 425 not in usual and len(usual) == 5
    stats = server.counted("tls_early_data")
    assert stats["tls_resumptions"] == 1 and stats["refused_too_early"] == 0


def first_flight(visitor: Visitor, octets: bytes) -> bytes:
    """What a client with a session sends first if it has `octets` to send early."""
    path = visitor.folder / "flight"
    path.write_bytes(octets)
    session = visitor.session()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(PATIENCE)
        argv = [*visitor.argv, "-connect", f"127.0.0.1:{listener.getsockname()[1]}"]
        argv += ["-sess_in", session, "-early_data", str(path)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        with subprocess.Popen(argv, **pipes) as client:
            try:
                with listener.accept()[0] as peer:
                    peer.settimeout(PATIENCE)
                    flight = b""
                    while not has_early_data(flight):
                        flight += peer.recv(65536)
            finally:
                client.kill()
    return flight


def has_early_data(flight: bytes) -> bool:
    """Whether one of the records is whole and application data."""
    while len(flight) >= 5:
        end = 5 + int.from_bytes(flight[3:5], "big")
        if flight[0] == 23:
            return len(flight) >= end
        flight = flight[end:]
    return False


def test_an_answer_does_not_wait_for_the_end_of_the_handshake(visit):
    server, visitor = visit()
    flight = first_flight(visitor, request())
    before = server.stats()
    with socket.create_connection(server.addresses[1], timeout=PATIENCE) as peer:
        peer.sendall(flight)
        stats = server.counted("tls_early_data")
        assert stats["requests_handled"] == before["requests_handled"] + 1
        assert stats["bytes_sent"] > before["bytes_sent"] + 100
        assert stats["tls_resumptions"] == 0 and stats["connections_handshake"] == 0
        # What is left has the deadlines of HTTP.
        assert stats["connections_keepalive"] == 1
        peer.shutdown(socket.SHUT_WR)
        while peer.recv(65536):
            pass
    assert server.counted("tls_failures")["tls_resumptions"] == 0


def test_who_never_ends_the_handshake_is_closed_like_anybody(visit):
    server, visitor = visit("--keep-alive-timeout", "300ms", "--head-timeout", "300ms")
    for octets in (request(), b"GET / HTTP/1.1\r\n"):
        flight = first_flight(visitor, octets)
        with socket.create_connection(server.addresses[1], timeout=PATIENCE) as peer:
            peer.sendall(flight)
            while peer.recv(65536):
                pass
    server.counted("tls_early_data", 2)


def test_a_flight_that_is_recorded_and_sent_again_brings_nothing(visit):
    server, visitor = visit(workers=2)
    flight = first_flight(visitor, request())
    before = server.stats()["requests_handled"]
    peers = []
    for _ in range(5):
        peers.append(socket.create_connection(server.addresses[1], timeout=PATIENCE))
        peers[-1].sendall(flight)
        assert peers[-1].recv(1) == b"\x16", "a ServerHello"
    stats = server.counted("tls_early_data")
    assert stats["connections_handshake"] == 4 and stats["requests_handled"] == before + 1
    for peer in peers:
        peer.close()


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "PROPFIND", "CONNECT"])
def test_what_is_not_safe_is_to_be_asked_again(visit, method):
    server, visitor = visit()
    if method == "CONNECT":
        taken, told = visitor.early(b"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", later=b"")
        assert taken and statuses(told) == [425]
    else:
        asked = request(method)
        usual = statuses(visitor.say(asked + LAST))
        taken, told = visitor.early(asked, later=asked + LAST)
        assert taken and statuses(told) == [425, *usual] and b"425 Too Early" in told and 425 not in usual
    assert server.counted("refused_too_early")["tls_early_data"] == 1


def test_an_answer_that_is_known_already_does_not_stand_in_for_425(visit):
    _, visitor = visit()
    asked = request("DELETE")
    assert len(statuses(visitor.say(asked * 4 + LAST))) == 5
    assert statuses(visitor.early(asked)[1]) == [425, 200]


def test_a_body_belongs_to_its_request_on_either_side_of_the_border(visit):
    server, visitor = visit()
    body = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
    post = request("POST", body=body)
    later = request("POST", body=b"12") + LAST
    usual = statuses(visitor.say(later))
    for cut in (len(post), len(post) - 10, len(post) - len(body), len(post) - len(body) - 3, 2, 1):
        taken, told = visitor.early(post[:cut], later=post[cut:] + later)
        assert taken and statuses(told) == [425, *usual], (cut, told)
    server.counted("refused_too_early", 6)


def test_chunks_and_expectations_of_a_body_that_is_refused(visit):
    _, visitor = visit()
    chunked = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    assert statuses(visitor.early(chunked + request())[1]) == [425, 200, 200]
    expecting = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
    assert statuses(visitor.early(expecting, later=b"abc" + LAST)[1]) == [100, 425, 200]


def test_requests_before_on_and_behind_the_border(visit):
    _, visitor = visit()
    before, on, behind = request("POST") + request(), request("DELETE"), request("DELETE") + LAST
    usual = statuses(visitor.say(behind))
    taken, told = visitor.early(before + on[:9], later=on[9:] + behind)
    assert taken and statuses(told) == [425, 200, 425, *usual]


def test_a_session_is_taken_up_once(visit):
    server, visitor = visit(workers=2)
    session = visitor.session()
    assert visitor.early(request(), session=session)[0]
    for _ in range(3):
        taken, told = visitor.early(request("POST"), session=session)
        # What came early is dropped, and what comes later is answered as ever.
        assert not taken and statuses(told) == [200]
    stats = server.counted("tls_handshakes", 4)
    assert stats["tls_early_data"] == 1 and stats["refused_too_early"] == 0 and stats["tls_failures"] == 0


def test_a_server_that_has_it_off_by_now_goes_on_without_it(tls, visit, authority, tmp_path):
    _, visitor = visit()
    session = visitor.session()
    other = Visitor(tls(), authority, tmp_path)
    taken, told = other.early(request("POST"), session=session)
    assert not taken and statuses(told) == [200]


def test_no_handler_no_rule_and_no_record_of_a_body_has_to_do_with_it(visit, tmp_path):
    rules = tmp_path / "rules.toml"
    rules.write_text('[[rule]]\nmethod = "POST"\nstatus = 204\n')
    log = tmp_path / "access.log"
    server, visitor = visit("--rules", str(rules), "--access-log", str(log))
    session = visitor.session()
    before = server.stats()["rules_matched"]
    taken, told = visitor.early(request("POST"), later=request("POST") + LAST, session=session)
    assert taken and statuses(told) == [425, 204, 200]
    assert server.counted("refused_too_early")["rules_matched"] == before + 1
    eventually(lambda: b" 425 " in log.read_bytes(), "a line in the access log")


def test_early_data_of_the_largest_size_in_many_requests(visit):
    _, visitor = visit()
    asked = request("POST", body=b"x" * 50) + request()
    count = 16_000 // len(asked)
    taken, told = visitor.early(asked * count)
    assert taken and statuses(told) == [425, 200] * count + [200]


class Http2:
    """What a client of HTTP/2 writes, and what it makes of the answers."""

    def __init__(self):
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        self.h2.initiate_connection()

    def ask(self, method: str, body: bytes = b"") -> bytes:
        stream = self.h2.get_next_available_stream_id()
        fields = [(":method", method), (":scheme", "https"), (":authority", "a"), (":path", "/a.gif")]
        self.h2.send_headers(stream, fields, end_stream=not body)
        if body:
            self.h2.send_data(stream, body, end_stream=True)
        return self.h2.data_to_send()

    def statuses(self, told: bytes) -> dict[int, str]:
        events = self.h2.receive_data(told)
        answered = (event for event in events if isinstance(event, h2.events.ResponseReceived))
        return {event.stream_id: dict(event.headers)[":status"] for event in answered}


def test_streams_of_http2_are_refused_one_by_one(visit):
    server, visitor = visit("--max-requests", "6", choices=("-alpn", "h2", "-quiet"))
    client = Http2()
    session = visitor.session(b"".join(client.ask("GET") for _ in range(6)))
    client = Http2()
    octets = client.ask("GET") + client.ask("POST") + client.ask("POST", b"body")
    cut = client.ask("DELETE")
    later = cut[7:] + client.ask("DELETE") + client.ask("GET")
    path = visitor.folder / "frames"
    path.write_bytes(octets + cut[:7])
    told = visitor.say(later, "-sess_in", session, "-early_data", str(path))
    answers = client.statuses(told)
    assert [answers[stream] for stream in (1, 3, 5, 7, 11)] == ["200", "425", "425", "425", "200"]
    # Behind the border, or in the same piece as a frame that lies on it.
    assert answers[9] in ("200", "425")
    assert server.counted("tls_early_data")["refused_too_early"] >= 3


def test_streams_of_http2_behind_the_border_are_answered(visit):
    server, visitor = visit("--max-requests", "2", choices=("-alpn", "h2", "-quiet"))
    client = Http2()
    session = visitor.session(client.ask("GET") + client.ask("GET"))
    client = Http2()
    path = visitor.folder / "frames"
    path.write_bytes(client.ask("POST"))
    answers = client.statuses(visitor.say(client.ask("POST"), "-sess_in", session, "-early_data", str(path)))
    assert answers == {1: "425", 3: "200"}
    server.counted("refused_too_early")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--tls-early-data", "65k"], 'tls_early_data: expected a size from 0 to 64k, got "65k"'),
        (["--tls-early-data", "much"], "tls_early_data: expected a size"),
        (["--tls-early-data", "1k", "--ticket-keys", "/keys"], "tls_early_data: expected 0 beside ticket_keys (/keys), got 1k"),
        (["--tls-early-data", "1k"], "tls_early_data: expected a listener with TLS beside it"),
    ],
)
def test_what_cannot_be_is_refused(options, said):
    done = subprocess.run([str(BINARY), "0", "127.0.0.1", *options], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode != 0 and said in done.stderr, done.stderr
