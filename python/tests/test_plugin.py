"""The pytest plugin, in test runs of its own."""

import subprocess
import sys
import textwrap

import pytest


def run(tmp_path, tests, *arguments):
    (tmp_path / "test_it.py").write_text(textwrap.dedent(tests))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error"]
    return subprocess.run(
        [*command, *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )


ASK = """
    import urllib.request

    def get(server, path):
        return urllib.request.urlopen(server.url_for(path)).read()
"""


def test_each_test_has_fresh_expectations_on_the_same_server(tmp_path):
    done = run(tmp_path, ASK + """
    ports = set()

    def test_one(http_responder):
        http_responder.expect("/x", times=1).respond_with_data("one")
        assert get(http_responder, "/x") == b"one"
        ports.add(http_responder.port)

    def test_two(http_responder):
        assert http_responder.log == []
        http_responder.expect("/x").respond_with_data("two")
        assert get(http_responder, "/x") == b"two"
        ports.add(http_responder.port)
        assert len(ports) == 1
    """)
    assert "2 passed" in done.stdout, done.stdout


def test_a_test_that_does_not_get_what_it_expects_fails(tmp_path):
    done = run(tmp_path, ASK + """
    def test_one(http_responder):
        http_responder.expect("/x", times=1)

    def test_two(http_responder_factory):
        http_responder_factory().expect("/y", times=1)

    def test_three(http_responder):
        http_responder.expect("/z", times=1)
        assert False, "its own failure"
    """)
    assert "1 failed, 2 passed, 2 errors" in done.stdout, done.stdout
    assert "expected 1 request for /x, got 0" in done.stdout
    assert "expected 1 request for /y, got 0" in done.stdout
    assert "expected 1 request for /z" not in done.stdout


def test_the_factory_makes_servers_and_stops_them(tmp_path):
    done = run(tmp_path, ASK + """
    made = []

    def test_one(http_responder_factory):
        made.extend([http_responder_factory(), http_responder_factory(workers=2)])
        for number, server in enumerate(made):
            server.expect("/x").respond_with(str(number))
        assert [get(server, "/x") for server in made] == [b"0", b"1"]

    def test_two():
        assert [server.state for server in made] == ["stopped", "stopped"]
    """)
    assert "2 passed" in done.stdout, done.stdout


def test_runs_that_do_not_use_it_do_not_load_it(tmp_path):
    done = run(tmp_path, """
    import sys

    def test_one():
        assert "http_responder.testing" not in sys.modules
        assert "http_responder._matching" not in sys.modules
    """)
    assert "1 passed" in done.stdout, done.stdout


def test_the_fixture_costs_next_to_nothing(tmp_path):
    tests = """
    import time, pytest
    took = {}

    @pytest.mark.parametrize("n", range(200))
    def test_with(http_responder, n):
        took.setdefault("with", []).append(time.perf_counter())

    @pytest.mark.parametrize("n", range(200))
    def test_without(n):
        took.setdefault("without", []).append(time.perf_counter())

    def test_difference():
        def each(name):
            steps = sorted(b - a for a, b in zip(took[name], took[name][1:]))
            return steps[len(steps) // 2]
        print("more:", each("with") - each("without"))
        # 0.5 ms on a machine that has nothing else to do.
        assert each("with") - each("without") < 0.005
    """
    done = run(tmp_path, tests, "-s")
    assert "401 passed" in done.stdout, done.stdout
