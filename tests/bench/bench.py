#!/usr/bin/env python3
"""Speed and memory against a floor that parses nothing: see floor.c.

The server has core 0 and one worker, wrk has core 1 and 64 connections; the floor and the server
take turns, and the medians of all rounds are compared. Prints a table, writes build/bench.json.
"""

import argparse
import json
import os
import shutil
import sys
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent))

import measure  # noqa: E402


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2, help="of each run")
    parser.add_argument("--instructions", action="store_true", help="also count instructions with callgrind")
    parser.add_argument("--check", action="store_true", help="exit status 1 where a promise is not kept")
    return parser.parse_args()


def missing() -> list[str]:
    tools = [tool for tool in ("wrk", "taskset", "cc") if shutil.which(tool) is None]
    return tools + ([] if (os.cpu_count() or 1) >= 2 else ["a second core"])


def compare(rounds: int, seconds: int) -> dict:
    """Runs the floor and the server in turn."""
    floor_argv, our_argv = measure.floor(measure.answer_file()), measure.ours()
    pairs = []
    for number in range(rounds):
        floor, ours = measure.load(floor_argv, seconds), measure.load(our_argv, seconds)
        print(f"  round {number + 1}: floor {floor.cpu_us:.2f} us, ours {ours.cpu_us:.2f} us", file=sys.stderr)
        pairs.append((floor, ours))
    return {
        "floor": {"cpu_us": median(f.cpu_us for f, _ in pairs), "per_second": median(f.per_second for f, _ in pairs)},
        "ours": {"cpu_us": median(o.cpu_us for _, o in pairs), "per_second": median(o.per_second for _, o in pairs)},
        "cpu_ratio": median(o.cpu_us / f.cpu_us for f, o in pairs),
        "cpu_ratios": [round(o.cpu_us / f.cpu_us, 4) for f, o in pairs],
    }


def syscalls() -> dict:
    result = {}
    for name, argv in (("floor", measure.floor(measure.answer_file())), ("ours", measure.ours())):
        found = measure.syscalls_per_request(argv)
        if isinstance(found, str):
            result[name] = found
        else:
            result[name] = {"total": found[0], "by_name": found[1]}
    return result


def table(report: dict) -> str:
    def calls(name: str) -> str:
        found = report["syscalls"][name]
        return found if isinstance(found, str) else f"{found['total']:.3f}"

    rows = [
        ("", "floor", "ours"),
        ("CPU time per request, us", f"{report['floor']['cpu_us']:.3f}", f"{report['ours']['cpu_us']:.3f}"),
        ("requests per second", f"{report['floor']['per_second']:.0f}", f"{report['ours']['per_second']:.0f}"),
        ("syscalls per request", calls("floor"), calls("ours")),
        ("CPU time, ours / floor", "1", f"{report['cpu_ratio']:.3f}"),
        ("resident at start, 4 x 50,000, MB", "", f"{report['resident_at_start'] / 1e6:.1f}"),
        ("resident per idle connection, octets", "", f"{report['resident_per_idle_connection']:.0f}"),
    ]
    if "instructions" in report:
        found = report["instructions"]
        rows.append(("user instructions per request", "", found if isinstance(found, str) else f"{found:.0f}"))
    return "\n".join(f"{name:<38} {floor:>12} {ours:>12}" for name, floor, ours in rows)


def broken_promises(report: dict) -> list[str]:
    """What was promised and is not so."""
    ours = report["syscalls"]["ours"]
    promises = [
        (report["cpu_ratio"] <= 1.15, "CPU time per request at most 1.15 of the floor"),
        (isinstance(ours, str) or ours["total"] <= 2.1, "at most 2.1 syscalls per request"),
        (report["resident_at_start"] < 20e6, "less than 20 MB resident at start"),
    ]
    return [text for kept, text in promises if not kept]


def main() -> int:
    options = arguments()
    if lacking := missing():
        print(f"bench: skipped, this machine lacks {', '.join(lacking)}")
        return 0
    report = compare(options.rounds, options.seconds)
    report["syscalls"] = syscalls()
    report["resident_at_start"] = measure.resident_at_start()
    report["resident_per_idle_connection"] = measure.resident_per_idle_connection()
    if options.instructions:
        report["instructions"] = measure.instructions_per_request()
    (measure.BUILD / "bench.json").write_text(json.dumps(report, indent=2) + "\n")
    print(table(report))
    for text in (broken := broken_promises(report)):
        print(f"not kept: {text}")
    return 1 if options.check and broken else 0


if __name__ == "__main__":
    sys.exit(main())
