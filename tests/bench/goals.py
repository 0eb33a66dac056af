"""What is aimed for, and whether a report has reached it."""

from dataclasses import dataclass
from statistics import median

OURS, REUSEPORT = "http_responder", "http_responder (reuseport)"
OURS_TLS, NGINX_TLS = "http_responder (TLS)", "nginx (TLS)"
START, SENDFILE = "python start", "nginx (sendfile)"
PRIVATE, DEALT = "http_responder (private)", "http_responder (2 workers)"


@dataclass(frozen=True)
class Goal:
    text: str
    figure: float
    bound: float
    at_least: bool = False

    @property
    def met(self) -> bool:
        return self.figure >= self.bound if self.at_least else self.figure <= self.bound

    @property
    def verdict(self) -> str:
        sign = "at least" if self.at_least else "at most"
        part = abs(self.figure / self.bound - 1) if self.bound else abs(self.figure)
        return f"{'met' if self.met else 'MISSED'}: {self.figure:.3g}, {sign} {self.bound:.3g} ({part:.0%} {'to spare' if self.met else 'off'})"


def judge(report: dict) -> list[Goal]:
    """The goals that the report has figures for."""
    found = report["workloads"]

    def figure(workload: str, name: str, key: str) -> float | None:
        return found.get(workload, {}).get(name, {}).get(key)

    def quotient(workload: str, key: str, of: str, by: str) -> float | None:
        one, other = figure(workload, of, key), figure(workload, by, key)
        return one / other if one is not None and other else None

    def difference(workload: str, one: str, other: str) -> float | None:
        """Of CPU time, round by round: what both had to bear in one round is no difference."""
        pair = figure(workload, one, "cpu_us_by_round"), figure(workload, other, "cpu_us_by_round")
        return None if None in pair else median(a - b for a, b in zip(*pair))

    bytes_answer, socketify = "python bytes", "socketify"
    user = quotient("keepalive", "user_us", OURS, "floor")
    callback = difference("callback", "callback", "rule")
    hosts = difference("rules", "100,000 hosts", "10 hosts")
    default = difference("rules", "default answer", "fixed rule")

    def better(workload: str, of: str, *others: str) -> float | None:
        """Requests per second beside the better of the others."""
        rates = [rate for name in others if (rate := figure(workload, name, "per_second")) is not None]
        one = figure(workload, of, "per_second")
        return one / max(rates) if one is not None and rates else None

    limited, free = (figure("clients", name, "grown") for name in ("limits of a client", "no limit"))
    table = None if None in (limited, free) else limited - free
    workers = [quotient("workers", "cpu_us", f"{count} workers", "1 workers") for count in (2, 4)]
    candidates: list[tuple[str, float | None, float, bool]] = [
        ("keepalive: CPU time per request, ratio to the floor", figure("keepalive", OURS, "cpu_us_ratio"), 1.05, False),
        ("keepalive: user part, ratio to the floor's (0.30 us where that is 0.21)", user, 0.30 / 0.21, False),
        ("keepalive, with private_descriptors", figure("keepalive", PRIVATE, "cpu_us_ratio"), 1.05, False),
        ("browser: CPU time per request, ratio to the floor", figure("browser", OURS, "cpu_us_ratio"), 1.05, False),
        ("browser, with private_descriptors", figure("browser", PRIVATE, "cpu_us_ratio"), 1.05, False),
        ("varied: CPU time per request, ratio to the floor (no goal of its own: that of browser)", figure("varied", OURS, "cpu_us_ratio"), 1.05, False),
        ("pipeline: CPU time per request, ratio to the floor", figure("pipeline", OURS, "cpu_us_ratio"), 1.15, False),
        ("pipeline: requests per second, ratio to nginx", quotient("pipeline", "per_second", OURS, "nginx"), 8, True),
        ("churn, dispatch: CPU time, ratio to nginx", quotient("churn", "cpu_us", OURS, "nginx"), 0.95, False),
        ("churn, reuseport: CPU time, ratio to nginx", quotient("churn", "cpu_us", REUSEPORT, "nginx"), 0.95, False),
        ("churn, dispatch, with private_descriptors", quotient("churn", "cpu_us", PRIVATE, "nginx"), 0.95, False),
        ("churn, dispatch, dealt to 2 workers on the core", quotient("churn", "cpu_us", DEALT, "nginx"), 0.95, False),
        ("idle: private octets per connection at 15,000", figure("idle", OURS, "octets"), 100, False),
        ("fixed rate: p99, ratio to the floor", figure("rate", OURS, "p99_us_ratio"), 1.10, False),
        ("fixed rate: p99.9, ratio to the floor", figure("rate", OURS, "p999_us_ratio"), 1.10, False),
        ("callback: microseconds more than the rule", callback, 0.05, False),
        ("rules: microseconds that 100,000 hosts cost more than ten", hosts, 0.1, False),
        ("a default answer by type: microseconds more than a fixed rule", default, 0.15, False),
        ("access log, JSON to a file: CPU time, ratio to none", quotient("log", "cpu_us", "JSON to a file", "no log"), 1.25, False),
        ("TLS 1.3 handshakes per CPU second, ratio to nginx", quotient("tls-full", "cpu_us", NGINX_TLS, OURS_TLS), 1.3, True),
        ("the same, resumed", quotient("tls-resumed", "cpu_us", NGINX_TLS, OURS_TLS), 1.3, True),
        ("TLS, a new name: CPU time, ratio to a known one", figure("tls-names", OURS_TLS, "cpu_us_ratio"), 1.6, False),
        ("TLS, 10,000 new names in a row: how many fail", figure("tls-many-names", OURS_TLS, "failed"), 0, False),
        ("TLS keep-alive: CPU time per request, ratio to nginx", quotient("tls-keepalive", "cpu_us", OURS_TLS, NGINX_TLS), 1.05, False),
        ("TLS idle: private octets per connection at 15,000", figure("tls-idle", OURS_TLS, "octets"), 8192, False),
        ("TLS, clients that stall: p99 of others, ratio to without them", figure("tls-stall", OURS_TLS, "stall_ratio"), 2, False),
        ("TLS, after clients that stalled: percent of a core with nothing to do", figure("tls-stall", OURS_TLS, "idle_percent"), 1, False),
        ("HTTP/2: requests per second, ratio to the better of nginx and h2o", better("http2", OURS, "nginx", "h2o"), 1, True),
        ("HTTP/2 over TLS, the same", better("http2-tls", OURS_TLS, NGINX_TLS, "h2o (TLS)"), 1, True),
        ("a million clients in the table of their limits, MB more than without limits", _mega(table), 64 * 1.048576, False),
        ("Python, bytes: requests per second, ratio to socketify", quotient("python", "per_second", bytes_answer, socketify), 1.2, True),
        ("Python, bytes: CPU time, ratio to socketify", quotient("python", "cpu_us", bytes_answer, socketify), 1, False),
        ("Python, async def: CPU time, ratio to granian", quotient("python", "cpu_us", "python async", "granian"), 1, False),
        ("Python, async def: CPU time, ratio to uvicorn", quotient("python", "cpu_us", "python async", "uvicorn"), 1, False),
        ("Python, ASGI: CPU time, ratio to granian", quotient("python", "cpu_us", "python asgi", "granian"), 1, False),
        ("Python, WSGI: CPU time, ratio to granian", quotient("python", "cpu_us", "python wsgi", "granian-wsgi"), 1, False),
        ("Python, a rule: CPU time, ratio to the same from C", quotient("python-rule", "cpu_us", "python same rule", "rule"), 1.02, False),
        ("Python, async def: requests per second, ratio to granian", quotient("python", "per_second", "python async", "granian"), 1, True),
        ("Python, async def: requests per second, ratio to uvicorn", quotient("python", "per_second", "python async", "uvicorn"), 1, True),
        ("Python: a server started and stopped, ms", figure("python-start", START, "start_stop_ms"), 2, False),
        ("Python: the fixture, ms more for a test", figure("python-start", START, "fixture_ms"), 0.5, False),
        ("Python: import, ms", figure("python-start", START, "import_ms"), 30, False),
        ("Python: octets, descriptors and threads that 1,000 servers leave, MB and each", _mega(figure("python-start", START, "leaked")), 0.5, False),
        ("Python: the wheel, MB", _mega(figure("python-start", START, "wheel")), 3, False),
        ("stream, hr_writer_send: MB/s, ratio to nginx", quotient("stream", "mb_s", "hr_writer_send", SENDFILE), 0.9, True),
        ("stream, Python iterator: MB/s, ratio to nginx", quotient("stream", "mb_s", "python iterator", SENDFILE), 0.9, True),
        ("stream, hr_writer_send: what a slow client costs, MB (the high-water mark, twice, and two pieces)", _mega(figure("stream", "hr_writer_send", "slow_grown")), 0.8, False),
        ("stream, Python iterator: the same", _mega(figure("stream", "python iterator", "slow_grown")), 0.8, False),
        ("2 workers: CPU time, ratio to 1 worker", workers[0], 1.03, False),
        ("4 workers: CPU time, ratio to 1 worker", workers[1], 1.03, False),
        ("start to the first answer, ms", figure("start", OURS, "ms"), 5, False),
        ("binary with the engine, without TLS (make TLS=off), stripped, MB", _mega(figure("start", OURS, "stripped")), 2, False),
        ("binary with TLS, stripped, MB (a goal of ours)", _mega(figure("start", OURS, "stripped_tls")), 6, False),
        ("4 idle workers, resident, MB", _mega(figure("start", OURS, "resident")), 5, False),
    ]
    return [Goal(text, value, bound, least) for text, value, bound, least in candidates if value is not None]


def _mega(octets: float | None) -> float | None:
    return None if octets is None else octets / 1e6
