"""Makes the empty archives and documents of the default answers: python3 make_documents.py

As make_bodies.py: from the fields of each format; test_documents.py has real readers open them.
"""

import bz2
import io
import lzma
import struct
import zipfile
import zlib
from pathlib import Path

ASSETS = Path(__file__).parents[2] / "rust/src/responder/defaults/assets"


def seven_zip() -> bytes:
    """No member: the start header alone, whose next header is none."""
    start = struct.pack("<QQI", 0, 0, 0)
    return b"7z\xbc\xaf\x27\x1c" + bytes([0, 4]) + struct.pack("<I", zlib.crc32(start)) + start


def zstandard() -> bytes:
    """One frame of one empty raw block, the last (RFC 8878 section 3.1)."""
    return struct.pack("<I", 0xFD2FB528) + b"\x20\x00" + b"\x01\x00\x00"


def rar() -> bytes:
    """Version 5, no member: the main header and the end."""

    def header(fields: bytes) -> bytes:
        sized = bytes([len(fields)]) + fields
        return struct.pack("<I", zlib.crc32(sized)) + sized

    main, end = bytes([1, 0, 0]), bytes([5, 0, 0])  # kind, flags, its own flags
    return b"Rar!\x1a\x07\x01\x00" + header(main) + header(end)


def swf() -> bytes:
    """Version 6, no size, one empty frame a second."""
    size, rate, count = bytes([1 << 3, 0]), 1 << 8, 1
    tags = struct.pack("<HH", 1 << 6, 0 << 6)  # ShowFrame, End
    content = size + struct.pack("<HH", rate, count) + tags
    return b"FWS" + struct.pack("<BI", 6, 8 + len(content)) + content


def xls() -> bytes:
    """A worksheet of BIFF2, without a cell: its beginning and its end."""
    return struct.pack("<HHHH", 0x0009, 4, 2, 0x0010) + struct.pack("<HH", 0x000A, 0)


def zipped(members: dict[str, str]) -> bytes:
    """Stored, so that every machine makes the same."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, text in members.items():
            archive.writestr(zipfile.ZipInfo(name), text)
    return out.getvalue()


OFFICE = "http://schemas.openxmlformats.org"
MAIN = "application/vnd.openxmlformats-officedocument"
HEAD = '<?xml version="1.0"?>'


def relations(name: str, kind: str) -> str:
    relation = f'<Relationship Id="r1" Type="{OFFICE}/officeDocument/2006/relationships/{kind}" Target="{name}"/>'
    return f'{HEAD}<Relationships xmlns="{OFFICE}/package/2006/relationships">{relation}</Relationships>'


def package(parts: dict[str, tuple[str, str]]) -> dict[str, str]:
    """An Open Packaging package: the main part is the first, each part has its type."""
    types = '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    types += "".join(f'<Override PartName="/{name}" ContentType="{MAIN}.{kind}+xml"/>' for name, (kind, _) in parts.items())
    listing = f'{HEAD}<Types xmlns="{OFFICE}/package/2006/content-types">{types}</Types>'
    links = {"_rels/.rels": relations(next(iter(parts)), "officeDocument")}
    return {"[Content_Types].xml": listing, **links, **{name: HEAD + text for name, (_, text) in parts.items()}}


def docx() -> bytes:
    namespace = f"{OFFICE}/wordprocessingml/2006/main"
    text = f'<w:document xmlns:w="{namespace}"><w:body><w:p/></w:body></w:document>'
    return zipped(package({"word/document.xml": ("wordprocessingml.document.main", text)}))


def xlsx() -> bytes:
    namespace = f"{OFFICE}/spreadsheetml/2006/main"
    links = f'xmlns:r="{OFFICE}/officeDocument/2006/relationships"'
    book = f'<workbook xmlns="{namespace}" {links}><sheets><sheet name="1" sheetId="1" r:id="r1"/></sheets></workbook>'
    sheet = f'<worksheet xmlns="{namespace}"><sheetData/></worksheet>'
    parts = {
        "xl/workbook.xml": ("spreadsheetml.sheet.main", book),
        "xl/sheet.xml": ("spreadsheetml.worksheet", sheet),
    }
    return zipped({**package(parts), "xl/_rels/workbook.xml.rels": relations("sheet.xml", "worksheet")})


def pptx() -> bytes:
    namespace = f"{OFFICE}/presentationml/2006/main"
    text = f'<p:presentation xmlns:p="{namespace}"><p:notesSz cx="1" cy="1"/></p:presentation>'
    return zipped(package({"ppt/presentation.xml": ("presentationml.presentation.main", text)}))


def epub() -> bytes:
    """EPUB 3 of one empty chapter, which is its table of contents too."""
    found = '<rootfile full-path="b.opf" media-type="application/oebps-package+xml"/>'
    container = f'<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>{found}</rootfiles></container>'
    meta = (
        '<dc:identifier id="i">urn:uuid:00000000-0000-4000-8000-000000000000</dc:identifier><dc:title>-</dc:title>'
        '<dc:language>en</dc:language><meta property="dcterms:modified">1980-01-01T00:00:00Z</meta>'
    )
    book = (
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="i">'
        f'<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">{meta}</metadata>'
        '<manifest><item id="n" href="n.xhtml" media-type="application/xhtml+xml" properties="nav"/></manifest>'
        '<spine><itemref idref="n"/></spine></package>'
    )
    page = (
        '<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"><head><title>-</title></head>'
        '<body><nav epub:type="toc"><ol><li><a href="n.xhtml">-</a></li></ol></nav></body></html>'
    )
    members = {"META-INF/container.xml": container, "b.opf": book, "n.xhtml": page}
    return zipped({"mimetype": "application/epub+zip", **{name: HEAD + text for name, text in members.items()}})


def cursor() -> bytes:
    """The icon of make_bodies.py as a cursor: another kind, and a hot spot in place of planes and depth."""
    octets = bytearray((ASSETS / "pixel.ico").read_bytes())
    struct.pack_into("<H", octets, 2, 2)
    struct.pack_into("<HH", octets, 10, 0, 0)
    return bytes(octets)


BODIES = {
    "pixel.cur": cursor,
    "empty.bz2": lambda: bz2.compress(b""),
    "empty.xz": lambda: lzma.compress(b"", check=lzma.CHECK_CRC32),
    "empty.lzma": lambda: lzma.compress(b"", format=lzma.FORMAT_ALONE),
    "empty.br": lambda: b"\x06",  # RFC 7932 section 9.1: the smallest window, the last block, empty
    "empty.7z": seven_zip,
    "empty.zst": zstandard,
    "empty.rar": rar,
    "empty.swf": swf,
    "empty.xls": xls,
    "empty.docx": docx,
    "empty.xlsx": xlsx,
    "empty.pptx": pptx,
    "empty.epub": epub,
}


if __name__ == "__main__":
    for name, make in BODIES.items():
        (ASSETS / name).write_bytes(make())
