"""What servers cost: nothing is left behind, and workers keep what is costly to make."""

import os
import statistics
import subprocess
import sys
import threading
import time

import pytest
from conftest import request

from http_responder import Server


def resident():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def held():
    return len(os.listdir("/proc/self/fd")), len(os.listdir("/proc/self/task"))


def use_one():
    with Server(port=0, workers=2) as server:
        server.route("/x")(lambda request: request.query.get("a", "none"))
        assert request(server, "/x?a=b").text == "b"


def test_a_thousand_servers_one_after_another_leave_nothing():
    for _ in range(100):
        use_one()
    memory, others = resident(), held()
    for _ in range(1000):
        use_one()
    assert held() == others
    assert resident() - memory < 4 * 2**20


def test_a_worker_keeps_its_thread_state():
    with Server(port=0, workers=1) as server:
        kept = threading.local()

        @server.route("/x")
        def count(request):
            kept.count = getattr(kept, "count", 0) + 1
            return str(kept.count)

        assert [request(server, "/x").text for _ in range(3)] == ["1", "2", "3"]


def test_the_interpreter_is_left_while_a_worker_waits_for_events():
    with Server(port=0, workers=1) as server:
        server.route("/x")(lambda request: "x")
        request(server, "/x")
        began = time.monotonic()
        sum(range(1_000_000))
        assert time.monotonic() - began < 20, "this thread has it"


@pytest.mark.parametrize("module", ["http_responder"])
def test_the_import_is_light(module):
    program = f"""
import sys, time
before = set(sys.modules)
began = time.perf_counter()
import {module}
print(time.perf_counter() - began)
print(*(set(sys.modules) - before))
"""
    took = []
    for _ in range(5):
        command = [sys.executable, "-c", program]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20)
        seconds, modules = done.stdout.splitlines()
        took.append(float(seconds))
        heavy = {"asyncio", "email", "json", "logging", "inspect", "http_responder.wsgi"}
        assert not heavy & set(modules.split())
    # 30 ms on a machine that has nothing else to do.
    assert min(took) < 0.1


def test_a_server_starts_and_stops_at_once():
    took = []
    for _ in range(50):
        began = time.perf_counter()
        with Server(port=0):
            pass
        took.append(time.perf_counter() - began)
    # 2 ms on a machine that has nothing else to do.
    assert statistics.median(took) < 0.02
