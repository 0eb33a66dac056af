"""Makes the fonts of the default answers: python3 make_fonts.py

One glyph, .notdef, which no character maps to: a page keeps its own letters. Built with fontTools,
whose releases may order octets differently, so that the tests sanitize the committed files and do
not compare them with new ones.
"""

import io
import struct

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTCollection, TTFont

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


def collected(plain: bytes) -> bytes:
    """A collection of the one font."""
    collection = TTCollection()
    collection.fonts = [TTFont(io.BytesIO(plain), recalcTimestamp=False)]
    out = io.BytesIO()
    collection.save(out)
    return out.getvalue()


def embedded(plain: bytes) -> bytes:
    """Embedded OpenType 2.1 (https://www.w3.org/submissions/EOT/ section 4.1): a header without names,
    then the font as it is."""
    font = TTFont(io.BytesIO(plain))
    weight, kind = font["OS/2"].usWeightClass, font["OS/2"].fsType
    fixed = struct.pack("<IIII", 0, len(plain), 0x00020001, 0) + bytes(10)  # no flag, no PANOSE
    fixed += struct.pack("<BBIHH", 1, 0, weight, kind, 0x504C)  # default character set, upright
    fixed += bytes(24) + struct.pack("<I", font["head"].checkSumAdjustment) + bytes(16)
    # Family, style, version, full name and root: a padding and a length of none each.
    whole = bytearray(fixed + bytes(5 * 4) + plain)
    struct.pack_into("<I", whole, 0, len(whole))
    return bytes(whole)


def packed(plain: bytes, flavor: str) -> bytes:
    what = TTFont(io.BytesIO(plain), recalcTimestamp=False)
    what.flavor = flavor
    return saved(what)


if __name__ == "__main__":
    plain = font()
    (ASSETS / "blank.ttf").write_bytes(plain)
    (ASSETS / "blank.ttc").write_bytes(collected(plain))
    (ASSETS / "blank.eot").write_bytes(embedded(plain))
    for flavor in ("woff", "woff2"):
        (ASSETS / f"blank.{flavor}").write_bytes(packed(plain, flavor))
