"""A page whose every resource is blocked: nothing of it fails in a real browser."""

import io
import json

import pytest
from PIL import Image

IMAGES = ["gif", "png", "jpg", "webp", "avif", "bmp", "ico", "svg"]

PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>site</title>
<link rel="icon" href="data:,"></head><body><script>
const B = %(blocked)s;
const results = {};
const pending = [];
// Resolves with what happened, and with "nothing" if nothing does.
function track(name, start) {
    pending.push(new Promise((resolve) => {
        const end = (what) => { results[name] ??= String(what); resolve(); };
        setTimeout(() => end("nothing"), 8000);
        Promise.resolve().then(() => start(end)).catch((error) => end("threw " + error));
    }));
}
function element(name, tag, set, parent = document.body, good = "onload") {
    track(name, (end) => {
        const it = document.createElement(tag);
        it[good] = () => end("load");
        it.onerror = () => end("error");
        Object.assign(it, set);
        parent.append(it);
    });
}
for (const kind of %(images)s) element("img " + kind, "img", { src: B + "/ad." + kind });
element("img without extension", "img", { src: B + "/pixel?id=1" });
element("script", "script", { src: B + "/ad.js" }, document.head);
element("script of another extension", "script", { src: B + "/tag.php" }, document.head);
element("script without extension", "script", { src: B + "/tag?id=1" }, document.head);
element("img of a program", "img", { src: B + "/pixel.php?id=1" });
element("script crossorigin", "script", { src: B + "/c.js", crossOrigin: "use-credentials" }, document.head);
element("module", "script", { src: B + "/m.mjs", type: "module" }, document.head);
element("style sheet", "link", { href: B + "/ad.css", rel: "stylesheet" }, document.head);
element("preload", "link", { href: B + "/p.js", rel: "preload", as: "script" }, document.head);
element("iframe", "iframe", { src: B + "/frame", style: "border:0;width:10px;height:10px" });
for (const kind of ["mp4", "webm", "mov"])
    element("video " + kind, "video", { src: B + "/a." + kind, muted: true, style: "display:none" }, document.body, "onloadeddata");
for (const kind of ["mp3", "wav", "ogg", "m4a", "flac", "aac"])
    element("audio " + kind, "audio", { src: B + "/a." + kind, muted: true }, document.body, "onloadedmetadata");
for (const kind of ["woff2", "woff", "ttf", "otf"])
    track("font " + kind, async (end) => {
        await new FontFace("f" + kind, `url(${B}/f.${kind})`).load();
        end("load");
    });
track("import", async (end) => { await import(B + "/dynamic.js"); end("load"); });
track("fetch", async (end) => {
    const answer = await fetch(B + "/api/data.json");
    end(answer.ok && JSON.stringify(await answer.json()) === "{}" ? "load" : "status " + answer.status);
});
track("fetch with credentials", async (end) => {
    const answer = await fetch(B + "/api/data.json", { credentials: "include" });
    end(answer.ok ? "load" : "status " + answer.status);
});
track("preflighted POST", async (end) => {
    const answer = await fetch(B + "/collect", {
        method: "POST", credentials: "include", body: "{}",
        headers: { "Content-Type": "application/json", "X-Client": "7" },
    });
    end(answer.ok ? "load" : "status " + answer.status);
});
track("PUT", async (end) => {
    const answer = await fetch(B + "/item/1", { method: "PUT", body: "x" });
    end(answer.ok ? "load" : "status " + answer.status);
});
track("XMLHttpRequest", (end) => {
    const request = new XMLHttpRequest();
    request.onload = () => end("load");
    request.onerror = () => end("error");
    request.open("GET", B + "/x.xml");
    request.send();
});
track("wasm", async (end) => {
    await WebAssembly.instantiateStreaming(fetch(B + "/m.wasm"));
    end("load");
});
track("sendBeacon", (end) => end(navigator.sendBeacon(B + "/beacon", "x=1") ? "load" : "refused"));
track("EventSource", (end) => {
    const source = new EventSource(B + "/events");
    source.onopen = () => { source.close(); end("load"); };
    source.onerror = () => { source.close(); end("error"); };
});
track("WebSocket", (end) => {
    const socket = new WebSocket(B.replace("http", "ws") + "/socket");
    socket.onopen = () => end("open");
    socket.onclose = (event) => end("closed " + event.code);
});
window.done = Promise.all(pending).then(() => results);
</script></body></html>"""


@pytest.fixture
def responder(start):
    server = start(workers=2)
    return server, f"http://ads.example:{server.address[1]}"


@pytest.fixture
def visit(browser, site):
    """Opens a page; gives the page and the errors of its console, which grow."""
    contexts = []

    def open_page(html: str, **options):
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        errors = []
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(site(html))
        return page, errors

    yield open_page
    for context in contexts:
        context.close()


def test_everything_loads_and_nothing_is_broken(responder, visit):
    server, blocked = responder
    page, errors = visit(PAGE % {"blocked": json.dumps(blocked), "images": json.dumps(IMAGES)})
    results = page.evaluate("window.done")
    refused = results.pop("WebSocket")
    # Who wants a socket has to be told that there is none: the one error that blocking must cause.
    assert refused == "closed 1006"
    assert {name: what for name, what in results.items() if what != "load"} == {}
    assert len(results) > 35
    unavoidable = [text for text in errors if "WebSocket connection" in text]
    assert errors == unavoidable and len(errors) == 1
    sizes = page.evaluate("[...document.images].map((image) => [image.src, image.naturalWidth])")
    assert len(sizes) == len(IMAGES) + 2 and all(width == 1 for _, width in sizes), sizes
    seen = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    assert seen.getextrema() == ((255, 255),) * 3, "a pixel that is not white: something is shown"
    server.eventually("nothing was refused", lambda stats: stats["responses_5xx"] == 0)


def test_a_frame_of_the_responder_shows_nothing_and_says_nothing(responder, visit):
    _, blocked = responder
    page, errors = visit(f'<!DOCTYPE html><link rel="icon" href="data:,"><iframe src="{blocked}/ad.html"></iframe>')
    frame = page.frames[1]
    frame.wait_for_load_state()
    assert frame.evaluate("document.compatMode + (document.body?.textContent.trim() ?? '')") == "CSS1Compat"
    assert errors == []


def test_a_service_worker_of_the_responder_can_be_installed(responder, browser):
    """Its script is same-origin by nature: a site that was installed before it was blocked."""
    server, _ = responder
    context = browser.new_context()
    try:
        page = context.new_page()
        page.goto(f"http://localhost:{server.address[1]}/")
        state = page.evaluate(
            "navigator.serviceWorker.register('/sw.js').then((it) => navigator.serviceWorker.ready)"
            ".then((it) => it.active.scriptURL)"
        )
        assert state.endswith("/sw.js")
    finally:
        context.close()


def test_a_page_is_what_a_person_sees(responder, browser):
    """Who opens a blocked name is told in a page, in light and in dark."""
    server, _ = responder
    for scheme in ("light", "dark"):
        context = browser.new_context(color_scheme=scheme, viewport={"width": 360, "height": 640})
        try:
            page = context.new_page()
            errors = []
            page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
            assert page.goto(f"http://ads.example:{server.address[1]}/").status == 200
            assert page.title()
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= 360 and errors == []
        finally:
            context.close()


USES = """async ([blocked, orders]) => {
    const use = (kind, url) => new Promise((end) => {
        const element = document.createElement(kind);
        element.onload = () => end("load");
        element.onerror = () => end("error");
        if (kind === "link") { element.rel = "stylesheet"; element.href = url; } else { element.src = url; }
        document.body.append(element);
    });
    const results = {};
    for (const [path, kinds] of orders)
        for (const kind of kinds)
            results[path + " " + kind] = await use(kind, blocked + path);
    return results;
}"""


def test_one_address_used_in_several_ways_is_not_broken_by_the_cache(responder, visit):
    _, blocked = responder
    orders = [["/t?1", ["img", "script"]], ["/t?2", ["script", "img"]], ["/t?3", ["img", "link", "iframe", "img"]]]
    page, errors = visit("<!DOCTYPE html><link rel=icon href='data:,'><body></body>")
    results = page.evaluate(USES, [blocked, orders])
    assert set(results.values()) == {"load"} and len(results) == 7, results
    assert errors == []
