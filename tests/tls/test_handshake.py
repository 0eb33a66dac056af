"""Handshakes: versions, clients, names, resumption, and those that come to nothing."""

import os
import re
import shutil
import signal
import socket
import ssl
import subprocess

import pytest

from support.client import get
from support.deadline import PATIENCE, eventually
from support.paths import BINARY

from tls.conftest import V12, V13, Client, context, openssl, self_signed


@pytest.mark.parametrize("version", [V12, V13])
def test_python_agrees_on_both_versions_and_asks_more_than_once(tls, authority, version):
    server = tls()
    with Client(server.addresses[1], trust=authority.certificate, version=version) as client:
        assert client.socket.version() == {V12: "TLSv1.2", V13: "TLSv1.3"}[version]
        assert all(client.get().endswith(b";") for _ in range(3))
        assert client.names() == {"example.com", "*.example.com"}
    stats = server.counted("tls_handshakes")
    assert stats["tls_failures"] == 0 and stats["tls_certificates_made"] == 1 and stats["requests_handled"] == 3


def test_the_oldest_version_is_an_option_and_older_ones_are_never_spoken(tls, authority):
    server = tls("--tls-min-version", "1.3")
    with pytest.raises(ssl.SSLError, match="(?i)protocol.version"):
        Client(server.addresses[1], trust=authority.certificate, version=V12)
    server = tls()
    with pytest.raises((ssl.SSLError, ValueError, ConnectionError)):
        Client(
            server.addresses[1], trust=authority.certificate, version=ssl.TLSVersion.TLSv1_1, ciphers="ALL:@SECLEVEL=0"
        )


@pytest.mark.parametrize("version", ["--tlsv1.2 --tls-max 1.2", "--tlsv1.3"])
def test_curl(tls, authority, version):
    host, port = tls().addresses[1]
    argv = ["curl", "-sS", *version.split(), "--cacert", authority.certificate, "--resolve", f"a.b.example:{port}:{host}"]
    done = subprocess.run([*argv, f"https://a.b.example:{port}/x.gif"], capture_output=True, timeout=PATIENCE)
    assert done.stdout.startswith(b"GIF89a"), done.stderr


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_openssl_s_client(tls, authority, version):
    host, port = tls().addresses[1]
    argv = ["openssl", "s_client", version, "-CAfile", authority.certificate, "-verify_return_error", "-verify_hostname"]
    argv += ["tracker.example.org", "-servername", "tracker.example.org", "-connect", f"{host}:{port}", "-quiet"]
    request = b"GET /x.gif HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    done = subprocess.run(argv, input=request, capture_output=True, timeout=PATIENCE)
    assert b"GIF89a" in done.stdout and b"verify error" not in done.stderr, done.stderr


@pytest.mark.skipif(shutil.which("gnutls-cli") is None, reason="gnutls-cli is missing (package gnutls-bin)")
@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_gnutls_cli(tls, authority, version):
    host, port = tls().addresses[1]
    argv = ["gnutls-cli", "--x509cafile", authority.certificate, "--sni-hostname", "x.example.org"]
    argv += ["--verify-hostname", "x.example.org", f"--priority=NORMAL:-VERS-ALL:+VERS-TLS{version}"]
    request = b"GET /x.gif HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    done = subprocess.run([*argv, "-p", str(port), host], input=request, capture_output=True, timeout=PATIENCE)
    assert b"certificate is trusted" in done.stdout and done.returncode == 0, done.stdout + done.stderr


def test_a_client_without_ecdsa_gets_an_rsa_certificate(tls, authority):
    server = tls()
    choices = {"trust": authority.certificate, "version": V12, "ciphers": "ECDHE-RSA-AES128-GCM-SHA256"}
    with Client(server.addresses[1], **choices) as client:
        assert client.socket.cipher()[0] == "ECDHE-RSA-AES128-GCM-SHA256" and b"200 OK" in client.get()


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("example.com", {"example.com", "*.example.com"}),
        ("ADS.Example.COM", {"example.com", "*.example.com"}),
        ("a.b.example.com", {"a.b.example.com"}),
        ("x.example.co.uk", {"example.co.uk", "*.example.co.uk"}),
        ("co.uk", {"co.uk"}),
        ("localhost", {"localhost"}),
        ("a_b.example.com", {"example.com", "*.example.com"}),
        ("xn--bcher-kva.example", {"xn--bcher-kva.example", "*.xn--bcher-kva.example"}),
        (".".join(["a" * 61] * 4) + ".com", {".".join(["a" * 61] * 4) + ".com"}),
        (None, {"127.0.0.1"}),
    ],
    ids=lambda value: str(value)[:30] if not isinstance(value, set) else "",
)
def test_each_name_has_its_certificate(tls, authority, asked, names):
    server = tls()
    with Client(server.addresses[1], asked, trust=authority.certificate, check=False) as client:
        assert client.names() == names and b"200 OK" in client.get()


def hello(name: bytes, kind: int = 0) -> bytes:
    """A ClientHello as Python writes it, with `name` in place of its own."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    stand_in = "n" * max(len(name), 1)
    stand_in = ".".join(stand_in[i : i + 60] for i in range(0, len(stand_in), 60))[: len(name)].rstrip(".").ljust(len(name), "n")
    side = context(None, check=False).wrap_bio(incoming, outgoing, server_hostname=stand_in)
    with pytest.raises(ssl.SSLWantReadError):
        side.do_handshake()
    written = outgoing.read()
    assert written.count(stand_in.encode()) == 1
    return written.replace(stand_in.encode(), name)


@pytest.mark.parametrize(
    "name",
    [b"../../etc/passwd", b"a b.example", b"\xc3\xa4.example", b"-a.example", b"a..example", b"a.example\0.b"],
)
def test_a_name_that_is_none_gets_an_alert_and_no_certificate(tls, name):
    server = tls()
    with socket.create_connection(server.addresses[1], timeout=PATIENCE) as client:
        client.sendall(hello(name))
        alert = client.recv(100)
        assert alert[0] == 0x15 and alert[5] == 2, alert
    stats = server.counted("tls_failures")
    assert stats["tls_alerts_sent"] == 1 and stats["tls_certificates_made"] == 0


@pytest.mark.parametrize("name", [b"127.0.0.1", b"a.example.com."])
def test_an_address_as_a_name_and_a_dot_at_the_end_are_taken_as_no_name_and_without(tls, name):
    server = tls()
    with socket.create_connection(server.addresses[1], timeout=PATIENCE) as client:
        client.sendall(hello(name))
        record = client.recv(100)
    assert record[0] == 0x16, "a ServerHello"
    assert server.counted("tls_certificates_made")["tls_failures"] == 0


@pytest.mark.parametrize("version", [V12, V13])
def test_sessions_are_resumed_on_any_worker(tls, authority, version):
    server = tls(workers=2)
    choices = {"trust": authority.certificate, "version": version}
    first = Client(server.addresses[1], **choices)
    first.get()
    session = first.socket.session
    for _ in range(4):
        again = Client.__new__(Client)
        again.raw = socket.create_connection(server.addresses[1], timeout=PATIENCE)
        again.socket = first.context.wrap_socket(again.raw, server_hostname="ads.example.com", session=session)
        assert again.socket.session_reused and b"200 OK" in again.get()
        session = again.socket.session
        again.close()
    first.close()
    assert server.counted("tls_resumptions", 4)["tls_handshakes"] == 1


def test_servers_with_the_same_ticket_keys_resume_for_each_other(tls, authority, tmp_path):
    keys = tmp_path / "keys"
    keys.write_bytes(os.urandom(96))
    one, two = (tls("--ticket-keys", str(keys)) for _ in range(2))
    first = Client(one.addresses[1], trust=authority.certificate)
    first.get()
    raw = socket.create_connection(two.addresses[1], timeout=PATIENCE)
    with first.context.wrap_socket(raw, server_hostname="ads.example.com", session=first.socket.session) as again:
        assert again.session_reused
    first.close()


def test_who_does_not_trust_the_ca_is_counted_by_what_it_says_and_told(tls):
    server = tls("--log-level", "info", allow=("TLS with .*: the client says UnknownCA: does it trust the CA",))
    with pytest.raises(ssl.SSLCertVerificationError):
        Client(server.addresses[1], trust=None)
    assert server.counted("tls_alerts_unknown_ca")["tls_failures"] == 1
    eventually(lambda: any("does it trust the CA?" in line for line in server.messages()), "a line for the operator")


NEW_NAMES = 1000


def test_a_new_name_never_fails_its_first_handshake(tls, authority):
    server = tls()
    trusting = context(authority.certificate)
    for number in range(NEW_NAMES):
        raw = socket.create_connection(server.addresses[1], timeout=PATIENCE)
        with trusting.wrap_socket(raw, server_hostname=f"x.site{number}.example"):
            pass
    stats = server.counted("tls_handshakes", NEW_NAMES)
    assert stats["tls_certificates_made"] == NEW_NAMES and stats["tls_failures"] == 0


def test_the_operators_certificates_stand_before_those_that_are_made(tls, authority, tmp_path):
    folder = tmp_path / "certificates"
    self_signed(folder, "one", "one.example.com", "10.1.2.3")
    self_signed(folder, "wild", "*.wild.example", key="rsa")
    server = tls("--certificates", str(folder))
    for name, file in (("one.example.com", "one"), ("a.wild.example", "wild")):
        with Client(server.addresses[1], name, trust=folder / f"{file}.crt") as client:
            assert b"200 OK" in client.get()
    for name in ("two.example.com", "wild.example", "a.b.wild.example"):
        with Client(server.addresses[1], name, trust=authority.certificate) as client:
            assert b"200 OK" in client.get()


def test_without_a_ca_the_first_certificate_is_for_all(tls, tmp_path):
    path = self_signed(tmp_path, "one", "one.example.com")
    server = tls("--certificates", str(path), ca=False)
    with Client(server.addresses[1], "other.example", trust=path, check=False) as client:
        assert client.names() == {"one.example.com"}


def test_a_reload_takes_new_certificates_and_keeps_the_old_ones_if_they_are_wrong(tls, tmp_path):
    path = self_signed(tmp_path, "one", "one.example.com")
    server = tls("--certificates", str(path), ca=False, allow=("reload: certificates: .*expected certificates in PEM",))
    old = Client(server.addresses[1], "one.example.com", trust=path)
    self_signed(tmp_path, "one", "one.example.com", "new.example.com")
    server.signal(1)

    def shown():
        with Client(server.addresses[1], "one.example.com", trust=path, check=False) as client:
            return "new.example.com" in client.names()

    def shown_or_untrusted():
        try:
            return shown()
        except ssl.SSLCertVerificationError:
            return False

    eventually(shown_or_untrusted, "the new certificate")
    assert b"200 OK" in old.get(), "who was there stays"
    old.close()
    good = path.read_bytes()
    path.write_text("nonsense")
    server.signal(1)
    eventually(lambda: any("expected certificates in PEM" in line for line in server.messages()), "the mistake told")
    path.write_bytes(good)
    assert shown()


def refused(*options: str, tls: bool = True) -> str:
    """What the program says that does not start with these options, on a listener with TLS or none."""
    listener = ["--tls-port", "0"] if tls else []
    argv = [BINARY, "0", "127.0.0.1", "--max-connections", "10", *listener, *options]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode in (1, 2) and len(done.stderr.splitlines()) == 1
    return done.stderr


def test_an_empty_name_of_a_file_is_told():
    assert "certificates: expected paths of at most 4095 octets, none of them empty" in refused("--certificates", ",a.pem")


def test_options_that_want_certificates_say_so():
    assert "tls_port: expected ca_dir or certificates beside it, got neither" in refused()


def test_a_folder_for_certificates_wants_a_ca(tmp_path):
    one, said = self_signed(tmp_path, "one", "one.example.com"), "certificate_dir: expected ca_dir beside it, got /nope alone"
    assert said in refused("--certificate-dir", "/nope", tls=False)
    assert said in refused("--certificate-dir", "/nope", "--certificates", str(one))


@pytest.mark.parametrize("option", ["client_ca", "ticket_keys"])
def test_options_of_tls_want_a_listener_with_it(tmp_path, option):
    given = self_signed(tmp_path, "one", "one.example.com")
    if option == "ticket_keys":
        given = tmp_path / "keys"
        given.write_bytes(bytes(48))
    words = ["--" + option.replace("_", "-"), str(given)]
    said = f"{option}: expected a listener with TLS beside it (tls_port, listen_tls, listen_auto), got {given} alone"
    assert said in refused(*words, tls=False)
    assert said in refused(*words, "--certificates", str(self_signed(tmp_path, "two", "two.example.com")), tls=False)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda path: path.with_suffix(".key").unlink(), r"expected its key in it, or in \S+one\.key"),
        (lambda path: path.with_suffix(".key").write_text("x"), "expected a private key in PEM"),
        (lambda path: self_signed(path.parent, "two", "two.example").with_suffix(".key").rename(path.with_suffix(".key")), "the key is not that of the certificate"),
    ],
)  # fmt: skip
def test_a_certificate_that_cannot_be_is_told(tmp_path, spoil, said):
    path = self_signed(tmp_path, "one", "one.example.com")
    spoil(path)
    assert re.search(said, refused("--certificates", str(path)))


def test_the_sandbox_holds_with_tls(tls, authority):
    server = tls("--sandbox")
    with Client(server.addresses[1], trust=authority.certificate) as client:
        assert b"200 OK" in client.get()
    choices = {"trust": authority.certificate, "version": V12, "ciphers": "ECDHE-RSA-AES128-GCM-SHA256"}
    with Client(server.addresses[1], **choices) as client:
        assert b"200 OK" in client.get()
    assert get(server.address, "/a.gif").status == 200


def test_without_tickets_a_session_of_1_2_is_remembered_here(tls, authority):
    server = tls(workers=1)
    choices = context(authority.certificate, version=V12)
    choices.options |= ssl.OP_NO_TICKET
    session = None
    for reused in (False, True):
        raw = socket.create_connection(server.addresses[1], timeout=PATIENCE)
        with choices.wrap_socket(raw, server_hostname="ads.example.com", session=session) as client:
            client.sendall(b"GET /a.gif HTTP/1.1\r\nHost: a\r\n\r\n")
            assert client.recv(4096).startswith(b"HTTP/1.1 200")
            assert client.session_reused == reused and not client.session.has_ticket
            session = client.session
    stats = server.counted("tls_resumptions")
    assert (stats["tls_handshakes"], stats["tls_resumptions"]) == (1, 1)


@pytest.mark.parametrize("required", [True, False])
def test_clients_without_a_certificate_are_turned_away_where_one_is_required(tls, authority, tmp_path, required):
    more = [] if required else ["--client-certificate-required", "off"]
    server = tls("--client-ca", str(authority.certificate), *more)
    choices = context(authority.certificate)
    if required:
        with pytest.raises(ssl.SSLError, match="(?i)certificate.required"):
            visit(server, choices)
    else:
        visit(server, choices)
    key, asked, mine = (tmp_path / name for name in ("me.key", "me.csr", "me.crt"))
    openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=me", "-keyout", key, "-out", asked)
    extensions = tmp_path / "ext"
    extensions.write_text("extendedKeyUsage=clientAuth\nsubjectAltName=DNS:me.example\n")
    ca = ["-CA", authority.certificate, "-CAkey", authority.folder / "ca.key", "-CAserial", tmp_path / "serial", "-CAcreateserial"]
    openssl("x509", "-req", "-in", asked, *ca, "-days", "1", "-extfile", extensions, "-out", mine)
    choices.load_cert_chain(mine, key)
    visit(server, choices)


def visit(server, choices: ssl.SSLContext) -> None:
    with socket.create_connection(server.addresses[1], timeout=PATIENCE) as raw:
        with choices.wrap_socket(raw, server_hostname="ads.example.com") as client:
            client.sendall(b"GET /a.gif HTTP/1.1\r\nHost: a\r\n\r\n")
            assert client.recv(4096).startswith(b"HTTP/1.1 200")


def resumes(server, session, choices: ssl.SSLContext) -> tuple[bool, ssl.SSLSession]:
    """Whether the server takes a session up again, and the one that it gives."""
    raw = socket.create_connection(server.addresses[1], timeout=PATIENCE)
    with choices.wrap_socket(raw, server_hostname="ads.example.com", session=session) as connection:
        connection.sendall(b"GET /a.gif HTTP/1.1\r\nHost: a\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        return connection.session_reused, connection.session


@pytest.mark.parametrize("version", [V12, V13])
def test_ticket_keys_are_rotated_by_a_reload(tls, authority, tmp_path, version):
    keys = tmp_path / "keys"
    old, new = os.urandom(48), os.urandom(48)
    keys.write_bytes(old)
    server = tls("--ticket-keys", str(keys), "--log-level", "info", workers=1, allow=(".*",))

    def reload(content: bytes) -> None:
        before = len(server.messages())
        keys.write_bytes(content)
        server.signal(signal.SIGHUP)
        eventually(lambda: len(server.messages()) > before, "it has read the file again")

    choices = context(authority.certificate, version=version)
    _, first = resumes(server, None, choices)
    # The new key in front: it gives the tickets, those of the old one are still taken.
    reload(new + old)
    again, second = resumes(server, first, choices)
    assert again
    # What cannot be leaves the keys as they are.
    reload(b"too short")
    assert any("ticket_keys" in line and "expected keys of 48 octets" in line for line in server.messages())
    assert resumes(server, first, choices)[0]
    # Without the old key its tickets are worth nothing; those of the new one are.
    reload(new)
    assert not resumes(server, first, choices)[0]
    assert resumes(server, second, choices)[0]
