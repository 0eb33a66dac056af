"""The bodies of the default answers, read by real decoders as they come from the server."""

import gzip
import importlib.util
import io
import json
import struct
import tarfile
import wave
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import html5lib
import icalendar
import ots
import py_mini_racer
import pypdf
import pytest
import vobject
import wasmtime
from fontTools.ttLib import TTCollection, TTFont
from lxml import etree
from PIL import Image

from support.client import get

HERE = Path(__file__).parent


def load(name: str):
    """A script next to this file, whatever the working directory."""
    spec = importlib.util.spec_from_file_location(name, HERE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MAKE = load("make_bodies")
TRANSPARENT, WHITE = 0, (255, 255, 255, 255)


@pytest.fixture
def body(start):
    address = start(workers=1).address

    def fetch(path: str) -> bytes:
        answer = get(address, path)
        assert answer.status == 200
        assert answer.get("content-length") == str(len(answer.body))
        return answer.body

    return fetch


@pytest.mark.parametrize("name", MAKE.BODIES)
def test_the_committed_file_is_what_the_script_makes(name):
    assert (MAKE.ASSETS / name).read_bytes() == MAKE.BODIES[name]()


@pytest.mark.parametrize("extension", ["gif", "png", "jpg", "webp", "bmp", "ico"])
def test_an_image_is_one_pixel_that_nobody_sees(body, extension):
    image = Image.open(io.BytesIO(body(f"/a.{extension}")))
    image.load()
    assert image.format == {"jpg": "JPEG"}.get(extension, extension.upper())
    assert image.size == (1, 1)
    pixel = image.convert("RGBA").getpixel((0, 0))
    assert pixel == WHITE if extension in ("jpg", "bmp") else pixel[3] == TRANSPARENT


def test_a_cursor_is_the_icon_with_another_head(body):
    octets = body("/a.cur")
    image = Image.open(io.BytesIO(octets))
    image.load()
    assert (image.format, image.size) == ("CUR", (1, 1))
    assert octets[14:] == body("/a.ico")[14:], "its colour and its mask, which Pillow leaves out"


def test_the_favicon_is_the_icon(body):
    assert body("/favicon.ico") == body("/a.ico")
    assert len(body("/favicon.ico")) == 70


@pytest.mark.parametrize("extension", ["ttf", "otf", "woff", "woff2"])
def test_a_font_passes_the_sanitizer_of_browsers(body, extension, tmp_path):
    file = tmp_path / f"a.{extension}"
    file.write_bytes(body(f"/a.{extension}"))
    result = ots.sanitize(str(file), str(tmp_path / "sanitized"), capture_output=True)
    assert result.returncode == 0, result.stderr


def test_an_embedded_font_is_a_header_before_the_font(body):
    octets = body("/a.eot")
    whole, length, version = struct.unpack_from("<III", octets)
    assert (whole, version) == (len(octets), 0x00020001) and struct.unpack_from("<H", octets, 34) == (0x504C,)
    assert octets[-length:] == body("/a.ttf")


def test_a_collection_has_the_one_font(body):
    (font,) = TTCollection(io.BytesIO(body("/a.ttc"))).fonts
    assert font["maxp"].numGlyphs >= 1


@pytest.mark.parametrize("extension", ["ttf", "otf", "woff", "woff2"])
def test_a_font_has_the_tables_that_a_layout_asks_for(body, extension):
    font = TTFont(io.BytesIO(body(f"/a.{extension}")))
    assert {"head", "hhea", "hmtx", "maxp", "cmap", "name", "post", "OS/2"} <= set(font.keys())
    assert font["maxp"].numGlyphs >= 1 and font.getBestCmap() is not None
    for table in font.keys():
        font[table]  # each is parsed when it is asked for


ROOTS = {
    "svg": "{http://www.w3.org/2000/svg}svg",
    "xml": "_",
    "xhtml": "{http://www.w3.org/1999/xhtml}html",
    "rss": "rss",
    "atom": "{http://www.w3.org/2005/Atom}feed",
    "vast": "VAST",
    "vmap": "{http://www.iab.net/videosuite/vmap}VMAP",
    "xsl": "{http://www.w3.org/1999/XSL/Transform}stylesheet",
    "opml": "opml",
    "kml": "{http://www.opengis.net/kml/2.2}kml",
    "gpx": "{http://www.topografix.com/GPX/1/1}gpx",
    "mpd": "{urn:mpeg:dash:schema:mpd:2011}MPD",
}


@pytest.mark.parametrize("extension", ROOTS)
def test_an_xml_document_is_well_formed_and_of_its_kind(body, extension):
    octets = body(f"/a.{extension}")
    assert etree.fromstring(octets, etree.XMLParser(resolve_entities=False)).tag == ROOTS[extension]
    assert ElementTree.fromstring(octets).tag == ROOTS[extension]


@pytest.mark.parametrize("extension", ["json", "map", "webmanifest", "jsonld", "geojson"])
def test_json_is_an_object(body, extension):
    assert isinstance(json.loads(body(f"/a.{extension}")), dict)


def test_a_page_has_no_parse_error(body):
    parser = html5lib.HTMLParser(strict=True)
    document = parser.parse(body("/"), transport_encoding="utf-8")
    assert document.find(".//{http://www.w3.org/1999/xhtml}title").text


def test_a_frame_has_no_parse_error(start):
    answer = get(start(workers=1).address, "/ad.html", "Sec-Fetch-Dest: iframe")
    html5lib.HTMLParser(strict=True).parse(answer.body, transport_encoding="utf-8")


def test_a_pdf_has_one_page(body):
    assert len(pypdf.PdfReader(io.BytesIO(body("/a.pdf")), strict=True).pages) == 1


def test_a_sound_is_silent(body):
    assert wave.open(io.BytesIO(body("/a.wav"))).getnframes() == 0


def test_archives_are_empty(body):
    assert zipfile.ZipFile(io.BytesIO(body("/a.zip"))).namelist() == []
    assert tarfile.open(fileobj=io.BytesIO(body("/a.tar"))).getmembers() == []
    assert tarfile.open(fileobj=io.BytesIO(body("/a.tgz")), mode="r:gz").getmembers() == []
    assert gzip.decompress(body("/a.gz")) == b""


def test_a_wasm_module_is_valid_and_has_nothing_in_it(body):
    octets = body("/a.wasm")
    assert octets == b"\0asm\1\0\0\0"
    engine = wasmtime.Engine()
    wasmtime.Module.validate(engine, octets)
    module = wasmtime.Module(engine, octets)
    assert not module.imports and not module.exports
    with pytest.raises(wasmtime.WasmtimeError):
        wasmtime.Module.validate(engine, octets + b"x")


@pytest.mark.parametrize("extension", ["js", "mjs", "jsx"])
def test_a_script_runs_and_does_nothing(body, extension):
    engine = py_mini_racer.MiniRacer()
    before = engine.eval("Object.getOwnPropertyNames(globalThis).join()")
    engine.eval(body(f"/a.{extension}").decode())
    assert engine.eval("Object.getOwnPropertyNames(globalThis).join()") == before


def test_json_with_a_callback_calls_it(body):
    engine = py_mini_racer.MiniRacer()
    engine.eval("var got = []; var page = { ready: [(x) => got.push(JSON.stringify(x))] };")
    engine.eval(body("/a.json?x=1&callback=page.ready[0]").decode())
    assert engine.eval("got.join()") == "{}"


@pytest.mark.parametrize("name", ["alert(1)//", "a;b", "<script>", "1", "a%20b", "a%0d%0aX:1", "%ff", "f" * 129, ""])
def test_what_is_no_name_of_a_function_is_not_called(body, name):
    assert json.loads(body(f"/a.json?callback={name}")) == {}


def test_a_playlist_ends_at_once(body):
    lines = body("/a.m3u8").decode().splitlines()
    assert lines[0] == "#EXTM3U" and lines[-1] == "#EXT-X-ENDLIST"
    assert any(line.startswith("#EXT-X-TARGETDURATION:") for line in lines)
    assert not any(line and not line.startswith("#") for line in lines)


def test_a_calendar_has_no_event_and_a_card_no_name(body):
    calendar = icalendar.Calendar.from_ical(body("/a.ics"))
    assert not calendar.errors and not calendar.walk("VEVENT")
    assert vobject.readOne(body("/a.vcf").decode()).fn.value == "-"
