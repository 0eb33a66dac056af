"""Writes http_responder/_options.py from the tables that the module was built with.

python tools/options.py            prints it
python tools/options.py --write    writes it in its place
"""

from __future__ import annotations

import json
import pathlib
import sys
import textwrap
from typing import TYPE_CHECKING

import http_responder

if TYPE_CHECKING:
    from http_responder._native import _Option, _Statistic

PLACE = pathlib.Path(__file__).parent.parent / "http_responder" / "_options.py"

HEAD = '''\
"""The options and statistics of a server. Generated from the tables of the engine by
tools/options.py."""

import os
from datetime import timedelta
from typing import Literal, Optional, TypedDict, Union

Duration = Union[float, timedelta, str, None]
"""Seconds, or a text such as "10s"; None is off."""

Size = Union[int, str]
"""Octets, or a text such as "64k"."""

Switch = Union[bool, Literal["on", "off"]]


class Options(TypedDict, total=False):
    """The keyword arguments of Server. None leaves an option that is no duration at its default."""
'''

STATS = '''

class Stats(TypedDict):
    """What Server.stats() gives."""
'''

TYPES = {
    "port": "Union[int, str, None]",
    "text": "Optional[str]",
    "log_target": "Optional[str]",
    "path": "Union[str, os.PathLike[str], None]",
    "target": "Optional[str]",
    "paths": "Union[list[str], tuple[str, ...], str, os.PathLike[str], None]",
    "address": "Optional[str]",
    "local": "Optional[str]",
    "list": "Union[list[str], tuple[str, ...], str, None]",
    "listeners": "Union[list[str], tuple[str, ...], str, None]",
    "ranges": "Union[list[str], tuple[str, ...], str, None]",
    "integer": "Union[int, str, None]",
    "size": "Optional[Size]",
    "duration": "Duration",
    "switch": "Optional[Switch]",
}


def type_of(option: _Option) -> str:
    if option["kind"] != "choice":
        return TYPES[option["kind"]]
    return f"Optional[Literal[{', '.join(map(json.dumps, option['choices']))}]]"


def entry(option: _Option) -> str:
    text = option["help"]
    if option["default"]:
        text += f" Default: {option['default']}."
    lines = [f"{option['name']}: {type_of(option)}", *textwrap.wrap(f'"""{text}"""', 90)]
    return textwrap.indent("\n".join(lines), "    ")


def statistic(row: _Statistic) -> str:
    lines = [f"{row['name']}: int", *textwrap.wrap(f'"""{row["help"]}"""', 90)]
    return textwrap.indent("\n".join(lines), "    ")


def generated() -> str:
    entries = "\n\n".join(map(entry, http_responder.options()))
    statistics = "\n\n".join(map(statistic, http_responder.statistics()))
    return f"{HEAD}\n{entries}\n{STATS}\n{statistics}\n"


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        PLACE.write_text(generated(), encoding="utf-8")
    else:
        sys.stdout.write(generated())
