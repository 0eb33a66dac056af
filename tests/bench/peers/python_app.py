"""One handler in Python, on the server that the command line names: KIND PORT."""

import sys

GIF = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")
TYPE = "image/gif"


def wsgi(environ, start_response):
    start_response("200 OK", [("Content-Type", TYPE), ("Content-Length", str(len(GIF)))])
    return [GIF]


START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", TYPE.encode()), (b"content-length", str(len(GIF)).encode())],
}
BODY = {"type": "http.response.body", "body": GIF}


async def asgi(scope, receive, send):
    await send(START)
    await send(BODY)


def _ours(port, add, **more):
    import http_responder

    server = http_responder.Server(port=port, workers=1, max_connections=1000, **more)
    add(server)
    server.start()
    server.wait()


def handler_bytes(port):
    _ours(port, lambda server: server.fallback(lambda request: GIF))


def handler_prepared(port):
    import http_responder

    prepared = http_responder.Response(200, GIF, content_type=TYPE)
    _ours(port, lambda server: server.fallback(lambda request: prepared))


def our_rule(port):
    import http_responder

    prepared = http_responder.Response(200, GIF, content_type=TYPE)
    _ours(port, lambda server: server.rule("/{*path}", prepared))


def same_rule(port):
    """As callback.c makes it."""
    import http_responder

    prepared = http_responder.Response(200, b"0123456789" * 4 + b"012", content_type=TYPE)
    _ours(port, lambda server: server.rule("/x.gif", prepared, "GET"))


def our_iterator(port):
    piece = bytes(65536)
    _ours(port, lambda server: server.fallback(lambda request: (piece for _ in range(2**30 // len(piece)))))


def our_wsgi(port):
    _ours(port, lambda server: None, app=wsgi)


def our_asgi(port):
    _ours(port, lambda server: None, app=asgi)


def our_async(port):
    import asyncio

    from http_responder.aio import Server

    async def answer(request):
        return GIF

    async def main():
        async with Server(port=port, workers=1, max_connections=1000) as server:
            server.fallback(answer)
            await asyncio.sleep(3600)

    asyncio.run(main())


def socketify(port):
    import socketify

    app = socketify.App()
    app.any("/*", lambda response, request: response.write_header("Content-Type", TYPE).end(GIF))
    app.listen(port)
    app.run()


def uvicorn(port):
    import uvicorn

    uvicorn.run(asgi, port=port, log_level="critical", access_log=False, lifespan="off", loop="uvloop", http="httptools")


def granian(port, kind="asgi"):
    from granian import Granian

    Granian(
        f"{__file__}:{kind}", port=port, interface=kind, workers=1, log_enabled=False, log_access=False, websockets=False
    ).serve()


def pytest_httpserver(port):
    import time

    from pytest_httpserver import HTTPServer
    from werkzeug.serving import WSGIRequestHandler

    # The load takes no HTTP/1.0 for an answer.
    WSGIRequestHandler.protocol_version = "HTTP/1.1"
    server = HTTPServer(host="127.0.0.1", port=port, threaded=True)
    server.expect_request("/x.gif").respond_with_data(GIF, content_type=TYPE)
    server.start()
    time.sleep(3600)


def stdlib(port):
    import http.server

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", TYPE)
            self.send_header("Content-Length", str(len(GIF)))
            self.end_headers()
            self.wfile.write(GIF)

        def log_message(self, *_):
            pass

    http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


KINDS = {
    "rule": our_rule,
    "same rule": same_rule,
    "iterator": our_iterator,
    "prepared": handler_prepared,
    "bytes": handler_bytes,
    "async": our_async,
    "wsgi": our_wsgi,
    "asgi": our_asgi,
    "socketify": socketify,
    "uvicorn": uvicorn,
    "granian": granian,
    "granian-wsgi": lambda port: granian(port, "wsgi"),
    "pytest-httpserver": pytest_httpserver,
    "stdlib": stdlib,
}

if __name__ == "__main__":
    KINDS[sys.argv[1]](int(sys.argv[2]))
