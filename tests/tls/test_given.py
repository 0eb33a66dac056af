"""What a C program gives by hand: certificates, a CA, the CA of clients, a say in which certificate is shown."""

import ssl
import subprocess
from pathlib import Path

import pytest

from support.compile import c_program
from support.deadline import PATIENCE

from tls.conftest import Client, openssl, self_signed


@pytest.fixture
def given(authority, tmp_path):
    """The program; where it listens."""
    one = self_signed(tmp_path, "one", "one.example")
    special = self_signed(tmp_path, "special", "special.example")
    both = tmp_path / "both.pem"
    both.write_bytes(special.read_bytes() + special.with_suffix(".key").read_bytes())
    ca = [authority.certificate, authority.folder / "ca.key"]
    argv = [c_program(Path(__file__).with_name("given.c"), library=True), one, one.with_suffix(".key"), *ca, both]
    process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        host, port = process.stdout.readline().strip().rsplit(":", 1)
        yield host, int(port)
        process.communicate("\n", timeout=PATIENCE)
        assert process.returncode == 0
    finally:
        process.kill()
        process.wait()


def test_certificates_from_memory_and_those_that_a_ca_in_memory_makes(given, authority, tmp_path):
    with Client(given, "one.example", trust=tmp_path / "one.crt") as client:
        assert client.get("/who").endswith(b"https 0 ")
    with Client(given, "two.example", trust=authority.certificate) as client:
        assert client.names() == {"two.example", "*.two.example"}


def test_a_function_says_which_certificate_is_shown(given, authority, tmp_path):
    with Client(given, "Special.example", trust=tmp_path / "special.crt") as client:
        assert client.names() == {"special.example"}
    with pytest.raises(ssl.SSLError, match="(?i)alert"):
        Client(given, "refused.example", trust=authority.certificate)


def test_a_client_is_known_by_its_certificate(given, authority, tmp_path):
    key, request, mine = (tmp_path / name for name in ("alice.key", "alice.csr", "alice.crt"))
    subject = ["-subj", "/O=Example/CN=alice"]
    openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", *subject, "-keyout", key, "-out", request)
    extensions = tmp_path / "ext"
    extensions.write_text("extendedKeyUsage=clientAuth\nsubjectAltName=email:alice@example.com\n")
    ca = ["-CA", authority.certificate, "-CAkey", authority.folder / "ca.key", "-CAcreateserial"]
    ca += ["-CAserial", tmp_path / "serial"]
    openssl("x509", "-req", "-in", request, *ca, "-days", "1", "-extfile", extensions, "-out", mine)
    argv = ["curl", "-sS", "--cacert", authority.certificate, "--cert", mine, "--key", key]
    argv += ["--resolve", f"a.example:{given[1]}:{given[0]}", f"https://a.example:{given[1]}/who"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=PATIENCE)
    scheme, size, who = done.stdout.split(" ", 2)
    assert scheme == "https" and int(size) > 500 and who == "O=Example, CN=alice", done.stderr
