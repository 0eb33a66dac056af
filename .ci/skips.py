"""A plugin of pytest: leaves what was skipped, and why, for the list at the end of .ci/run."""

import os
from collections import Counter


def pytest_terminal_summary(terminalreporter):
    reasons = Counter()
    for report in terminalreporter.stats.get("skipped", []):
        place, _, reason = report.longrepr
        file = os.path.relpath(place, terminalreporter.config.invocation_params.dir)
        reasons[f"{file}: {reason.removeprefix('Skipped: ')}"] += 1
    with open(os.environ["HR_SKIPPED"], "a", encoding="utf-8") as list_of_all:
        for reason, count in reasons.items():
            print(f"{reason} ({count} tests)", file=list_of_all)
