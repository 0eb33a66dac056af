#!/usr/bin/env python3
"""Speed and memory beside every peer, and beside a floor that parses nothing.

Runs workloads (--bench, or BENCH=keepalive,churn) against peers (--peers, or PEERS=nginx,h2o; `none`
for the floor alone), all unless some are named. Prints tables and goals and writes build/bench.json,
where workloads that are not measured now stay as they were: parts add up. --write puts
docs/benchmarks.md and its plots in place.
"""

import argparse
import json
import os
import platform
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import goals  # noqa: E402
import measure  # noqa: E402
import parts  # noqa: E402
import report as reports  # noqa: E402
from peers import OURS, Missing  # noqa: E402
from workloads import WORKLOADS, Session, choose_peers, choose_workloads  # noqa: E402

TITLES = {workload.name: workload.title for workload in WORKLOADS}
FILE = measure.BUILD / "bench.json"
DOCS = measure.HERE.parents[1] / "docs"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", default=os.environ.get("BENCH", ""), metavar="NAMES")
    parser.add_argument("--peers", default=os.environ.get("PEERS", ""), metavar="NAMES")
    parser.add_argument("--rounds", type=_positive(int), default=5)
    parser.add_argument("--seconds", type=_positive(float), default=1.0, help="of each run")
    parser.add_argument("--check", action="store_true", help="exit status 1 where a goal is missed")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md and its plots")
    parser.add_argument("--render", action="store_true", help="from the last build/bench.json, measuring nothing")
    return parser.parse_args()


def _positive(kind: type):
    def convert(text: str):
        value = kind(text)
        if value <= 0:
            raise ValueError
        return value

    convert.__name__ = f"positive {kind.__name__}"
    return convert


def missing() -> list[str]:
    tools = [tool for tool in ("taskset", "cc") if shutil.which(tool) is None]
    return tools + ([] if len(os.sched_getaffinity(0)) >= 2 else ["a second core"])


def machine() -> str:
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    return f"{len(os.sched_getaffinity(0))} cores of {model}, Linux {platform.release()}"


def run(options: argparse.Namespace, show) -> dict:
    peers, chosen = choose_peers(options.peers), choose_workloads(options.bench)
    versions = {}
    session = Session(options.rounds, options.seconds, show)
    for peer in [OURS, *peers]:
        try:
            show(f"preparing {peer.name}")
            # Whether it is there at all, before the rounds.
            with measure.running(peer):
                versions[peer.name] = peer.version()
        except (Missing, measure.Failed) as why:
            session.skipped[peer.name] = str(why)
    measure.answer_file()
    report = parts.earlier(FILE, list(TITLES))
    report["versions"].update(versions)
    for workload in chosen:
        found = session.run(workload, peers)
        report["workloads"][workload.name] = found
        report["runs"][workload.name] = {"machine": machine(), "rounds": options.rounds, "seconds": options.seconds}
        report["skipped"] = parts.still_skipped(report["skipped"], {workload.name}) | session.skipped
        report["workloads"] = {name: report["workloads"][name] for name in TITLES if name in report["workloads"]}
        # What was measured stays, whatever ends the rest.
        FILE.write_text(json.dumps(report, indent=2) + "\n")
    return report


def show_tables(report: dict, console) -> None:
    from rich.table import Table

    for name, found in report["workloads"].items():
        if not found:
            continue
        heading, rows = reports.table(found)
        table = Table(title=f"{name}: {TITLES[name]}", title_justify="left")
        for at, column in enumerate(heading):
            table.add_column(column, justify="right" if at else "left")
        for row in rows:
            table.add_row(*row)
        console.print(table)
    for name, why in report["skipped"].items():
        console.print(f"not measured: {name}: {why}", markup=False)
    for goal in goals.judge(report):
        console.print(f"{goal.text}: {goal.verdict}", markup=False)


def main() -> int:
    options = arguments()
    if lacking := missing():
        print(f"bench: skipped, this machine lacks {', '.join(lacking)}")
        return 0
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else 160)
    if options.render:
        if not FILE.exists():
            print(f"bench: --render: {FILE.name} is not there: expected one from an earlier run", file=sys.stderr)
            return 1
        report = json.loads(FILE.read_text())
    else:
        with Console(stderr=True).status("starting") as status:
            report = run(options, status.update)
    show_tables(report, console)
    if options.write:
        (DOCS / "benchmarks.md").write_text(reports.markdown(report, TITLES))
        reports.plots(report, TITLES, DOCS / "benchmarks")
    return 1 if options.check and not all(goal.met for goal in goals.judge(report)) else 0


if __name__ == "__main__":
    sys.exit(main())
