"""Rules files that nobody would write: refused in good time at the start and at a reload, with a line
that says why; the server that runs keeps its rules."""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from support.client import get
from support.deadline import eventually
from support.paths import BINARY


def binary(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 4096)


def not_utf8(path: Path) -> None:
    path.write_bytes(b'[[rule]]\nbody = "\xff\xfe"\n')


def nul(path: Path) -> None:
    path.write_bytes(b'[[rule]]\nbody = "a\0b"\n')


def deep_arrays(path: Path) -> None:
    path.write_text("rule = " + "[" * 1_000_000)


def deep_tables(path: Path) -> None:
    path.write_text("[" + ".".join(["a"] * 1_000_000) + "]\n")


def deep_inline_tables(path: Path) -> None:
    path.write_text("rule = " + "{a=" * 200_000)


def one_line(path: Path) -> None:
    path.write_text('[[rule]]\nbody = "' + "x" * (10 << 20))


def one_name(path: Path) -> None:
    path.write_text(f'[[rule]]\nhost = "{"a" * (10 << 20)}"\nbody = ""\n')


def one_value(path: Path) -> None:
    path.write_text(f'[[rule]]\nstatus = "{"x" * (10 << 20)}"\n')


def many_mistakes(path: Path) -> None:
    path.write_text("[[rule]]\nnothing = 1\n" * 100_000)


def too_large(path: Path) -> None:
    path.write_text("[[rule]]\n")
    os.truncate(path, 1 << 40)  # sparse


def folder(path: Path) -> None:
    path.mkdir()


def folder_of_odd_things(path: Path) -> None:
    path.mkdir()
    os.mkfifo(path / "a.toml")
    (path / "b.toml").symlink_to(path / "b.toml")
    (path / "c.toml").mkdir()


def pipe(path: Path) -> None:
    os.mkfifo(path)


def unix_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def loop(path: Path) -> None:
    path.symlink_to(path.with_name("other"))
    path.with_name("other").symlink_to(path)


def dangling(path: Path) -> None:
    path.symlink_to("nowhere")


def list_that_is_a_pipe(path: Path) -> None:
    os.mkfifo(path.with_name("list.txt"))
    path.write_text('[[rule]]\nhost_file = "list.txt"\nbody = ""\n')


def body_that_is_a_device(path: Path) -> None:
    path.write_text('[[rule]]\nfile = "/dev/zero"\n')


HOSTILE = [
    *(binary, not_utf8, nul, deep_arrays, deep_tables, deep_inline_tables, one_line, one_name, one_value),
    *(many_mistakes, too_large, folder, folder_of_odd_things, pipe, unix_socket, device, loop, dangling),
    *(list_that_is_a_pipe, body_that_is_a_device),
]


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # a Unix socket's path has to be short
    return Path("rules.toml")


@pytest.mark.parametrize("make", HOSTILE, ids=lambda make: make.__name__)
def test_at_the_start(path, make):
    make(path)
    argv = [BINARY, "0", "127.0.0.1", "--max-connections", "10", "--rules", path]
    begun = time.monotonic()
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60)
    assert time.monotonic() - begun < 20
    assert done.returncode in (1, 2) and done.stdout == ""
    assert all(line.startswith("http_responder_mt: ") for line in done.stderr.splitlines())
    assert 1 <= len(done.stderr.splitlines()) <= 200, "who reads more?"
    assert "panicked" not in done.stderr and max(map(len, done.stderr.splitlines())) < 1000
    check = subprocess.run([BINARY, "--check", path], capture_output=True, text=True, timeout=60)
    assert check.returncode == 2 and check.stderr and check.stdout == ""


@pytest.mark.parametrize("make", HOSTILE, ids=lambda make: make.__name__)
def test_at_a_reload(start, path, make):
    path.write_text('[[rule]]\nbody = "kept"\n')
    server = start("--rules", str(path), workers=1, allow=["error: reload: "])
    path.unlink()
    make(path)
    server.signal(signal.SIGHUP)
    eventually(lambda: any("stays as it was" in line for line in server.messages()), "a complaint", 60)
    assert get(server.address, "/").body == b"kept"
    # It can still be told what is right.
    subprocess.run(["rm", "-rf", path], check=True)
    path.write_text('[[rule]]\nbody = "new"\n')
    server.signal(signal.SIGHUP)
    eventually(lambda: get(server.address, "/").body == b"new", "the new rule", 60)
