"""A network of its own for one test, whose kernel settings may be changed without anybody else noticing."""

import ctypes
import os
import subprocess
import threading
from pathlib import Path

import pytest

CLONE_NEWNET = 0x40000000


def in_own_network(work, **settings: int) -> None:
    """Calls `work` in a new network namespace, where only the loopback interface is, with these settings
    of net.ipv4. Skips where that cannot be made."""
    outcome: list[BaseException] = []

    def run() -> None:
        # Namespaces of a thread are inherited by the threads and processes that it starts.
        try:
            _enter(settings)
            work()
        except BaseException as error:  # noqa: BLE001 - handed to the test's own thread
            outcome.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if outcome:
        raise outcome[0]


def _enter(settings: dict[str, int]) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        pytest.skip(f"no network namespace can be made: {os.strerror(ctypes.get_errno())}")
    try:
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True, capture_output=True)
        for name, value in settings.items():
            Path(f"/proc/sys/net/ipv4/{name}").write_text(f"{value}\n")
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no network namespace can be set up: {error}")
