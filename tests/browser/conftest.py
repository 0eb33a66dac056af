"""A real browser, and a page of another site for it to open."""

import http.server
import os
import shutil
import threading

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="session")
def browser():
    """Headless Chromium, for which every name is 127.0.0.1."""
    if CHROMIUM is None:
        if os.environ.get("CI") == "true" and shutil.which("apt-get") and os.geteuid() == 0:
            pytest.fail("chromium is missing, and CI could have installed it (tests/c/tools.sh)")
        pytest.skip("chromium is missing (package chromium)")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is missing (pip)")
    with playwright.sync_playwright() as engine:
        flags = ["--host-resolver-rules=MAP * 127.0.0.1", "--autoplay-policy=no-user-gesture-required"]
        browser = engine.chromium.launch(executable_path=CHROMIUM, args=[*flags, "--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def site():
    """Serves one page as a site that embeds what is blocked: `site(html)` gives its URL."""
    servers = []

    def serve(html: str) -> str:
        class Page(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = html.encode() if self.path == "/" else b""
                self.send_response(200 if self.path == "/" else 204)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_args) -> None:
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://site.example:{server.server_port}/"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()

