"""Requests as raw bytes with what has to come back: every row of the table of refusals, and the rest
of the wire contract."""

from .basics import BASICS
from .bodies import BODIES
from .connection import CONNECTION
from .fields import FIELDS
from .framing import FRAMING
from .request_line import REQUEST_LINE
from .vector import Vector

VECTORS: list[Vector] = [*REQUEST_LINE, *FIELDS, *FRAMING, *BODIES, *BASICS, *CONNECTION]

__all__ = ["VECTORS", "Vector"]
