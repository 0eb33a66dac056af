"""Makes those bodies of the default answers that only an encoder can make: python3 make_encoded.py

One white pixel, one black picture, one silent frame, by the encoders of Pillow, libheif, libjxl and
FFmpeg. Their releases may order octets differently, so that the tests decode the committed files and
do not compare them with new ones. Wants pillow-heif, pillow-jxl-plugin and av.
"""

import io

import av
import numpy
import pillow_heif
import pillow_jxl  # noqa: F401 - registers itself
from PIL import Image

from make_bodies import ASSETS

PIXEL = Image.new("RGB", (1, 1), "white")


def picture(form: str, **options) -> bytes:
    out = io.BytesIO()
    PIXEL.save(out, form, **options)
    return out.getvalue()


def advanced_systems_format(packet: int, codec: str, rate: int, frames: list, **settings) -> bytes:
    """ASF with packets of so many octets."""
    out = io.BytesIO()
    with av.open(out, "w", format="asf", options={"packet_size": str(packet), "fflags": "+bitexact"}) as container:
        stream = container.add_stream(codec, rate=rate)
        stream.codec_context.options = {"flags": "+bitexact"}
        for name, value in settings.items():
            setattr(stream, name, value)
        for frame in [*frames, None]:
            for part in stream.encode(frame):
                container.mux(part)
    return out.getvalue()


def wmv() -> bytes:
    black = av.VideoFrame.from_ndarray(numpy.zeros((16, 16, 3), numpy.uint8), format="rgb24")
    return advanced_systems_format(200, "wmv1", 1, [black], width=16, height=16, pix_fmt="yuv420p")


def wma() -> bytes:
    rate, samples = 22050, 1024
    frames = []
    for number in range(3):
        frame = av.AudioFrame.from_ndarray(numpy.zeros((1, samples), numpy.float32), format="fltp", layout="mono")
        frame.rate, frame.pts = rate, number * samples
        frames.append(frame)
    return advanced_systems_format(300, "wmav2", rate, frames, layout="mono", bit_rate=32000)


if __name__ == "__main__":
    pillow_heif.register_heif_opener()
    (ASSETS / "pixel.heic").write_bytes(picture("HEIF", quality=1))
    (ASSETS / "pixel.jxl").write_bytes(picture("JXL", lossless=True))
    (ASSETS / "pixel.jp2").write_bytes(picture("JPEG2000"))
    (ASSETS / "black.wmv").write_bytes(wmv())
    (ASSETS / "silence.wma").write_bytes(wma())
