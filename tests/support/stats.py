"""The statistics dump: `name total worker0 worker1 ...`, one line each."""

import re
from dataclasses import dataclass, field

from .paths import STATS_TABLE

NAMES = re.findall(r"^\s+([a-z0-9_]+) (?:Counter|Gauge) \"", STATS_TABLE.read_text(), re.MULTILINE)
LINE = re.compile(r"([a-z][a-z0-9_]*)((?:\s+[0-9]+)+)\s*")


@dataclass
class Stats:
    """The statistics at one moment."""

    total: dict[str, int] = field(default_factory=dict)
    workers: dict[str, list[int]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> int:
        return self.total[name]

    def named(self, prefix: str) -> dict[str, int]:
        """Those of the statistics beginning with `prefix` that are not 0."""
        return {name: n for name, n in self.total.items() if name.startswith(prefix) and n}


def parse_line(line: str) -> tuple[str, list[int]] | None:
    """The name and the numbers, or `None` for another kind of line."""
    match = LINE.fullmatch(line.strip())
    if match is None or match[1] not in NAMES:
        return None
    return match[1], [int(number) for number in match[2].split()]


def is_heading(line: str) -> bool:
    """Whether the line may stand above the table."""
    words = line.split()
    return bool(words) and words[0] in ("name", "statistic", "statistics") or line.strip() == ""


def parse_dump(lines: list[str]) -> Stats | None:
    """The last whole table in `lines`."""
    stats, found = Stats(), None
    for line in lines:
        parsed = parse_line(line)
        if parsed is None:
            continue
        name, numbers = parsed
        if name == NAMES[0]:
            stats = Stats()
        stats.total[name], stats.workers[name] = numbers[0], numbers[1:]
        if name == NAMES[-1]:
            assert sorted(stats.total) == sorted(NAMES), "the dump and the table differ"
            found = stats
    return found
