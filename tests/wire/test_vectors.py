"""Every vector, whole and in pieces, against every face: the same answers however it is cut."""

import pytest

from support.client import Client, Reset
from support.response import Response, parse_all

from .vectors import VECTORS, Vector
from .vectors.vector import OK

FOLLOWER = b"GET /smuggled HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
"""Sent after every vector: answered where the connection persists, never after a refusal."""
BYTEWISE_LIMIT = 1200
"""Octets up to which a vector is sent byte by byte; longer ones in pieces."""


def test_every_row_of_the_contract_has_a_vector():
    assert {vector.row for vector in VECTORS} >= {str(row) for row in range(1, 26)} | {"also"}
    assert len({vector.id for vector in VECTORS}) == len(VECTORS), "two vectors of one name"


@pytest.fixture(params=VECTORS, ids=lambda vector: vector.id)
def vector(request, face) -> Vector:
    if request.param.faces and face.name not in request.param.faces:
        pytest.skip(f"is for {request.param.faces}")
    return request.param


def test_whole_over_tcp(face, vector):
    with Client(face.tcp) as client:
        client.send_unless_closed(stream(vector))
        if vector.ends:
            client.end_sending()
        check(face, vector, client.until_closed())


def test_byte_by_byte(face, vector):
    if len(vector.raw) <= BYTEWISE_LIMIT:
        pieces = [bytes([octet]) for octet in vector.raw]
    else:
        pieces = cut(vector.raw, range(1000, len(vector.raw), 1000))
    check(face, vector, send_pieces(face, vector, pieces))


def test_cut_in_two(face, vector):
    for place in cutting_places(vector.raw):
        pieces = cut(vector.raw, [place])
        try:
            check(face, vector, send_pieces(face, vector, pieces))
        except AssertionError as error:
            raise AssertionError(f"cut after {vector.raw[:place][-40:]!r}: {error}") from error


def stream(vector: Vector) -> bytes:
    """What is sent: the vector, and what shows how it was understood."""
    return vector.raw + follower(vector)


def follower(vector: Vector) -> bytes:
    return b"" if vector.ends else FOLLOWER


def cutting_places(raw: bytes) -> list[int]:
    """Places where readers go wrong: in and after line ends, at both ends, in the middle."""
    line = raw.find(b"\r\n")
    empty = raw.find(b"\r\n\r\n")
    places = {1, len(raw) - 1, len(raw), len(raw) // 2}
    if line >= 0:
        places |= {line + 1, line + 2}
    if empty >= 0:
        places |= {empty + 1, empty + 2, empty + 3, empty + 4}
    return sorted(place for place in places if 0 < place <= len(raw))


def cut(raw: bytes, places) -> list[bytes]:
    ends = [0, *places, len(raw)]
    return [raw[start:end] for start, end in zip(ends, ends[1:])]


def send_pieces(face, vector: Vector, pieces: list[bytes]) -> bytes:
    """Sends so that the server reads each piece by itself, what follows together with the last
    one; returns all that came back."""
    *pieces, last = pieces
    with Client(face.unix) as client:
        try:
            for piece in pieces:
                if not client.send_and_see_taken(piece):
                    return client.until_closed()
            if client.send_unless_closed(last + follower(vector)) and vector.ends:
                client.end_sending()
            return client.until_closed()
        except Reset:
            if not asked_to_close(vector):
                raise
            return client.buffer


def asked_to_close(vector: Vector) -> bool:
    """Whether the client itself wanted the end: then it must not send what follows (RFC 9112 9.6),
    and a reset for it, after the whole answer, is its own doing."""
    return bool(vector.closes) and vector.expect[-1] == OK


def check(face, vector: Vector, received: bytes) -> None:
    """The answers are those that the vector asks for."""
    answers = parse_all(received, [*vector.request_methods, "GET"])
    statuses = [answer.status for answer in answers]
    seen = f"{statuses} to {vector.raw[:200]!r}"
    if not answers and vector.silent:
        return
    count = len(vector.expect)
    assert len(answers) >= count, f"too few answers: {seen}"
    for answer, expected in zip(answers, vector.expect):
        assert answer.status in expected, f"expected {sorted(expected)}: {seen}"
    check_end(vector, answers, seen)
    check_bodies(face, vector, answers)


def check_end(vector: Vector, answers: list[Response], seen: str) -> None:
    following = answers[len(vector.expect) :]
    if vector.closes or (vector.closes is None and not following):
        assert not following, f"answered what followed: {seen}"
        assert answers[-1].closes, f"closed without saying so: {seen}"
    else:
        assert [answer.status for answer in following] in ([status] for status in OK), f"what followed: {seen}"
        assert not any(answer.closes for answer in answers[:-1]), f"announced a close: {seen}"


def check_bodies(face, vector: Vector, answers: list[Response]) -> None:
    if vector.request_methods[0] == "HEAD":
        assert answers[0].body == b""
    if vector.echo is not None and face.echoes:
        assert answers[0].body == vector.echo
    for answer in answers:
        # An answer to HTTP/1.0 has to say that the connection stays; RFC 9112 9.3.
        if b"HTTP/1.0" in vector.raw and answer is answers[0] and not answer.closes and len(vector.expect) == 1:
            assert "keep-alive" in answer.tokens("connection")
        assert all(interim.status == 100 for interim in answer.interim)
        assert not (answer.interim and b"HTTP/1.0" in vector.raw), "100 to HTTP/1.0"
