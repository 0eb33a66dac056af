"""Methods, expectations, leading empty lines, answers without a body."""

from .vector import OK, Vector, answered, head, post, refused

METHOD_NOT_ALLOWED = (frozenset({405}),)
NOT_IMPLEMENTED = (frozenset({501}),)


def free(name: str, raw: bytes, expect: tuple, **more) -> Vector:
    """Whether the connection stays open is the server's choice."""
    return Vector("also", name, raw, expect, closes=None, **more)


BASICS: list[Vector] = [
    # Leading empty lines.
    answered("also", "one leading CRLF", b"\r\n" + head(b"GET / HTTP/1.1")),
    answered("also", "two leading CRLFs", b"\r\n\r\n" + head(b"GET / HTTP/1.1")),
    refused("also", "three leading CRLFs", b"\r\n\r\n\r\n" + head(b"GET / HTTP/1.1")),
    answered("also", "CRLF after a body", post(b"Content-Length: 2", body=b"hi") + b"\r\n", echo=b"POST hi"),
    # Methods.
    answered("also", "GET", head(b"GET /echo/x HTTP/1.1"), echo=b"GET "),
    answered("also", "HEAD", head(b"HEAD / HTTP/1.1")),
    answered("also", "HEAD of a body without end", head(b"HEAD /x.gif HTTP/1.1")),
    answered("also", "POST", post(b"Content-Length: 2", body=b"hi"), echo=b"POST hi"),
    answered("also", "POST without a body", head(b"POST /echo/x HTTP/1.1"), echo=b"POST "),
    answered("also", "PUT", head(b"PUT /echo/x HTTP/1.1", b"Content-Length: 2") + b"hi", echo=b"PUT hi"),
    answered("also", "PATCH", head(b"PATCH /echo/x HTTP/1.1", b"Content-Length: 2") + b"hi", echo=b"PATCH hi"),
    answered("also", "DELETE", head(b"DELETE /echo/x HTTP/1.1"), echo=b"DELETE "),
    answered("also", "OPTIONS", head(b"OPTIONS / HTTP/1.1")),
    free("CONNECT", head(b"CONNECT a:443 HTTP/1.1"), METHOD_NOT_ALLOWED),
    free("TRACE", head(b"TRACE / HTTP/1.1"), METHOD_NOT_ALLOWED),
    free("an unknown method", head(b"FOO / HTTP/1.1"), NOT_IMPLEMENTED),
    free("a method in lower case", head(b"get / HTTP/1.1"), NOT_IMPLEMENTED),
    free("a method with odd token characters", head(b"!#$ / HTTP/1.1"), NOT_IMPLEMENTED),
    free("an unknown method with a body", head(b"FOO / HTTP/1.1", b"Content-Length: 2") + b"hi", NOT_IMPLEMENTED),
    free("a method that the route does not serve", head(b"POST /only-get HTTP/1.1"), METHOD_NOT_ALLOWED, faces=("c",)),
    answered("also", "GET of a route for GET", head(b"GET /only-get HTTP/1.1"), faces=("c",)),
    answered("also", "HEAD of a route for GET", head(b"HEAD /only-get HTTP/1.1"), faces=("c",)),
    # Expectations.
    answered(
        "also",
        "100-continue with its body at once",
        post(b"Expect: 100-continue", b"Content-Length: 2", body=b"hi"),
        echo=b"POST hi",
    ),
    answered(
        "also",
        "100-Continue in another case",
        post(b"Expect: 100-Continue", b"Content-Length: 2", body=b"hi"),
        echo=b"POST hi",
    ),
    answered(
        "also",
        "100-continue chunked",
        post(b"Expect: 100-continue", b"Transfer-Encoding: chunked", body=b"2\r\nhi\r\n0\r\n\r\n"),
        echo=b"POST hi",
    ),
    answered("also", "100-continue without a body", head(b"GET / HTTP/1.1", b"Expect: 100-continue")),
    free("another expectation", head(b"GET / HTTP/1.1", b"Expect: 200-ok"), (frozenset({417}),)),
    free("another expectation with a body", post(b"Expect: x", b"Content-Length: 2", body=b"hi"), (frozenset({417}),)),
    free("two expectations", head(b"GET / HTTP/1.1", b"Expect: 100-continue, x"), (frozenset({417}),)),
    # Answers without a body.
    answered("also", "204", head(b"GET /generate_204 HTTP/1.1")),
    answered("also", "HEAD of 204", head(b"HEAD /generate_204 HTTP/1.1")),
    # Bodies.
    refused("also", "a body over max_body", post(b"Content-Length: 4294967296", body=b"x" * 1000), 413),
    refused(
        "also", "a body over max_body with Expect", post(b"Expect: 100-continue", b"Content-Length: 4294967296"), 413
    ),
    Vector(
        "also",
        "a GET after two bodies",
        post(b"Content-Length: 2", body=b"hi") * 2 + head(b"GET / HTTP/1.1"),
        (OK,) * 3,
        methods=("POST", "POST", "GET"),
    ),
]
