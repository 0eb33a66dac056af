"""The life of a CA: made, shown, handed out, renewed; those of others."""

import datetime
import os
import plistlib
import re
import shutil
import signal
import ssl
import stat
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from support.deadline import eventually
from support.paths import BINARY

from tls.conftest import V12, Client, openssl, run


def test_a_ca_is_made_for_ten_years_and_only_its_owner_reads_the_key(tmp_path):
    folder = tmp_path / "new" / "ca"
    said = run("init", "--dir", folder).stdout.decode()
    assert stat.S_IMODE((folder / "ca.key").stat().st_mode) == 0o600
    text = openssl("x509", "-in", folder / "ca.crt", "-noout", "-text")
    assert "CA:TRUE, pathlen:0" in text and "Certificate Sign, CRL Sign" in text and "prime256v1" in text
    assert openssl("x509", "-in", folder / "ca.crt", "-noout", "-checkend", str(3649 * 86400))
    digest = openssl("x509", "-in", folder / "ca.crt", "-noout", "-fingerprint", "-sha256").strip().split("=")[1]
    assert digest in said and digest in run("show", "--dir", folder).stdout.decode()


def test_nothing_is_overwritten(authority, tmp_path):
    before = (authority.folder / "ca.key").read_bytes()
    refused = run("init", "--dir", authority.folder, status=1).stderr.decode()
    assert refused == f"ca: {authority.certificate}: it is there already and is not overwritten\n"
    assert (authority.folder / "ca.key").read_bytes() == before
    (tmp_path / "ca.key").write_text("mine")
    run("init", "--dir", tmp_path, status=1)
    assert os.listdir(tmp_path) == ["ca.key"]


def test_a_ca_may_be_bound_to_domains(tls, tmp_path):
    folder = tmp_path / "ca"
    run("init", "--dir", folder, "--permit", "example.com,example.net", "--name", "Only these")
    assert "Only these" in (shown := run("show", "--dir", folder).stdout.decode()) and "example.net" in shown
    server = tls("--ca-dir", str(folder), ca=False)
    with Client(server.addresses[1], "a.example.com", trust=folder / "ca.crt") as client:
        assert b"200 OK" in client.get()
    with pytest.raises(Exception, match="permitted subtree violation"):
        Client(server.addresses[1], "a.example.org", trust=folder / "ca.crt")


def test_it_is_handed_out_in_the_forms_that_platforms_take(authority, tmp_path):
    der = run("export", "--dir", authority.folder, "--format", "der").stdout
    (tmp_path / "ca.der").write_bytes(der)
    pem = run("export", "--dir", authority.folder).stdout.decode()
    assert openssl("x509", "-inform", "DER", "-in", tmp_path / "ca.der") == pem
    profile = plistlib.loads(run("export", "--dir", authority.folder, "--format", "mobileconfig").stdout)
    [payload] = profile["PayloadContent"]
    assert payload["PayloadType"] == "com.apple.security.root" and payload["PayloadContent"] == der
    store = tmp_path / "ca.p12"
    said = run("export", "--dir", authority.folder, "--format", "p12", "--out", store).stdout.decode()
    assert said == f"written to {store} (password changeit)\n"
    inside = openssl("pkcs12", "-in", store, "-passin", "pass:changeit", "-nokeys", "-legacy")
    assert pem.split("-----")[2] in inside


def test_a_renewed_ca_keeps_its_key_and_what_it_has_signed(tls, tmp_path):
    folder = tmp_path / "ca"
    run("init", "--dir", folder, "--days", "100")
    old = (folder / "ca.crt").read_bytes()
    server = tls("--ca-dir", str(folder), ca=False)
    run("renew", "--dir", folder, "--days", "1000")
    assert (folder / "ca.crt.old").read_bytes() == old != (folder / "ca.crt").read_bytes()
    assert openssl("x509", "-in", folder / "ca.crt", "-noout", "-checkend", str(999 * 86400))
    for trust in ("ca.crt", "ca.crt.old"):
        with Client(server.addresses[1], trust=folder / trust) as client:
            assert b"200 OK" in client.get()


def extensions(certificate: Path) -> str:
    return openssl("x509", "-in", certificate, "-noout", "-ext", "nameConstraints,basicConstraints,keyUsage")


def test_a_renewed_ca_is_bound_to_its_domains_as_before_however_often(tls, tmp_path):
    folder = tmp_path / "ca"
    run("init", "--dir", folder, "--permit", "example.com,example.org", "--name", "Bound", "--days", "50")
    first = extensions(folder / "ca.crt")
    assert "DNS:example.com" in first and "DNS:example.org" in first
    for days in (100, 200, 300):
        old = (folder / "ca.crt").read_bytes()
        said = run("renew", "--dir", folder, "--days", str(days)).stdout.decode()
        assert (folder / "ca.crt.old").read_bytes() == old and extensions(folder / "ca.crt") == first
        assert "signs for    example.com, example.org" in said and "CN=Bound" in said
        # The dates are those of the certificate.
        dates = openssl("x509", "-in", folder / "ca.crt", "-noout", "-enddate", "-startdate", "-dateopt", "iso_8601")
        end, begin = (datetime.datetime.fromisoformat(line.partition("=")[2]) for line in dates.split("\n")[:2])
        assert (end - begin).days == days + 2
        shown = run("show", "--dir", folder).stdout.decode()
        assert shown == said and all(f"{at.year}" in line for at, line in zip((begin, end), valid(shown), strict=True))
    server = tls("--ca-dir", str(folder), ca=False)
    with Client(server.addresses[1], "ads.example.com", trust=folder / "ca.crt") as client:
        assert b"200 OK" in client.get()


def valid(shown: str) -> list[str]:
    """The lines with the dates."""
    return [line for line in shown.splitlines() if "valid " in line]


def test_a_ca_whose_key_is_encrypted_is_renewed(tls, tmp_path):
    folder = tmp_path / "ca"
    folder.mkdir()
    words = ["-passout", "pass:open sesame"]
    made = ["-keyout", folder / "ca.key", "-out", folder / "ca.crt", "-addext", "basicConstraints=critical,CA:TRUE"]
    openssl("req", "-x509", "-newkey", "rsa:2048", *words, "-days", "30", "-subj", "/CN=x", *made)
    assert b"ENCRYPTED" in (folder / "ca.key").read_bytes()
    said = run("renew", "--dir", folder, status=1).stderr.decode()
    assert said.count("\n") == 1 and "the key is encrypted and no passphrase is there" in said
    (folder / "ca.key.passphrase").write_text("open sesame\n")
    run("renew", "--dir", folder, "--days", "400")
    server = tls("--ca-dir", str(folder), ca=False)
    with Client(server.addresses[1], trust=folder / "ca.crt") as client:
        assert b"200 OK" in client.get()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_the_key_is_read_before_privileges_are_dropped(tls, tmp_path):
    folder = tmp_path / "ca"
    run("init", "--dir", folder)
    folder.chmod(0o700)
    told = "nobody cannot read it again, so every reload will fail"
    server = tls("--ca-dir", str(folder), "--user", "nobody", ca=False, allow=(told, "reload: ca_dir: .*everything stays"))
    assert any(told in line for line in server.messages())
    server.signal(signal.SIGHUP)
    eventually(lambda: any("everything stays as it was" in line for line in server.messages()), "it says so")
    with Client(server.addresses[1], "x.new.example", trust=folder / "ca.crt") as client:
        assert b"200 OK" in client.get()


@pytest.mark.parametrize("legacy", [True, False])
def test_a_ca_of_pixelserv_tls_is_taken_with_its_passphrase(tls, tmp_path, legacy):
    folder = tmp_path / "pixelserv"
    folder.mkdir()
    form = ["-traditional"] if legacy else []
    openssl("genrsa", "-aes256", "-passout", "pass:open sesame", *form, "-out", folder / "ca.key", "2048")
    openssl(
        "req", "-x509", "-new", "-key", folder / "ca.key", "-passin", "pass:open sesame", "-days", "30",
        "-subj", "/CN=Pixelserv CA", "-out", folder / "ca.crt",
    )  # fmt: skip
    (folder / "ca.key.passphrase").write_text("open sesame\n")
    server = tls("--ca-dir", str(folder), ca=False)
    with Client(server.addresses[1], trust=folder / "ca.crt") as client:
        assert b"200 OK" in client.get()


def start_with(folder: Path) -> subprocess.CompletedProcess:
    argv = [BINARY, "0", "127.0.0.1", "--tls-port", "0", "--max-connections", "10", "--ca-dir", folder]
    return subprocess.run(argv, capture_output=True, text=True, timeout=30)


def broken(authority, folder: Path, what: str) -> None:
    """Spoils a copy of the CA."""
    shutil.copytree(authority.folder, folder)
    match what:
        case "no key":
            (folder / "ca.key").unlink()
        case "another key":
            openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", folder / "ca.key")
        case "no PEM":
            (folder / "ca.crt").write_text("nonsense")
        case "key without PEM":
            (folder / "ca.key").write_text("nonsense")
        case "malformed":
            (folder / "ca.crt").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
        case "no CA":
            words = ["-subj", "/CN=x", "-addext", "basicConstraints=critical,CA:FALSE", "-out", folder / "ca.crt"]
            openssl("req", "-x509", "-new", "-key", folder / "ca.key", *words)
        case "expired":
            make_expired(folder)
        case "encrypted":
            openssl("ec", "-in", folder / "ca.key", "-aes256", "-passout", "pass:x", "-out", folder / "ca.key")
        case "wrong passphrase":
            openssl("ec", "-in", folder / "ca.key", "-aes256", "-passout", "pass:x", "-out", folder / "ca.key")
            (folder / "ca.key.passphrase").write_text("y\n")


def make_expired(folder: Path) -> None:
    key = serialization.load_pem_private_key((folder / "ca.key").read_bytes(), None)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "x")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 7)
    builder = builder.not_valid_before(datetime.datetime(2020, 1, 1)).not_valid_after(datetime.datetime(2021, 1, 1))
    builder = builder.add_extension(x509.BasicConstraints(True, None), True)
    (folder / "ca.crt").write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("no key", r"ca_dir: \S+/ca\.key: No such file"),
        ("another key", r"ca_dir: \S+/ca\.key: the key is not that of ca\.crt"),
        ("no PEM", r"ca_dir: \S+/ca\.crt: expected certificates in PEM"),
        ("key without PEM", r"ca_dir: \S+/ca\.key: expected a private key in PEM"),
        ("malformed", r"ca_dir: \S+/ca\.crt: malformed certificate"),
        ("no CA", r"ca_dir: \S+/ca\.crt: the certificate is not that of a CA"),
        ("expired", r"ca_dir: \S+/ca\.crt: the certificate has expired on .*2021"),
        ("encrypted", r"ca_dir: \S+/ca\.key: the key is encrypted and no passphrase is there"),
        ("wrong passphrase", r"ca_dir: \S+/ca\.key: the passphrase in \S+ does not open it"),
    ],
)
def test_a_ca_that_cannot_be_is_told_in_one_line(authority, tmp_path, what, said):
    broken(authority, tmp_path / "ca", what)
    done = start_with(tmp_path / "ca")
    assert done.returncode in (1, 2) and re.search(said, done.stderr), done.stderr
    assert len(done.stderr.splitlines()) == 1 and "PRIVATE" not in done.stderr


def test_wrong_words_are_answered_with_the_usage():
    for words in ([], ["make"], ["init"], ["export", "--dir", "/x", "--format", "jks"]):
        assert "usage: ca" in run(*words, status=2).stderr.decode()


def test_a_reload_takes_another_ca_and_makes_no_client_wait_for_a_key(start, tmp_path):
    folder = tmp_path / "ca"
    run("init", "--dir", folder)
    server = start("--tls-port", "0", "--ca-dir", str(folder))
    before = rsa_key(server, folder)
    for name in ("ca.crt", "ca.key"):
        (folder / name).unlink()
    run("init", "--dir", folder)
    server.signal(1)

    def is_shown():
        try:
            with Client(server.addresses[1], trust=folder / "ca.crt"):
                return True
        except ssl.SSLError:
            return False

    eventually(is_shown, "the other CA")
    assert rsa_key(server, folder) == before, "the key that takes long to make is the same"


def rsa_key(server, folder) -> bytes:
    """What a client without ECDSA is shown."""
    choices = {"version": V12, "ciphers": "ECDHE-RSA-AES128-GCM-SHA256"}
    with Client(server.addresses[1], trust=folder / "ca.crt", **choices) as client:
        shown = x509.load_der_x509_certificate(client.socket.getpeercert(binary_form=True))
    return shown.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
