"""Makes the fonts of the default answers: python3 make_fonts.py

One glyph, .notdef, which no character maps to: a page keeps its own letters. Built with fontTools,
whose releases may order octets differently, so that the tests sanitize the committed files and do
not compare them with new ones.
"""

import io

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont

from make_bodies import ASSETS

# 1970 in seconds since 1904, so that each run makes the same.
MADE_AT = 2_082_844_800
NOTDEF = ".notdef"


def triangle():
    """WOFF2 wants a glyf table that is not empty."""
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    pen.lineTo((1, 1))
    pen.lineTo((1, 0))
    pen.closePath()
    return pen.glyph()


def font() -> bytes:
    builder = FontBuilder(16, isTTF=True)
    builder.setupGlyphOrder([NOTDEF])
    builder.setupCharacterMap({})
    builder.setupGlyf({NOTDEF: triangle()})
    builder.setupHorizontalMetrics({NOTDEF: (1, 0)})
    builder.setupHorizontalHeader(ascent=1, descent=0)
    builder.setupNameTable({})
    builder.setupOS2()
    builder.setupPost(keepGlyphNames=False)
    builder.font["head"].created = builder.font["head"].modified = MADE_AT
    builder.font.recalcTimestamp = False
    return saved(builder.font)


def saved(what: TTFont) -> bytes:
    out = io.BytesIO()
    what.save(out)
    return out.getvalue()


def packed(plain: bytes, flavor: str) -> bytes:
    what = TTFont(io.BytesIO(plain), recalcTimestamp=False)
    what.flavor = flavor
    return saved(what)


if __name__ == "__main__":
    plain = font()
    (ASSETS / "blank.ttf").write_bytes(plain)
    for flavor in ("woff", "woff2"):
        (ASSETS / f"blank.{flavor}").write_bytes(packed(plain, flavor))
