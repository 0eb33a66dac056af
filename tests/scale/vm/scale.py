#!/usr/bin/env python3
"""Very many connections in one process, in a virtual machine whose limits are ours to set.

COUNTS=160000,1000000,160000/tls says how many, each in a machine of its own. Prints a table and ends with 1 where a promise
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
    parser.add_argument("--counts", default=os.environ.get("COUNTS") or "160000,1000000,160000/tls", type=_counts)
    parser.add_argument("--write", action="store_true", help="write docs/scale.md")
    return parser.parse_args()


def _counts(text: str) -> list[tuple[int, bool]]:
    """Of each machine how many connections, and whether they speak TLS."""
    machines = []
    for word in text.split(","):
        digits, slash, kind = word.strip().partition("/")
        if not digits.isdecimal() or int(digits) < 1000 or int(digits) % WORKERS or (slash and kind != "tls"):
            raise argparse.ArgumentTypeError(
                f"COUNTS: expected numbers from 1000 on that {WORKERS} workers can share, with /tls behind those of TLS, "
                f"such as 160000,1000000,160000/tls; got {text}"
            )
        machines.append((int(digits), bool(slash)))
    return machines


def named(connections: int, tls: bool) -> str:
    return f"{connections:,} {'TLS ' if tls else ''}connections"


def attempt(connections: int, tls: bool, show) -> Run:
    run = Run(connections, tls)
    begun = time.monotonic()
    # Handshakes are a thousand times the work of a request.
    patience = 240 + connections / (30 if tls else 150)
    for line in machine.run(connections, tls, WORKERS, patience):
        event = run.take(line)
        if event:
            seconds = time.monotonic() - begun
            done = event.get("closed") or event.get("answered") or 0
            show(f"{named(connections, tls)}: {event['event']} {done:,} ({seconds:.0f} s)")
    return run


COLUMNS = {
    "connections": lambda run: f"{run.connections:,}{' TLS' if run.tls else ''}",
    "resident before": lambda run: f"{run.events['started']['rss_kb'] / 1024:.1f} MB",
    "with all open": lambda run: f"{run.events['again']['rss_kb'] / 1024:.1f} MB",
    "private, each": lambda run: f"{run.octets_each('again'):.1f} octets",
    "after all ended": lambda run: f"{run.events['rest']['rss_kb'] / 1024:.1f} MB",
    "opened and answered": lambda run: f"{run.events['open']['seconds']:.0f} s",
    "answered again": lambda run: f"{run.events['again']['seconds']:.0f} s",
    "ended": lambda run: f"{run.events['closed']['seconds']:.0f} s",
    "of a core meanwhile: the server's own, the kernel's": lambda run: " and ".join(
        f"{share:.0%}" for share in run.closing_shares()
    ),
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
        "ten or twenty times slower than real ones: the seconds say that nothing is quadratic, not how fast it is. Memory",
        "that goes back is counted without pages of files (the program's own code, which the kernel may drop at any time).",
        "With TLS one client in 1,000 has a whole handshake, the others take up its session (TLS 1.2, without a key exchange).",
        "",
        f"Host: {platform.system()} {platform.release()}, {os.cpu_count()} cores.",
        "",
        "| " + " | ".join(COLUMNS) + " |",
        "| ---: " * len(COLUMNS) + "|",
        *("| " + " | ".join(column(run) for column in COLUMNS.values()) + " |" for run in runs),
    ]
    for run in runs:
        lines += ["", f"## {named(run.connections, run.tls)}", "", "| promise | | found |", "| --- | --- | --- |"]
        lines += [f"| {p.text} | {'kept' if p.kept else 'BROKEN'} | {p.found} |" for p in judge(run)]
    return "\n".join(lines) + "\n"


def main() -> int:
    options = arguments()
    from rich.console import Console
    from rich.table import Table

    console = Console(width=None if sys.stdout.isatty() else 140)
    progress = Console(stderr=True)
    runs, broken = [], False
    for count, tls in options.counts:
        name = named(count, tls)
        with progress.status("booting") as status:
            # Where nobody looks at a terminal, each step is a line.
            show = status.update if progress.is_terminal else lambda text: print(text, file=sys.stderr, flush=True)
            try:
                run = attempt(count, tls, show)
            except machine.Missing as why:
                print(f"scale, {name}: SKIPPED, this machine lacks {why}")
                continue
            except machine.Failed as why:
                print(f"scale, {name}: FAILED, {why}", file=sys.stderr)
                broken = True
                continue
        table = Table(title=name, title_justify="left")
        for column in ("promise", "", "found"):
            table.add_column(column)
        promises = judge(run)
        for promise in promises:
            table.add_row(promise.text, "kept" if promise.kept else "BROKEN", promise.found)
        console.print(table)
        broken |= not all(promise.kept for promise in promises)
        if "end" in run.events and not run.failure:
            runs.append(run)
            # At once: the next one may take half an hour.
            if options.write:
                DOCS.write_text(markdown(runs))
    if runs:
        table = Table()
        for column in COLUMNS:
            table.add_column(column, justify="right")
        for run in runs:
            table.add_row(*(column(run) for column in COLUMNS.values()))
        console.print(table)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
