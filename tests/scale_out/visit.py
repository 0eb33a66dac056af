"""Visits by https, one after the other, each on a new connection that takes up the session of the last; what was
seen, as JSON.

    visit.py ADDRESS CA COUNT"""

import json
import socket
import ssl
import sys

PATIENCE = 10.0


def main() -> None:
    address, authority, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    context = ssl.create_default_context(cafile=authority)
    session, answered, resumed = None, 0, 0
    for _ in range(count):
        raw = socket.create_connection((address, 443), timeout=PATIENCE)
        with context.wrap_socket(raw, server_hostname="ads.example", session=session) as connection:
            connection.sendall(b"GET /a.gif HTTP/1.1\r\nHost: ads.example\r\nConnection: close\r\n\r\n")
            received = b""
            while octets := connection.recv(65536):
                received += octets
            answered += received.startswith(b"HTTP/1.1 200 ") and received.endswith(b";")
            resumed += connection.session_reused
            session = connection.session
    json.dump({"answered": answered, "resumed": resumed}, sys.stdout)


main()
