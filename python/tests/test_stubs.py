"""The stubs say what the compiled module has."""

import subprocess
import sys
import textwrap

PROGRAM = """
    from typing_extensions import assert_type
    from http_responder import Request, Response, Server

    with Server(port=0, workers=2, keep_alive_timeout=1.5, cors=False, listen=[]) as server:
        assert_type(server, Server)
        assert_type(server.stats()["requests_handled"], int)

        @server.route("/hello/{name}", methods=["GET"])
        def hello(request: Request) -> str:
            assert_type(request.params, dict[str, str])
            return request.params["name"]

        server.rule("/x", Response(200, b"x", headers={"A": "b"}))
        server.rule("/y", (404, {"error": "none"}))

    Server(wrokers=1)  # error
    Server(accept="shared")  # error
    server.route("/x")(lambda request: 5)  # error
"""


def mypy(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", *arguments], capture_output=True, text=True, **options
    )


def test_stubtest_finds_no_difference(tmp_path):
    done = mypy("mypy.stubtest", "http_responder", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_type_checker_knows_the_options_and_the_handlers(tmp_path):
    program = textwrap.dedent(PROGRAM)
    (tmp_path / "program.py").write_text(program)
    done = mypy("mypy", "--strict", "program.py", cwd=tmp_path)
    expected = {n for n, line in enumerate(program.splitlines(), 1) if "# error" in line}
    found = {int(line.split(":")[1]) for line in done.stdout.splitlines() if ": error:" in line}
    assert found == expected, done.stdout + done.stderr
