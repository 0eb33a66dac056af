"""The workloads: what each asks of whom."""

import sys
from dataclasses import dataclass, replace
from statistics import median
from typing import Callable

import measure
import python_start
import stalls
import streams
from measure import BUILD, Failed, HERE, Load
from peers.python import python_peer, python_peers
from peers.tls import HTTP2, HTTP2_TLS, NGINX_TLS, OURS_KNOWN, OURS_RSA, OURS_TLS, PIXELSERV_TLS
from peers import DEALT, FLOOR, OURS, PEERS, PRIVATE, REUSEPORT, Missing, Peer, c_program, ours

KEEPALIVE = Load()
IDLE_CONNECTIONS = 15_000
NAMES = 10_000
CLIENTS = 1_000_000
# For comparison: fewer of them do.
FREE = "no limit"
# Quantities that are counted take no rounds: they come out the same each time.
COUNTED = {"keepalive", "browser", "varied", "pipeline", "rules"}


@dataclass(frozen=True)
class Workload:
    name: str
    title: str
    load: Load
    participants: Callable[[list[Peer]], list[Peer]]


def _everybody(peers: list[Peer]) -> list[Peer]:
    return [FLOOR, OURS, *peers]


def _with_private(peers: list[Peer]) -> list[Peer]:
    return [FLOOR, OURS, PRIVATE, *peers]


def _churners(peers: list[Peer]) -> list[Peer]:
    return [FLOOR, OURS, PRIVATE, DEALT, REUSEPORT, *peers]


def _callback(how: str) -> Peer:
    program = lambda port, _: [str(c_program(HERE / "callback.c", library=True, optimise=True)), str(port), how]  # noqa: E731
    return Peer(how, program, lambda: "callback.c")


def _rules(name: str, text: str) -> Peer:
    """Ours with these rules; none at all for an empty text."""

    def program(port, folder) -> list[str]:
        path = folder / "rules.toml"
        path.write_text(text)
        return ours(1, 17_000, *(["--rules", str(path)] if text else []))(port, folder)

    return Peer(name, program, lambda: "")


def _hosts(count: int) -> str:
    """A rule for each of so many hosts; the last is the one that is asked for."""
    request = (HERE / "requests" / "minimal.http").read_text()
    asked = next(line.split(":", 1)[1].strip() for line in request.splitlines() if line.lower().startswith("host:"))
    names = [f"host{number}.site{number % 1000}.ads.example" for number in range(count - 1)]
    return "".join(f'[[rule]]\nhost = "{name}"\nnull = "gif"\n' for name in [*names, asked.split(":")[0]])


def _rule_sets() -> list[Peer]:
    fixed = _rules("fixed rule", '[[rule]]\npath = "/x.gif"\nnull = "gif"\n')
    few, many = _rules("10 hosts", _hosts(10)), _rules("100,000 hosts", _hosts(100_000))
    return [fixed, _rules("default answer", ""), few, many]


def _logged(name: str, *options: str) -> Peer:
    """Ours with an access log in its folder."""
    argv = lambda port, folder: ours(1, 17_000, *(option.format(folder) for option in options))(port, folder)  # noqa: E731
    return Peer(name, argv, lambda: "")


def _logs() -> list[Peer]:
    to_file = ("--access-log", "{}/access.log", "--access-log-format")
    return [_logged("no log"), _logged("JSON to a file", *to_file, "json"), _logged("combined to a file", *to_file, "combined")]


def _tls(peers: list[Peer]) -> list[Peer]:
    """Ours, and those that speak TLS of the peers that are asked for."""
    known = {"nginx": NGINX_TLS, "pixelserv-tls": PIXELSERV_TLS}
    return [OURS_TLS, *(known[peer.name] for peer in peers if peer.name in known)]


def _minting(peers: list[Peer]) -> list[Peer]:
    """Those that make a certificate for a name that they see for the first time."""
    return [peer for peer in _tls(peers) if peer is not NGINX_TLS]


def _resuming(peers: list[Peer]) -> list[Peer]:
    return [peer for peer in _tls(peers) if peer is not PIXELSERV_TLS]


def _http2(known: list[Peer]) -> Callable[[list[Peer]], list[Peer]]:
    """Ours, and those that speak it of the peers that are asked for."""
    return lambda peers: [known[0], *(one for one in known[1:] if any(one.name.startswith(peer.name) for peer in peers))]


def _clients() -> list[Peer]:
    """Ours behind a proxy that names another client with each connection."""

    def limited(name: str, connections: int, rate: int) -> Peer:
        # Three million clients have room in it: a million of them, and nobody is forgotten.
        limits = ("--max-connections-per-client", str(connections), "--rate-per-client", str(rate), "--client-table", "48m")
        return Peer(name, ours(1, 1000, "--proxy-protocol", "all", *limits), lambda: "")

    return [limited(FREE, 0, 0), limited("limits of a client", 10_000, 5_000)]


def _workers(count: int) -> Peer:
    return Peer(f"{count} workers", ours(count, 1000), lambda: "")


WORKLOADS = [
    Workload("keepalive", "64 connections, a minimal request", KEEPALIVE, _with_private),
    Workload("keepalive512", "512 connections, a minimal request", Load(connections=512), _everybody),
    Workload("browser", "64 connections, a browser's request", Load(request="browser"), _with_private),
    Workload("varied", "64 connections, a browser's request, each with another target", Load(request="varied"), _with_private),
    Workload("pipeline", "64 connections, 16 requests in flight each", Load(depth=16), _with_private),
    Workload("churn", "a new connection for every request, 64 at a time", Load(churn=True), _churners),
    Workload("rate", "64 connections at half of what the floor can do", KEEPALIVE, _everybody),
    Workload("callback", "a C callback against a rule; each request with another target", Load(request="fresh"), lambda _: [_callback("rule"), _callback("callback")]),
    Workload("rules", "rules of a file, and none; each with another target", Load(request="fresh"), lambda _: _rule_sets()),
    Workload("log", "an access log, and none; a browser's request, each with another target", Load(request="varied"), lambda _: _logs()),
    Workload("python", "one handler in Python, on one thread", KEEPALIVE, lambda _: python_peers()),
    Workload("python-rule", "the same rule, from C and from Python; each request with another target", Load(request="fresh"), lambda _: [_callback("rule"), python_peer("same rule")]),
    Workload("python-start", "what a server costs a Python program", KEEPALIVE, lambda _: [python_peer("start")]),
    Workload("stream", "1 GB made while it is sent", KEEPALIVE, lambda _: streams.streamers()),
    Workload("workers", "workers on one core", KEEPALIVE, lambda _: [_workers(count) for count in (1, 2, 4)]),
    Workload("tls-full", "TLS 1.3: a handshake and a request for each connection", Load(connections=16, tls="full"), _tls),
    Workload("tls-resumed", "the same with tickets", Load(connections=16, tls="resumed"), _resuming),
    Workload("tls-names", "a full handshake and a request, each for a name that is new", Load(connections=16, tls="names"), lambda _: [OURS_KNOWN, OURS_TLS, OURS_RSA]),
    Workload("tls-many-names", f"{NAMES:,} new names in a row, one after the other, and the same again", Load(connections=1, tls="names"), _minting),
    Workload("tls-keepalive", "64 connections over TLS, a minimal request", Load(tls="keepalive"), _tls),
    Workload("tls-idle", f"{IDLE_CONNECTIONS:,} connections over TLS after one answer each", Load(tls="keepalive"), _tls),
    Workload("tls-stall", f"visits beside {stalls.STALLING:,} clients that stall in the handshake, {stalls.RATE} new ones a second", stalls.VISITS, lambda _: [OURS_TLS]),
    Workload("http2", "HTTP/2 in the clear, one connection, 100 streams at once", Load(connections=1, streams=100), _http2(HTTP2)),
    Workload("http2-tls", "the same over TLS", Load(connections=1, streams=100, tls="h2"), _http2(HTTP2_TLS)),
    Workload("idle", f"{IDLE_CONNECTIONS:,} connections after one answer each", KEEPALIVE, lambda peers: [OURS, *peers]),
    Workload("clients", f"{CLIENTS:,} clients, one after the other, with a connection each", KEEPALIVE, lambda _: _clients()),
    Workload("start", "from the start to the first answer", KEEPALIVE, lambda _: [OURS]),
]


class Session:
    """One run of the bench: rounds, seconds, and who could not take part."""

    def __init__(self, rounds: int, seconds: float, progress: Callable[[str], None]):
        self.rounds, self.seconds, self.progress = rounds, seconds, progress
        self.skipped: dict[str, str] = {}
        self.capacity = 0.0

    def run(self, workload: Workload, peers: list[Peer]) -> dict:
        participants = [peer for peer in workload.participants(peers) if self._takes_part(peer, workload)]
        match workload.name:
            case "idle":
                return self._once(workload, participants, lambda peer: measure.idle(peer, IDLE_CONNECTIONS))
            case "tls-idle":
                return self._once(workload, participants, lambda peer: measure.idle(peer, IDLE_CONNECTIONS, workload.load))
            case "tls-many-names":
                return self._once(workload, participants, lambda peer: measure.names(peer, NAMES, workload.load))
            case "tls-stall":
                return self._once(workload, participants, stalls.stalls)
            case "clients":
                return self._once(workload, participants, lambda peer: measure.clients(peer, CLIENTS // 10 if peer.name == FREE else CLIENTS))
            case "stream":
                return self._once(workload, participants, lambda peer: streams.measure(peer, self.rounds))
            case "python-start":
                return self._once(workload, participants, lambda _: python_start.measure())
            case "start":
                return self._once(workload, participants, self._start)
            case _:
                return self._rounds(workload, participants)

    def _takes_part(self, peer: Peer, workload: Workload) -> bool:
        is_there = peer.name.removesuffix(" (TLS)") not in self.skipped and peer.name not in self.skipped
        return is_there and (not peer.only or workload.name in peer.only)

    def _once(self, workload: Workload, participants: list[Peer], take: Callable[[Peer], dict]) -> dict:
        found = {}
        for peer in participants:
            self.progress(f"{workload.name}: {peer.name}")
            self._try(workload, peer, lambda peer=peer: found.__setitem__(peer.name, take(peer)))
        return found

    def _try(self, workload: Workload, peer: Peer, work: Callable[[], None]) -> bool:
        try:
            work()
            return True
        except Missing as why:
            self.skipped[peer.name] = str(why)
        except Failed as why:
            self.skipped.setdefault(f"{peer.name}, {workload.name}", str(why))
        return False

    def _start(self, peer: Peer) -> dict:
        four = Peer("4 workers", ours(4, 4000), lambda: "")
        with measure.running(four) as server:
            resident = measure.proc.resident_bytes(server.process.pid)
        times = [measure.start_ms(peer) for _ in range(max(self.rounds, 5))]
        return {"ms": median(times), "resident": resident, "stripped": _stripped("off"), "stripped_tls": _stripped("on")}

    def _rounds(self, workload: Workload, participants: list[Peer]) -> dict:
        load, seconds = workload.load, self.seconds
        if workload.name == "rate":
            # One answer in a thousand is what is looked at: more of them.
            load, seconds = Load(rate=round(self._capacity() / 2)), 3 * self.seconds
        runs: dict[str, list[dict]] = {peer.name: [] for peer in participants}
        failed: set[str] = set()
        for number in range(self.rounds):
            for peer in participants:
                if peer.name in failed:
                    continue
                self.progress(f"{workload.name} {number + 1}/{self.rounds}: {peer.name}")
                take = lambda peer=peer: runs[peer.name].append(measure.run(peer, _load_of(peer, load), seconds))  # noqa: E731
                if not self._try(workload, peer, take):
                    failed.add(peer.name)
        # A round counts where everybody who is compared took part in it.
        base = runs[participants[0].name] if participants else []
        found = {name: _summary(rows, base) for name, rows in runs.items() if rows and name not in failed}
        if workload.name in COUNTED:
            for peer in participants:
                self._count(workload, peer, found)
        return found

    def _count(self, workload: Workload, peer: Peer, found: dict) -> None:
        if peer.name not in found:
            return
        self.progress(f"{workload.name}: system calls, {peer.name}")
        self._try(workload, peer, lambda: found[peer.name].update(syscalls=measure.syscalls(peer, workload.load)))
        if workload.name == "keepalive":
            self.progress(f"{workload.name}: wrk, {peer.name}")
            self._try(workload, peer, lambda: found[peer.name].update(wrk=measure.wrk(peer, workload.load, self.seconds)))
        if workload.load.depth == 1:
            self.progress(f"{workload.name}: instructions, {peer.name}")
            self._try(
                workload, peer, lambda: found[peer.name].update(instructions=measure.instructions(peer, workload.load))
            )

    def _capacity(self) -> float:
        if not self.capacity:
            runs = [measure.run(FLOOR, KEEPALIVE, self.seconds) for _ in range(3)]
            self.capacity = median(run["per_second"] for run in runs)
        return self.capacity


def _load_of(peer: Peer, load: Load) -> Load:
    load = replace(load, churn=True) if peer.ends_connections else load
    return replace(load, tls=peer.asks) if peer.asks else load


def _summary(rows: list[dict], base: list[dict]) -> dict:
    found = {key: median(row[key] for row in rows) for key in ("cpu_us", "per_second", "p50_us", "p99_us", "p999_us")}
    # Ticks are coarse, so the split is that of all rounds together.
    user, system = (sum(row[key] for row in rows) for key in ("user_ticks", "system_ticks"))
    share = user / (user + system) if user + system else 0
    found["user_us"], found["system_us"] = found["cpu_us"] * share, found["cpu_us"] * (1 - share)
    for key in ("cpu_us", "per_second", "p99_us", "p999_us"):
        ratios = [row[key] / other[key] for row, other in zip(rows, base) if other[key]]
        if ratios:
            found[f"{key}_ratio"] = median(ratios)
    found["rounds"] = len(rows)
    found["cpu_us_by_round"] = [row["cpu_us"] for row in rows]
    return found


def _stripped(tls: str) -> int:
    """Octets of the binary, stripped, of a build with or without TLS."""
    tree = BUILD if tls == "on" else BUILD / "without_tls"
    program = tree / "http_responder_mt"
    if tls == "off":
        _said(["make", "-s", "-C", str(HERE.parents[1]), "TLS=off", f"BUILD={tree}", str(program)])
    target = BUILD / "tests" / f"stripped_{tls}"
    _said(["strip", "-o", str(target), str(program)])
    return target.stat().st_size


def _said(command: list[str]) -> None:
    """Runs it; what it said last where it fails."""
    import subprocess

    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise Failed(f"{command[0]}: {(done.stderr.strip().splitlines() or ['it failed'])[-1]}")


def choose(names: str, known: list, what: str) -> list:
    """Those of `known` that `names`, a comma-separated list, names; all for an empty one."""
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    by_name = {item.name: item for item in known}
    for name in wanted:
        if name not in by_name:
            sys.exit(f"bench: {what}={name}: expected some of {', '.join(by_name)}")
    return [by_name[name] for name in wanted] or known


def choose_peers(names: str) -> list[Peer]:
    return choose(names, PEERS, "PEERS") if names != "none" else []


def choose_workloads(names: str) -> list[Workload]:
    return choose(names, WORKLOADS, "BENCH")
