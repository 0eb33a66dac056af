"""The test suite of pytest-httpserver, of its source distribution, on this server."""

import re
import subprocess
import sys
import tarfile

import pytest

# What that package passes on its own server; the rest are tests of TLS and of its releases.
PASSING = 145
VERSION = "1.2.0"

PLUGIN = """
import pytest_httpserver.httpserver
from http_responder.wsgi import make_server

pytest_httpserver.httpserver.make_server = make_server
"""


@pytest.fixture(scope="module")
def suite(tmp_path_factory):
    folder = tmp_path_factory.mktemp("suite")
    download = ["download", "-q", "--no-deps", "--no-binary=:all:"]
    name = f"pytest_httpserver=={VERSION}"
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *download, name]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    archives = list(folder.glob("pytest_httpserver-*.tar.gz"))
    if not archives:
        pytest.skip(f"the source distribution cannot be had: {done.stderr[-500:]}")
    with tarfile.open(archives[0]) as archive:
        archive.extractall(folder, filter="data")
    (folder / "on_http_responder.py").write_text(PLUGIN)
    return folder


def test_its_suite_passes_on_this_server(suite):
    tests = suite / f"pytest_httpserver-{VERSION}"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "on_http_responder", "tests"]
    command += ["-p", "no:cacheprovider", "-p", "no:xdist"]
    done = subprocess.run(
        command,
        cwd=tests,
        env={"PYTHONPATH": str(suite), "NO_PROXY": "*", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    passed = int(re.search(r"(\d+) passed", done.stdout).group(1))
    assert (passed, done.returncode) == (PASSING, 0), done.stdout[-3000:]
