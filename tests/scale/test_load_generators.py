"""What ab and wrk say: no failed request, no error."""

import os
import re
import shutil
import subprocess

import pytest

pytestmark = pytest.mark.scale

SECONDS = int(os.environ.get("HR_WRK_SECONDS", "10"))
REQUESTS = int(os.environ.get("HR_AB_REQUESTS", "100000"))


def run(*command: str) -> str:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def number(pattern: str, text: str) -> int:
    match = re.search(pattern, text, re.MULTILINE)
    assert match, f"no {pattern!r} in:\n{text}"
    return int(match[1])


@pytest.mark.parametrize("keep_alive", [True, False], ids=["keep-alive", "close"])
def test_ab(start, keep_alive):
    server = start("--max-connections", "4000", workers=4)
    options = ["-k"] if keep_alive else []
    report = run("ab", "-q", "-n", str(REQUESTS), "-c", "1000", *options, server.url + "/a.gif")
    assert number(r"^Complete requests:\s+(\d+)", report) == REQUESTS
    assert number(r"^Failed requests:\s+(\d+)", report) == 0
    assert "Non-2xx" not in report and "Write errors" not in report
    if keep_alive:
        assert number(r"^Keep-Alive requests:\s+(\d+)", report) == REQUESTS
    stats = server.eventually("all are gone", lambda stats: stats["connections_open"] == 0)
    assert stats["requests_handled"] >= REQUESTS
    assert not stats.named("refused_") and not stats["connections_shed"]


def test_wrk(start):
    server = start("--max-connections", "4000", workers=4)
    report = run("wrk", "-t4", "-c1000", f"-d{SECONDS}s", "--latency", server.url + "/a.gif")
    assert "Socket errors" not in report and "Non-2xx" not in report, report
    assert number(r"(\d+) requests in", report) > 0
    stats = server.stats()
    assert not stats.named("refused_") and not stats["connections_evicted"]
    handled = stats.workers["connections_handled"]
    assert max(handled) - min(handled) <= 1
