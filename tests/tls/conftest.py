"""What the suite of TLS shares: a CA, certificates of the operator, clients that trust them."""

import socket
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.deadline import PATIENCE
from support.paths import BINARY


@dataclass(frozen=True)
class Authority:
    """A CA made by the program itself."""

    folder: Path

    @property
    def certificate(self) -> Path:
        return self.folder / "ca.crt"


def run(*words: str | Path, status: int = 0) -> subprocess.CompletedProcess:
    """The command `ca` of the program."""
    argv = [str(BINARY), "ca", *map(str, words)]
    done = subprocess.run(argv, capture_output=True, timeout=PATIENCE)
    assert done.returncode == status, done.stderr.decode()
    return done


@pytest.fixture(scope="session")
def authority(tmp_path_factory) -> Authority:
    folder = tmp_path_factory.mktemp("ca")
    run("init", "--dir", folder)
    return Authority(folder)


def openssl(*words: str | Path) -> str:
    """What openssl says."""
    return subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True, text=True).stdout


def self_signed(folder: Path, name: str, *names: str, key: str = "ec") -> Path:
    """A certificate of the operator's for `names`, its key beside it; the certificate's path."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.crt"
    kind = ["rsa:2048"] if key == "rsa" else ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    alternatives = ",".join(f"IP:{n}" if n[0].isdigit() else f"DNS:{n}" for n in names)
    openssl(
        "req", "-x509", "-newkey", *kind, "-nodes", "-days", "30", "-subj", f"/CN={names[0]}",
        "-addext", f"subjectAltName={alternatives}", "-keyout", path.with_suffix(".key"), "-out", path,
    )  # fmt: skip
    return path


@pytest.fixture
def tls(start, authority):
    """Starts a server that speaks TLS on its second address: `tls("--max-requests", "3")`."""

    def start_tls(*options: str, ca: bool = True, **where):
        given = ["--tls-port", "0", *(["--ca-dir", str(authority.folder)] if ca else []), *options]
        return start(*given, **where)

    return start_tls


class Client:
    """A TLS connection by Python's ssl that trusts one CA."""

    rest = b""

    def __init__(self, address, name: str | None = "ads.example.com", *, trust: Path, session=None, **choices):
        self.context = context(trust, **choices)
        self.raw = socket.create_connection(address, timeout=PATIENCE)
        self.socket = self.context.wrap_socket(self.raw, server_hostname=name, session=session)

    def get(self, path: str = "/a.gif", host: str = "a", close: bool = False) -> bytes:
        """The head and the body of an answer with a Content-Length."""
        end = "Connection: close\r\n" if close else ""
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{end}\r\n".encode())
        return self.answer()

    def answer(self) -> bytes:
        received = self.rest
        while b"\r\n\r\n" not in received:
            received += self.some()
        head, _, body = received.partition(b"\r\n\r\n")
        length = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
        body = bytearray(body)
        while len(body) < length:
            body += self.some()
        self.rest = bytes(body[length:])
        return head + b"\r\n\r\n" + bytes(body[:length])

    def some(self) -> bytes:
        octets = self.socket.recv(65536)
        assert octets, "the server has closed"
        return octets

    def names(self) -> set[str]:
        """The names in the certificate that was shown."""
        return {value for _, value in self.socket.getpeercert()["subjectAltName"]}

    def close(self) -> None:
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def context(trust: Path | None, version=None, ciphers: str | None = None, check: bool = True) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if trust is not None:
        made.load_verify_locations(trust)
    if version is not None:
        made.minimum_version = made.maximum_version = version
    if ciphers is not None:
        made.set_ciphers(ciphers)
    made.check_hostname = check
    return made


def end_of(raw: socket.socket) -> bytes:
    """What still comes until the server closes."""
    received = b""
    try:
        while octets := raw.recv(65536):
            received += octets
    except ConnectionResetError:
        pass
    return received


V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
