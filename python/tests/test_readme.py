"""The programs that the READMEs show do what they say."""

import os
import pathlib
import re
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).parent.parent
READMES = [readme for readme in (HERE / "README.md", HERE.parent / "README.md") if readme.exists()]


def programs(readme):
    return re.findall(r"^```python\n(.*?)^```", readme.read_text(encoding="utf-8"), re.M | re.S)


EXAMPLES = [
    pytest.param(program, id=f"{readme.parent.name}-{number}")
    for readme in READMES
    for number, program in enumerate(programs(readme))
]

# Asks for what the block shows while its server runs.
ASK = """
    import urllib.request
    assert urllib.request.urlopen(server.url_for("/hello/you")).read() == b"hello you"
"""


@pytest.mark.parametrize("program", EXAMPLES)
def test_the_program_runs_and_its_server_answers(program, tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program + ASK],
        capture_output=True,
        text=True,
        timeout=30,
        cwd=tmp_path,
    )
    # What the system allows may be less than the default of max_connections.
    said = [line for line in done.stderr.splitlines() if "open descriptors" not in line]
    assert (done.returncode, said) == (0, [])
    assert re.match(r"http://127\.0\.0\.1:\d+/hello/\w+\n", done.stdout)


@pytest.mark.parametrize("program", EXAMPLES)
def test_the_program_may_be_typed_line_by_line(program, tmp_path):
    # An empty line ends a block there.
    typed = subprocess.run(
        [sys.executable, "-i", "-q", "-W", "error"],
        input=f"{program}\n",
        capture_output=True,
        text=True,
        timeout=30,
        cwd=tmp_path,
        env={**os.environ, "PYTHON_BASIC_REPL": "1"},
    )
    assert "Error" not in typed.stderr
    assert re.match(r"http://127\.0\.0\.1:\d+/hello/\w+\n", typed.stdout)


@pytest.mark.parametrize("readme", READMES, ids=lambda readme: readme.parent.name)
def test_each_readme_shows_a_program(readme):
    assert programs(readme)
