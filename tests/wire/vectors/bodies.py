"""Chunked bodies, trailers and bodies that end early: rows 17 to 20 and 25."""

from .vector import OK, Vector, answered, chunked, head, post, refused

END = b"\r\nhello\r\n0\r\n\r\n"


def trailer(line: bytes) -> bytes:
    return chunked(b"5\r\nhello\r\n0\r\n" + line + b"\r\n\r\n")


def either(row, name: str, raw: bytes, **more) -> Vector:
    """Refused, or answered with the line left out of account."""
    return Vector(str(row), name, raw, (OK | {400},), closes=None, **more)


def early(name: str, raw: bytes) -> Vector:
    """The client ends in the middle: 408, 400 or nothing, but never handled as complete."""
    return refused(25, name, raw, 400, 408, silent=True, ends=True)


BODIES: list[Vector] = [
    # Row 17: chunk sizes.
    refused(17, "0x5", chunked(b"0x5" + END)),
    refused(17, "+5", chunked(b"+5" + END)),
    refused(17, "-1", chunked(b"-1" + END)),
    refused(17, "-5", chunked(b"-5" + END)),
    refused(17, "1_0", chunked(b"1_0\r\n" + b"x" * 16 + b"\r\n0\r\n\r\n")),
    refused(17, "leading space", chunked(b" 5" + END)),
    refused(17, "leading TAB", chunked(b"\t5" + END)),
    refused(17, "trailing space", chunked(b"5 " + END)),
    refused(17, "no size", chunked(END)),
    refused(17, "no size but an extension", chunked(b";a=b" + END)),
    refused(17, "no hexadecimal digit", chunked(b"5g" + END)),
    refused(17, "a comma", chunked(b"5,5" + END)),
    refused(17, "NUL", chunked(b"5\0" + END)),
    refused(17, "2^64 + 5", chunked(b"10000000000000005" + END)),
    refused(17, "2^64 + 5 after leading zeros", chunked(b"00010000000000000005" + END)),
    refused(17, "2^64 - 1", chunked(b"ffffffffffffffff" + END), 400, 413),
    refused(17, "2^63", chunked(b"8000000000000000" + END), 400, 413),
    refused(17, "twenty digits", chunked(b"f" * 20 + END), 400, 413),
    refused(17, "valid but too large", chunked(b"fffffffff" + END), 413),
    refused(17, "malformed in the second chunk", chunked(b"2\r\nhi\r\n0x2\r\nhi\r\n0\r\n\r\n")),
    answered(17, "capitals", chunked(b"A\r\n0123456789\r\n0\r\n\r\n"), echo=b"POST 0123456789"),
    answered(17, "leading zeros", chunked(b"0005" + END), echo=b"POST hello"),
    answered(17, "many zeros at the end", chunked(b"5\r\nhello\r\n0000\r\n\r\n"), echo=b"POST hello"),
    answered(17, "several chunks", chunked(b"1\r\nh\r\n3\r\nell\r\n1\r\no\r\n0\r\n\r\n"), echo=b"POST hello"),
    answered(17, "an empty body", chunked(b"0\r\n\r\n"), echo=b"POST "),
    # Row 18: the end of a chunk.
    refused(18, "no CRLF after the data", chunked(b"5\r\nhello0\r\n\r\n")),
    refused(18, "other octets after the data", chunked(b"5\r\nhelloXY0\r\n\r\n")),
    refused(18, "bare LF after the data", chunked(b"5\r\nhello\n0\r\n\r\n")),
    refused(18, "bare CR after the data", chunked(b"5\r\nhello\r0\r\n\r\n")),
    refused(18, "data longer than the size", chunked(b"4" + END)),
    refused(18, "data shorter than the size", chunked(b"6" + END)),
    refused(18, "bare LF after the size", chunked(b"5\nhello\r\n0\r\n\r\n")),
    refused(18, "bare CR after the size", chunked(b"5\rhello\r\n0\r\n\r\n")),
    refused(18, "bare LF after the last size", chunked(b"5\r\nhello\r\n0\n\r\n")),
    refused(18, "bare LF at the very end", chunked(b"5\r\nhello\r\n0\r\n\n")),
    # Row 19: extensions.
    refused(19, "NUL", chunked(b"5;a\0b" + END)),
    refused(19, "bare CR", chunked(b"5;a\rb" + END)),
    refused(19, "bare LF ends it", chunked(b"5;a\nhello\r\n0\r\n\r\n")),
    refused(19, "LF before the semicolon", chunked(b"5\n;a" + END)),
    refused(19, "oversized", chunked(b"5;" + b"a" * 20000 + END)),
    refused(19, "oversized in quotes", chunked(b'5;a="' + b"b" * 20000 + b'"' + END)),
    refused(19, "oversized in the last chunk", chunked(b"0;" + b"a" * 20000 + b"\r\n\r\n")),
    answered(19, "a name and a value", chunked(b"5;a=b" + END), echo=b"POST hello"),
    answered(19, "a name only", chunked(b"5;a" + END), echo=b"POST hello"),
    answered(19, "several", chunked(b"5;a=b;c;d=e\r\nhello\r\n0;f\r\n\r\n"), echo=b"POST hello"),
    answered(19, "a quoted value", chunked(b'5;a="b c"' + END), echo=b"POST hello"),
    # Row 20: trailers.
    answered(20, "a harmless trailer", trailer(b"X: y"), echo=b"POST hello"),
    either(20, "Content-Length", trailer(b"Content-Length: 99")),
    either(20, "Transfer-Encoding", trailer(b"Transfer-Encoding: chunked")),
    either(20, "Host", trailer(b"Host: evil")),
    either(20, "Authorization", trailer(b"Authorization: Basic eDp5")),
    either(20, "Connection close", trailer(b"Connection: close")),
    refused(20, "a trailer without a colon", trailer(b"nothing")),
    refused(20, "a folded trailer", trailer(b"X: y\r\n z")),
    refused(20, "bare LF in a trailer", trailer(b"X: y\nZ: z")),
    refused(20, "NUL in a trailer", trailer(b"X: \0")),
    refused(20, "trailers without end", chunked(b"0\r\n" + b"X: y\r\n" * 6000), 400, 431),
    # Row 25: ends early.
    early("in the request line", b"GET / HT"),
    early("after the request line", b"GET / HTTP/1.1\r\n"),
    early("in a field", b"GET / HTTP/1.1\r\nHost: a"),
    early("before the empty line", b"GET / HTTP/1.1\r\nHost: a\r\n"),
    early("in the empty line", b"GET / HTTP/1.1\r\nHost: a\r\n\r"),
    early("in a sized body", post(b"Content-Length: 5", body=b"hel")),
    early("before a sized body", post(b"Content-Length: 5")),
    early("in a body of GET", head(b"GET / HTTP/1.1", b"Content-Length: 5") + b"hel"),
    early("in a chunk size", chunked(b"5")),
    early("in chunk data", chunked(b"5\r\nhel")),
    early("after chunk data", chunked(b"5\r\nhello")),
    early("before the last chunk", chunked(b"5\r\nhello\r\n")),
    early("in the last chunk", chunked(b"5\r\nhello\r\n0\r\n")),
    early("in the trailers", chunked(b"5\r\nhello\r\n0\r\nX: y\r\n")),
]
