"""A report as Markdown and as plots."""

from pathlib import Path

import goals

# The workload whose latency is drawn: at a fixed rate it is the server's, not the load's.
LATENCY = "rate"

COLUMNS = [
    ("cpu_us", "CPU us", "{:.3f}"),
    ("cpu_us_ratio", "ratio", "{:.2f}"),
    ("user_us", "user us", "{:.2f}"),
    ("system_us", "sys us", "{:.2f}"),
    ("per_second", "requests/s", "{:,.0f}"),
    ("wrk", "by wrk", "{:,.0f}"),
    ("p50_us", "p50 us", "{:,.0f}"),
    ("p99_us", "p99 us", "{:,.0f}"),
    ("p999_us", "p99.9 us", "{:,.0f}"),
    ("alone_p99_us", "p99 us without", "{:,.0f}"),
    ("stall_ratio", "p99 ratio", "{:.2f}"),
    ("stalled", "stalling clients", "{:,.0f}"),
    ("idle_percent", "CPU afterwards, %", "{:.2f}"),
    ("visits", "visits", "{:,.0f}"),
    ("failed", "failed", "{:,.0f}"),
    ("again_us", "CPU us, again", "{:.3f}"),
    ("failed_again", "failed again", "{:,.0f}"),
    ("syscalls", "syscalls", "{:.2f}"),
    ("instructions", "instructions", "{:,.0f}"),
    ("octets", "octets per connection", "{:,.0f}"),
    ("connections", "connections", "{:,.0f}"),
    ("clients", "clients", "{:,.0f}"),
    ("connection_us", "CPU us per connection", "{:.2f}"),
    ("grown", "octets more than at the start", "{:,.0f}"),
    ("mb_s", "MB/s", "{:,.0f}"),
    ("mb_s_most", "MB/s at best", "{:,.0f}"),
    ("cpu_ms", "CPU ms", "{:,.0f}"),
    ("slow_grown", "octets that a slow client costs", "{:,.0f}"),
    ("highest", "resident at most", "{:,.0f}"),
    ("start_stop_ms", "start and stop, ms", "{:.2f}"),
    ("fixture_ms", "fixture, ms", "{:.2f}"),
    ("import_ms", "import, ms", "{:.1f}"),
    ("leaked", "octets left by 1,000 servers", "{:,.0f}"),
    ("wheel", "wheel, octets", "{:,.0f}"),
    ("ms", "ms", "{:.1f}"),
    ("resident", "resident, 4 workers", "{:,.0f}"),
    ("stripped", "stripped, no TLS", "{:,.0f}"),
    ("stripped_tls", "stripped, TLS", "{:,.0f}"),
]


def table(found: dict) -> tuple[list[str], list[list[str]]]:
    """Heading and rows of one workload: the columns that somebody has a figure for."""
    columns = [column for column in COLUMNS if any(column[0] in row for row in found.values())]
    key = next((column[0] for column in columns), "")
    names = sorted(found, key=lambda name: (name != "floor", found[name].get(key, 0)))
    cell = lambda row, column: column[2].format(row[column[0]]) if column[0] in row else ""  # noqa: E731
    return ["server", *(c[1] for c in columns)], [[name, *(cell(found[name], c) for c in columns)] for name in names]


def markdown(report: dict, titles: dict[str, str]) -> str:
    lines = [
        "# Benchmarks",
        "",
        "Written by `make bench`; how it measures is in `tests/bench/`. One worker on one core, the client on the",
        "other; every server in turn in each round; medians, and the median of the ratios to the floor round by",
        "round. The floor is `tests/bench/floor.c`: epoll, one recv, one send, no parsing. CPU time is that of all",
        "threads of the server divided by the requests; the split into user and sys rests on the kernel's ticks and",
        "is coarse. Latency is the client's (`tests/bench/client/load.c`); at a fixed rate it counts from the moment",
        "that the request was due. Instructions are user instructions by callgrind, on one connection.",
        "`by wrk` is what another client counts in one short run, as a check of ours. The configurations are in",
        "`tests/bench/peers/`.",
        "",
        *runs(report),
        "",
        "Versions: " + ", ".join(f"{name} {version}" for name, version in report["versions"].items()) + ".",
        "",
        "## Goals",
        "",
        "| goal | result |",
        "| --- | --- |",
        *(f"| {goal.text} | {goal.verdict} |" for goal in goals.judge(report)),
    ]
    for name, found in report["workloads"].items():
        if not found:
            continue
        heading, rows = table(found)
        lines += ["", f"## {name}: {titles[name]}", "", "| " + " | ".join(heading) + " |"]
        lines += ["| --- " + "| ---: " * (len(heading) - 1) + "|"]
        lines += ["| " + " | ".join(row) + " |" for row in rows]
        if _drawn(found):
            lines += ["", f"![{name}](benchmarks/{name}.svg)"]
        if name == LATENCY:
            lines += ["", f"![{name}, latency](benchmarks/{name}-latency.svg)"]
    if report["skipped"]:
        lines += ["", "## Not measured", ""] + [f"- {name}: {why}" for name, why in report["skipped"].items()]
    return "\n".join(lines) + "\n"


def runs(report: dict) -> list[str]:
    """Where and for how long the workloads ran: one line for those that ran alike."""
    alike: dict[str, list[str]] = {}
    for name, run in report["runs"].items():
        text = f"{run['machine']}. {run['rounds']} rounds of {run['seconds']} s"
        alike.setdefault(text, []).append(name)
    if len(alike) == 1:
        return [f"{text}." for text in alike]
    return [f"- {text}: {', '.join(names)}." for text, names in alike.items()]


def _drawn(found: dict) -> str:
    """What of a workload is drawn: processor time with its split, else octets, else nothing."""
    for key, needed in (("cpu_us", "user_us"), ("octets", "octets")):
        if any(needed in row for row in found.values()):
            return key
    return ""


def plots(report: dict, titles: dict[str, str], folder: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    # The same file for the same figures.
    matplotlib.rcParams["svg.hashsalt"] = "http_responder"
    from matplotlib import pyplot

    folder.mkdir(parents=True, exist_ok=True)
    for name, found in report["workloads"].items():
        key = _drawn(found)
        if not key:
            continue
        shown = sorted((n for n in found if key in found[n]), key=lambda n: found[n][key], reverse=True)
        figure, axes = pyplot.subplots(figsize=(8, 0.6 + 0.35 * len(shown)), layout="constrained")
        if key == "octets":
            axes.barh(shown, [found[n][key] for n in shown], color="#4477aa")
            axes.set_xscale("log")
            axes.set_xlabel("private octets per connection")
        else:
            user = [found[n]["user_us"] for n in shown]
            axes.barh(shown, user, color="#4477aa", label="user")
            axes.barh(shown, [found[n]["system_us"] for n in shown], left=user, color="#bbbbbb", label="sys")
            axes.set_xlabel("CPU time per request, us")
            axes.legend()
        axes.set_title(titles[name])
        _save(figure, folder / name)
        if name == LATENCY:
            _save(_latency(pyplot, found, titles[name]), folder / f"{name}-latency")
        pyplot.close("all")


def _latency(pyplot, found: dict, title: str):
    """Three marks for each server, the lower the better."""
    shown = sorted(found, key=lambda name: found[name]["p99_us"], reverse=True)
    figure, axes = pyplot.subplots(figsize=(8, 0.6 + 0.35 * len(shown)), layout="constrained")
    for key, label, mark in (("p50_us", "p50", "o"), ("p99_us", "p99", "s"), ("p999_us", "p99.9", "D")):
        axes.plot([found[name][key] for name in shown], shown, mark, label=label)
    axes.set_xscale("log")
    axes.set_xlabel("latency from when a request was due, us")
    axes.set_title(title)
    axes.grid(axis="y", alpha=0.3)
    axes.legend()
    return figure


def _save(figure, path: Path) -> None:
    for suffix in ("svg", "png"):
        metadata = {"Date": None} if suffix == "svg" else {"Software": None}
        figure.savefig(path.with_suffix(f".{suffix}"), metadata=metadata)
