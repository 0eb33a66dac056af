"""A load generator in the background while something is done to a server."""

import os
import re
import shutil
import signal
import subprocess

import pytest

from .deadline import PATIENCE


class Wrk:
    """wrk, until it is stopped; then what it says. Skips where it is missing."""

    def __init__(self, url: str, *options: str, connections: int = 16):
        if shutil.which("wrk") is None:
            if os.environ.get("CI") == "true" and shutil.which("apt-get") and os.geteuid() == 0:
                pytest.fail("wrk is missing, and CI could have installed it (tests/c/tools.sh)")
            pytest.skip("wrk is missing (package wrk)")
        argv = ["wrk", "-t1", f"-c{connections}", "-d120s", *options, url]
        self.process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def __enter__(self) -> "Wrk":
        return self

    def __exit__(self, *_exc) -> None:
        self.process.kill()
        self.process.communicate()

    def stop(self) -> int:
        """Ends it; every request was answered with 200 and no connection failed. How many there were."""
        self.process.send_signal(signal.SIGINT)
        report, _ = self.process.communicate(timeout=PATIENCE)
        assert "Socket errors" not in report and "Non-2xx" not in report, report
        return int(re.search(r"(\d+) requests in ", report)[1])
