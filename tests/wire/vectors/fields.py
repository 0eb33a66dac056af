"""The field section: rows 1 to 9 and 23."""

from .vector import HOST, Vector, answered, head, refused

GET = b"GET / HTTP/1.1\r\n"


def get(*fields: bytes, host: bool = True) -> bytes:
    return head(b"GET / HTTP/1.1", *fields, host=host)


def with_host(value: bytes) -> bytes:
    return get(b"Host: " + value, host=False)


def many(count: int) -> bytes:
    """A request with `count` field lines, Host included."""
    return get(*(b"X-%d: %d" % (i, i) for i in range(count - 1)))


def head_of(size: int) -> bytes:
    """A request head of exactly `size` octets in one long field."""
    empty = get(b"X: ")
    return get(b"X: " + b"x" * (size - len(empty)))


FIELDS: list[Vector] = [
    # Row 1: no Host.
    refused(1, "no fields at all", GET + b"\r\n"),
    refused(1, "other fields but no Host", get(b"Accept: */*", host=False)),
    refused(1, "a body but no Host", head(b"POST / HTTP/1.1", b"Content-Length: 2", host=False) + b"hi"),
    refused(1, "OPTIONS * without Host", head(b"OPTIONS * HTTP/1.1", host=False)),
    refused(1, "only an X-Host", get(b"X-Host: a", host=False)),
    answered(1, "HTTP/1.0 needs none", head(b"GET / HTTP/1.0", host=False), closes=True),
    # Row 2: two.
    refused(2, "two different Hosts", get(b"Host: b")),
    refused(2, "two equal Hosts", get(b"Host: a")),
    refused(2, "two Hosts with others between", get(b"X: y", b"HOST: a")),
    refused(2, "two Hosts in HTTP/1.0", head(b"GET / HTTP/1.0", b"Host: b")),
    refused(2, "two Hosts beside an absolute form", head(b"GET http://a/ HTTP/1.1", b"Host: a")),
    # Row 3: no authority.
    refused(3, "user information", with_host(b"user@a")),
    refused(3, "user and password", with_host(b"user:pass@a")),
    refused(3, "a path", with_host(b"a/b")),
    refused(3, "a query", with_host(b"a?b")),
    refused(3, "a fragment", with_host(b"a#b")),
    refused(3, "a comma", with_host(b"a,b")),
    refused(3, "a list", with_host(b"a, b")),
    refused(3, "a space", with_host(b"a b")),
    refused(3, "a TAB", with_host(b"a\tb")),
    refused(3, "a back slash", with_host(b"a\\b")),
    refused(3, "a quote", with_host(b'"a"')),
    refused(3, "a port of letters", with_host(b"a:http")),
    refused(3, "two ports", with_host(b"a:80:80")),
    refused(3, "a port with a sign", with_host(b"a:+80")),
    refused(3, "an unclosed bracket", with_host(b"[::1")),
    refused(3, "text after the bracket", with_host(b"[::1]x")),
    refused(3, "a name in brackets", with_host(b"[a]")),
    refused(3, "non-ASCII", with_host(b"\xc3\xa4")),
    refused(3, "an invalid Host beside an absolute form", head(b"GET http://a/ HTTP/1.1", b"Host: a/b", host=False)),
    answered(3, "a name with a port", with_host(b"a:80")),
    answered(3, "an IPv4 address", with_host(b"127.0.0.1:8080")),
    answered(3, "an IPv6 address", with_host(b"[::1]")),
    answered(3, "an IPv6 address with a port", with_host(b"[2001:db8::1]:8080")),
    answered(3, "hyphens and underscores", with_host(b"a-b_c.example")),
    answered(3, "white space around it", with_host(b" \ta\t ")),
    answered(3, "no space after the colon", get(b"Host:a", host=False)),
    # Row 4: white space before the colon.
    refused(4, "space after Host", get(b"Host : a", host=False)),
    refused(4, "space after another name", get(b"X : y")),
    refused(4, "TAB after a name", get(b"X\t: y")),
    refused(4, "space after Content-Length", head(b"POST / HTTP/1.1", b"Content-Length : 2") + b"hi"),
    refused(
        4, "space after Transfer-Encoding", head(b"POST / HTTP/1.1", b"Transfer-Encoding : chunked") + b"0\r\n\r\n"
    ),
    # Row 5: folding.
    refused(5, "folded with a space", get(b"X: a\r\n b")),
    refused(5, "folded with a TAB", get(b"X: a\r\n\tb")),
    refused(5, "a folded empty value", get(b"X:\r\n a")),
    refused(5, "a folded Host", get(b"Host:\r\n a", host=False)),
    refused(5, "a fold of white space only", get(b"X: a\r\n ")),
    # Row 6: white space before the first field.
    refused(6, "space before the first field", GET + b" " + HOST + b"\r\n"),
    refused(6, "TAB before the first field", GET + b"\t" + HOST + b"\r\n"),
    refused(6, "a blank first line", GET + b" \r\n" + HOST + b"\r\n"),
    # Row 7: line ends.
    refused(7, "bare LF everywhere", b"GET / HTTP/1.1\nHost: a\n\n"),
    refused(7, "bare LF after the request line", b"GET / HTTP/1.1\n" + HOST + b"\r\n"),
    refused(7, "bare LF after a field", GET + b"Host: a\nX: y\r\n\r\n"),
    refused(7, "bare LF as the empty line", GET + HOST + b"\n"),
    refused(7, "leading bare LF", b"\n" + get()),
    refused(7, "leading bare CR", b"\r" + get()),
    refused(7, "bare CR after the request line", b"GET / HTTP/1.1\r" + HOST + b"\r\n"),
    refused(7, "bare CR in the target", head(b"GET /a\rb HTTP/1.1")),
    refused(7, "bare LF in the target", head(b"GET /a\nb HTTP/1.1")),
    refused(7, "bare CR in a field name", get(b"X\rY: z")),
    refused(7, "bare CR in front of a field", get(b"\rX: y")),
    refused(7, "bare CR as the empty line", GET + HOST + b"\r\r\n"),
    refused(7, "CR CR LF", get(b"X: y\r")),
    refused(7, "bare LF hides a field", get(b"X: y\nContent-Length: 30")),
    # Row 8: in a value.
    refused(8, "NUL in a value", get(b"X: a\0b")),
    refused(8, "NUL at the end of a value", get(b"X: a\0")),
    refused(8, "NUL at the start of a value", get(b"X: \0a")),
    refused(8, "CR in a value", get(b"X: a\rb")),
    refused(8, "LF in a value", get(b"X: a\nb")),
    refused(8, "CR at the start of a value", get(b"X: \ra")),
    answered(8, "obs-text in a value", get(b"X: caf\xc3\xa9 \xff")),
    answered(8, "TAB in a value", get(b"X: a\tb")),
    answered(8, "an empty value", get(b"X:")),
    answered(8, "a value of white space", get(b"X: \t ")),
    # Row 9: names.
    refused(9, "an empty name", get(b": x")),
    refused(9, "only a colon", get(b":")),
    refused(9, "a line without a colon", get(b"nothing")),
    refused(9, "a last line without a colon", GET + HOST + b"x\r\n\r\n"),
    refused(9, "space in a name", get(b"X Y: z")),
    refused(9, "parentheses", get(b"X(Y): z")),
    refused(9, "a slash", get(b"X/Y: z")),
    refused(9, "quotes", get(b'"X": z')),
    refused(9, "an at sign", get(b"X@Y: z")),
    refused(9, "brackets", get(b"X[]: z")),
    refused(9, "NUL in a name", get(b"X\0: z")),
    refused(9, "a control character in a name", get(b"\x01X: z")),
    refused(9, "DEL in a name", get(b"X\x7f: z")),
    refused(9, "non-ASCII in a name", get(b"X\xc3\xa9: z")),
    refused(9, "a no-break space in front of Content-Length", get(b"\xa0Content-Length: 5")),
    answered(9, "every token character", get(b"!#$%&'*+-.^_`|~09azAZ: x")),
    # Row 23: size.
    answered(23, "100 fields", many(100)),
    refused(23, "101 fields", many(101), 431),
    refused(23, "1000 fields", many(1000), 431),
    answered(23, "a head of 16 KiB", head_of(16384)),
    refused(23, "a head of 16 KiB and an octet", head_of(16385), 431),
    refused(23, "a head of 40 KiB", head_of(40960), 431),
    refused(23, "a field without end", GET + HOST + b"X: " + b"x" * 40000, 431),
    refused(23, "a field name without end", GET + HOST + b"x" * 40000, 431),
    refused(23, "fields without end", GET + HOST + b"X: y\r\n" * 6000, 431),
]
