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

Handshakes of TLS go wrong by testing.Server.tls_fault():

>>> from http_responder.faults import expired
>>> from http_responder.testing import Server as TestServer
>>> with TestServer(port=0, tls=True) as server:
...     server.tls_fault(expired())
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Union

from ._native import Authority, Certificate, Faulty, Handshake
from ._native import Faults as _Native

__all__ = [
    "Fault",
    "Faults",
    "TlsFault",
    "close_before",
    "delay",
    "drip",
    "expired",
    "flaky",
    "garbage",
    "half_close",
    "handshake_alert",
    "handshake_stall",
    "jitter",
    "old_version",
    "reset",
    "self_signed",
    "slow_headers",
    "status_sequence",
    "truncate",
    "wrong_length",
    "wrong_name",
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


class TlsFault:
    """A handshake of TLS that goes wrong. Made by the functions of this module."""

    __slots__ = ("_issue", "_kind", "_number", "name")

    def __init__(
        self, name: str, kind: str = "", number: int = 0, issue: dict[str, Any] | None = None
    ) -> None:
        self.name = name
        self._kind = kind
        self._number = number
        self._issue = issue

    def __repr__(self) -> str:
        return f"<TlsFault {self.name}>"

    def choose(self, authority: Authority, name: str | None) -> Certificate | Handshake:
        """What a client gets that asks for name."""
        if self._issue is None:
            return Handshake(self._kind, self._number)
        options = dict(self._issue)
        names = options.pop("names", _HERE if name is None else (name,))
        return authority.issue(*names, **options)


# Who asks for no name has come to an address of this machine.
_HERE = ("localhost", "127.0.0.1", "::1")

_ALERTS = {
    "handshake_failure": 40,
    "bad_certificate": 42,
    "certificate_expired": 45,
    "illegal_parameter": 47,
    "access_denied": 49,
    "decode_error": 50,
    "protocol_version": 70,
    "insufficient_security": 71,
    "internal_error": 80,
    "unrecognized_name": 112,
    "no_application_protocol": 120,
}

_DAY = 86_400.0


def handshake_stall() -> TlsFault:
    """The server says nothing in the handshake, until the option handshake_timeout ends it."""
    return TlsFault("handshake_stall", "stall")


def handshake_alert(alert: Union[str, int] = "handshake_failure") -> TlsFault:
    """The server answers the first flight with a fatal alert, by name or number (RFC 8446)."""
    number = _ALERTS.get(alert) if isinstance(alert, str) else alert
    if number is None or isinstance(number, bool) or not 0 <= number <= 255:
        known = ", ".join(_ALERTS)
        raise ValueError(f"handshake_alert: expected 0 to 255 or one of {known}, got {alert!r}")
    return TlsFault("handshake_alert", "alert", number)


def wrong_name(name: str = "wrong.invalid") -> TlsFault:
    """The certificate is for another name."""
    return TlsFault("wrong_name", issue={"names": (name,)})


def expired(days: float = 1) -> TlsFault:
    """The certificate has expired so many days ago."""
    if not 0 < days <= 3650:
        raise ValueError(f"expired: expected days, more than 0 and at most 3650, got {days!r}")
    return TlsFault("expired", issue={"start": -(days + 30) * _DAY, "end": -days * _DAY})


def self_signed() -> TlsFault:
    """The certificate is signed with its own key: no CA stands behind it."""
    return TlsFault("self_signed", issue={"self_signed": True})


def old_version(version: str = "1.0") -> TlsFault:
    """The server speaks no newer version of TLS than 1.0 or 1.1."""
    known = {"1.0": 0x0301, "1.1": 0x0302}
    if version not in known:
        raise ValueError(f"old_version: expected 1.0 or 1.1, got {version!r}")
    return TlsFault("old_version", "old_version", known[version])


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
