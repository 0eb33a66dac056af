"""The stand-ins for well-known scripts, in a page that uses them as pages do."""

import shutil
from pathlib import Path

import pytest

from support import client

RULES = Path(__file__).parents[2] / "deploy" / "rules"
HOSTS = ["google-analytics.com", "googletagmanager.com", "googletagservices.com", "connect.facebook.net"]

PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>site</title><link rel="icon" href="data:,">
<script>
const called = [];
const note = (name) => () => called.push(name);
// What pages have in their heads, before any of the scripts has come.
window.GoogleAnalyticsObject = "ga";
window.ga = function () { (ga.q = ga.q || []).push(arguments); };
ga("create", "UA-1", "auto");
ga("send", "pageview", { hitCallback: note("ga queued") });
window._gaq = [["_setAccount", "UA-1"], note("gaq queued")];
window.dataLayer = [];
function gtag() { dataLayer.push(arguments); }
gtag("event", "conversion", { event_callback: note("gtag queued") });
window.googletag = { cmd: [note("googletag queued")] };
window.fbAsyncInit = note("fbAsyncInit");
</script>
<script src="http://www.google-analytics.com:%(port)d/analytics.js"></script>
<script src="http://ssl.google-analytics.com:%(port)d/ga.js"></script>
<script src="http://www.googletagmanager.com:%(port)d/gtag/js?id=G-1"></script>
<script src="http://www.googletagservices.com:%(port)d/tag/js/gpt.js"></script>
<script src="http://connect.facebook.net:%(port)d/en_US/fbevents.js"></script>
</head><body><script>
ga(() => called.push("ga ready"));
ga("send", "event", "a", "b", { hitCallback: note("ga event") });
ga.getAll()[0].send("pageview");
_gaq.push(note("gaq"), ["_trackEvent", "a"]);
_gat._getTracker("UA-1")._trackPageview();
gtag("event", "click", { event_callback: note("gtag event") });
dataLayer.push({ event: "x", eventCallback: note("gtm event") });
googletag.cmd.push(() => {
    const slot = googletag.defineSlot("/1/a", [1, 1], "ad").addService(googletag.pubads()).setTargeting("k", "v");
    googletag.pubads().enableSingleRequest().addEventListener("slotRenderEnded", (event) => {
        if (event.isEmpty && event.slot === slot) called.push("slot is empty");
    });
    googletag.enableServices();
    googletag.display("ad");
});
fbq("init", "1"); fbq("track", "PageView");
FB.getLoginStatus((answer) => called.push("FB " + answer.status));
</script></body></html>"""


def renamed(text: str) -> str:
    """With names that no browser insists on https for, as it does for the real ones (HSTS preload)."""
    for host in HOSTS:
        text = text.replace(host, host.rpartition(".")[0] + ".test")
    return text


@pytest.fixture
def errors_and_calls(browser, site, start, tmp_path):
    rules = shutil.copytree(RULES, tmp_path / "rules")
    for file in rules.glob("*.toml"):
        file.write_text(renamed(file.read_text()))
    server = start("--rules", str(rules), workers=1)
    context = browser.new_context()
    page = context.new_page()
    errors = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(site(renamed(PAGE) % {"port": server.address[1]}))
    page.wait_for_function("called.length >= 12", timeout=10_000)
    yield errors, page.evaluate("called")
    context.close()


def test_everything_that_a_page_waits_for_is_called(errors_and_calls):
    errors, called = errors_and_calls
    assert errors == []
    assert sorted(called) == sorted(
        ["ga queued", "gaq queued", "gtag queued", "googletag queued", "fbAsyncInit", "ga ready", "ga event"]
        + ["gaq", "gtag event", "gtm event", "slot is empty", "FB unknown"]
    )


def test_each_script_is_given_to_whom_the_real_one_is_asked_of(start):
    tomllib = pytest.importorskip("tomllib", reason="Python before 3.11 reads no TOML")
    server = start("--rules", str(RULES), workers=1)
    for file in RULES.glob("*.toml"):
        for rule in tomllib.loads(file.read_text())["rule"]:
            hosts, paths = ([it] if isinstance(it, str) else it for it in (rule["host"], rule["path"]))
            for host in hosts:
                path = paths[0].replace("{locale}", "de_DE")
                answer = client.get(server.address, f"http://{host.replace('*', 'www')}{path}")
                assert answer.body == (RULES / rule["file"]).read_bytes()
                assert answer.get("content-type").startswith("text/javascript")
