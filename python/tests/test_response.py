"""Response: what is prepared, what is refused."""

import pytest

from http_responder import InvalidArgument, Response


def test_the_default_is_an_empty_200():
    response = Response()
    assert (response.status, response.body, response.content_type) == (200, b"", None)
    assert response.headers.items() == []


def test_a_str_body_is_utf_8_text():
    response = Response(200, "é")
    assert response.body == b"\xc3\xa9"
    assert response.content_type == "text/plain; charset=utf-8"


@pytest.mark.parametrize("body", [b"\0\xff", bytearray(b"\0\xff"), memoryview(b"\0\xff")])
def test_bytes_are_sent_as_they_are_without_a_type(body):
    response = Response(200, body)
    assert response.body == b"\0\xff"
    assert response.content_type is None


def test_a_given_type_replaces_the_default_one():
    assert Response(200, "a,b", content_type="text/csv").content_type == "text/csv"
    given = Response(200, "a,b", headers={"content-type": "text/csv"})
    assert given.headers.items() == [("content-type", "text/csv")]


def test_a_type_given_twice_is_refused():
    with pytest.raises(InvalidArgument, match="content_type"):
        Response(200, "", content_type="a/b", headers={"Content-Type": "a/b"})


def test_headers_are_a_dict_or_pairs_in_their_order():
    pairs = [("B", "1"), ("A", "2"), ("B", "3")]
    assert Response(headers=pairs).headers.items() == pairs
    assert Response(headers=dict(pairs)).headers.items() == [("B", "3"), ("A", "2")]
    assert Response(headers=Response(headers=pairs).headers).headers.items() == pairs


@pytest.mark.parametrize("status", [-1, 0, 99, 100, 199, 600, 65536, 2**40, 2**70, -(2**70)])
def test_a_status_outside_200_to_599_is_refused(status):
    with pytest.raises(InvalidArgument, match=str(status)):
        Response(status)


@pytest.mark.parametrize("status", ["200", 200.0, None])
def test_a_status_that_is_no_int_is_a_type_error(status):
    with pytest.raises(TypeError):
        Response(status)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("", "x"),
        ("a b", "x"),
        ("a:", "x"),
        ("a\r\nb", "x"),
        ("é", "x"),
        ("A", "x\r\nSet-Cookie: y"),
        ("A", "x\ny"),
        ("A", "x\0y"),
        ("A", b"x\ry"),
        ("A", "\u20ac"),
        ("Content-Length", "5"),
        ("Transfer-Encoding", "chunked"),
        ("Date", "now"),
    ],
)
def test_a_field_that_cannot_be_sent_is_refused(name, value):
    with pytest.raises(InvalidArgument):
        Response(200, headers={name: value})


def test_values_of_a_wrong_type_are_type_errors():
    for bad in (5, 1.5, object()):
        with pytest.raises(TypeError):
            Response(200, bad)
    with pytest.raises(TypeError):
        Response(200, headers={"A": 5})
    with pytest.raises(TypeError):
        Response("200")


def test_header_names_ignore_case():
    headers = Response(headers=[("X-One", "1"), ("x-one", "2"), ("Y", "3")]).headers
    assert headers["x-ONE"] == "1"
    assert headers.get("X-one") == "1"
    assert headers.get_all("X-One") == ["1", "2"]
    assert headers.get("none") is None
    assert headers.get("none", "default") == "default"
    assert headers.get_all("none") == []
    assert "y" in headers and "z" not in headers and 5 not in headers
    assert (len(headers), list(headers)) == (3, ["X-One", "x-one", "Y"])
    assert headers.values() == ["1", "2", "3"]
    with pytest.raises(KeyError, match="none"):
        headers["none"]


def test_a_response_cannot_be_changed():
    with pytest.raises(AttributeError):
        Response().status = 404
