"""A server for tests: what is expected of the code under test, and what it gets.

>>> import urllib.request
>>> from http_responder.testing import Server
>>> with Server(port=0) as server:
...     users = server.expect("/users/{id}", method="GET", times=1)
...     _ = users.respond_with_json({"name": "Ann"})
...     urllib.request.urlopen(server.url_for("/users/7")).read()
...     server.check()
b'{"name":"Ann"}'
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, Callable, NamedTuple, TypeVar, Union

from . import _native
from ._matching import NOTHING, Body, Headers, Matcher, Path, Query, matchers, say
from ._native import Authority, Certificate, Handshake, Request, Response
from .faults import Fault, Faults, TlsFault

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ._options import Options

__all__ = ["Entry", "Expectation", "Server"]

_Times = Union[int, range, None]
_FaultsOf = Union[Fault, Faults, Iterable[Fault], None]
_F = TypeVar("_F", bound=Callable[..., Any])


class Entry(NamedTuple):
    """One request in the log."""

    request: Request
    answer: Any
    """What was returned for it: a Response or anything else that a handler may return; an exception
    where the handler raised."""
    expectation: Expectation | None
    """The one that took it; None for a request that was not expected."""


class Expectation:
    """What a request must be, and what it gets. Made by Server.expect()."""

    def __init__(
        self, server: Server, told: str, matches: list[Matcher], times: range | None, ordered: bool
    ) -> None:
        self._server = server
        self._told = told
        self._matches = matches
        self._times = times
        self._ordered = ordered
        self._handler: Callable[[Request], Any] = lambda request: (200, b"")
        self.calls = 0
        """How many requests it has taken."""

    def respond_with(self, answer: Any, faults: _FaultsOf = None) -> Expectation:
        """Answers with what a handler may return."""
        spoil = _spoiler(faults)
        prepared = answer if spoil is None else spoil(answer)
        return self.respond_with_handler(lambda request: prepared)

    def respond_with_json(
        self,
        value: Any,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        content_type: str = "application/json",
        faults: _FaultsOf = None,
    ) -> Expectation:
        """Answers with value as JSON."""
        from json import dumps

        body = dumps(value, separators=(",", ":"), ensure_ascii=False)
        return self.respond_with(_response(status, body, content_type, headers), faults)

    def respond_with_data(
        self,
        data: str | bytes = "",
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        content_type: str | None = None,
        faults: _FaultsOf = None,
    ) -> Expectation:
        """Answers with a body; str is text/plain unless content_type says otherwise."""
        return self.respond_with(_response(status, data, content_type, headers), faults)

    def respond_with_response(self, response: Response, faults: _FaultsOf = None) -> Expectation:
        """Answers with a prepared response."""
        return self.respond_with(response, faults)

    def respond_with_status(self, status: int, faults: _FaultsOf = None) -> Expectation:
        """Answers with an empty body."""
        return self.respond_with(Response(status), faults)

    def respond_with_handler(
        self, handler: Callable[[Request], Any], faults: _FaultsOf = None
    ) -> Expectation:
        """Answers with what handler returns for the request."""
        spoil = _spoiler(faults)
        self._handler = handler if spoil is None else lambda request: spoil(handler(request))
        return self

    def wait(self, calls: int = 1, timeout: float = 5.0) -> None:
        """Waits until it has taken so many requests. AssertionError if that takes too long."""
        self._server._wait(lambda: self.calls >= calls, timeout, lambda: self._late(calls))

    def __repr__(self) -> str:
        return f"<Expectation {self._told}, {_count(self.calls, 'request')}>"

    def _late(self, calls: int) -> str:
        return f"expected {_count(calls, 'request')} for {self._told}, got {self.calls}"

    def _is_done(self) -> bool:
        """Whether it takes no more."""
        return self._times is not None and self.calls >= self._times[-1]

    def _is_met(self) -> bool:
        return self._times is None or self.calls in self._times

    def _mistakes(self, request: Request) -> list[str]:
        return [told for match in self._matches if (told := match(request)) is not None]


class Server(_native.Server):
    """A server that knows what it will be asked for.

    Takes the options of http_responder.Server. A request that nothing is expected of gets a 500 that
    says why, and check() says it again. Expectations are tried in the order in which they were
    made. Routes and rules of the server itself come before them, and what their handlers raise is
    told by check() too.

    With tls=True it speaks TLS on its port, with certificates of a CA of its own: authority, whose
    certificate is ca_pem and, in a file, ca_file. Another Authority, or Certificates, may be given.
    """

    __test__ = False

    def __init__(
        self,
        *,
        tls: bool | Authority | Certificate | Sequence[Certificate] | None = None,
        **options: Unpack[Options],
    ) -> None:
        self._tls_faults: dict[str | None, TlsFault] = {}
        self.authority: Authority | None = tls if isinstance(tls, Authority) else None
        """The CA that makes its certificates, where it speaks TLS with one in memory."""
        if tls is True and not ("ca_dir" in options or "certificates" in options):
            self.authority = Authority()
            self.use_ca(self.authority.pem, self.authority.key)
        self._ca_file: str | None = None
        self._changed = threading.Condition()
        self._expectations: list[Expectation] = []
        self._unexpected: list[str] = []
        self._errors: list[tuple[str, BaseException]] = []
        self.log: list[Entry] = []
        """Every request that was not answered by a route or rule, in the order of the answers."""
        self.fallback(self._answer)

    @property
    def ca_pem(self) -> str:
        """The certificate of its CA, in PEM: ssl.create_default_context(cadata=server.ca_pem)."""
        return self._authority("ca_pem").pem

    @property
    def ca_file(self) -> str:
        """The path of a file with ca_pem, for clients that want one: requests.get(url,
        verify=server.ca_file). It goes with the server."""
        if self._ca_file is None:
            import tempfile
            import weakref

            file = tempfile.NamedTemporaryFile("w", prefix="http_responder_", suffix=".pem")
            file.write(self.ca_pem)
            file.flush()
            weakref.finalize(self, file.close)
            self._ca_file = file.name
        return self._ca_file

    def tls_fault(self, fault: TlsFault | None, host: str | None = None) -> None:
        """Has handshakes go wrong from now on, of clients that ask for host, or of all of them; None
        takes it back. Faults are those of http_responder.faults: wrong_name, expired, self_signed,
        old_version, handshake_alert, handshake_stall."""
        self._authority("tls_fault")
        if fault is None:
            self._tls_faults.pop(host, None)
            return
        if not isinstance(fault, TlsFault):
            text = "tls_fault: expected one of http_responder.faults for TLS"
            raise TypeError(f"{text}, got {fault!r}")
        self._tls_faults[host and host.lower()] = fault
        self.choose_certificate(self._choose)

    def _choose(self, name: str | None) -> Certificate | Handshake | None:
        fault = self._tls_faults.get(name) or self._tls_faults.get(None)
        if fault is None or self.authority is None:
            return None
        return fault.choose(self.authority, name)

    def _authority(self, what: str) -> Authority:
        if self.authority is None:
            raise ValueError(f"{what}: expected a server with tls=True or an Authority, got none")
        return self.authority

    def expect(
        self,
        path: Path,
        method: str | Iterable[str] | None = None,
        query: Query | None = None,
        headers: Headers | None = None,
        json: Any = NOTHING,
        body: Body | None = None,
        times: _Times = None,
        in_order: bool = False,
    ) -> Expectation:
        """Expects requests that are all of this.

        path is a text, with {name} and {*rest} as in routes, a regular expression, or a function.
        query is a text as it is sent, or all of its parameters, in any order. headers are those that
        must be there, or must not where the value is None. json is compared with the parsed body.
        times is how often, exactly; a range is any of its numbers; None is any number, none
        included. Those that are in_order are met one after another.
        """
        matches = matchers(path, method, query, headers, json, body)
        told = _told(path, method, query, headers, json, body)
        expectation = Expectation(self, told, matches, _times(times, in_order), in_order)
        with self._changed:
            self._expectations.append(expectation)
        return expectation

    def check(self) -> None:
        """Raises AssertionError if anything was not as expected: a request, how often one came, or
        a handler that raised."""
        with self._changed:
            told = list(self._unexpected)
            told += [f"the handler of {line} raised {error!r}" for line, error in self._errors]
            for expectation in self._expectations:
                if not expectation._is_met():
                    times = expectation._times
                    assert times is not None
                    wanted = _count(times[0], "request") if len(times) == 1 else f"{times}"
                    told.append(
                        f"expected {wanted} for {expectation._told}, got {expectation.calls}"
                    )
            cause = self._errors[0][1] if self._errors else None
        if told:
            raise AssertionError("\n".join(told)) from cause

    def wait_for(self, n: int, timeout: float = 5.0) -> None:
        """Waits until the log has so many requests. AssertionError if that takes too long."""
        self._wait(
            lambda: len(self.log) >= n,
            timeout,
            lambda: f"expected {_count(n, 'request')}, got {len(self.log)}",
        )

    def reset(self) -> None:
        """Forgets expectations, log, routes and rules, as if the server had just been made."""
        self.clear_routes()
        self._tls_faults.clear()
        with self._changed:
            self._expectations.clear()
            self._unexpected.clear()
            self._errors.clear()
            self.log = []

    def route(
        self,
        path: str,
        method: str | None = None,
        methods: Any = None,
        *,
        stream: bool = False,
        max_body: int | None = None,
    ) -> Callable[[_F], _F]:
        """As http_responder.Server.route(); what the handler raises is told by check()."""
        register = super().route(path, method, methods, stream=stream, max_body=max_body)

        def decorate(handler: _F) -> _F:
            @wraps(handler)
            def noting(request: Request) -> Any:
                try:
                    return handler(request)
                except BaseException as error:
                    self._note(request, error)
                    raise

            register(noting if callable(handler) else handler)
            return handler

        return decorate

    def _answer(self, request: Request) -> Any:
        with self._changed:
            expectation, told = self._find(request)
            if expectation is None:
                self._unexpected.append(told)
                answer: Any = (500, told)
                self._log(request, answer, None)
                return answer
            expectation.calls += 1
        try:
            answer = expectation._handler(request)
        except BaseException as error:
            self._note(request, error)
            with self._changed:
                self._log(request, error, expectation)
            raise
        with self._changed:
            self._log(request, answer, expectation)
        return answer

    def _log(self, request: Request, answer: Any, expectation: Expectation | None) -> None:
        self.log.append(Entry(request, answer, expectation))
        self._changed.notify_all()

    def _note(self, request: Request, error: BaseException) -> None:
        with self._changed:
            self._errors.append((f"{request.method} {request.target}", error))

    def _find(self, request: Request) -> tuple[Expectation | None, str]:
        """Who takes the request, or why nobody does."""
        misses = []
        before: Expectation | None = None
        for expectation in self._expectations:
            mistakes = expectation._mistakes(request)
            if expectation._ordered and not expectation._is_done():
                if before is not None:
                    mistakes.append(f"order: expected {before._told} first")
                before = before or expectation
            if not mistakes and expectation._is_done():
                mistakes.append(f"times: expected no more than {expectation.calls}")
            if not mistakes:
                return expectation, ""
            misses.append(f"  {expectation._told}\n    " + "\n    ".join(mistakes))
        told = f"unexpected request: {request.method} {request.target}"
        return None, "\n".join([told, *(misses or ["  nothing is expected"])])

    def _wait(self, there: Callable[[], bool], timeout: float, late: Callable[[], str]) -> None:
        deadline = time.monotonic() + timeout
        with self._changed:
            # In slices, so that Ctrl-C is noticed.
            while not there():
                left = deadline - time.monotonic()
                if left <= 0:
                    came = [f"  {e.request.method} {e.request.target}" for e in self.log]
                    told = [f"{late()} within {timeout} s", *came[-20:]]
                    raise AssertionError("\n".join(told))
                self._changed.wait(min(left, 0.1))


def _times(times: _Times, in_order: bool) -> range | None:
    if times is None:
        return range(1, 2) if in_order else None
    if isinstance(times, range):
        if not times or times.step != 1 or times[0] < 0:
            raise ValueError(f"times: expected numbers from 0 on, one after another, got {times!r}")
        return times
    if isinstance(times, bool) or not isinstance(times, int) or times < 0:
        raise ValueError(f"times: expected a number from 0 on, got {times!r}")
    return range(times, times + 1)


def _told(path: Any, method: Any, query: Any, headers: Any, json: Any, body: Any) -> str:
    parts = [method if isinstance(method, str) else "/".join(method)] if method else []
    parts.append(path if isinstance(path, str) else say(path))
    if query is not None:
        parts.append(f"query {say(query)}")
    parts += [f"{name}: {say(value)}" for name, value in (headers or {}).items()]
    if json is not NOTHING:
        parts.append(f"json {say(json)}")
    if body is not None:
        parts.append(f"body {say(body)}")
    return " ".join(parts)


def _response(status: int, body: Any, content_type: str | None, headers: Any) -> Response:
    return Response(status, body, content_type=content_type, headers=headers)


def _spoiler(faults: _FaultsOf) -> Callable[[Any], Any] | None:
    if faults is None or isinstance(faults, Faults):
        return faults
    return Faults(*((faults,) if isinstance(faults, Fault) else faults))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
