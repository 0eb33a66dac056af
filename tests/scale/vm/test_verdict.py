"""The verdicts on a machine's console: what is kept is said to be, and every promise can be broken."""

import pytest
from machine import Archive
from verdict import Run, judge

COUNT = 160_000
SHARE = COUNT // 4


def console(**changed) -> list[str]:
    """What a machine says whose server keeps every promise, but for what is changed."""
    figures = {
        "answered": COUNT,
        "twice": 2 * COUNT,
        "held": SHARE,
        "counted": 2 * COUNT,
        "private": 2900 + COUNT * 50 // 1024,
        "timeouts": COUNT,
        "opening": 4000,
        "ticks": 200,
        "after": 3500,
        "resets": 0,
        "status": 0,
    } | changed
    f = figures

    def table(moment: str, requests: int, held: int) -> list[str]:
        spread = lambda total: f"{total} " + " ".join([str(total // 4)] * 4)  # noqa: E731
        return [
            f"@@{moment} statistic total worker_0 worker_1 worker_2 worker_3",
            f"@@{moment} connections_open {SHARE * 3 + held} {SHARE} {SHARE} {SHARE} {held}",
            f"@@{moment} requests_handled {spread(requests)}",
            f"@@{moment} responses_2xx {spread(requests)}",
            f"@@{moment} timeouts_keepalive {spread(f['timeouts'] if moment == 'closed' else 0)}",
            f"@@{moment} disconnects_reset {f['resets']} 0 0 0 0",
        ]

    def process(event: str, private: int, ticks: int, uptime: int) -> str:
        return (
            f'@{{"event": "{event}", "rss_kb": {private}, "private_kb": {private}, '
            f'"anonymous_kb": {private - 2000}, "user_ticks": {ticks}, '
            f'"system_ticks": 0, "uptime": {uptime}}}'
        )

    def client(event: str, answered: int, closed: int) -> str:
        return f'@{{"event": "{event}", "connections": {COUNT}, "answered": {answered}, "closed": {closed}, "seconds": 9}}'

    return [
        "[    0.000000] Linux version",
        process("started", 2900, 5, 2),
        client("open", f["answered"], 0),
        process("open", f["private"], 5 + f["opening"], 50),
        *table("open", f["answered"], SHARE),
        client("again", f["twice"], 0),
        process("again", f["private"], 5 + f["opening"], 70),
        *table("again", f["counted"], f["held"]),
        process("limit", f["private"], 5 + f["opening"], 70),
        client("closed", f["twice"], COUNT),
        process("closed", f["private"], 5 + f["opening"] + f["ticks"], 100),
        *table("closed", f["counted"], 0),
        process("rest", f["after"], 5 + f["opening"] + f["ticks"], 101),
        f'@{{"event": "end", "status": {f["status"]}}}',
    ]


def broken(lines: list[str], tls: bool = False) -> list[str]:
    run = Run(COUNT, tls)
    for line in lines:
        run.take(line)
    return [promise.text for promise in judge(run) if not promise.kept]


def test_a_machine_that_keeps_all_promises():
    assert broken(console()) == []


@pytest.mark.parametrize(
    "changed, text",
    [
        ({"held": SHARE - 1}, "in each worker"),
        ({"answered": COUNT - 1}, "as it opens"),
        ({"twice": 2 * COUNT - 1}, "answered again"),
        ({"counted": 2 * COUNT + 4}, "SIGUSR1"),
        ({"private": 2900 + COUNT * 101 // 1024}, "private octets"),
        ({"timeouts": COUNT - 4}, "keep-alive limit"),
        ({"ticks": 400}, "tenth of a core"),
        ({"after": 9000}, "memory"),
        ({"resets": 1}, "reset"),
        ({"status": 1}, "ends with 0"),
    ],
)
def test_each_promise_can_be_broken(changed, text):
    found = broken(console(**changed))
    assert any(text in promise for promise in found), found


def test_with_tls_what_ending_takes_is_held_against_what_opening_took():
    assert broken(console(ticks=400), tls=True) == []
    assert broken(console(ticks=401), tls=True) == ["that takes the server itself at most a tenth of what it took to open them"]


def test_a_machine_that_stops_early_or_says_why():
    assert broken(console()[:9])
    assert broken(['@{"event": "failed", "what": "client: connect: no"}', *console()])


def test_the_archive_is_what_cpio_takes(tmp_path):
    import shutil
    import subprocess

    if shutil.which("cpio") is None:
        pytest.skip("cpio is not installed")
    archive = Archive()
    archive.add("folder", 0o040755)
    archive.add("folder/odd", 0o100644, b"three")
    subprocess.run(["cpio", "-i", "--quiet"], input=archive.done(), cwd=tmp_path, check=True)
    assert (tmp_path / "folder" / "odd").read_bytes() == b"three"
