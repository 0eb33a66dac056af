"""What watches: the alert rules by promtool, and all that the dashboard asks, of a real Prometheus that
scrapes a real responder."""

import json
import re
import shutil
import socket
import subprocess
import urllib.error
import urllib.parse
import urllib.request

import pytest
import yaml

from support.client import get
from support.deadline import eventually
from support.paths import REPO

PROMETHEUS = REPO / "deploy" / "prometheus"
DASHBOARD = REPO / "deploy" / "grafana" / "http_responder.json"
needs = pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is missing (package prometheus)")


def expressions() -> list[str]:
    """What the panels ask, with what Grafana puts in."""
    panels = json.loads(DASHBOARD.read_text())["panels"]
    texts = [target["expr"] for panel in panels for target in panel["targets"]]
    return [text.replace("$__rate_interval", "1m").replace("$instance", ".*") for text in texts]


def test_every_statistic_that_is_asked_for_exists():
    known = set(re.findall(r"`(http_responder_\w+)`", (REPO / "docs" / "stats.md").read_text()))
    known |= {"http_responder_answer_seconds_bucket", "http_responder_requests_per_second"}
    files = [DASHBOARD, *PROMETHEUS.glob("*.yml")]
    for file in files:
        asked = set(re.findall(r"(?<![:\w])http_responder_\w+", file.read_text()))
        assert asked <= known, f"{file.name}: {asked - known}"


@needs
@pytest.mark.parametrize("command", [
    ("check", "config", "prometheus.yml"), ("check", "rules", "alerts.yml"), ("test", "rules", "alerts_test.yml"),
])  # fmt: skip
def test_promtool_has_nothing_to_say(command):
    ended = subprocess.run(["promtool", *command], cwd=PROMETHEUS, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_every_alert_is_tried():
    groups = yaml.safe_load((PROMETHEUS / "alerts.yml").read_text())["groups"]
    alerts = {rule["alert"] for group in groups for rule in group["rules"] if "alert" in rule}
    tests = yaml.safe_load((PROMETHEUS / "alerts_test.yml").read_text())["tests"]
    tried = {one["alertname"] for test in tests for one in test.get("alert_rule_test", []) if one["exp_alerts"]}
    assert alerts == tried


@pytest.fixture
def prometheus(start, tmp_path):
    """Prometheus with the committed rules, scraping a responder once a second; how it is asked."""
    server = start("--admin", "127.0.0.1:0")
    said = " ".join(server.stdout_lines)
    admin = re.search(r"admin on (\S+)", said)[1]
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(PROMETHEUS / "alerts.yml")],
        "scrape_configs": [{"job_name": "http_responder", "static_configs": [{"targets": [admin]}]}],
    }
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(config))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        ["prometheus", f"--config.file={tmp_path}/prometheus.yml", f"--storage.tsdb.path={tmp_path}/data",
         f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"],
    )  # fmt: skip

    def ask(path: str, **query: str) -> dict:
        url = f"http://127.0.0.1:{port}/api/v1/{path}?{urllib.parse.urlencode(query)}"
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            # Text while it starts, else what was wrong with the question.
            return {} if error.code == 503 else json.load(error)
        except OSError:
            return {}

    yield ask, server
    process.terminate()
    process.wait(30)


@needs
def test_every_panel_is_answered(prometheus):
    ask, server = prometheus

    def counted() -> bool:
        get(server.address, "/a.gif")
        found = ask("query", query="sum(rate(http_responder_requests_handled_total[1m]))").get("data", {})
        return bool(found.get("result")) and float(found["result"][0]["value"][1]) > 0

    eventually(counted, "Prometheus has a rate", 30)
    for expression in expressions():
        answer = ask("query", query=expression)
        assert answer["status"] == "success", f"{expression}: {answer}"
        # What is compared shows only what is too much.
        assert answer["data"]["result"] or " > 0" in expression, f"{expression}: nothing"
    groups = ask("rules")["data"]["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert len(rules) == 8 and all(rule["health"] == "ok" for rule in rules)
    firing = [rule["name"] for rule in rules if rule.get("state") == "firing"]
    assert firing == [], "nothing is wrong with it"
