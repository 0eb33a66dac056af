"""Every statistic is the same by name, order and value on every face."""

import json
import re
import subprocess
from pathlib import Path

import http_responder
from support.compile import c_program
from support.deadline import eventually
from support.paths import BUILD, REPO
from support.server import ServerProcess, binary_argv

from parity.load import put_load_on

TABLE = http_responder.statistics()
NAMES = [row["name"] for row in TABLE]
OPTIONS = {"workers": 1, "max_connections": 1000, "max_body": "1k", "server_name": "parity"}


def header_members() -> list[str]:
    """The members of hr_stats, as the header declares them."""
    header = (REPO / "include" / "http_responder.h").read_text()
    (body,) = re.findall(r"typedef struct[^{;]*\{([^}]*)\} hr_stats;", header)
    body = re.sub(r"//[^\n]*|/\*.*?\*/", "", body, flags=re.DOTALL)
    return re.findall(r"uint64_t ([a-z0-9_]+);", body)


def prometheus_series(text: str) -> dict[str, int]:
    """The sum of the series of each metric."""
    sums: dict[str, int] = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            series, value = line.split()
            metric = series.partition("{")[0]
            sums[metric] = sums.get(metric, 0) + int(value)
    return sums


def prometheus_name(row: dict) -> str:
    return f"http_responder_{row['name']}{'_total' if row['kind'] == 'counter' else ''}"


def test_the_c_struct_has_exactly_the_statistics_in_their_order():
    assert header_members() == NAMES


def test_the_documentation_names_exactly_the_statistics():
    text = (REPO / "docs" / "stats.md").read_text()
    rows = re.findall(r"^\| `([a-z0-9_]+)` \| (\w+) \| `(\w+)` \| (.*) \|$", text, re.MULTILINE)
    assert rows == [(row["name"], row["kind"], prometheus_name(row), row["help"]) for row in TABLE]


def test_every_form_in_python_has_the_same_names_and_values():
    with http_responder.Server(port=0, **OPTIONS) as server:
        put_load_on(server.port)
        eventually(lambda: server.stats()["connections_open"] == 0, "quiet server")
        stats = server.stats()
        found = json.loads(server.stats_text("json"))
        series = prometheus_series(server.stats_text("prometheus"))
        lines = [line.split() for line in server.stats_text("text").splitlines()]
    assert found["total"] == stats
    assert list(found["total"]) == list(found["workers"][0]) == list(stats) == NAMES
    assert {line[0]: int(line[1]) for line in lines} == stats
    assert series == {prometheus_name(row): stats[row["name"]] for row in TABLE}


def test_prometheus_says_kind_and_help_of_every_statistic():
    with http_responder.Server(port=0, **OPTIONS) as server:
        text = server.stats_text("prometheus")
    for row in TABLE:
        name = prometheus_name(row)
        assert f"# HELP {name} {row['help']}\n# TYPE {name} {row['kind']}\n{name}" in text


def test_the_same_requests_count_the_same_on_every_face():
    faces = {"python": python_counts(), "c": c_counts(), "binary": binary_counts()}
    assert faces["c"] == faces["python"]
    assert faces["binary"] == faces["python"]
    counted = [name for name, value in faces["python"].items() if value]
    assert len(counted) > 12, f"the load shows too little: {counted}"


def python_counts() -> dict[str, int]:
    with http_responder.Server(port=0, **OPTIONS) as server:
        put_load_on(server.port)
        eventually(lambda: server.stats()["connections_open"] == 0, "quiet server")
        return server.stats()


def arguments() -> list[str]:
    return [f"--{name.replace('_', '-')}={value}" for name, value in OPTIONS.items()]


def binary_counts() -> dict[str, int]:
    process = ServerProcess(binary_argv(*arguments(), workers=1))
    try:
        put_load_on(process.address[1])
        stats = process.eventually("quiet server", lambda stats: stats["connections_open"] == 0)
        process.stop()
        return stats.total
    finally:
        process.kill()


def c_counts() -> dict[str, int]:
    process = subprocess.Popen(
        [stats_program(), "0", "127.0.0.1", *arguments()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        put_load_on(int(process.stdout.readline().rsplit(":", 1)[1]))
        members = eventually(lambda: quiet(*read_stats(process)), "quiet server")
        process.stdin.close()
        assert process.wait(20) == 0
    return members


def read_stats(process) -> tuple[dict[str, int], dict[str, int]]:
    """The members of the struct, and the total of the JSON."""
    process.stdin.write("\n")
    process.stdin.flush()
    lines = [process.stdout.readline().split() for _ in header_members()]
    members = {name: int(value) for name, value in lines}
    return members, json.loads(process.stdout.readline())["total"]


def quiet(members, total):
    """The members once nothing moves any more; then they are what the JSON says."""
    if members["connections_open"]:
        return None
    assert members == total
    return members


def stats_program() -> Path:
    """stats.c with the members that the header has, whatever they are."""
    members = " ".join(f"STATISTIC({name})" for name in header_members())
    text = Path(__file__).with_name("stats.c").read_text()
    source = BUILD / "tests" / "parity" / "stats.c"
    source.parent.mkdir(parents=True, exist_ok=True)
    text = f"#define MEMBERS {members}\n{text}"
    # Written only when it differs: it is built when it is newer than the program.
    if not source.exists() or source.read_text() != text:
        source.write_text(text)
    return c_program(source, library=True)
