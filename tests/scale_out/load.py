"""Clients that ask over and over until standard input ends; then what they have seen, as JSON.

    load.py ADDRESS PORT GETS POSTS

GETS connections ask for an image, POSTS connections send a body and wait for an answer that takes a while.
Both keep their connections. Every answer that is not 200 is a failure, as is a connection that ends before
one; a connection that the other end has announced to close is just opened again."""

import asyncio
import json
import sys
import time

GET = b"GET /a.gif HTTP/1.1\r\nHost: ads.example\r\n\r\n"
POST = b"POST /slow HTTP/1.1\r\nHost: ads.example\r\nContent-Length: 4\r\n\r\nbody"
PAUSE = 0.005
"""Seconds between two requests of a connection: a bounded load."""
PATIENCE = 20.0


class Seen:
    def __init__(self):
        self.answers = {"GET": 0, "POST": 0}
        self.failures: list[tuple[str, str]] = []
        self.slowest = 0.0


async def answer(reader) -> tuple[int, bool]:
    """The status of one answer, and whether the connection goes on."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
    await reader.readexactly(int(fields.get("content-length", 0)))
    return int(head.split()[1]), fields.get("connection") != "close"


async def client(where, method: str, request: bytes, seen: Seen, ended: asyncio.Event) -> None:
    stream = None
    while not ended.is_set():
        began = time.monotonic()
        try:
            if stream is None:
                stream = await asyncio.wait_for(asyncio.open_connection(*where), PATIENCE)
            stream[1].write(request)
            status, goes_on = await asyncio.wait_for(answer(stream[0]), PATIENCE)
        except (OSError, asyncio.IncompleteReadError, asyncio.TimeoutError) as error:
            seen.failures.append((method, repr(error)))
            stream = None
            continue
        if status == 200:
            seen.answers[method] += 1
            seen.slowest = max(seen.slowest, time.monotonic() - began)
        else:
            seen.failures.append((method, str(status)))
        if not goes_on:
            stream[1].close()
            stream = None
        await asyncio.sleep(PAUSE)


async def main(address: str, port: str, gets: str, posts: str) -> None:
    seen, ended = Seen(), asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(sys.stdin, lambda: (sys.stdin.read(), ended.set()))
    kinds = [("GET", GET)] * int(gets) + [("POST", POST)] * int(posts)
    await asyncio.gather(*(client((address, int(port)), *kind, seen, ended) for kind in kinds))
    print(json.dumps({"answers": seen.answers, "failures": seen.failures, "slowest": seen.slowest}))


asyncio.run(main(*sys.argv[1:]))
