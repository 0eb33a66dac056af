"""Every program that the guide shows runs, those of one page one after the other."""

import pathlib
import re
import subprocess
import sys

import pytest

DOCS = pathlib.Path(__file__).parent.parent.parent / "docs"
PAGES = sorted(DOCS.glob("python*.md"))

pytestmark = pytest.mark.skipif(not PAGES, reason="the guide is not beside these tests")

# A block that is a file of its own begins with its name.
NAMED = re.compile(r"# (\w+\.py)\n")


def programs(page):
    return re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S)


def run(folder, *arguments):
    done = subprocess.run(
        # Since 3.14 urllib wants its errors closed, which no page shows.
        [sys.executable, "-W", "error", "-W", "ignore:Implicitly cleaning up", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    # What the system allows may be less than the default of max_connections.
    return done.stdout, [line for line in done.stderr.splitlines() if "open descriptors" not in line]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_programs_of_a_page_run(page, tmp_path):
    together, files = [], []
    for program in programs(page):
        if named := NAMED.match(program):
            (tmp_path / named[1]).write_text(program)
            files.append(named[1])
        else:
            together.append(program)
    assert together or files
    if together:
        _, said = run(tmp_path, "-c", "\n".join(together))
        assert said == []
    if any(file.startswith("test_") for file in files):
        run(tmp_path, "-m", "pytest", "-q", "-p", "no:cacheprovider")


def test_what_a_page_says_that_is_printed_is_printed(tmp_path):
    page = (DOCS / "python-testing.md").read_text(encoding="utf-8")
    expected = re.search(r"^prints\n\n```\n(.*?)^```", page, re.M | re.S)[1]
    printed, _ = run(tmp_path, "-c", "\n".join(p for p in programs(DOCS / "python-testing.md") if not NAMED.match(p)))
    assert expected in printed
