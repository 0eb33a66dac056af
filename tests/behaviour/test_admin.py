"""The admin side: what it says, what it can be told, and that nobody pays for it."""

import json
import os
import pwd
import re
import shutil
import signal
import socket
import stat
import subprocess

import pytest
from prometheus_client.parser import text_string_to_metric_families

from support.admin import ask, read
from support.client import Client, get, request
from support.deadline import PATIENCE, eventually
from support.paths import REPO
from support.server import ServerProcess, binary_argv
from support.stats import NAMES

PAGES = ("/", "/stats.json", "/stats.txt", "/metrics", "/healthz", "/connections", "/history.json", "/rules", "/log-level")


def refused(*options):
    """How the program ends that cannot be started like this."""
    return subprocess.run(binary_argv(*options), capture_output=True, text=True, timeout=PATIENCE)


def test_the_statistics_say_what_happened(admin):
    server, path = admin()
    for _ in range(3):
        get(server.address, "/a.gif")
    server.counted("requests_handled", 3)
    report = read(path, "/stats.json")
    assert list(report["total"]) == NAMES and len(report["workers"]) == 2
    assert report["total"]["requests_handled"] == 3
    assert sum(worker["requests_handled"] for worker in report["workers"]) == 3
    assert report["state"] == "running" and report["uptime_ms"] > 0
    assert report["listening"] == [f"127.0.0.1:{server.address[1]}"]
    assert report["process"]["id"] == server.pid and report["process"]["resident"] > 1 << 20


def test_its_own_requests_are_not_counted(admin):
    server, path = admin()
    for page in PAGES:
        assert ask(path, page).status == 200, page
    stats = server.stats()
    assert not any(stats.total[name] for name in NAMES if name != "pool_capacity")


def test_the_socket_is_for_owner_and_group_and_goes_with_the_server(admin):
    server, path = admin()
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o660
    server.stop()
    assert not os.path.exists(path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_the_socket_becomes_that_of_the_user_and_the_group(admin):
    _, path = admin("--user", "nobody")
    user = pwd.getpwnam("nobody")
    info = os.stat(path)
    assert (info.st_uid, info.st_gid, stat.S_IMODE(info.st_mode)) == (user.pw_uid, user.pw_gid, 0o660)
    assert ask(path, "/healthz").status == 200


def test_a_socket_that_was_left_behind_is_taken_over_and_one_in_use_is_not(admin, tmp_path):
    path = str(tmp_path / "admin.sock")
    ServerProcess(binary_argv("--admin", f"unix:{path}")).kill()
    assert os.path.exists(path)
    _, path = admin()
    ended = refused("--admin", f"unix:{path}")
    assert ended.returncode == 1
    assert f"cannot listen on unix:{path}: the address is in use already" in ended.stderr
    assert ask(path, "/healthz").status == 200


@pytest.mark.parametrize("address", ["0.0.0.0:0", "192.0.2.1:80", "[::]:80", "localhost:80", "9100", "unix:relative"])
def test_an_address_that_others_could_reach_is_refused(address):
    expected = "admin: expected unix:/path, or a loopback address with its port such as 127.0.0.1:9100, got"
    ended = refused("--admin", address)
    assert ended.returncode == 2 and f'{expected} "{address}"' in ended.stderr


def test_both_loopback_families_are_served(start):
    server = start("--admin", "[::1]:0")
    assert "; admin on [::1]:" in server.stdout_lines[0]
    assert ask(server.addresses[-1], "/healthz", host="[::1]").status == 200


def test_prometheus_understands_the_metrics(admin):
    server, path = admin()
    get(server.address, "/a.gif")
    server.counted("requests_handled")
    response = ask(path, "/metrics")
    assert response.get("content-type") == "text/plain; version=0.0.4; charset=utf-8"
    families = {family.name: family for family in text_string_to_metric_families(response.body.decode())}
    handled = families["http_responder_requests_handled"]
    assert handled.type == "counter" and handled.documentation
    assert sum(sample.value for sample in handled.samples) == 1
    assert {sample.labels["worker"] for sample in handled.samples} == {"0", "1"}
    assert families["http_responder_running"].samples[0].value == 1
    assert families["process_resident_memory_bytes"].samples[0].value > 1 << 20
    assert all(family.type != "unknown" and family.documentation for family in families.values())


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is missing (package prometheus)")
def test_promtool_finds_nothing_to_complain_of(admin):
    server, path = admin()
    get(server.address, "/a.gif")
    server.counted("requests_handled")
    metrics = ask(path, "/metrics").body
    checked = subprocess.run(["promtool", "check", "metrics"], input=metrics, capture_output=True, timeout=60)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, b"")


def histogram(path) -> tuple[dict[float, float], float, float]:
    """The time to answer as Prometheus sees it: cumulative buckets, sum, count."""
    families = text_string_to_metric_families(ask(path, "/metrics").body.decode())
    samples = next(family for family in families if family.name == "http_responder_answer_seconds").samples
    buckets = {float(it.labels["le"]): it.value for it in samples if it.name.endswith("_bucket")}
    rest = {it.name.rsplit("_", 1)[1]: it.value for it in samples if not it.name.endswith("_bucket")}
    return buckets, rest["sum"], rest["count"]


def test_metrics_of_a_unix_socket_through_the_line_of_the_guide(admin):
    """Prometheus asks over TCP only: socat stands in between, as docs/admin.md has it."""
    if shutil.which("socat") is None:
        pytest.skip("socat is missing")
    server, path = admin(workers=2)
    (line,) = re.findall(r"^socat TCP-LISTEN:9100,.*$", (REPO / "docs/admin.md").read_text(), re.MULTILINE)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = line.replace(":9100,", f":{port},").replace("/run/http_responder/admin.sock", path).split()
    between = subprocess.Popen(words)
    try:

        def listens():
            with socket.socket() as one:
                return one.connect_ex(("127.0.0.1", port)) == 0

        eventually(listens, "socat listens")
        for _ in range(3):
            response = ask(("127.0.0.1", port), "/metrics", host=f"127.0.0.1:{port}")
            families = {it.name for it in text_string_to_metric_families(response.body.decode())}
            assert {"http_responder_connections_open", "http_responder_answer_seconds"} <= families
    finally:
        between.terminate()
        between.wait()


def test_answers_are_told_by_kind(admin, tmp_path):
    rules = tmp_path / "rules.toml"
    rules.write_text('[[rule]]\npath = "/r"\nstatus = 410\n[[rule]]\npath = "/cut"\nclose = true\n')
    server, path = admin("--rules", str(rules))
    for target in ("/a.gif", "/b.png", "/c.js", "/d.css", "/e.html", "/r"):
        get(server.address, target)
    with Client(server.address) as client:
        client.send(b"GET /\r\n\r\n")
        assert client.response().status == 400
    with Client(server.address) as client:
        client.send(request("/cut"))
        client.expect_gone()
    expected = {"image": 2, "script": 1, "style": 1, "page": 1, "rule": 1, "refusal": 1, "none": 1}
    eventually(lambda: read(path, "/stats.json")["kinds"] == expected, f"{expected}")
    metrics = ask(path, "/metrics").body.decode()
    assert 'http_responder_answers_by_kind_total{kind="image"} 2\n' in metrics


def test_the_time_to_answer_is_a_histogram(admin, tmp_path):
    rules = tmp_path / "rules.toml"
    rules.write_text('[[rule]]\npath = "/late"\nstatus = 200\ndelay = "300ms"\n')
    server, path = admin("--rules", str(rules))
    for _ in range(9):
        get(server.address, "/a.gif")
    get(server.address, "/late")
    latency = eventually(lambda: (it := read(path, "/stats.json")["latency"])["count"] == 10 and it, "ten answers")
    assert latency["p50_us"] < 100_000 and 290_000 < latency["p999_us"] < 10_000_000
    assert sum(count for _, count in latency["buckets"]) == 10
    assert latency["buckets"] == sorted(latency["buckets"])
    buckets, total, count = histogram(path)
    assert count == 10 and total >= 0.3 and buckets[float("inf")] == 10
    assert sorted(buckets.values()) == list(buckets.values()), "cumulative"
    assert buckets[0.262144] == 9 and buckets[67.108864] == 10


def test_top_hosts_are_told_and_no_flood_of_names_hides_them(admin):
    server, path = admin(workers=1)
    with Client(server.address) as client:
        for at in range(600):
            for host in (f"{at}.flood.example", "often.example") if at % 3 == 0 else (f"{at}.flood.example",):
                client.send(f"GET / HTTP/1.1\r\nHost: {host}:80\r\n\r\n".encode())
                assert client.response().status == 200
    hosts = eventually(lambda: read(path, "/stats.json")["hosts"], "hosts")
    assert hosts[0]["host"] == "often.example"
    assert hosts[0]["requests"] - hosts[0]["doubt"] <= 200 <= hosts[0]["requests"]
    assert len(hosts) <= 20


def test_connections_are_listed_oldest_first(admin):
    server, path = admin()
    clients = []
    try:
        for at in range(4):
            clients.append(Client(server.address))
            for _ in range(at):
                clients[-1].send(request("/a.gif"))
                assert clients[-1].response().status == 200
        server.eventually("three idle", lambda stats: stats["connections_keepalive"] == 3)
        listed = read(path, "/connections")
        assert listed["open"] == 4 and sum(worker["keepalive"] for worker in listed["workers"]) == 3
        assert listed["without_answer"] == []
        oldest = listed["oldest"]
        assert [it["age_ms"] for it in oldest] == sorted((it["age_ms"] for it in oldest), reverse=True)
        assert {it["client"] for it in oldest} == {"{}:{}".format(*it.socket.getsockname()) for it in clients}
        by_client = {it["client"]: it for it in oldest}
        for at, client in enumerate(clients):
            seen = by_client["{}:{}".format(*client.socket.getsockname())]
            assert (seen["requests"], seen["state"]) == (at, "keepalive" if at else "reading")
            assert seen["listener"] == f"127.0.0.1:{server.address[1]}"
        assert len(read(path, "/connections?oldest=2")["oldest"]) == 2
        assert read(path, "/connections?oldest=0")["oldest"] == []
        assert "expected oldest=N" in read(path, "/connections?oldest=1001", 400)["error"]
    finally:
        for client in clients:
            client.close()


def test_the_last_minutes_are_kept_for_a_page_that_is_opened_now(admin):
    server, path = admin()
    for _ in range(5):
        get(server.address, "/a.gif")

    def points():
        return [it for it in read(path, "/history.json")["points"] if it["requests"] == 5]

    assert eventually(points, "a point with all of them")[0]["uptime_ms"] > 0


def test_health_is_ok_until_the_server_drains_and_503_until_it_has_ended(admin):
    server, path = admin("--drain-timeout", "20s")
    assert read(path, "/healthz") == {"status": "running"}
    with Client(server.address) as busy:
        busy.send(request("/upload", "Content-Length: 10", method="POST") + b"12345")
        server.counted("connections_reading")
        assert read(path, "/drain", 202, method="POST") == {"status": "draining"}
        eventually(lambda: ask(path, "/healthz").status == 503, "503")
        assert read(path, "/healthz", 503) == {"status": "draining"}
        assert read(path, "/stats.json")["total"]["connections_reading"] == 1
        busy.send(b"67890")
        assert busy.response().status == 200
    assert server.wait() == 0


def test_a_drain_takes_its_grace_from_the_query(admin):
    server, path = admin("--drain-timeout", "off")
    with Client(server.address) as busy:
        busy.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n")
        server.counted("connections_reading")
        assert read(path, "/drain?grace=never", 400, method="POST")["error"].startswith("query: expected grace=10s")
        assert read(path, "/healthz") == {"status": "running"}
        read(path, "/drain?grace=100ms", 202, method="POST")
        assert server.wait() == 0


def test_rules_are_listed_and_read_again(admin, tmp_path):
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "10-a.toml").write_text('[[rule]]\npath = "/a"\nstatus = 404\n')
    (rules / "20-b.toml").write_text('[[rule]]\npath = "/b"\nstatus = 410\n[[rule]]\npath = "/c"\nstatus = 410\n')
    server, path = admin("--rules", str(rules))
    assert get(server.address, "/b").status == 410
    server.counted("rules_matched")
    assert read(path, "/rules") == {
        "path": str(rules),
        "count": 3,
        "matched": 1,
        "files": [{"path": str(rules / "10-a.toml"), "rules": 1}, {"path": str(rules / "20-b.toml"), "rules": 2}],
    }
    (rules / "10-a.toml").unlink()
    reloaded = read(path, "/reload", method="POST")
    assert reloaded == {"reloaded": True, "changed": [], "at_next_start": [], "rules": 2}
    assert get(server.address, "/a").status == 200
    assert read(path, "/stats.json")["rules"] == 2


def test_a_reload_tells_which_rules_can_never_match(admin, tmp_path):
    rules = tmp_path / "rules.toml"
    rules.write_text('[[rule]]\nnull = "gif"\n')
    server, path = admin("--rules", str(rules), allow=("can never match",))
    rules.write_text('[[rule]]\nnull = "gif"\n[[rule]]\npath = "/a"\nstatus = 404\n')
    told = f"{rules}:3: rule 2 can never match: rule 1, line 1, takes every request that it would"
    assert read(path, "/reload", method="POST")["warnings"] == [told]
    eventually(lambda: server.messages() == [f"http_responder: warning: {told}"], "the warning")


def test_a_reload_tells_every_mistake_and_changes_nothing(admin, tmp_path):
    rules = tmp_path / "rules.toml"
    rules.write_text('[[rule]]\npath = "/a"\nstatus = 404\n')
    server, path = admin("--rules", str(rules), allow=("everything stays as it was",))
    rules.write_text('[[rule]]\npath = "/a"\nstatus = 999\n[[rule]]\nmethod = 7\nnull = "gif"\n')
    refused = read(path, "/reload", 422, method="POST")
    assert refused["reloaded"] is False and refused["error"] == "everything stays as it was"
    assert [line.split(": ")[0] for line in refused["mistakes"]] == [f"{rules}:3:10", f"{rules}:5:10"]
    assert get(server.address, "/a").status == 404
    rules.unlink()
    assert "No such file" in read(path, "/reload", 500, method="POST")["mistakes"][0]


def test_a_reload_without_files_says_so(admin):
    _, path = admin(allow=("there is no file to read again",))
    expected = {"reloaded": False, "reason": "there is no file to read again"}
    assert read(path, "/reload", method="POST") == expected


def test_the_log_level_changes_at_once_and_survives_a_reload(admin, tmp_path):
    rules = tmp_path / "rules.toml"
    rules.write_text("")
    server, path = admin("--rules", str(rules), allow=("info: reload",))
    assert read(path, "/log-level") == {"level": "warn"}
    server.signal(signal.SIGHUP)
    assert read(path, "/log-level", method="PUT", body=b'"info"\n') == {"level": "info"}
    read(path, "/reload", method="POST")
    eventually(lambda: any("info: reload" in line for line in server.messages()), "a line of level info")
    assert read(path, "/log-level") == {"level": "info"}
    refused = read(path, "/log-level", 400, method="PUT", body=b"loud")
    assert refused == {"error": 'log level: expected one of off, error, warn, info, got "loud"'}
    assert read(path, "/log-level", method="PUT", body=b"off") == {"level": "off"}


def test_what_is_not_there_and_what_cannot_be_done_is_said_as_json(admin):
    _, path = admin()
    assert "error" in read(path, "/nothing", 404)
    for page, allowed in (("/stats.json", "GET, HEAD, OPTIONS"), ("/drain", "POST, OPTIONS")):
        response = ask(path, page, method="DELETE")
        assert (response.status, response.get("allow")) == (405, allowed)
        assert "error" in json.loads(response.body)
        response = ask(path, page, method="OPTIONS")
        assert (response.status, response.get("allow")) == (204, allowed)
    assert ask(path, "/drain").status == 405
    head = ask(path, "/stats.json", method="HEAD")
    assert (head.status, head.body) == (200, b"")


def test_reports_under_load_are_consistent(admin):
    server, path = admin()
    before = -1
    with Client(server.address) as client, Client(path) as watcher:
        for _ in range(30):
            client.send(request("/a.gif") * 100)
            watcher.send(request("/stats.json"))
            report = json.loads(watcher.response().body)
            handled = report["total"]["requests_handled"]
            assert handled >= before
            before = handled
            assert handled == sum(worker["requests_handled"] for worker in report["workers"])
            for _ in range(100):
                assert client.response().status == 200
    server.counted("requests_handled", 3000)
    assert read(path, "/stats.json")["total"]["requests_handled"] == 3000


def test_the_page_stands_alone(admin):
    _, path = admin()
    page = ask(path, "/")
    html = page.body.decode()
    policy = page.get("content-security-policy")
    nonce = re.search(r"script-src 'nonce-([0-9a-f]{32})'", policy)[1]
    assert html.count(f'nonce="{nonce}"') == 2 and "{nonce}" not in html
    assert policy.startswith("default-src 'none'; ") and "unsafe" not in policy
    without_namespaces = html.replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"(?:https?:)?//[a-z]", without_namespaces), "an address of somebody else"
    assert ask(path, "/").get("content-security-policy") != policy


def test_its_threads_are_not_taken_for_those_that_serve(admin):
    server, _ = admin(workers=2)
    own = {"hr-worker-0", "hr-worker-1", "hr-acceptor"}
    others = {"hr-admin-0", "hr-admin-accept", "hr-admin-past"}

    def names() -> list[str]:
        tasks = [f"/proc/{server.pid}/task/{it}/comm" for it in os.listdir(f"/proc/{server.pid}/task")]
        return [open(task).read().strip() for task in tasks]

    # A thread takes its name once it runs.
    eventually(lambda: {it for it in names() if it.startswith("hr-")} == own | others, "all threads have their names")
    assert len(names()) == len(set(names()))


def test_without_the_option_there_is_no_admin_side(start):
    server = start()
    assert "admin" not in server.stdout_lines[0]
    assert get(server.address, "/stats.json").get("content-type") == "application/json"
    assert get(server.address, "/stats.json").body in (b"{}", b"{}\n", b"null")
