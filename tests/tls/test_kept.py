"""Certificates that are kept in a folder across restarts (option certificate_dir)."""

import os
import shutil
import stat
import tempfile
from pathlib import Path

import pytest

from support.client import get

from tls.conftest import V12, Client, run
from tls.test_handshake import refused

RSA = {"version": V12, "ciphers": "ECDHE-RSA-AES128-GCM-SHA256"}


def visit(server, authority, name: str = "a.b.example.com", **choices) -> bytes:
    """What is shown to who asks for a name."""
    with Client(server.addresses[1], name, trust=authority.certificate, **choices) as client:
        client.get()
        return client.socket.getpeercert(binary_form=True)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "made"


def made(server) -> int:
    return server.stats()["tls_certificates_made"]


def certificates(folder):
    return [file for file in folder.iterdir() if file.suffix == ".crt"]


def test_they_are_shown_again_after_a_restart(tls, authority, folder):
    first = tls("--certificate-dir", str(folder))
    names = ["a.b.example.com", "ads.example.net", "localhost"]
    before = [visit(first, authority, name) for name in names] + [visit(first, authority, **RSA)]
    assert made(first) == 4
    first.stop(())
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}
    assert len(certificates(folder)) == 4
    second = tls("--certificate-dir", str(folder))
    after = [visit(second, authority, name) for name in names] + [visit(second, authority, **RSA)]
    assert after == before and made(second) == 0


SPOILS = {
    "empty": lambda octets: b"",
    "cut off": lambda octets: octets[:-1],
    "a bit": lambda octets: octets[:200] + bytes([octets[200] ^ 1]) + octets[201:],
    "nonsense": lambda octets: b"nonsense" * 100,
    "large": lambda octets: octets * 1000,
}


@pytest.mark.parametrize("spoil", SPOILS.values(), ids=SPOILS)
def test_what_is_spoilt_is_made_anew(tls, authority, folder, spoil):
    first = tls("--certificate-dir", str(folder))
    before = visit(first, authority)
    first.stop(())
    [file] = certificates(folder)
    file.write_bytes(spoil(file.read_bytes()))
    second = tls("--certificate-dir", str(folder))
    after = visit(second, authority)
    assert after != before and made(second) == 1
    second.stop(())
    third = tls("--certificate-dir", str(folder))
    assert visit(third, authority) == after and made(third) == 0


def test_those_of_another_ca_and_for_another_key_are_made_anew(tls, authority, folder, tmp_path):
    first = tls("--certificate-dir", str(folder))
    before = visit(first, authority)
    first.stop(())
    other = tmp_path / "other"
    run("init", "--dir", other)
    second = tls("--certificate-dir", str(folder), "--ca-dir", str(other), ca=False)
    with Client(second.addresses[1], "a.b.example.com", trust=other / "ca.crt") as client:
        client.get()
    second.stop(())
    (folder / "leaf-ecdsa.key").write_bytes(b"nonsense")
    third = tls("--certificate-dir", str(folder))
    assert visit(third, authority) != before and made(third) == 1


def test_no_more_are_kept_than_are_remembered(tls, authority, folder):
    options = ("--certificate-dir", str(folder), "--certificate-cache", "3")
    server = tls(*options)
    for number in range(8):
        visit(server, authority, f"x{number}.a.example.com")
    server.stop(())
    assert len(certificates(folder)) == 3
    again = tls(*options)
    for number in (7, 6, 5):
        visit(again, authority, f"x{number}.a.example.com")
    assert made(again) == 0
    again.stop(())
    fewer = tls("--certificate-dir", str(folder), "--certificate-cache", "1")
    fewer.stop(())
    assert len(certificates(folder)) == 1


def test_a_file_in_the_place_of_another_is_not_believed(tls, authority, folder):
    first = tls("--certificate-dir", str(folder))
    visit(first, authority, "one.a.example.com")
    first.stop(())
    [one] = certificates(folder)
    content = one.read_bytes()
    second = tls("--certificate-dir", str(folder))
    visit(second, authority, "two.a.example.com")
    second.stop(())
    [two] = [file for file in certificates(folder) if file != one]
    two.write_bytes(content)
    third = tls("--certificate-dir", str(folder))
    visit(third, authority, "two.a.example.com")
    visit(third, authority, "one.a.example.com")
    assert made(third) == 1


def test_a_folder_that_cannot_be_is_told(authority, tmp_path):
    (tmp_path / "file").write_text("x")
    words = ["--ca-dir", str(authority.folder), "--certificate-dir"]
    assert "certificate_dir: " in refused(*words, str(tmp_path / "file"))
    assert "No such file" in refused(*words, str(tmp_path / "no" / "folder"))


def test_it_is_written_under_the_sandbox(tls, authority, folder):
    server = tls("--certificate-dir", str(folder), "--sandbox")
    visit(server, authority)
    assert get(server.address, "/a.gif").status == 200
    server.stop(())
    assert len(certificates(folder)) == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_it_is_written_by_whom_the_process_becomes(tls, authority):
    # A folder that everybody may pass through, unlike pytest's own.
    place = Path(tempfile.mkdtemp(prefix="http_responder_kept_"))
    place.chmod(0o755)
    try:
        # The CA stands where nobody else may look.
        told = "nobody cannot read it again"
        server = tls("--certificate-dir", str(place / "made"), "--user", "nobody", "--sandbox", allow=[told])
        visit(server, authority)
        server.stop((told,))
        assert len(certificates(place / "made")) == 1
        assert len({file.stat().st_uid for file in (place / "made").iterdir()}) == 1
        assert (place / "made").stat().st_uid != 0
    finally:
        shutil.rmtree(place)
