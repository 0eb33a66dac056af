"""A thousand requests of every kind that the binary answers, on connections kept and closed.

usage: thousand_requests.py START_LINE
"""

import re
import sys
from http.client import HTTPConnection

PATHS = ["/", "/favicon.ico", "/a.ico", "/a.gif", "/a.png", "/a.jpg", "/a.svg", "/a.js", "/a.css",
         "/a.json", "/a.xml", "/a.txt", "/a.woff2", "/generate_204", "/none/such?query"]
METHODS = ["GET", "HEAD", "POST", "OPTIONS"]
COUNT = 1000


def main(start_line: str) -> None:
    host, port = re.search(r"(127\.0\.0\.1):(\d+)", start_line).groups()
    kept = HTTPConnection(host, int(port), timeout=60)
    for number in range(COUNT):
        keep = number % 10 != 0
        connection = kept if keep else HTTPConnection(host, int(port), timeout=60)
        method = METHODS[number % len(METHODS)]
        body = b"body" if method == "POST" else None
        headers = {"Origin": "http://a.example"} if number % 3 == 0 else {}
        if method == "OPTIONS" and headers:
            headers["Access-Control-Request-Method"] = "PUT"
        connection.request(method, PATHS[number % len(PATHS)], body, headers)
        response = connection.getresponse()
        response.read()
        assert response.status in (200, 204), (method, PATHS[number % len(PATHS)], response.status)
        if not keep:
            connection.close()
    bad = HTTPConnection(host, int(port), timeout=60)
    bad.putrequest("GET", "/", skip_host=True)
    bad.endheaders()
    assert bad.getresponse().status == 400


main(sys.argv[1])
