"""Files that TLS is told of and that cannot be: one line each, with the option, the file and what was expected."""

import datetime
import re
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from support.deadline import PATIENCE
from support.paths import BINARY

from tls.conftest import self_signed

NOW = datetime.datetime.now(datetime.timezone.utc)
DAY = datetime.timedelta(days=1)
PLAIN = serialization.NoEncryption()


def issued(folder, first=-DAY, last=DAY, encryption=PLAIN, names=("a.example.com",)) -> None:
    """A certificate that has signed itself: one.crt, one.key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "one")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, NOW + first, NOW + last)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in names]), False)
    certificate = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    (folder / "one.crt").write_bytes(certificate)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
    (folder / "one.key").write_bytes(pem)


def certificate(**how):
    def make(folder):
        issued(folder, **how)
        return ["--certificates", folder / "one.crt"]

    return make


def no_certificate(folder):
    (folder / "one.crt").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    return ["--certificates", folder / "one.crt"]


def another_key(folder):
    (folder / "other").mkdir()
    issued(folder / "other")
    issued(folder)
    (folder / "one.key").write_bytes((folder / "other" / "one.key").read_bytes())
    return ["--certificates", folder / "one.crt"]


def empty_folder(folder):
    (folder / "none").mkdir()
    return ["--certificates", folder / "none"]


def no_ca_of_clients(folder):
    (folder / "clients").write_text("nonsense")
    return ["--certificates", self_signed(folder, "good", "a.example"), "--client-ca", folder / "clients"]


def short_ticket_keys(folder):
    (folder / "tickets").write_bytes(bytes(47))
    return ["--certificates", self_signed(folder, "good", "a.example"), "--ticket-keys", folder / "tickets"]


WRONG = {
    "expired": (certificate(first=-9 * DAY, last=-DAY), r"certificates: \S+/one\.crt: the certificate has expired on"),
    "early": (certificate(first=2 * DAY, last=9 * DAY), r"certificates: \S+/one\.crt: the certificate is not valid before"),
    "encrypted": (
        certificate(encryption=serialization.BestAvailableEncryption(b"words")),
        r"certificates: \S+/one\.key: the key is encrypted and no passphrase is there",
    ),
    "nameless": (certificate(names=()), r"certificates: \S+/one\.crt: the certificate names nobody"),
    "malformed": (no_certificate, r"certificates: \S+/one\.crt: malformed certificate"),
    "mismatched": (another_key, r"certificates: \S+/one\.key: the key is not that of the certificate"),
    "none": (empty_folder, r"certificates: \S+/none: expected files that end in \.crt or \.pem"),
    "clients": (no_ca_of_clients, r"client_ca: \S+/clients: expected certificates in PEM"),
    "tickets": (short_ticket_keys, r"ticket_keys: \S+/tickets: expected keys of 48 octets each, got 47 octets"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_file_that_cannot_be_is_told_in_one_line(tmp_path, what):
    make, said = WRONG[what]
    argv = [BINARY, "0", "127.0.0.1", "--tls-port", "0", *make(tmp_path)]
    done = subprocess.run([str(word) for word in argv], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode in (1, 2) and re.search(said, done.stderr), done.stderr
    assert len(done.stderr.splitlines()) == 1 and "PRIVATE" not in done.stderr
