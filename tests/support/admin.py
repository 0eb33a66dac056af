"""Requests to the admin side, as programs send them."""

import json

from .client import Client


def ask(address, path="/", *fields, method="GET", body=b"", host="localhost"):
    """One request to the admin side, as programs send it."""
    with Client(address) as client:
        head = [f"{method} {path} HTTP/1.1", f"Host: {host}", "Connection: close", *fields]
        if body or method in ("POST", "PUT"):
            head.append(f"Content-Length: {len(body)}")
        client.send("\r\n".join([*head, "", ""]).encode() + body)
        response = client.response(head=method == "HEAD")
        client.expect_closed()
        return response


def read(address, path, status=200, **how):
    """The JSON at `path`."""
    response = ask(address, path, **how)
    assert (response.status, response.get("content-type")) == (status, "application/json"), response.body
    return json.loads(response.body)
