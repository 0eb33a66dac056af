"""Where things are."""

import os
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("HR_BUILD", REPO / "build")).resolve()
BINARY = BUILD / "http_responder_mt"
STATS_TABLE = REPO / "rust" / "src" / "stats" / "table.rs"


def foreign_requests() -> Path | None:
    """The file of requests that others wrote, where it is present."""
    folder = Path(os.environ.get("HR_WIRE_VECTORS", REPO.parent / "shared" / "wire"))
    file = folder / "requests.jsonl" if folder.is_dir() else folder
    return file if file.is_file() else None
