"""What the machine said, taken apart and held against what is promised."""

import json
from dataclasses import dataclass, field

WORKERS = 4
KEEP_ALIVE_SECONDS = 30
TICKS_PER_SECOND = 100


@dataclass
class Run:
    """One machine's events and statistics, by the moment that they are of."""

    connections: int
    tls: bool = False
    events: dict[str, dict] = field(default_factory=dict)
    statistics: dict[str, dict[str, list[int]]] = field(default_factory=dict)
    failure: str = ""

    def take(self, line: str) -> dict | None:
        """Takes a line of the console; gives the event that it is, if it is one."""
        if line.startswith("@@"):
            moment, name, *numbers = line[2:].split()
            if name != "statistic":
                self.statistics.setdefault(moment, {})[name] = [int(number) for number in numbers]
        elif line.startswith("@"):
            event = json.loads(line[1:])
            if event["event"] == "failed":
                # The first one says why; the others follow from it.
                self.failure = self.failure or event["what"]
            # What the client and what init say of one moment are two parts of it.
            self.events.setdefault(event["event"], {}).update(event)
            return event
        return None

    def total(self, moment: str, name: str) -> int:
        return self.statistics[moment][name][0]

    def workers(self, moment: str, name: str) -> list[int]:
        return self.statistics[moment][name][1:]

    def octets_each(self, moment: str) -> float:
        """Private memory beyond that of the server as it started, for each connection."""
        more = self.events[moment]["private_kb"] - self.events["started"]["private_kb"]
        return more * 1024 / self.connections

    def anonymous_kb(self, moment: str) -> int:
        """Memory that is no page of a file, beyond that of the server as it started."""
        return self.events[moment]["anonymous_kb"] - self.events["started"]["anonymous_kb"]

    def closing_shares(self) -> tuple[float, float]:
        """Of one core's time, while all of them ran out of theirs: the server's own part and the kernel's."""
        limit, closed = self.events["limit"], self.events["closed"]
        ticks = (closed["uptime"] - limit["uptime"]) * TICKS_PER_SECOND
        user, system = ((closed[name] - limit[name]) / ticks for name in ("user_ticks", "system_ticks"))
        return user, system

    def own_seconds(self, since: str, until: str) -> float:
        """CPU time of the server's own code between two moments."""
        ticks = self.events[until]["user_ticks"] - self.events[since]["user_ticks"]
        return ticks / TICKS_PER_SECOND


@dataclass
class Promise:
    text: str
    kept: bool
    found: str


def cheap_end(run: Run) -> Promise:
    """To close a socket is the kernel's work, emulated ten or twenty times slower: what it takes is told. With TLS there is
    work for each: a close_notify to encrypt, a session to take apart and to wipe, in as much time as for a plain one."""
    own, kernels = run.closing_shares()
    if not run.tls:
        return Promise(
            "meanwhile the server itself takes at most a tenth of a core",
            own <= 0.1,
            f"{own:.0%} of one; the kernel's closing {kernels:.0%}",
        )
    ending, opening = run.own_seconds("limit", "closed"), run.own_seconds("started", "open")
    return Promise(
        "that takes the server itself at most a tenth of what it took to open them",
        ending <= 0.1 * opening,
        f"{ending:.1f} s of CPU, {opening:.0f} s; the kernel's closing {kernels:.0%} of a core",
    )


def judge(run: Run) -> list[Promise]:
    """Every promise; the first alone where the machine did not come to its end."""
    end = run.events.get("end", {})
    if run.failure or end.get("status") != 0:
        why = run.failure or (f"exit status {end['status']}" if end else "the machine ended early")
        return [Promise("every phase is done, the server ends with 0", False, why)]
    count, share = run.connections, run.connections // WORKERS
    open_, again, closed = (run.events[name] for name in ("open", "again", "closed"))
    bound = 8192 if run.tls else 100 if count < 1_000_000 else 64
    faults = [
        f"{name} {run.total('closed', name)}"
        for name in run.statistics["closed"]
        if name.startswith(("refused_", "accept_", "disconnects_", "responses_4", "responses_5"))
        or name in ("connections_shed", "connections_evicted", "timeouts_head", "timeouts_write")
        if run.total("closed", name)
    ]
    total = (run.total("again", "requests_handled"), run.total("again", "responses_2xx"), again["answered"])
    grown, kept = run.anonymous_kb("again"), run.anonymous_kb("rest")
    return [
        Promise(
            f"{share:,} connections open in each worker",
            run.workers("again", "connections_open") == [share] * WORKERS,
            ", ".join(f"{held:,}" for held in run.workers("again", "connections_open")),
        ),
        Promise(
            "every one answered as it opens",
            open_["answered"] == run.total("open", "requests_handled") == count,
            f"{open_['answered']:,} answers",
        ),
        Promise(
            "every one answered again with all open",
            again["answered"] == 2 * count and again["closed"] == 0,
            f"{again['answered']:,} answers in all",
        ),
        Promise("totals by SIGUSR1 agree with the client's", set(total) == {2 * count}, f"{total[0]:,}"),
        Promise(
            f"at most {bound} private octets for a connection",
            max(run.octets_each("open"), run.octets_each("again")) <= bound,
            f"{run.octets_each('again'):.1f}",
        ),
        Promise(
            f"every one ended by the keep-alive limit of {KEEP_ALIVE_SECONDS} s",
            closed["closed"] == run.total("closed", "timeouts_keepalive") == count,
            f"{run.total('closed', 'timeouts_keepalive'):,}, the last after {closed['seconds']:.0f} s",
        ),
        cheap_end(run),
        Promise("nine tenths of the memory go back", kept <= grown / 10 + 512, f"{kept:,} of {grown:,} kB stay"),
        Promise("nobody refused, shed, evicted or reset", not faults, ", ".join(faults) or "none"),
    ]
