"""Threads for handlers that block."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections import deque
from typing import Any, Callable

from ._native import Deferred, Gone, Request, StateError, Streamed

_log = logging.getLogger("http_responder")

_Job = tuple[Request, Deferred]

# An idle thread ends after so many seconds.
_IDLE = 10.0


class _Pool:
    """At most so many threads, started as they are needed, which end when they are not."""

    def __init__(self, handler: Callable[[Request], Any], most: int) -> None:
        self._handler = handler
        self._most = most
        self._jobs: deque[_Job] = deque()
        self._changed = threading.Condition()
        self._threads = 0
        self._idle = 0

    def put(self, job: _Job) -> None:
        with self._changed:
            self._jobs.append(job)
            if self._idle >= len(self._jobs) or self._threads == self._most:
                self._changed.notify()
                return
            self._threads += 1
        threading.Thread(target=self._run, name="http_responder-pool", daemon=True).start()

    def _run(self) -> None:
        while (job := self._next()) is not None:
            self._answer(*job)
            del job

    def _next(self) -> _Job | None:
        with self._changed:
            self._idle += 1
            there = self._changed.wait_for(lambda: self._jobs, _IDLE)
            self._idle -= 1
            if there:
                return self._jobs.popleft()
            self._threads -= 1
            return None

    def _answer(self, request: Request, deferred: Deferred) -> None:
        answer: Any
        try:
            answer = self._handler(request)
            if answer is None:
                answer = (404, "Not Found\n")
        except Gone:
            return  # in the middle of its body
        except BaseException:
            _log.exception("the handler of %s %s raised", request.method, request.target)
            answer = (500, "Internal Server Error\n")
        with contextlib.suppress(Gone):
            if isinstance(answer, Streamed):
                self._stream(request, deferred, answer)
                return
            try:
                deferred.respond(answer)
            except (TypeError, ValueError):
                _log.exception("the handler of %s %s returned", request.method, request.target)
                deferred.respond((500, "Internal Server Error\n"))

    def _stream(self, request: Request, deferred: Deferred, answer: Streamed) -> None:
        try:
            answer.send_to(deferred)
        except Gone:
            raise
        except BaseException:
            # What was begun is cut off.
            _log.exception("the body for %s %s raised", request.method, request.target)
            with contextlib.suppress(StateError):
                deferred.respond((500, "Internal Server Error\n"))


def deferring(
    handler: Callable[[Request], Any], threads: int
) -> Callable[[Request], Deferred]:
    """A handler that has handler called on at most so many threads."""
    pool = _Pool(handler, threads)

    def put(request: Request) -> Deferred:
        deferred = Deferred()
        pool.put((request, deferred))
        return deferred

    return put


# So many bodies at once are read by plain functions as they arrive, for each route.
_STREAMS = 64


def streaming(handler: Callable[[Request], Any]) -> Callable[[Request, Deferred], None]:
    """A function that has handler called on threads of its own, and its answers given."""
    pool = _Pool(handler, _STREAMS)
    return lambda request, deferred: pool.put((request, deferred))
