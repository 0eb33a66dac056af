"""Silent and black media of the default answers, read by FFmpeg (PyAV) and Pillow."""

import importlib.util
import io
from pathlib import Path

import av
import pytest
from PIL import Image

pillow_heif = pytest.importorskip("pillow_heif")
pytest.importorskip("pillow_jxl")
pillow_heif.register_heif_opener()

from support.client import get

spec = importlib.util.spec_from_file_location("make_media", Path(__file__).with_name("make_media.py"))
MAKE = importlib.util.module_from_spec(spec)
spec.loader.exec_module(MAKE)

SOUNDS = ["mp3", "m4a", "aac", "wma", "ogg", "opus", "flac", "aiff", "weba", "webm", "mkv", "mka", "ogv", "ts", "mpg", "flv"]
PICTURES = ["mp4", "m4v", "mov", "3gp", "3g2", "avi", "wmv", "asf"]


@pytest.fixture(scope="module")
def bodies():
    """Bodies by extension, from a server."""
    from support.server import ServerProcess, binary_argv

    server = ServerProcess(binary_argv(workers=1))
    try:
        yield lambda extension: get(server.address, f"/a.{extension}").body
        server.stop()
    finally:
        server.kill()


@pytest.mark.parametrize("name", MAKE.BODIES)
def test_the_committed_file_is_what_the_script_makes(name):
    assert (MAKE.ASSETS / name).read_bytes() == MAKE.BODIES[name]()


def frames(octets: bytes) -> list:
    with av.open(io.BytesIO(octets)) as container:
        return list(container.decode())


@pytest.mark.parametrize("extension", SOUNDS)
def test_a_sound_is_short_and_silent(bodies, extension):
    found = frames(bodies(extension))
    assert 1 <= len(found) <= 3
    for frame in found:
        samples = frame.to_ndarray()
        # Unsigned samples are silent in the middle.
        assert (samples == (128 if frame.format.name.startswith("u8") else 0)).all()


@pytest.mark.parametrize("extension", PICTURES)
def test_a_film_is_one_black_picture(bodies, extension):
    (frame,) = frames(bodies(extension))
    assert (frame.to_ndarray(format="gray") <= 16).all()


def test_midi_ends_at_once(bodies):
    octets = bodies("mid")
    assert octets[:4] == b"MThd" and octets[14:18] == b"MTrk" and octets.endswith(b"\x00\xff\x2f\x00")


def test_speech_is_one_frame_below_the_least_step(bodies):
    (frame,) = frames(bodies("amr"))
    assert abs(frame.to_ndarray()).max() < 1 / 32768


@pytest.mark.parametrize("extension", ["avif", "tif", "psd", "heic", "heif", "jxl", "jp2"])
def test_an_image_is_one_white_pixel(bodies, extension):
    image = Image.open(io.BytesIO(bodies(extension)))
    image.load()
    assert image.size == (1, 1) and image.convert("RGB").getpixel((0, 0)) == (255, 255, 255)
