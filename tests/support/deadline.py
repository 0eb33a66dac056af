"""Time limits: a test waits for an event and fails when it does not come, it never just waits."""

import threading
import time

PATIENCE = 10.0
"""Seconds after which a test gives up on something that should happen at once."""

_never = threading.Event()


class Deadline:
    """A moment in the future."""

    def __init__(self, seconds: float = PATIENCE):
        self.end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds left, at least 0."""
        return max(0.0, self.end - time.monotonic())

    def passed(self) -> bool:
        return time.monotonic() >= self.end


def eventually(probe, what: str, seconds: float = PATIENCE):
    """Calls `probe` until it returns something true, and returns that; fails after `seconds`."""
    deadline = Deadline(seconds)
    while not (found := probe()):
        if deadline.passed():
            raise AssertionError(f"after {seconds} s still not so: {what}")
        _never.wait(0.01)
    return found
