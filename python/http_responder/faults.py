"""What can go wrong with an answer, on purpose.

>>> from http_responder import Server
>>> from http_responder.faults import delay, flaky, reset
>>> with Server(port=0) as server:
...     server.rule("/slow", "late", faults=delay(0.25))
...     server.rule("/broken", "x" * 100, faults=[flaky(0.3, seed=7), reset(after=20)])

In a handler, made once and used for each answer, since it counts them:

>>> from http_responder.faults import Faults, truncate
>>> broken = Faults(delay(0.1), truncate(after=10))
>>> def handler(request):
...     return broken("an answer that is cut off")

Time is kept by the workers: any number of answers may wait at once, and none of them costs a
thread. Of the faults that change what is sent there can be one; delay, jitter, flaky and
status_sequence go with any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Union

from ._native import Faults as _Native
from ._native import Faulty

__all__ = [
    "Fault",
    "Faults",
    "close_before",
    "delay",
    "drip",
    "flaky",
    "garbage",
    "half_close",
    "jitter",
    "reset",
    "slow_headers",
    "status_sequence",
    "truncate",
    "wrong_length",
]

# Octets are sent in pieces, about so many a second.
_PIECES = 10


class Fault:
    """One thing that goes wrong. Made by the functions of this module."""

    __slots__ = ("name", "values")

    def __init__(self, name: str, **values: Any) -> None:
        self.name = name
        self.values = values

    def __repr__(self) -> str:
        return f"<Fault {self.name}>"


class Faults:
    """Several faults together; called with what a handler may return it gives the faulty answer."""

    __slots__ = ("_native",)

    def __init__(self, *faults: Fault) -> None:
        self._native = combined(faults)

    def __call__(self, answer: Any) -> Faulty:
        return self._native(answer)


def combined(faults: Union[Fault, Faults, _Native, Sequence[Fault]]) -> _Native:
    """The engine's form of one fault or several."""
    if isinstance(faults, _Native):
        return faults
    if isinstance(faults, Faults):
        return faults._native
    if isinstance(faults, Fault):
        faults = (faults,)
    together: dict[str, Any] = {}
    said: dict[str, str] = {}
    for fault in faults:
        if not isinstance(fault, Fault):
            raise TypeError(f"faults: expected those of http_responder.faults, got {fault!r}")
        for key, value in fault.values.items():
            if key in together and key != "seed":
                raise ValueError(f"faults: {said[key]} and {fault.name} do not go together")
            together[key] = value
            said[key] = fault.name
    if "chance" in together and set(together) <= {"chance", "seed"}:
        together["statuses"] = [503]
    return _Native(**together)


def delay(seconds: float) -> Fault:
    """The answer comes so much later; nobody else waits."""
    return Fault("delay", delay=_seconds("delay", seconds))


def jitter(seconds: float, seed: int = 0) -> Fault:
    """The answer comes later by chance, by as much at most; the same seed gives the same times."""
    return Fault("jitter", jitter=_seconds("jitter", seconds), seed=seed)


def drip(bytes_per_second: float) -> Fault:
    """The body comes at this speed."""
    return Fault("drip", kind="drip", **_pace("drip", bytes_per_second))


def slow_headers(bytes_per_second: float) -> Fault:
    """The head comes at this speed, and the body at once behind it."""
    return Fault("slow_headers", kind="slow_headers", **_pace("slow_headers", bytes_per_second))


def reset(after: int = 0) -> Fault:
    """The connection is reset after so many octets of the answer, its head included."""
    return Fault("reset", kind="reset", amount=_count("reset", after))


def truncate(after: int) -> Fault:
    """The connection ends after so many octets of the body."""
    return Fault("truncate", kind="truncate", amount=_count("truncate", after))


def garbage(octets: int = 512) -> Fault:
    """So many octets that are no HTTP come in place of the answer; then the connection ends."""
    return Fault("garbage", kind="garbage", amount=_count("garbage", octets, 2**20))


def wrong_length(length: int = 2**20) -> Fault:
    """Content-Length says this, whatever the body is; then the connection ends."""
    return Fault("wrong_length", kind="wrong_length", amount=_count("wrong_length", length, 2**62))


def close_before() -> Fault:
    """The connection ends without an answer."""
    return Fault("close_before", kind="close_before")


def half_close() -> Fault:
    """Behind the whole answer the server closes its side of the connection without having said so;
    what the client still sends is taken for a while."""
    return Fault("half_close", kind="half_close")


def status_sequence(*statuses: int) -> Fault:
    """The first answers have these statuses, one each; the last of them goes on."""
    if not statuses:
        raise ValueError("status_sequence: expected at least one status")
    for status in statuses:
        if not 200 <= status <= 599:
            raise ValueError(f"status_sequence: expected 200 to 599, got {status!r}")
    return Fault("status_sequence", statuses=list(statuses))


def flaky(p: float, seed: int = 0) -> Fault:
    """The other faults hold only for this share of the requests, by chance; without another one
    those get a 503. The same seed gives the same sequence."""
    if not 0 <= p <= 1:
        raise ValueError(f"flaky: expected a share from 0 to 1, got {p!r}")
    return Fault("flaky", chance=float(p), seed=seed)


def _seconds(name: str, seconds: float) -> float:
    if not 0 <= seconds <= 3600:
        raise ValueError(f"{name}: expected seconds from 0 to 3600, got {seconds!r}")
    return float(seconds)


def _count(name: str, count: int, most: int = 2**30) -> int:
    if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= most:
        raise ValueError(f"{name}: expected a number of octets from 0 to {most}, got {count!r}")
    return count


def _pace(name: str, bytes_per_second: float) -> dict[str, Any]:
    if not 0 < bytes_per_second <= 1e9:
        raise ValueError(f"{name}: expected bytes per second, more than 0, got {bytes_per_second!r}")
    amount = max(1, round(bytes_per_second / _PIECES))
    pause = amount / bytes_per_second
    if pause > 3600:
        raise ValueError(f"{name}: expected at least a byte an hour, got {bytes_per_second!r}")
    return {"amount": amount, "pause": pause}
