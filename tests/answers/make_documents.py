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


def compound(streams: dict[str, bytes]) -> bytes:
    """An OLE compound file (MS-CFB), version 3, of two small streams."""
    free, end, of_fat, none = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF
    mini, links, starts = b"", [], []
    for data in streams.values():
        first, count = len(links), -(-len(data) // 64)
        starts.append(first)
        links += [*range(first + 1, first + count), end]
        mini += data.ljust(count * 64, b"\0")
    sectors = -(-len(mini) // 512)

    def entry(name: str, kind: int, start: int, size: int, left: int = none, child: int = none) -> bytes:
        text = f"{name}\0".encode("utf-16-le") if name else b""
        fields = (text, len(text), kind, 1, left, none, child, bytes(16), 0, 0, 0, start, size)
        return struct.pack("<64sHBBIII16sIQQIQ", *fields)

    def words(values: list[int]) -> bytes:
        return struct.pack("<128I", *values, *[free] * (128 - len(values)))

    # Sectors: the table of sectors, the directory, the table of small ones, then those.
    table = [of_fat, end, end, *range(4, 3 + sectors), end]
    short, long = streams
    assert len(short) < len(long), "the tree of names begins with the longer one"
    directory = entry("Root Entry", 5, 3, len(mini), child=2)
    directory += entry(short, 2, starts[0], len(streams[short]))
    directory += entry(long, 2, starts[1], len(streams[long]), left=1)
    directory += entry("", 0, 0, 0)
    magic = bytes.fromhex("d0cf11e0a1b11ae1")
    header = struct.pack("<8s16sHHHHH6s", magic, bytes(16), 0x3E, 3, 0xFFFE, 9, 6, bytes(6))
    header += struct.pack("<9I", 0, 1, 1, 0, 4096, 2, 1, end, 0) + struct.pack("<109I", 0, *[free] * 108)
    return header + words(table) + directory + words(links) + mini.ljust(sectors * 512, b"\0")


def ppt() -> bytes:
    """A presentation without a slide (MS-PPT): the document, its one master, where they stand, the last edit."""

    def record(kind: int, data: bytes, version: int = 0, instance: int = 0) -> bytes:
        return struct.pack("<HHI", version | instance << 4, kind, len(data)) + data

    def container(kind: int, *records: bytes, instance: int = 0) -> bytes:
        return record(kind, b"".join(records), 0xF, instance)

    sizes = struct.pack("<4i", 5760, 4320, 4320, 5760)  # of a slide and of its notes
    atom = record(1001, sizes + struct.pack("<iiIIHHBBBB", 1, 2, 0, 0, 1, 0, 0, 0, 0, 1), version=1)
    font = record(4023, "Arial".encode("utf-16-le").ljust(64, b"\0") + bytes([0, 0, 4, 0x22]))
    environment = container(1010, container(2005, font))
    masters = container(4080, record(1011, struct.pack("<5I", 2, 0, 0, 0x80000000, 0)), instance=1)
    document = container(1000, atom, environment, masters, record(1002, b""))
    layout = record(1007, struct.pack("<I8sIIHH", 1, bytes(8), 0, 0, 7, 0), version=2)
    black_on_white = (0xFFFFFF, 0, 0x808080, 0, 0x99CC00, 0xCC3333, 0xFFCCCC, 0xB2B2B2)
    master = container(1016, layout, record(2032, struct.pack("<8I", *black_on_white), instance=1))
    directory = record(6002, struct.pack("<III", 1 | 2 << 20, 0, len(document)))
    directory_at = len(document) + len(master)
    edit_at = directory_at + len(directory)
    edit = record(4085, struct.pack("<IHBBIIIIHH", 0, 0, 0, 3, 0, directory_at, 1, 2, 1, 0))
    user = record(4086, struct.pack("<IIIHHBBHI", 20, 0xE391C05F, edit_at, 0, 0x03F4, 3, 0, 0, 8))
    return compound({"Current User": user, "PowerPoint Document": document + master + directory + edit})


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
    "empty.ppt": ppt,
    "empty.docx": docx,
    "empty.xlsx": xlsx,
    "empty.pptx": pptx,
    "empty.epub": epub,
}


if __name__ == "__main__":
    for name, make in BODIES.items():
        (ASSETS / name).write_bytes(make())
