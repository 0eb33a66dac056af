"""Chromium, which trusts the CA as any user's does, opens a page of fifty https hosts that are blocked,
over HTTP/2."""

import os
import shutil
import subprocess

import pytest

from support.deadline import PATIENCE
from support.paths import BUILD

from browser.conftest import CHROMIUM

TRACKERS = """doubleclick.net googlesyndication.com google-analytics.com googletagmanager.com googleadservices.com adnxs.com
rubiconproject.com pubmatic.com openx.net casalemedia.com criteo.com criteo.net taboola.com outbrain.com scorecardresearch.com
quantserve.com moatads.com adsrvr.org bidswitch.net smartadserver.com yieldmo.com sharethrough.com 3lift.com indexww.com
contextweb.com advertising.com bluekai.com demdex.net everesttech.net krxd.net mathtag.com rlcdn.com tapad.com turn.com
agkn.com exelator.com crwdcntrl.net eyeota.net hotjar.com mixpanel.com segment.io amplitude.com branch.io appsflyer.com
adjust.com kochava.com newrelic.com nr-data.net bugsnag.com optimizely.com""".split()

PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>fifty</title><link rel="icon" href="data:,"><style>
body { font: 15px/1.4 system-ui, sans-serif; margin: 2rem; background: #f6f7f9; color: #1b1f24 }
h1 { font-size: 1.5rem; margin: 0 0 1rem } ul { columns: 3; padding: 0; list-style: none; margin: 0 }
li { padding: .35rem .6rem; margin: 0 0 .4rem; background: #fff; border-radius: .4rem; break-inside: avoid }
li::before { content: "… " } li.load::before { content: "✓ "; color: #0a7d33 } li.error::before { content: "✗ "; color: #c00 }
</style></head><body><h1>Fifty blocked hosts over https</h1><ul id="list"></ul><script>
const hosts = %(hosts)s;
const results = {};
const ask = (host, index) => new Promise((resolve) => {
    const row = document.createElement("li");
    row.textContent = host;
    document.getElementById("list").append(row);
    const tag = index %% 2 ? "script" : "img";
    const it = document.createElement(tag);
    const end = (what) => { results[host] = what; row.className = what; resolve(); };
    it.onload = () => end("load");
    it.onerror = () => end("error");
    it.src = "https://" + host + (index %% 2 ? "/tag.js" : "/pixel.gif");
    document.head.append(it);
});
window.done = Promise.all(hosts.map(ask)).then(() => results);
</script></body></html>"""


@pytest.fixture
def home(tmp_path, authority):
    """A home folder whose NSS database, which Chromium reads, trusts the CA."""
    if shutil.which("certutil") is None:
        pytest.skip("certutil is missing (package libnss3-tools)")
    place = tmp_path / "home" / ".pki" / "nssdb"
    place.mkdir(parents=True)
    run = lambda *words: subprocess.run(["certutil", "-d", f"sql:{place}", *words], check=True, timeout=PATIENCE)  # noqa: E731
    run("-N", "--empty-password")
    run("-A", "-t", "C,,", "-n", "sinkhole", "-i", str(authority.certificate))
    return tmp_path / "home"


@pytest.fixture
def chromium(home):
    if CHROMIUM is None:
        if os.environ.get("CI") == "true" and shutil.which("apt-get") and os.geteuid() == 0:
            pytest.fail("chromium is missing, and CI could have installed it (tests/c/tools.sh)")
        pytest.skip("chromium is missing (package chromium)")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is missing (pip)")
    with playwright.sync_playwright() as engine:

        def launch(port: int, trusting: bool = True):
            flags = [f"--host-resolver-rules=MAP * 127.0.0.1:{port}", "--no-sandbox"]
            # Where the certificate is not trusted, nothing of ours may tell the browser to take it.
            place = home if trusting else home / "empty"
            return engine.chromium.launch(executable_path=CHROMIUM, args=flags, env={**os.environ, "HOME": str(place)})

        yield launch


def test_fifty_blocked_hosts_without_a_certificate_error(tls, chromium, tmp_path):
    hosts = [f"{part}.{domain}" for part, domain in zip(["ads", "pixel", "www", "cdn", "t"] * 10, TRACKERS)]
    assert len(set(hosts)) == 50
    rules = tmp_path / "rules.toml"
    (tmp_path / "page.html").write_text(PAGE % {"hosts": hosts})
    rules.write_text(f'[[rule]]\nhost = "site.example"\npath = "/"\nfile = "{tmp_path}/page.html"\n')
    server = tls("--rules", str(rules))
    browser = chromium(server.addresses[1][1])
    page = browser.new_page(viewport={"width": 1000, "height": 860})
    told = []
    page.on("console", lambda message: told.append(message.text) if message.type in ("error", "warning") else None)
    page.on("requestfailed", lambda request: told.append(f"{request.url}: {request.failure}"))
    response = page.goto("https://site.example/")
    details = response.security_details()
    assert response.status == 200 and details["issuer"] == "http_responder CA" and details["protocol"] == "TLS 1.3"
    results = page.evaluate("window.done")
    spoken = page.evaluate("""performance.getEntries().filter((it) => it.name.startsWith("https:"))
        .map((it) => [new URL(it.name).host, it.nextHopProtocol])""")
    page.screenshot(path=str(BUILD / "tests" / "https_page.png"))
    browser.close()
    assert results == dict.fromkeys(hosts, "load") and told == []
    assert dict(spoken) == dict.fromkeys(["site.example", *hosts], "h2")
    stats = server.stats()
    # The page's own and theirs; the browser itself asks for some more.
    assert stats["tls_failures"] == 0 and stats["tls_certificates_made"] >= 51
    assert stats["http2_connections"] >= 51 and stats["http2_errors"] == 0


def test_without_the_ca_chromium_refuses(tls, chromium):
    server = tls()
    browser = chromium(server.addresses[1][1], trusting=False)
    page = browser.new_page()
    with pytest.raises(Exception, match="ERR_CERT_AUTHORITY_INVALID"):
        page.goto("https://site.example/")
    browser.close()
    stats = server.eventually("told", lambda stats: stats["tls_alerts_certificate_unknown"] + stats["tls_alerts_unknown_ca"] > 0)
    assert stats["tls_failures"] > 0
