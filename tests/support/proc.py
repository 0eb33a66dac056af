"""What /proc tells about a process."""

import os
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """User and system time of the whole process so far."""
    words = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / TICK


def cpu_seconds_fine(pid: int) -> float:
    """The same in nanosecond steps: the time on a processor of each thread alive now."""
    total = 0
    for task in _tasks(pid):
        try:
            total += int((task / "schedstat").read_text().split()[0])
        except (FileNotFoundError, ProcessLookupError):
            pass  # a thread that ended this moment
    return total / 1e9


def resident_bytes(pid: int) -> int:
    """Resident memory."""
    return int(_status(pid, "VmRSS").split()[0]) * 1024


def most_resident_bytes(pid: int) -> int:
    """The most that it has been so far."""
    return int(_status(pid, "VmHWM").split()[0]) * 1024


def open_descriptors(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


def threads(pid: int) -> int:
    return len(_tasks(pid))


def _tasks(pid: int) -> list[Path]:
    return list(Path(f"/proc/{pid}/task").iterdir())


def _status(pid: int, name: str) -> str:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return line.split(":", 1)[1]
    raise KeyError(name)
