"""What a server costs a Python program: its import, its start and stop, its fixture, what it leaves behind, its wheel."""

import json
import subprocess
import tempfile
import time
from pathlib import Path
from statistics import median

from measure import SERVER_CORE, Failed
from support.paths import BUILD

PYTHON = str(BUILD / "venv" / "bin" / "python")
TESTS = 500

IMPORT = """
import time
began = time.perf_counter()
import http_responder
print((time.perf_counter() - began) * 1e3)
"""

SERVERS = """
import json, os, time
from statistics import median
from http_responder import Server

def left():
    with open("/proc/self/statm") as statm:
        resident = int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return resident, len(os.listdir("/proc/self/fd")), len(os.listdir("/proc/self/task"))

def use(count):
    took = []
    for _ in range(count):
        began = time.perf_counter()
        with Server(port=0):
            pass
        took.append((time.perf_counter() - began) * 1e3)
    return median(took)

use(200)
before = left()
took = use(1000)
grown = [after - b for after, b in zip(left(), before)]
assert grown[1:] == [0, 0], f"descriptors and threads: {grown[1:]} are left"
print(json.dumps({"start_stop_ms": took, "leaked": max(grown[0], 0)}))
"""

FIXTURE = "import pytest\n\n@pytest.mark.parametrize('number', range({tests}))\ndef test_it(number{fixture}):\n    pass\n"


def measure() -> dict:
    """All of it."""
    found = json.loads(_python("-c", SERVERS))
    found["import_ms"] = median(float(_python("-c", IMPORT)) for _ in range(11))
    found["fixture_ms"] = _fixture_ms()
    wheels = sorted((BUILD / "wheels").glob("http_responder-*abi3*.whl"))
    if wheels:
        found["wheel"] = wheels[-1].stat().st_size
    return found


def _python(*arguments: str, folder: str | None = None) -> str:
    command = ["taskset", "-c", SERVER_CORE, PYTHON, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=folder)
    if done.returncode != 0:
        raise Failed((done.stderr + done.stdout).strip()[-200:])
    return done.stdout


def _fixture_ms() -> float:
    """Milliseconds that a test with the fixture takes more than one without."""
    with tempfile.TemporaryDirectory() as folder:
        for name, fixture in (("with", ", http_responder"), ("without", "")):
            Path(folder, f"test_{name}.py").write_text(FIXTURE.format(tests=TESTS, fixture=fixture))
        times: dict[str, list[float]] = {"with": [], "without": []}
        for _ in range(3):
            for name, took in times.items():
                began = time.perf_counter()
                _python("-m", "pytest", "-q", "-p", "no:cacheprovider", f"test_{name}.py", folder=folder)
                took.append(time.perf_counter() - began)
    return (median(times["with"]) - median(times["without"])) / TESTS * 1e3
