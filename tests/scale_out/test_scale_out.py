"""Responders behind HAProxy, as deploy/haproxy has it: lost, rolled and added under load."""

import signal
import subprocess

import pytest

from support.deadline import eventually

from . import site as sites

pytestmark = pytest.mark.skipif(sites.missing() is not None, reason=str(sites.missing()))

GETS, POSTS = 12, 6


@pytest.fixture
def site(tmp_path):
    made = sites.Site(tmp_path)
    yield made
    made.close()


def of(seen: dict, method: str) -> list[str]:
    return [why for name, why in seen["failures"] if name == method]


def test_a_responder_that_is_killed_takes_only_what_it_was_answering(site):
    victim = site.responders[1]
    with site.load(GETS, POSTS) as seen:
        victim.end(signal.SIGKILL)
        site.wait_until(victim, "DOWN")
        survivors = [site.responders[0].handled(), site.responders[2].handled()]
        eventually(lambda: site.responders[0].handled() > survivors[0] + 200, "r1 goes on")
        eventually(lambda: site.responders[2].handled() > survivors[1] + 200, "r3 goes on")
    print(f"killed: {seen}")
    # What can be asked again is; what it was answering and may have had an effect is lost, once each.
    assert of(seen, "GET") == []
    assert len(of(seen, "POST")) <= POSTS
    assert seen["answers"]["GET"] > 400


def test_all_are_rolled_with_a_signal_and_no_request_that_can_be_asked_again_fails(site):
    with site.load(GETS, 0) as seen:
        for responder in site.responders:
            assert responder.end(signal.SIGTERM) == 0
            responder.start()
            site.wait_until(responder, "UP")
    print(f"rolled by a signal: {seen}")
    assert seen["failures"] == []


def test_all_are_rolled_out_of_the_balance_and_nothing_fails(site):
    with site.load(GETS, POSTS) as seen:
        for responder in site.responders:
            name = f"responders/{responder.name}"
            site.tell(f"set server {name} state drain")
            eventually(lambda r=responder: site.row(r)["scur"] == "0", f"{name} has nothing in progress")
            assert responder.end(signal.SIGTERM) == 0
            responder.start()
            site.tell(f"set server {name} state ready")
            site.wait_until(responder, "UP")
    print(f"rolled out of the balance: {seen}")
    assert seen["failures"] == [] and seen["answers"]["POST"] > 0


def test_one_more_gets_its_share_at_once(site):
    with site.load(GETS, POSTS) as seen:
        added = sites.Responder(site, 4)
        options = "check port 9101 inter 500ms fall 2 rise 2 send-proxy-v2"
        said = site.tell(f"add server responders/r4 {added.address}:80 {options}")
        assert "New server registered" in said
        site.tell("enable health responders/r4; enable server responders/r4")
        eventually(lambda: added.handled() > 200, "the new one has its share", 20)
    print(f"added: {seen}")
    assert seen["failures"] == []
    assert added.clients() == {site.client}, "the PROXY header names the client"


def test_https_goes_through_to_whoever_is_there(site):
    """The responders have the certificates, know the client by the PROXY header, and take up each other's sessions."""
    seen = site.visit(60)
    assert seen["answered"] == 60 and seen["resumed"] >= 50, seen
    shares = [responder.handled() for responder in site.responders]
    assert min(shares) > 5, shares
    assert all(responder.clients() == {site.client} for responder in site.responders)
    # One after the other goes and comes back, as at an upgrade.
    for responder in site.responders:
        site.tell(f"set server responders_tls/{responder.name} state drain")
        assert responder.end(signal.SIGTERM) == 0
        assert site.visit(20)["answered"] == 20
        responder.start()
        site.tell(f"set server responders_tls/{responder.name} state ready")
        site.wait_until(responder, "UP")
    assert site.visit(20)["answered"] == 20


@pytest.mark.parametrize(("request_line", "status"), [
    ("GET /healthz", "200"), ("GET /metrics", "200"), ("GET /stats.json", "403"), ("POST /healthz", "403"),
    ("POST /drain", "403"), ("GET /healthz/../drain", "403"),
])  # fmt: skip
def test_the_gateway_shows_health_and_metrics_and_nothing_else(site, request_line, status):
    method, path = request_line.split()
    asked = subprocess.run(
        ["ip", "netns", "exec", site.network.name("client"), "curl", "--silent", "--path-as-is", "--output", "/dev/null",
         "--write-out", "%{http_code}", "-X", method, f"http://{site.responders[0].address}:9101{path}"],
        capture_output=True, text=True, timeout=10,
    )  # fmt: skip
    assert asked.stdout == status
