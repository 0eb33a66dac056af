"""`http_responder_mt health`: whether a server runs, as an exit status, for what has no other client."""

import subprocess

import pytest

from support.client import Client
from support.deadline import PATIENCE, eventually
from support.paths import BINARY


def health(*arguments) -> subprocess.CompletedProcess:
    return subprocess.run([BINARY, "health", *arguments], capture_output=True, text=True, timeout=PATIENCE)


def test_a_server_that_runs_is_well(start, tmp_path):
    start("--admin", f"unix:{tmp_path}/admin.sock")
    for address in (f"unix:{tmp_path}/admin.sock", f"{tmp_path}/admin.sock"):
        ended = health(address)
        assert (ended.returncode, ended.stdout, ended.stderr) == (0, '{"status": "running"}\n', "")


def test_a_server_that_drains_is_not(start, tmp_path):
    address = f"unix:{tmp_path}/admin.sock"
    server = start("--admin", address, "--drain-timeout", "20s")
    with Client(server.address) as client:
        client.send(b"POST /a.gif HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n1")
        assert health(address).returncode == 0
        server.process.terminate()
        eventually(lambda: "draining" in health(address).stdout, "it says that it drains")
        assert health(address).returncode == 1
        client.send(b"23")


def test_nobody_there_is_said(tmp_path):
    ended = health(f"unix:{tmp_path}/none")
    assert ended.returncode == 1
    assert ended.stderr == f"http_responder_mt health: unix:{tmp_path}/none: No such file or directory\n"


def test_another_server_is_no_admin_side(start):
    ended = health("{}:{}".format(*start().address))
    assert ended.returncode == 1 and "this is not the admin side of an http_responder" in ended.stderr


@pytest.mark.parametrize("wrong", [("foo",), ("127.0.0.1",), ("/a", "/b")])
def test_wrong_usage(wrong):
    ended = health(*wrong)
    assert ended.returncode == 2 and "expected one address such as" in ended.stderr
