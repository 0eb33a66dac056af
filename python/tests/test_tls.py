"""TLS from Python: servers with a CA of their own, certificates from memory, those of clients, faults."""

import socket
import ssl
import tempfile
import urllib.request

import httpx
import pytest
import requests

import http_responder
from http_responder import Authority, Certificate, ConfigError, InvalidArgument, StateError
from http_responder.faults import (
    expired,
    handshake_alert,
    handshake_stall,
    old_version,
    self_signed,
    wrong_name,
)
from http_responder.testing import Server
from http_responder.wsgi import make_server, serve_wsgi

PATIENCE = 10


def trusting(server) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=server.ca_pem)


@pytest.fixture(scope="module")
def shared():
    with Server(port=0, workers=1, tls=True, handshake_timeout=1.0) as server:
        yield server


@pytest.fixture
def server(shared):
    shared.reset()
    return shared


def test_one_line_and_requests_httpx_and_ssl_trust_it(server):
    server.expect("/x").respond_with("hello")
    url = server.url_for("/x")
    assert url.startswith("https://127.0.0.1:")
    assert requests.get(url, verify=server.ca_file, timeout=PATIENCE).text == "hello"
    assert httpx.get(url, verify=trusting(server)).text == "hello"
    with urllib.request.urlopen(url, context=trusting(server), timeout=PATIENCE) as answer:
        assert answer.read() == b"hello"
    by_name = url.replace("127.0.0.1", "localhost")
    assert requests.get(by_name, verify=server.ca_file, timeout=PATIENCE).text == "hello"
    with pytest.raises(requests.exceptions.SSLError, match="CERTIFICATE_VERIFY_FAILED"):
        requests.get(url, timeout=PATIENCE)


def test_the_scheme_is_in_the_request(server):
    server.expect("/x").respond_with_handler(lambda request: request.scheme)
    assert httpx.get(server.url_for("/x"), verify=trusting(server)).text == "https"


def shake(server, name="a.example", trust=None):
    """A handshake; the names in the certificate."""
    address = ("127.0.0.1", server.port)
    with socket.create_connection(address, timeout=PATIENCE) as raw:
        with (trust or trusting(server)).wrap_socket(raw, server_hostname=name) as client:
            return {value for _, value in client.getpeercert()["subjectAltName"]}


FAULTS = [
    (wrong_name(), ssl.SSLCertVerificationError, "Hostname mismatch"),
    (expired(), ssl.SSLCertVerificationError, "certificate has expired"),
    (self_signed(), ssl.SSLCertVerificationError, "self.signed certificate"),
    (old_version("1.0"), ssl.SSLError, "(?i)unsupported.protocol"),
    (old_version("1.1"), ssl.SSLError, "(?i)unsupported.protocol"),
    (handshake_alert(), ssl.SSLError, "(?i)handshake.failure"),
    (handshake_alert("unrecognized_name"), ssl.SSLError, "(?i)unrecognized.name"),
    (handshake_alert(80), ssl.SSLError, "(?i)internal.error"),
    (handshake_stall(), (ssl.SSLEOFError, ConnectionError), None),
]


@pytest.mark.parametrize(("fault", "error", "text"), FAULTS, ids=lambda value: getattr(value, "name", None))
def test_handshakes_go_wrong_as_was_asked_for(server, fault, error, text):
    server.tls_fault(fault)
    with pytest.raises(error, match=text):
        shake(server)
    server.tls_fault(None)
    assert "a.example" in shake(server)


def test_a_fault_may_be_for_one_host(server):
    server.tls_fault(expired(), "Bad.Example")
    with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
        shake(server, "bad.example")
    assert "good.example" in shake(server, "good.example")
    server.reset()
    assert "bad.example" in shake(server, "bad.example")


def test_a_stalled_handshake_holds_nobody_up(server):
    server.tls_fault(handshake_stall(), "stall.example")
    stalled = []
    context = trusting(server)
    for _ in range(5):
        raw = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        side = context.wrap_bio(incoming, outgoing, server_hostname="stall.example")
        with pytest.raises(ssl.SSLWantReadError):
            side.do_handshake()
        raw.sendall(outgoing.read())
        stalled.append(raw)
    assert "a.example" in shake(server)
    for raw in stalled:
        assert raw.recv(100) == b"", "the deadline of the handshake ends it, without a word"
        raw.close()


@pytest.mark.parametrize("wrong", [lambda: handshake_alert(256), lambda: handshake_alert("x"), lambda: old_version("1.2"), lambda: expired(0)])
def test_faults_that_cannot_be_are_told(wrong):
    with pytest.raises(ValueError, match="expected"):
        wrong()


def test_faults_want_a_server_with_a_ca():
    with Server(port=0) as server, pytest.raises(ValueError, match="tls_fault: expected a server with"):
        server.tls_fault(expired())


def test_certificates_from_memory_one_for_each_name():
    authority = Authority()
    one, two = authority.issue("one.example"), authority.issue("*.two.example", "127.0.0.1")
    with http_responder.Server(port=0, tls=[one, two]) as server:
        trust = ssl.create_default_context(cadata=authority.pem)
        assert shake(server, "one.example", trust) == {"one.example"}
        assert shake(server, "a.two.example", trust) == {"*.two.example", "127.0.0.1"}
        server.add_certificate(authority.issue("one.example", "three.example"))
        assert shake(server, "one.example", trust) == {"one.example", "three.example"}


def test_a_certificate_and_its_key_may_be_one_text_or_two():
    issued = Authority().issue("a.example")
    assert Certificate(issued.pem, issued.key).key == issued.key
    assert Certificate(issued.pem + issued.key).key is None
    assert Certificate((issued.pem + issued.key).decode()).pem.startswith(b"-----BEGIN")


BAD = {
    "no PEM": (lambda c, o: ("nonsense", c.key), "expected certificates in PEM"),
    "no key": (lambda c, o: (c.pem, None), "expected a private key in PEM"),
    "another key": (lambda c, o: (c.pem, o.key), "the key is not that of the certificate"),
    "malformed": (lambda c, o: (c.pem.replace(b"MII", b"MIA", 1), c.key), "certificate"),
}


@pytest.mark.parametrize(("spoil", "text"), BAD.values(), ids=BAD)
def test_what_is_no_certificate_is_told(spoil, text):
    authority = Authority()
    pem, key = spoil(authority.issue("a.example"), authority.issue("b.example"))
    with pytest.raises(ConfigError, match=text):
        Certificate(pem, key)


def test_what_cannot_be_issued_is_told():
    authority = Authority("x")
    for names in [(), ("a b",), ("../x",)]:
        with pytest.raises(InvalidArgument, match="names: expected"):
            authority.issue(*names)
    with pytest.raises(InvalidArgument, match="until"):
        authority.issue("a.example", start=10, end=5)
    with pytest.raises(ConfigError, match="has expired"):
        old = authority.issue("a.example", start=-100, end=-50)
        Certificate(old.pem, old.key)
    with pytest.raises(InvalidArgument, match="days"):
        Authority(days=0)


def test_a_ca_beside_ca_dir_and_certificates_too_late_are_told():
    with http_responder.Server(port=0) as server:
        with pytest.raises(StateError, match="before the start"):
            server.add_certificate(Authority().issue("a.example"))
        with pytest.raises(StateError):
            server.trust_clients(Authority().pem)
    with pytest.raises(TypeError, match="tls: expected"):
        http_responder.Server(tls=7)
    with pytest.raises(TypeError, match="tls: expected"):
        http_responder.Server(tls=[])


def asking(authority, certificate=None) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=authority.pem)
    if certificate is not None:
        with tempfile.NamedTemporaryFile() as file:
            file.write(certificate.pem + certificate.key)
            file.flush()
            context.load_cert_chain(file.name)
    return context


@pytest.fixture
def mutual():
    """A server that asks clients for certificates: `mutual(required)`, and the CA of both."""
    servers = []

    def make(required):
        authority = Authority()
        server = http_responder.Server(port=0, tls=authority)
        server.trust_clients(authority.pem, required=required)

        @server.route("/who")
        def who(request):
            return {"subject": request.peer_subject, "size": len(request.peer_certificate or b"")}

        server.start()
        servers.append(server)
        return server, authority

    yield make
    for server in servers:
        server.stop()


def test_clients_show_certificates_and_requests_say_whose(mutual):
    server, authority = mutual(True)
    alice = authority.issue("alice@example.com", client=True)
    with httpx.Client(verify=asking(authority, alice)) as client:
        for _ in range(2):
            said = client.get(server.url_for("/who")).json()
            assert said["subject"] == "CN=alice@example.com" and said["size"] > 200
    with pytest.raises(httpx.HTTPError, match="(?i)certificate.required"):
        httpx.get(server.url_for("/who"), verify=asking(authority))
    stranger = Authority("Another CA").issue("mallory", client=True)
    with pytest.raises(httpx.HTTPError, match="(?i)unknown.ca|certificate"):
        httpx.get(server.url_for("/who"), verify=asking(authority, stranger))
    # A certificate of a server is none of a client.
    with pytest.raises(httpx.HTTPError):
        httpx.get(server.url_for("/who"), verify=asking(authority, authority.issue("alice")))


def test_a_client_may_go_without_where_it_is_not_required(mutual):
    server, authority = mutual(False)
    assert httpx.get(server.url_for("/who"), verify=asking(authority)).json() == {"subject": None, "size": 0}
    alice = authority.issue("alice", client=True)
    said = httpx.get(server.url_for("/who"), verify=asking(authority, alice)).json()
    assert said["subject"] == "CN=alice"


def test_a_request_in_the_segment_that_ends_the_handshake_says_whose_it_is(mutual):
    server, authority = mutual(True)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = asking(authority, authority.issue("alice", client=True))
    side = context.wrap_bio(incoming, outgoing, server_hostname="a.example")
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as raw:
        while True:
            try:
                side.do_handshake()
                break
            except ssl.SSLWantReadError:
                raw.sendall(outgoing.read())
                incoming.write(raw.recv(65536))
        side.write(b"GET /who HTTP/1.1\r\nHost: a\r\n\r\n")
        raw.sendall(outgoing.read())
        answer = b""
        while b"}" not in answer:
            incoming.write(raw.recv(65536))
            try:
                answer += side.read(4096)
            except ssl.SSLWantReadError:
                pass
    assert b"CN=alice" in answer


def test_a_resumed_session_still_says_whose_it_is(mutual):
    server, authority = mutual(True)
    context = asking(authority, authority.issue("alice", client=True))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    session = None
    for resumed in (False, True):
        raw = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
        with context.wrap_socket(raw, server_hostname="a.example", session=session) as client:
            assert client.session_reused is resumed
            client.sendall(b"GET /who HTTP/1.1\r\nHost: a\r\n\r\n")
            assert b"CN=alice" in client.recv(4096)
            session = client.session


def test_a_function_says_which_certificate_is_shown(caplog):
    authority = Authority()
    special = authority.issue("special.example", "other.example")
    asked = []
    server = http_responder.Server(port=0, tls=authority)

    @server.choose_certificate
    def choose(name):
        asked.append(name)
        if name == "boom.example":
            raise RuntimeError("boom")
        return {"special.example": special, "refused.example": False, "odd.example": 7}.get(name)

    trust = ssl.create_default_context(cadata=authority.pem)
    with server:
        assert shake(server, "SPECIAL.example", trust) == {"special.example", "other.example"}
        assert "usual.example" in shake(server, "usual.example", trust)
        for name in ("refused.example", "boom.example", "odd.example"):
            with pytest.raises(ssl.SSLError):
                shake(server, name, trust)
        without_name = ssl.create_default_context(cadata=authority.pem)
        without_name.check_hostname = False
        assert shake(server, None, without_name) == {"127.0.0.1"}
        assert asked[:2] == ["special.example", "usual.example"] and asked[-1] is None
        server.choose_certificate(None)
        assert "refused.example" in shake(server, "refused.example", trust)
    assert "boom" in caplog.text and "expected a Certificate, None or False" in caplog.text


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [environ["wsgi.url_scheme"].encode()]


def test_applications_see_the_scheme():
    authority = Authority()
    with serve_wsgi(application, port=0, tls=authority) as server:
        trust = ssl.create_default_context(cadata=authority.pem)
        assert httpx.get(server.url_for("/"), verify=trust).text == "https"
    with serve_wsgi(application, port=0) as server:
        assert httpx.get(server.url_for("/")).text == "http"


def test_make_server_takes_what_werkzeug_takes(tmp_path):
    authority = Authority()
    issued = authority.issue("localhost", "127.0.0.1")
    (tmp_path / "cert.pem").write_bytes(issued.pem)
    (tmp_path / "key.pem").write_bytes(issued.key)
    (tmp_path / "both.pem").write_bytes(issued.pem + issued.key)
    pairs = [(tmp_path / "cert.pem", tmp_path / "key.pem"), (tmp_path / "both.pem", None)]
    trust = ssl.create_default_context(cadata=authority.pem)
    for pair in pairs:
        server = make_server("127.0.0.1", 0, application, ssl_context=pair)
        assert httpx.get(f"https://127.0.0.1:{server.port}/", verify=trust).text == "https"
        server.shutdown()
    server = make_server("127.0.0.1", 0, application, ssl_context="adhoc")
    assert httpx.get(f"https://127.0.0.1:{server.port}/", verify=False).text == "https"
    server.shutdown()
    with pytest.raises(ValueError, match="ssl_context: expected"):
        make_server("127.0.0.1", 0, application, ssl_context=ssl.create_default_context())
