"""Faults while a file is sent: sendfile fails in turn with each errno that it can give."""

import errno as e
import os
import subprocess

import pytest
from faults.preloaded import ALWAYS, Faults, name

from support.client import Client, request
from support.compile import c_program
from support.deadline import PATIENCE, eventually
from support.paths import REPO
from support.proc import open_descriptors

LARGE = os.urandom(3_000_000)

HARMLESS = [e.EINTR, e.EINVAL, e.ENOSYS, e.EOVERFLOW]
"""The call is made again, or the file is read and sent instead."""

FATAL = [e.EIO, e.ENOMEM, e.EPIPE, e.ECONNRESET]


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    """The example that sends files, under faults: what arms them, where it listens, its process."""
    folder = tmp_path_factory.mktemp("files")
    (folder / "large.bin").write_bytes(LARGE)
    faults, socket = Faults(folder), str(folder / "socket")
    program = c_program(REPO / "c_examples" / "files.c", library=True)
    process = subprocess.Popen([*faults.environment(), program, f"unix:{socket}", folder])
    try:
        eventually(lambda: reached(socket), "it listens")
        yield faults, socket, process
        process.terminate()
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()
        process.wait()


def reached(address: str) -> bool:
    try:
        with Client(address):
            return True
    except OSError:
        return False


def fetched(address: str) -> bytes:
    """What comes of the file."""
    with Client(address, patience=PATIENCE) as client:
        client.send(request("/files/large.bin"))
        return client.response().body


@pytest.mark.parametrize("nth", [1, 2, 3])
@pytest.mark.parametrize("error", HARMLESS, ids=name)
def test_what_the_kernel_does_not_send_comes_whole_all_the_same(scene, error, nth):
    faults, address, _ = scene
    faults.arm("sendfile", error, nth, 2 if error == e.EINTR else ALWAYS)
    assert fetched(address) == LARGE
    assert faults.disarm() > 0


@pytest.mark.parametrize("nth", [1, 2, 3])
@pytest.mark.parametrize("error", FATAL, ids=name)
def test_a_file_that_cannot_be_sent_ends_its_connection_alone(scene, error, nth):
    faults, address, process = scene
    assert fetched(address) == LARGE
    base = open_descriptors(process.pid)
    faults.arm("sendfile", error, nth)
    with pytest.raises((AssertionError, OSError)):
        fetched(address)
    assert faults.disarm() == 1
    # Neither the file nor the connection is held.
    eventually(lambda: open_descriptors(process.pid) <= base, f"{base} descriptors as before")
    assert fetched(address) == LARGE
