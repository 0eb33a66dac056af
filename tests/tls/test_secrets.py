"""Keys are used and not kept: their text is in no memory of the running server and in no line of its log."""

import base64
import re
import subprocess
from pathlib import Path

import pytest

from support.deadline import eventually

from tls.conftest import Authority, Client, openssl, run, self_signed


def memory(pid: int) -> bytes:
    """All that a process can write to."""
    pieces = []
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as mem:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            start, end, rights = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+)", line).groups()
            if rights.startswith("rw"):
                mem.seek(int(start, 16))
                try:
                    pieces.append(mem.read(int(end, 16) - int(start, 16)))
                except OSError:
                    pass
    return b"\n".join(pieces)


def secrets(key: Path) -> list[bytes]:
    """What of the file must be nowhere: lines of its text, and runs of its octets that are the key's own."""
    lines = [line for line in key.read_bytes().split() if len(line) == 64]
    # An RSA key begins with the modulus, which the certificate shows to all.
    lines = lines[8:] or lines
    der = base64.b64decode(b"".join(key.read_bytes().split(b"\n")[1:-2]))
    text = openssl("pkey", "-in", key, "-noout", "-text")
    private = re.search(r"(?:priv|prime1):\n((?:\s+[0-9a-f:]+\n)+)", text)[1]
    octets = bytes.fromhex(re.sub(r"[\s:]", "", private)).lstrip(b"\0")
    assert octets in der
    return [*lines, octets[:24]]


@pytest.fixture(params=["ec", "rsa", "encrypted"])
def keyed(request, tmp_path) -> tuple[Authority, Path]:
    """A CA, and its key in the clear."""
    folder = tmp_path / "ca"
    if request.param == "ec":
        run("init", "--dir", folder)
        return Authority(folder), folder / "ca.key"
    folder.mkdir()
    clear = tmp_path / "clear.key"
    made = ["-keyout", clear, "-out", folder / "ca.crt", "-addext", "basicConstraints=critical,CA:TRUE"]
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=x", *made)
    words = [] if request.param == "rsa" else ["-aes256", "-passout", "pass:open sesame"]
    openssl("pkey", "-in", clear, "-out", folder / "ca.key", *words)
    (folder / "ca.key.passphrase").write_text("open sesame\n")
    return Authority(folder), clear


def test_the_text_of_a_key_is_in_no_memory(tls, keyed, tmp_path):
    authority, key = keyed
    mine = self_signed(tmp_path / "certificates", "one", "one.example.com")
    both = self_signed(tmp_path / "both", "two", "two.example.com", key="rsa")
    with both.open("ab") as file:
        file.write(both.with_suffix(".key").read_bytes())
    kept = tmp_path / "kept"
    options = ["--certificates", f"{mine.parent},{both}", "--certificate-dir", str(kept), "--log-level", "info"]
    server = tls("--ca-dir", str(authority.folder), *options, ca=False, workers=1, allow=(".*",))
    with Client(server.addresses[1], trust=authority.certificate) as client:
        assert b"200 OK" in client.get()
    server.signal(1)
    eventually(lambda: any("reload" in line.lower() for line in server.messages()), "it has read everything again")
    try:
        held = memory(server.pid)
    except PermissionError:
        pytest.skip("the memory of another process may not be read here")
    assert b"ads.example.com" in held, "it is the memory of the server"
    for secret in [*secrets(key), *secrets(mine.with_suffix(".key")), *secrets(both.with_suffix(".key"))]:
        assert secret not in held, f"{secret!r} is still there"
    assert b"open sesame" not in held
    # The keys of the leaves are in files of their own, in DER.
    for file in kept.glob("*.key"):
        pem = subprocess.run(
            ["openssl", "pkey", "-inform", "DER", "-in", file], check=True, capture_output=True
        ).stdout
        clear = tmp_path / "leaf.key"
        clear.write_bytes(pem)
        for secret in secrets(clear):
            assert secret not in held, file
    said = "\n".join(server.messages() + server.stdout_lines)
    assert not [secret for secret in secrets(key) if secret in said.encode()]
