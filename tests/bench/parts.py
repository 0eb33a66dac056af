"""A report that is made in parts: what an earlier run measured stays until it is measured again."""

import json
from pathlib import Path


def earlier(file: Path, workloads: list[str]) -> dict:
    """The report of earlier runs, which this one adds to, its workloads in their order."""
    report = json.loads(file.read_text()) if file.exists() else {}
    if "runs" not in report:
        return {"versions": {}, "workloads": {}, "runs": {}, "skipped": {}}
    found = report["workloads"]
    report["workloads"] = {name: found[name] for name in workloads if name in found}
    return report


def still_skipped(skipped: dict[str, str], measured: set[str]) -> dict[str, str]:
    """What could not be measured before, less what was tried again."""
    return {name: why for name, why in skipped.items() if "," in name and name.rsplit(", ", 1)[1] not in measured}
