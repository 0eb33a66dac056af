#!/usr/bin/env python3
"""Very many connections in one process, in a virtual machine whose limits are ours to set.

COUNTS=160000,1000000 says how many, each in a machine of its own. Prints a table and ends with 1 where a promise
is broken; --write puts the table into docs/scale.md.
"""

import argparse
import os
import platform
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import machine  # noqa: E402
from verdict import KEEP_ALIVE_SECONDS, WORKERS, Run, judge  # noqa: E402

DOCS = machine.HERE.parents[2] / "docs" / "scale.md"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--counts", default=os.environ.get("COUNTS") or "160000,1000000", type=_counts)
    parser.add_argument("--write", action="store_true", help="write docs/scale.md")
    return parser.parse_args()


def _counts(text: str) -> list[int]:
    counts = [int(word) for word in text.split(",") if word.strip().isdecimal()]
    if len(counts) != len(text.split(",")) or not all(count >= 1000 and count % WORKERS == 0 for count in counts):
        raise argparse.ArgumentTypeError(
            f"COUNTS: expected numbers from 1000 on that {WORKERS} workers can share, such as 160000,1000000; got {text}"
        )
    return counts


def attempt(connections: int, show) -> Run:
    run = Run(connections)
    begun = time.monotonic()
    for line in machine.run(connections, WORKERS, patience=240 + connections / 300):
        event = run.take(line)
        if event:
            seconds = time.monotonic() - begun
            done = event.get("closed") or event.get("answered") or 0
            show(f"{connections:,} connections: {event['event']} {done:,} ({seconds:.0f} s)")
    return run


COLUMNS = {
    "connections": lambda run: f"{run.connections:,}",
    "resident before": lambda run: f"{run.events['started']['rss_kb'] / 1024:.1f} MB",
    "with all open": lambda run: f"{run.events['again']['rss_kb'] / 1024:.1f} MB",
    "private, each": lambda run: f"{run.octets_each('again'):.1f} octets",
    "after all ended": lambda run: f"{run.events['closed']['rss_kb'] / 1024:.1f} MB",
    "opened and answered": lambda run: f"{run.events['open']['seconds']:.0f} s",
    "answered again": lambda run: f"{run.events['again']['seconds']:.0f} s",
    "ended": lambda run: f"{run.events['closed']['seconds']:.0f} s",
    "CPU of the server meanwhile": lambda run: f"{run.cpu_seconds('limit', 'closed'):.1f} s",
}


def markdown(runs: list[Run]) -> str:
    lines = [
        "# Scale",
        "",
        "Written by `make scale`; how it works is in `tests/scale/vm/`. One process with "
        f"{WORKERS} workers in a virtual machine",
        "(qemu, Debian's cloud kernel, two emulated cores) whose limits on descriptors and TCP memory are raised, and a",
        "client in the same machine. Each connection gets one answer as it opens and one when all are open; then the",
        f"keep-alive limit is set to {KEEP_ALIVE_SECONDS} s by a reload, and all of them run out of time. Emulated cores are",
        "some ten times slower than real ones: the seconds say that nothing is quadratic, not how fast it is.",
        "",
        f"Host: {platform.system()} {platform.release()}, {os.cpu_count()} cores.",
        "",
        "| " + " | ".join(COLUMNS) + " |",
        "| ---: " * len(COLUMNS) + "|",
        *("| " + " | ".join(column(run) for column in COLUMNS.values()) + " |" for run in runs),
    ]
    for run in runs:
        lines += ["", f"## {run.connections:,} connections", "", "| promise | | found |", "| --- | --- | --- |"]
        lines += [f"| {p.text} | {'kept' if p.kept else 'BROKEN'} | {p.found} |" for p in judge(run)]
    return "\n".join(lines) + "\n"


def main() -> int:
    options = arguments()
    from rich.console import Console
    from rich.table import Table

    console = Console(width=None if sys.stdout.isatty() else 140)
    progress = Console(stderr=True)
    runs, broken = [], False
    for count in options.counts:
        with progress.status("booting") as status:
            # Where nobody looks at a terminal, each step is a line.
            show = status.update if progress.is_terminal else lambda text: print(text, file=sys.stderr, flush=True)
            try:
                run = attempt(count, show)
            except machine.Missing as why:
                print(f"scale, {count:,} connections: SKIPPED, this machine lacks {why}")
                continue
            except machine.Failed as why:
                print(f"scale, {count:,} connections: FAILED, {why}", file=sys.stderr)
                broken = True
                continue
        table = Table(title=f"{count:,} connections", title_justify="left")
        for column in ("promise", "", "found"):
            table.add_column(column)
        promises = judge(run)
        for promise in promises:
            table.add_row(promise.text, "kept" if promise.kept else "BROKEN", promise.found)
        console.print(table)
        broken |= not all(promise.kept for promise in promises)
        if "end" in run.events and not run.failure:
            runs.append(run)
    if runs:
        table = Table()
        for column in COLUMNS:
            table.add_column(column, justify="right")
        for run in runs:
            table.add_row(*(column(run) for column in COLUMNS.values()))
        console.print(table)
    if options.write and runs:
        DOCS.write_text(markdown(runs))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
