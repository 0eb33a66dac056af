"""The Dockerfile: read by hadolint."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.paths import REPO

HADOLINT = Path(sys.executable).with_name("hadolint")


@pytest.mark.skipif(not HADOLINT.exists() and shutil.which("hadolint") is None, reason="hadolint is missing")
def test_hadolint_has_nothing_to_say():
    ended = subprocess.run(
        [HADOLINT, REPO / "deploy" / "docker" / "Dockerfile"], capture_output=True, text=True, timeout=60
    )
    assert (ended.returncode, ended.stdout) == (0, "")
