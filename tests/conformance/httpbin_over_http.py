"""Puts a connection between httpbin's tests and its application: `pytest -p httpbin_over_http`.

Their test client (Flask's) calls the application in its own process. Here what it calls asks a server of
http_responder.wsgi, which has the application.
"""

import http.client
import urllib.parse

import httpbin

from http_responder.wsgi import serve_wsgi

server = serve_wsgi(httpbin.app.wsgi_app, port=0, threads=4)
asked = 0


def over_a_connection(environ, start_response):
    """A WSGI application that hands every request on."""
    global asked
    asked += 1
    target = urllib.parse.quote(environ["PATH_INFO"].encode("latin-1")) or "/"
    if environ["QUERY_STRING"]:
        target += "?" + environ["QUERY_STRING"]
    fields = {
        name[5:].replace("_", "-").title(): value for name, value in environ.items() if name.startswith("HTTP_")
    }
    if environ.get("CONTENT_TYPE"):
        fields["Content-Type"] = environ["CONTENT_TYPE"]
    is_chunked = fields.get("Transfer-Encoding") == "chunked"
    body = environ["wsgi.input"].read(-1 if is_chunked else int(environ.get("CONTENT_LENGTH") or 0))
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        if is_chunked:
            connection.request(environ["REQUEST_METHOD"], target, iter([body]), fields, encode_chunked=True)
        else:
            connection.request(environ["REQUEST_METHOD"], target, body or None, fields)
        answer = connection.getresponse()
        content = answer.read()
    finally:
        connection.close()
    # Content came whole; of whose connection these speak has ended.
    of_the_connection = ("transfer-encoding", "connection")
    kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in of_the_connection]
    start_response(f"{answer.status} {answer.reason}", kept)
    return [content]


def pytest_sessionstart():
    server.start()
    httpbin.app.wsgi_app = over_a_connection


def pytest_terminal_summary(terminalreporter):
    terminalreporter.write_line(f"{asked} requests over {server.stats()['connections_handled']} connections")


def pytest_unconfigure():
    server.stop()
