"""The empty archives and documents of the default answers, opened by real readers."""

import bz2
import importlib.util
import io
import lzma
import shutil
import struct
import subprocess
from pathlib import Path

import brotli
import docx
import libarchive
import olefile
import openpyxl
import pptx
import pytest
import xlrd
from ebooklib import epub

from support.client import get
from support.server import ServerProcess, binary_argv

spec = importlib.util.spec_from_file_location("make_documents", Path(__file__).with_name("make_documents.py"))
MAKE = importlib.util.module_from_spec(spec)
spec.loader.exec_module(MAKE)


@pytest.fixture(scope="module")
def body():
    """Bodies by extension, from a server."""
    server = ServerProcess(binary_argv(workers=1))
    try:
        yield lambda extension: get(server.address, f"/a.{extension}").body
        server.stop()
    finally:
        server.kill()


@pytest.mark.parametrize("name", MAKE.BODIES)
def test_the_committed_file_is_what_the_script_makes(name):
    assert (MAKE.ASSETS / name).read_bytes() == MAKE.BODIES[name]()


@pytest.mark.parametrize("extension", ["7z", "rar", "zip", "jar", "apk", "tar", "tgz"])
def test_an_archive_has_no_member(body, extension):
    with libarchive.memory_reader(body(extension)) as archive:
        assert list(archive) == []


@pytest.mark.parametrize("extension", ["zst", "xz", "lzma", "bz2", "gz"])
def test_a_compressed_file_is_nothing_packed(body, extension):
    octets = body(extension)
    with libarchive.memory_reader(octets) as archive:
        assert list(archive) == []
    with pytest.raises(libarchive.exception.ArchiveError), libarchive.memory_reader(octets[1:]):
        pass


def test_what_python_unpacks_is_nothing(body):
    assert lzma.decompress(body("xz")) == lzma.decompress(body("lzma")) == b""
    assert bz2.decompress(body("bz2")) == brotli.decompress(body("br")) == b""


def test_a_text_document_has_one_empty_paragraph(body):
    (paragraph,) = docx.Document(io.BytesIO(body("docx"))).paragraphs
    assert paragraph.text == ""


def test_a_workbook_has_one_empty_sheet(body):
    (sheet,) = openpyxl.load_workbook(io.BytesIO(body("xlsx"))).worksheets
    assert list(sheet.values) == []
    (old,) = xlrd.open_workbook(file_contents=body("xls")).sheets()
    assert (old.nrows, old.ncols) == (0, 0)


def test_a_presentation_has_no_slide(body):
    assert list(pptx.Presentation(io.BytesIO(body("pptx"))).slides) == []


def test_an_old_presentation_has_a_master_and_no_slide(body, tmp_path):
    with olefile.OleFileIO(body("ppt")) as file:
        assert file.parsing_issues == []
        content, user = (file.openstream(name).read() for name in ("PowerPoint Document", "Current User"))
    (edit_at,) = struct.unpack_from("<I", user, 16)
    assert struct.unpack_from("<H", content, edit_at + 2) == (4085,)
    (directory_at,) = struct.unpack_from("<I", content, edit_at + 8 + 12)
    document, master = struct.unpack_from("<II", content, directory_at + 8 + 4)
    kinds = [struct.unpack_from("<H", content, at + 2)[0] for at in (document, master)]
    assert kinds == [1000, 1016] and content.count(struct.pack("<H", 1006)) == 0


def test_a_reader_of_old_presentations_takes_it(body, tmp_path):
    reader = shutil.which("catppt")
    if reader is None:
        pytest.skip("catppt (package catdoc) is not installed")
    file = tmp_path / "a.ppt"
    file.write_bytes(body("ppt"))
    done = subprocess.run([reader, file], capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")
    file.write_bytes(body("ppt")[8:])
    assert "not OLE" in subprocess.run([reader, file], capture_output=True, text=True).stderr


def test_an_old_text_document_is_rich_text(body):
    assert body("doc") == body("rtf") and body("doc").startswith(b"{\\rtf1")


def test_a_book_has_one_page(body, tmp_path):
    file = tmp_path / "a.epub"
    file.write_bytes(body("epub"))
    book = epub.read_epub(str(file), {"ignore_ncx": True})
    assert [item.get_name() for item in book.get_items()] == ["n.xhtml"]
    assert book.get_metadata("DC", "title") == [("-", {})]


def test_a_flash_film_says_how_long_it_is_and_ends(body):
    """No reader of it is left that a test could use: the fields, by the specification."""
    octets = body("swf")
    signature, version, length = struct.unpack_from("<3sBI", octets)
    assert (signature, version, length) == (b"FWS", 6, len(octets))
    assert octets[10:] == struct.pack("<HHHH", 1 << 8, 1, 1 << 6, 0)
