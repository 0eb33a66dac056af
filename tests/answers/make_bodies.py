"""Makes the binary bodies of the default answers: python3 make_bodies.py

Each is built from its format's fields, so that every octet has a reason, and is the smallest that
real decoders take (test_bodies.py asks them). The files are committed; the test makes them anew
and compares.
"""

import struct
import zlib
from pathlib import Path

ASSETS = Path(__file__).parents[2] / "rust/src/responder/defaults/assets"


def gif() -> bytes:
    """1x1, its one pixel transparent."""
    screen = struct.pack("<HHBBB", 1, 1, 0x80, 0, 0)
    colours = b"\xff\xff\xff\x00\x00\x00"
    control = b"\x21\xf9\x04" + struct.pack("<BHB", 0x01, 0, 0) + b"\x00"
    image = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0)
    # LZW of 2-bit codes: clear (100), index 0 (000), end (101), from the lowest bit.
    data = b"\x02" + b"\x02" + bytes([0b01_000_100, 0b1]) + b"\x00"
    return b"GIF89a" + screen + colours + control + image + data + b"\x3b"


def png() -> bytes:
    """1x1 RGBA, transparent."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 6, 0, 0, 0)
    pixels = zlib.compress(bytes(5), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def jpeg() -> bytes:
    """1x1 grey baseline, white. One code in each Huffman table that is used, no JFIF segment."""

    def segment(marker: int, data: bytes) -> bytes:
        return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data

    quantization = b"\x00" + bytes([255]) + bytes([1]) * 63
    frame = struct.pack(">BHHB", 8, 1, 1, 1) + b"\x01\x11\x00"
    # DC: the one code 0 means "three more bits"; AC: the one code 0 means "end of block".
    one_code = bytes([1]) + bytes(15)
    huffman = b"\x00" + one_code + b"\x03" + b"\x10" + one_code + b"\x00"
    scan = b"\x01\x01\x00\x00\x3f\x00"
    # DC 0 100 (4 * 255 / 8 above middle grey: white), AC 0, padded with ones.
    data = bytes([0b0_100_0_111])
    return (
        b"\xff\xd8"
        + segment(0xDB, quantization)
        + segment(0xC0, frame)
        + segment(0xC4, huffman)
        + segment(0xDA, scan)
        + data
        + b"\xff\xd9"
    )


def ico() -> bytes:
    """1x1, 24 bits, transparent by its mask: with 32 bits Chromium takes an alpha of nothing but 0
    for none. Directory, bitmap header of twice the height, colour, mask."""
    directory = struct.pack("<HHH", 0, 1, 1)
    entry = struct.pack("<BBBBHHII", 1, 1, 0, 0, 1, 24, 48, 22)
    header = struct.pack("<IiiHHIIiiII", 40, 1, 2, 1, 24, 0, 8, 0, 0, 0, 0)
    return directory + entry + header + bytes(4) + b"\x80\x00\x00\x00"


def bmp() -> bytes:
    """1x1, 24 bits, white, with the short header of OS/2."""
    header = struct.pack("<IHHHH", 12, 1, 1, 1, 24)
    return b"BM" + struct.pack("<IHHI", 30, 0, 0, 26) + header + b"\xff\xff\xff\x00"


def webp() -> bytes:
    """1x1 lossless, transparent: five prefix codes of one symbol each, so no bit for the pixel."""
    bits, count = 0, 0

    def put(value: int, width: int) -> None:
        nonlocal bits, count
        bits |= value << count
        count += width

    for value, width in [(0, 14), (0, 14), (1, 1), (0, 3)]:  # width - 1, height - 1, alpha, version
        put(value, width)
    put(0b000, 3)  # no transform, no colour cache, no meta prefix codes
    for _ in range(5):  # green, red, blue, alpha, distance
        put(0b0001, 4)  # a simple code (1) of one symbol (0), which has one bit (0): 0
    data = b"\x2f" + bits.to_bytes((count + 7) // 8, "little")
    chunk = b"VP8L" + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)
    return b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk


def wav() -> bytes:
    """Mono, 8 bits, 8 kHz, no sample."""
    form = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8)
    chunks = form + b"data" + struct.pack("<I", 0)
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def wasm() -> bytes:
    """A module without sections."""
    return b"\x00asm" + struct.pack("<I", 1)


def pdf() -> bytes:
    """One empty page."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 3 3]/Resources<<>>>>",
    ]
    body = b"%PDF-1.4\n"
    table = b"0000000000 65535 f \n"
    for number, content in enumerate(objects, 1):
        table += b"%010d 00000 n \n" % len(body)
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    size = len(objects) + 1
    trailer = b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, len(body))
    return body + b"xref\n0 %d\n" % size + table + trailer


def zip_archive() -> bytes:
    """No member: the end of the central directory alone."""
    return b"PK\x05\x06" + bytes(18)


def tar() -> bytes:
    """No member: the two empty blocks of the end."""
    return bytes(1024)


def gzipped(content: bytes = b"") -> bytes:
    """One deflated block, no name, no time."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zlib.Z_FIXED)
    packed = deflate.compress(content) + deflate.flush()
    trailer = struct.pack("<II", zlib.crc32(content), len(content))
    return b"\x1f\x8b\x08" + bytes(6) + b"\xff" + packed + trailer


def tar_gzipped() -> bytes:
    return gzipped(tar())


BODIES = {
    "pixel.gif": gif,
    "pixel.png": png,
    "pixel.jpg": jpeg,
    "pixel.ico": ico,
    "pixel.bmp": bmp,
    "pixel.webp": webp,
    "silence.wav": wav,
    "module.wasm": wasm,
    "page.pdf": pdf,
    "empty.zip": zip_archive,
    "empty.gz": gzipped,
    "empty.tar": tar,
    "empty.tgz": tar_gzipped,
}


if __name__ == "__main__":
    ASSETS.mkdir(exist_ok=True)
    for name, make in BODIES.items():
        (ASSETS / name).write_bytes(make())
