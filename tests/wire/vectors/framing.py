"""How the body is delimited: rows 10 to 16."""

from .vector import Vector, answered, post, refused

CHUNKS = b"2\r\nhi\r\n0\r\n\r\n"


def encoded(*values: bytes, body: bytes = CHUNKS, version: bytes = b"1.1") -> bytes:
    return post(*(b"Transfer-Encoding: " + value for value in values), body=body, version=version)


def sized(*values: bytes, body: bytes = b"hello") -> bytes:
    return post(*(b"Content-Length: " + value for value in values), body=body)


FRAMING: list[Vector] = [
    # Row 10: both.
    refused(
        10,
        "Content-Length before Transfer-Encoding",
        post(b"Content-Length: 2", b"Transfer-Encoding: chunked", body=CHUNKS),
    ),
    refused(
        10,
        "Transfer-Encoding before Content-Length",
        post(b"Transfer-Encoding: chunked", b"Content-Length: 2", body=CHUNKS),
    ),
    refused(
        10, "both, and the length is right", post(b"Content-Length: 12", b"Transfer-Encoding: chunked", body=CHUNKS)
    ),
    refused(
        10,
        "Content-Length 0 and Transfer-Encoding",
        post(b"Content-Length: 0", b"Transfer-Encoding: chunked", body=CHUNKS),
    ),
    refused(10, "mixed case", post(b"cOnTeNt-LeNgTh: 2", b"tRaNsFeR-eNcOdInG: cHuNkEd", body=CHUNKS)),
    refused(
        10,
        "an unknown coding and Content-Length",
        post(b"Transfer-Encoding: x", b"Content-Length: 2", body=b"hi"),
        400,
        501,
    ),
    # Row 11: Transfer-Encoding in HTTP/1.0.
    refused(11, "chunked in HTTP/1.0", encoded(b"chunked", version=b"1.0")),
    refused(
        11,
        "chunked in HTTP/1.0 with keep-alive",
        post(b"Connection: keep-alive", b"Transfer-Encoding: chunked", body=CHUNKS, version=b"1.0"),
    ),
    refused(11, "identity in HTTP/1.0", encoded(b"identity", body=b"", version=b"1.0"), 400, 501),
    # Row 12: chunked not last.
    refused(12, "chunked, gzip", encoded(b"chunked, gzip"), 400, 501),
    refused(12, "chunked, identity", encoded(b"chunked, identity"), 400, 501),
    refused(12, "chunked, x", encoded(b"chunked, x"), 400, 501),
    # Row 13: unknown codings.
    refused(13, "xchunked", encoded(b"xchunked"), 501),
    refused(13, "chunkedx", encoded(b"chunkedx"), 501),
    refused(13, "chunk", encoded(b"chunk"), 501),
    refused(13, "identity", encoded(b"identity", body=b""), 501),
    refused(13, "gzip", encoded(b"gzip", body=b""), 501),
    refused(13, "gzip, chunked", encoded(b"gzip, chunked"), 501),
    refused(13, "identity, chunked", encoded(b"identity, chunked"), 501),
    refused(13, "chunked in quotes", encoded(b'"chunked"'), 400, 501),
    refused(13, "chunked with a parameter", encoded(b"chunked;a=b"), 400, 501),
    refused(13, "chunked after a vertical tab", encoded(b"\x0bchunked"), 400, 501),
    refused(13, "chunked after a no-break space", encoded(b"\xa0chunked"), 400, 501),
    refused(13, "chunked and a control character", encoded(b"chunked\x11"), 400, 501),
    refused(13, "an empty coding", encoded(b"", body=b""), 400, 501),
    refused(13, "a comma", encoded(b",", body=b""), 400, 501),
    answered(13, "chunked in capitals", encoded(b"CHUNKED"), echo=b"POST hi"),
    answered(13, "white space around chunked", encoded(b" \tchunked\t "), echo=b"POST hi"),
    # Row 14: twice.
    refused(14, "chunked, chunked", encoded(b"chunked, chunked")),
    refused(14, "chunked,chunked", encoded(b"chunked,chunked")),
    refused(14, "two lines of chunked", encoded(b"chunked", b"chunked")),
    refused(14, "two lines, gzip and chunked", encoded(b"gzip", b"chunked"), 400, 501),
    refused(14, "two lines, chunked and identity", encoded(b"chunked", b"identity"), 400, 501),
    refused(14, "two lines, one empty", encoded(b"chunked", b""), 400, 501),
    # Row 15: lengths that differ.
    refused(15, "two lines that differ", sized(b"5", b"6")),
    refused(15, "two lines that differ, the smaller last", sized(b"6", b"5")),
    refused(15, "a list that differs", sized(b"5, 6")),
    refused(15, "three lines, the last differs", sized(b"5", b"5", b"6")),
    refused(15, "lines equal in number but not in octets", sized(b"5", b"05")),
    refused(15, "a list of equal values", sized(b"5, 5")),
    # Row 16: malformed and too large.
    refused(16, "+5", sized(b"+5")),
    refused(16, "-1", sized(b"-1")),
    refused(16, "-0", sized(b"-0", body=b"")),
    refused(16, "0x5", sized(b"0x5")),
    refused(16, "1_0", sized(b"1_0", body=b"x" * 10)),
    refused(16, "5.0", sized(b"5.0")),
    refused(16, "5e0", sized(b"5e0")),
    refused(16, "5 5", sized(b"5 5")),
    refused(16, "5 and a semicolon", sized(b"5;")),
    refused(16, "5 and a comma", sized(b"5,")),
    refused(16, "5 in quotes", sized(b'"5"')),
    refused(16, "a word", sized(b"five")),
    refused(16, "empty", sized(b"", body=b"")),
    refused(16, "white space only", sized(b" \t ", body=b"")),
    refused(16, "a full-width digit", sized("５".encode())),
    refused(16, "5 and a control character", sized(b"5\x11")),
    refused(16, "5 after a vertical tab", sized(b"\x0b5")),
    refused(16, "2^64", sized(b"18446744073709551616")),
    refused(16, "2^64 + 5", sized(b"18446744073709551621")),
    refused(16, "a hundred digits", sized(b"9" * 100)),
    refused(16, "malformed in HTTP/1.0", post(b"Content-Length: +5", body=b"hello", version=b"1.0")),
    refused(16, "malformed in GET", b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n"),
    refused(16, "valid but too large", sized(b"1000000000000"), 413),
    refused(16, "2^64 - 1", sized(b"18446744073709551615"), 413),
    answered(16, "5", sized(b"5"), echo=b"POST hello"),
    answered(16, "white space around 5", sized(b"\t 5 \t"), echo=b"POST hello"),
    answered(16, "0", sized(b"0", body=b""), echo=b"POST "),
    answered(16, "a body of GET is read and dropped", b"GET /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"),
    answered(
        16, "a body of HEAD is read and dropped", b"HEAD /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
    ),
    answered(
        16,
        "a body that looks like a request",
        sized(b"27", body=b"GET /smuggled HTTP/1.1\r\n\r\nx\r\n"[:27]),
        echo=b"POST GET /smuggled HTTP/1.1\r\n\r\nx",
    ),
]
