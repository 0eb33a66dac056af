"""A second type checker, as editors have it."""

import pathlib
import subprocess
import sys

import pytest

PACKAGE = pathlib.Path(__file__).parent.parent / "http_responder"


def test_pyright_finds_nothing():
    command = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, str(PACKAGE)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    if "error" in done.stderr and not done.stdout:
        pytest.skip("pyright cannot be started here")
    assert done.stdout.splitlines()[-1].startswith("0 errors"), done.stdout
