"""The admin page in a real browser: it stands alone, its numbers move, it says when the server goes."""

import os
import pathlib
import re
import signal

import pytest

from support.client import Client, get, request
from support.deadline import eventually

PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 800}


@pytest.fixture
def page_of(browser):
    """Opens the admin page: `page_of(address, scheme=..., viewport=...)`. Whatever it asks of anybody
    else, and whatever is on its console, fails the test."""
    contexts, complaints = [], []

    def open_page(address, scheme="light", viewport=DESKTOP, allow=()):
        context = browser.new_context(color_scheme=scheme, viewport=viewport, device_scale_factor=2)
        contexts.append(context)
        page = context.new_page()
        own = f"http://{address[0]}:{address[1]}/"

        def note(text):
            if not any(re.search(pattern, text) for pattern in allow):
                complaints.append(text)

        page.on("request", lambda it: it.url.startswith((own, "data:")) or complaints.append(f"asks {it.url}"))
        page.on("console", lambda it: note(f"{it.type}: {it.text}"))
        page.on("pageerror", lambda it: note(str(it)))
        page.goto(own)
        page.wait_for_selector("#state.running")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def number(page, selector: str) -> float:
    """What a place on the page says, as a number."""
    text = page.inner_text(selector).replace(",", "").replace("\u202f", " ").split(" ")
    return float(text[0]) * {"k": 1e3, "M": 1e6}.get(text[1] if len(text) > 1 else "", 1)


def wait_until(page, expression: str) -> None:
    """Until `expression` holds on the page, whose policy lets nobody evaluate anything in it."""
    eventually(lambda: page.evaluate(expression) or page.wait_for_timeout(20), expression)


def some_load(server, requests: int = 600) -> None:
    """Requests of several kinds for several hosts, one of them not understood."""
    kinds = ["/a.gif", "/b.js", "/c.css", "/d.html", "/e.json", "/f.woff2", "/g.mp4"]
    with Client(server.address) as client:
        for at in range(requests):
            host = f"ads{at * at % 7}.example"
            client.send(request(kinds[at % len(kinds) if at % 3 else 0]).replace(b"test.example", host.encode()))
            assert client.response().status == 200
    assert get(server.address, "/", "Host: second").status == 400


@pytest.fixture
def served(start):
    """A server with some load on it, and connections in several states."""
    server = start("--admin", "127.0.0.1:0", "--drain-timeout", "20s", "--head-timeout", "60s")
    return server, server.addresses[-1]


def test_numbers_move_under_load(served, page_of):
    server, address = served
    page = page_of(address)
    before = number(page, "#answered")
    some_load(server)
    wait_until(page, "document.getElementById('answered').textContent.replace(/\\D/g, '') >= 600")
    assert number(page, "#answered") - before >= 600
    wait_until(page, "last.total.responses_4xx > 0")
    assert number(page, "#memory") > 1
    assert page.inner_text("#where") == f"127.0.0.1:{server.address[1]}"
    seen = page.evaluate("Math.max(...points.map((point) => point.rate))")
    assert seen > 0
    assert "refused host" in page.inner_text("#trouble")


def test_connections_are_shown_by_state_and_worker(served, page_of):
    server, address = served
    idle = [Client(server.address) for _ in range(6)]
    busy = [Client(server.address) for _ in range(3)]
    try:
        for client in idle:
            client.send(request("/a.gif"))
            assert client.response().status == 200
        for client in busy:
            client.send(b"GET / HTTP/1.1\r\n")
        page = page_of(address)
        wait_until(page, "document.getElementById('open').textContent === '9'")
        assert [row.inner_text().split() for row in page.query_selector_all("#workers .row")] == [
            ["worker", "0", page.inner_text("#workers .row:nth-child(1) b")],
            ["worker", "1", page.inner_text("#workers .row:nth-child(2) b")],
        ]
        legend = page.inner_text("#states")
        assert re.search(r"reading\s*3", legend) and re.search(r"idle\s*6", legend)
    finally:
        for client in idle + busy:
            client.close()


def test_reload_and_drain_ask_first(start, page_of, tmp_path):
    rules = tmp_path / "rules.toml"
    rules.write_text('[[rule]]\npath = "/a"\nstatus = 404\n')
    server = start("--admin", "127.0.0.1:0", "--rules", str(rules), allow=("everything stays as it was",))
    page = page_of(server.addresses[-1], allow=("status of 422", "Failed to load resource", "ERR_"))
    page.click("#reload")
    page.click("#d-no")
    assert page.is_hidden("#dialog")
    page.click("#reload")
    page.click("#d-yes")
    wait_until(page, "document.getElementById('d-title').textContent === 'Reloaded'")
    assert "1 rules in force" in page.inner_text("#d-text")
    page.click("#d-no")
    rules.write_text('[[rule]]\npath = "/a"\nstatus = "x"\n')
    page.click("#reload")
    page.click("#d-yes")
    page.wait_for_selector("#d-more:not([hidden])")
    assert f"{rules}:3:10" in page.inner_text("#d-more")
    page.click("#d-no")
    page.click("#drain")
    assert server.process.poll() is None
    page.click("#d-yes")
    assert server.wait() == 0


def test_the_page_says_when_the_server_drains_and_when_it_has_gone(served, page_of):
    server, address = served
    page = page_of(address, allow=("Failed to load resource", "ERR_"))
    with Client(server.address) as busy:
        busy.send(request("/upload", "Content-Length: 10", method="POST") + b"12345")
        server.counted("connections_reading")
        server.signal(signal.SIGTERM)
        page.wait_for_selector("#state.draining")
        assert page.inner_text("#banner").startswith("Draining")
        assert page.is_disabled("#drain") and page.is_disabled("#reload")
        busy.send(b"67890")
        assert busy.response().status == 200
    server.wait()
    page.wait_for_selector("#state.gone")
    assert page.inner_text("#banner").startswith("The server does not answer")


def test_a_hidden_page_asks_for_nothing(served, page_of):
    _, address = served
    page = page_of(address)
    page.evaluate("Object.defineProperty(document, 'hidden', { value: true, configurable: true })")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    asked = []
    page.on("request", lambda it: asked.append(it.url))
    page.wait_for_timeout(2500)
    assert asked == []
    page.evaluate("Object.defineProperty(document, 'hidden', { value: false, configurable: true })")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    eventually(lambda: page.wait_for_timeout(20) or asked, "a report once it is seen again")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_it_fits_phone_and_desktop_in_light_and_dark(served, page_of, tmp_path, scheme, viewport):
    server, address = served
    page = page_of(address, scheme=scheme, viewport=viewport)
    for _ in range(3):
        some_load(server, 100)
        wait_until(page, f"points.length > {page.evaluate('points.length')}")
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= viewport["width"], "it scrolls sideways"
    assert page.evaluate(CONTRAST) == []
    picture = pathlib.Path(os.environ.get("HR_SCREENSHOTS", tmp_path)) / f"{viewport['width']}-{scheme}.png"
    page.screenshot(path=picture, full_page=True)
    assert picture.stat().st_size > 20_000
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    bright = sum(map(int, re.findall(r"\d+", background)[:3])) > 3 * 128
    assert bright == (scheme == "light")


# Texts whose contrast with what is behind them is less than 4.5 to 1 (WCAG 2.1, 1.4.3).
CONTRAST = """() => {
  const parts = (color) => (color.match(/[\\d.]+/g) || [0, 0, 0, 0]).map(Number);
  const light = (c) => c.slice(0, 3).map((v) => v / 255)
    .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, at) => sum + v * [0.2126, 0.7152, 0.0722][at], 0);
  const behind = (e) => {
    for (; e; e = e.parentElement) {
      const c = parts(getComputedStyle(e).backgroundColor);
      if (c.length < 4 || c[3] > 0.99) return c;
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const e of document.querySelectorAll("body *")) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || !e.checkVisibility() || e.closest("button:disabled, script, style, dialog")) continue;
    const [a, b] = [light(parts(getComputedStyle(e).color)), light(behind(e))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) found.push(`${e.textContent.trim().slice(0, 30)}: ${ratio.toFixed(2)}`);
  }
  return found;
}"""
