"""Makes the silent and black media of the default answers: python3 make_media.py

Each is built from the fields of its codec and its container, so that every octet has a reason; PyAV
(FFmpeg) and Pillow read them in test_media.py. The files are committed; the test makes them anew
and compares.
"""

import struct
from pathlib import Path

ASSETS = Path(__file__).parents[2] / "rust/src/responder/defaults/assets"


class Bits:
    """Octets written bit by bit, the highest first."""

    def __init__(self) -> None:
        self.text = ""

    def put(self, value: int, width: int) -> "Bits":
        self.text += f"{value:0{width}b}" if width else ""
        return self

    def ue(self, value: int) -> "Bits":
        """Exp-Golomb (H.264 section 9.1)."""
        return self.put(value + 1, 2 * (value + 1).bit_length() - 1)

    def se(self, value: int) -> "Bits":
        return self.ue(2 * value - 1 if value > 0 else -2 * value)

    def octets(self, stop: bool = False) -> bytes:
        text = self.text + ("1" if stop else "")
        text += "0" * (-len(text) % 8)
        return bytes(int(text[at : at + 8], 2) for at in range(0, len(text), 8))


def crc(data: bytes, width: int, polynomial: int, start: int = 0) -> int:
    """A CRC without reflection."""
    value = start
    for octet in data:
        value ^= octet << (width - 8)
        for _ in range(8):
            value = (value << 1) ^ (polynomial if value >> (width - 1) else 0)
            value &= (1 << width) - 1
    return value


# ---- codecs: one frame of nothing ----


def mp3_frame() -> bytes:
    """MPEG-2.5 layer III, 8 kHz, mono, 8 kbit/s: 576 samples, all of the side information 0: silence."""
    return bytes([0xFF, 0xE3, 0x18, 0xC4]) + bytes(72 * 8000 // 8000 - 4)


def mp2_frame() -> bytes:
    """MPEG-1 layer II, 32 kHz, mono, 32 kbit/s: no subband has bits."""
    return bytes([0xFF, 0xFD, 0x18, 0xC4]) + bytes(144 * 32000 // 32000 - 4)


def aac_frame() -> bytes:
    """AAC-LC, one channel element without any band."""
    bits = Bits().put(0, 3).put(0, 4).put(0, 8)  # a single channel, its number, its gain
    bits.put(0, 1).put(0, 2).put(0, 1).put(0, 6).put(0, 1)  # a long window, no band, no prediction
    bits.put(0, 3)  # no pulses, no noise shaping, no gain control
    return bits.put(7, 3).octets()  # the end


AAC_CONFIG = Bits().put(2, 5).put(11, 4).put(1, 4).put(0, 3).octets()  # LC, 8 kHz, mono

OPUS_FRAME = b"\xf8\xff\xfe"  # CELT, full band, 20 ms, mono: silence (RFC 6716 section 3.1)
OPUS_HEAD = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, 0, 48000, 0, 0)  # RFC 7845 section 5.1


def h264() -> tuple[bytes, bytes, bytes]:
    """Sequence and picture parameters, and one black picture of 16x16: one macroblock, predicted
    from nothing (grey, 128), less 112 by the one coefficient there is."""
    sequence = Bits().put(66, 8).put(0xC0, 8).put(10, 8).ue(0)  # baseline, level 1
    sequence.ue(0).ue(2).ue(1).put(0, 1)  # frame numbers, no reordering, one reference, no gaps
    sequence.ue(0).ue(0).put(1, 1).put(1, 1).put(0, 1).put(0, 1)  # one macroblock, no cropping, no VUI
    picture = Bits().ue(0).ue(0).put(0, 1).put(0, 1).ue(0).ue(0).ue(0).put(0, 1).put(0, 2)
    picture.se(0).se(0).se(0).put(0, 3)
    qp = 51
    slice_ = Bits().ue(0).ue(7).ue(0).put(0, 4).ue(0)  # first macroblock, I, parameters, frame, IDR
    slice_.put(0, 2).se(qp - 26)  # no reference kept, the quantiser
    slice_.ue(3).ue(0).se(0)  # Intra 16x16 by DC, chroma by DC, no change of the quantiser
    slice_.put(0b000101, 6)  # one coefficient
    slice_.put(1, 14)  # -8: times 14 * 16 << 2 is -7168, which is -112 in each of the 256 samples
    slice_.put(1, 1)  # no zeros before it
    return (
        b"\x67" + sequence.octets(stop=True),
        b"\x68" + picture.octets(stop=True),
        b"\x65" + slice_.octets(stop=True),
    )


# ---- containers: ISO base media ----


def box(name: bytes, *parts: bytes) -> bytes:
    data = b"".join(parts)
    return struct.pack(">I4s", 8 + len(data), name) + data


def full(name: bytes, *parts: bytes, version: int = 0, flags: int = 0) -> bytes:
    return box(name, struct.pack(">I", version << 24 | flags), *parts)


MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def movie(brands: bytes, entry: bytes, sample: bytes, audio: bool, rate: int, length: int) -> bytes:
    """One track with one sample."""
    handler, media_head = (b"soun", full(b"smhd", bytes(4))) if audio else (b"vide", full(b"vmhd", bytes(8), flags=1))
    side = 0 if audio else 16 << 16

    def moov(offset: int) -> bytes:
        tables = box(
            b"stbl",
            full(b"stsd", struct.pack(">I", 1), entry),
            full(b"stts", struct.pack(">III", 1, 1, length)),
            full(b"stsc", struct.pack(">IIII", 1, 1, 1, 1)),
            full(b"stsz", struct.pack(">II", len(sample), 1)),
            full(b"stco", struct.pack(">II", 1, offset)),
        )
        information = box(
            b"minf",
            media_head,
            box(b"dinf", full(b"dref", struct.pack(">I", 1), full(b"url ", flags=1))),
            tables,
        )
        media = box(
            b"mdia",
            full(b"mdhd", struct.pack(">IIIIHH", 0, 0, rate, length, 0x55C4, 0)),
            full(b"hdlr", bytes(4), handler, bytes(13)),
            information,
        )
        volume = 0x100 if audio else 0
        track = full(
            b"tkhd",
            struct.pack(">IIIII8xHHHH", 0, 0, 1, 0, length, 0, 0, volume, 0),
            MATRIX,
            struct.pack(">II", side, side),
            flags=3,
        )
        head = full(
            b"mvhd",
            struct.pack(">IIIIIH10x", 0, 0, rate, length, 0x10000, 0x100),
            MATRIX,
            bytes(24),
            struct.pack(">I", 2),
        )
        return box(b"moov", head, box(b"trak", track, media))

    start = box(b"ftyp", brands)
    return start + moov(len(start) + len(moov(0)) + 8) + box(b"mdat", sample)


def descriptor(tag: int, data: bytes) -> bytes:
    return bytes([tag, len(data)]) + data


def aac_entry() -> bytes:
    config = descriptor(4, b"\x40\x15" + bytes(11) + descriptor(5, AAC_CONFIG))
    stream = full(b"esds", descriptor(3, b"\x00\x01\x00" + config + descriptor(6, b"\x02")))
    return box(b"mp4a", bytes(6), struct.pack(">H8xHHIHH", 1, 1, 16, 0, 8000, 0), stream)


def avc_entry() -> bytes:
    sequence, picture, _ = h264()
    config = b"\x01" + sequence[1:4] + b"\xff\xe1" + struct.pack(">H", len(sequence)) + sequence
    config += b"\x01" + struct.pack(">H", len(picture)) + picture
    size = struct.pack(">H16xHHIIIH32xHh", 1, 16, 16, 0x480000, 0x480000, 0, 1, 24, -1)
    return box(b"avc1", bytes(6), size, box(b"avcC", config))


def avc_movie(brands: bytes) -> bytes:
    sample = h264()[2]
    return movie(brands, avc_entry(), struct.pack(">I", len(sample)) + sample, False, 25, 1)


def mp4() -> bytes:
    return avc_movie(b"isom\x00\x00\x02\x00isomavc1")


def mov() -> bytes:
    return avc_movie(b"qt  \x00\x00\x02\x00qt  ")


def three_gp() -> bytes:
    return avc_movie(b"3gp6\x00\x00\x01\x003gp6isom")


def m4a() -> bytes:
    return movie(b"M4A \x00\x00\x02\x00M4A isom", aac_entry(), aac_frame(), True, 8000, 1024)


# ---- containers: Matroska ----


def element(name: int, data: bytes | int | str) -> bytes:
    if isinstance(data, int):
        data = data.to_bytes(max(1, (data.bit_length() + 7) // 8), "big")
    elif isinstance(data, str):
        data = data.encode()
    size = (0x80 | len(data)).to_bytes(1, "big") if len(data) < 127 else (0x4000 | len(data)).to_bytes(2, "big")
    return name.to_bytes((name.bit_length() + 7) // 8, "big") + size + data


def matroska(kind: str) -> bytes:
    """One Opus frame: a video without a picture shows nothing at all."""
    head = b"".join(
        element(name, value)
        for name, value in [(0x4286, 1), (0x42F7, 1), (0x42F2, 4), (0x42F3, 8), (0x4282, kind), (0x4287, 2), (0x4285, 2)]
    )
    information = element(0x2AD7B1, 1_000_000) + element(0x4489, struct.pack(">f", 20.0))
    information += element(0x4D80, "http_responder") + element(0x5741, "http_responder")
    audio = element(0xB5, struct.pack(">f", 48000.0)) + element(0x9F, 1)
    track = element(0xD7, 1) + element(0x73C5, 1) + element(0x83, 2) + element(0x86, "A_OPUS")
    track += element(0x63A2, OPUS_HEAD) + element(0xE1, audio)
    cluster = element(0xE7, 0) + element(0xA3, b"\x81\x00\x00\x80" + OPUS_FRAME)
    segment = element(0x1549A966, information) + element(0x1654AE6B, element(0xAE, track))
    return element(0x1A45DFA3, head) + element(0x18538067, segment + element(0x1F43B675, cluster))


def webm() -> bytes:
    return matroska("webm")


def mkv() -> bytes:
    return matroska("matroska")


# ---- containers: others ----


def mp3() -> bytes:
    """Three frames: some decoders want more than one to believe it."""
    return mp3_frame() * 3


def aac() -> bytes:
    """Three frames with ADTS headers (ISO 13818-7 section 6.2)."""
    frame = aac_frame()
    head = Bits().put(0xFFF, 12).put(0, 1).put(0, 2).put(1, 1)  # MPEG-4, no CRC
    head.put(1, 2).put(11, 4).put(0, 1).put(1, 3).put(0, 4)  # LC, 8 kHz, mono
    head.put(7 + len(frame), 13).put(0x7FF, 11).put(0, 2)
    return (head.octets() + frame) * 3


def ogg_page(data: bytes, number: int, flags: int, position: int) -> bytes:
    head = b"OggS" + struct.pack("<BBqIIIBB", 0, flags, position, 1, number, 0, 1, len(data))
    check = crc(head + data, 32, 0x04C11DB7)
    return head[:22] + struct.pack("<I", check) + head[26:] + data


def ogg() -> bytes:
    tags = b"OpusTags" + struct.pack("<I", 0) + struct.pack("<I", 0)
    return ogg_page(OPUS_HEAD, 0, 2, 0) + ogg_page(tags, 1, 0, 0) + ogg_page(OPUS_FRAME, 2, 4, 960)


def flac() -> bytes:
    """16 samples, 8 bits, 8 kHz, mono, all the same."""
    information = Bits().put(16, 16).put(16, 16).put(0, 24).put(0, 24).put(8000, 20).put(0, 3).put(7, 5).put(16, 36)
    frame = Bits().put(0x3FFE, 14).put(0, 2).put(6, 4).put(4, 4).put(0, 4).put(1, 3).put(0, 1).put(0, 8).put(15, 8)
    head = frame.octets()
    head += bytes([crc(head, 8, 0x07)])
    data = head + b"\x00\x00"  # a constant subframe: 0
    data += struct.pack(">H", crc(data, 16, 0x8005))
    return b"fLaC\x80" + struct.pack(">I", 34)[1:] + information.octets() + bytes(16) + data


def midi() -> bytes:
    track = b"\x00\xff\x2f\x00"
    return b"MThd" + struct.pack(">IHHH", 6, 0, 1, 96) + b"MTrk" + struct.pack(">I", len(track)) + track


def aiff() -> bytes:
    """One sample, 8 bits, 8 kHz, mono."""
    common = b"COMM" + struct.pack(">IhIh", 18, 1, 1, 8) + b"\x40\x0b\xfa" + bytes(7)
    sound = b"SSND" + struct.pack(">III", 9, 0, 0) + b"\x00\x00"
    return b"FORM" + struct.pack(">I", 4 + len(common) + len(sound)) + b"AIFF" + common + sound


def pes(stream: int, data: bytes) -> bytes:
    head = b"\x81\x80\x05" + b"\x21\x00\x01\x00\x01"  # a time stamp: 0
    return struct.pack(">IH", 0x100 | stream, len(head) + len(data)) + head + data


def ts() -> bytes:
    """A program with one stream of layer II sound (ISO 13818-1 section 2.4)."""

    def packet(pid: int, data: bytes) -> bytes:
        stuffing = 184 - len(data)
        adaptation = b"" if stuffing == 0 else bytes([stuffing - 1]) + (b"\x00" + b"\xff" * (stuffing - 2))[: stuffing - 1]
        control = 0x30 if adaptation else 0x10
        return struct.pack(">BHB", 0x47, 0x4000 | pid, control) + adaptation + data

    def table(kind: int, number: int, data: bytes) -> bytes:
        section = struct.pack(">BHHBBB", kind, 0xB000 | (9 + len(data)), number, 0xC1, 0, 0) + data
        section += struct.pack(">I", crc(section, 32, 0x04C11DB7, 0xFFFFFFFF))
        return b"\x00" + section

    programs = table(0, 1, struct.pack(">HH", 1, 0xE000 | 0x100))
    streams = table(2, 1, struct.pack(">HHBHH", 0xE000 | 0x101, 0xF000, 3, 0xE000 | 0x101, 0xF000))
    return packet(0, programs) + packet(0x100, streams) + packet(0x101, pes(0xC0, mp2_frame()))


def mpg() -> bytes:
    """A program stream with one packet of layer II sound."""
    clock = Bits().put(1, 2).put(0, 3).put(1, 1).put(0, 15).put(1, 1).put(0, 15).put(1, 1).put(0, 9).put(1, 1)
    clock.put(800, 22).put(3, 2).put(0x1F, 5).put(0, 3)
    return b"\x00\x00\x01\xba" + clock.octets() + pes(0xC0, mp2_frame()) + b"\x00\x00\x01\xb9"


def riff(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)


def avi() -> bytes:
    """One black picture of 1x1, not compressed."""
    frame = riff(b"00db", bytes(4))
    head = riff(b"avih", struct.pack("<14I", 40000, 0, 0, 0x10, 1, 0, 1, 4, 1, 1, 0, 0, 0, 0))
    stream = riff(b"strh", b"vids" + bytes(4) + struct.pack("<IHHIIIIIIII4H", 0, 0, 0, 0, 1, 25, 0, 1, 4, 0, 0, 0, 0, 1, 1))
    picture = riff(b"strf", struct.pack("<IiiHHIIiiII", 40, 1, 1, 1, 24, 0, 4, 0, 0, 0, 0))
    heads = riff(b"LIST", b"hdrl" + head + riff(b"LIST", b"strl" + stream + picture))
    index = riff(b"idx1", struct.pack("<4sIII", b"00db", 0x10, 4, 4))
    return riff(b"RIFF", b"AVI " + heads + riff(b"LIST", b"movi" + frame) + index)


def flv() -> bytes:
    """Two tags of MP3 sound."""
    file = b"FLV\x01\x04" + struct.pack(">II", 9, 0)
    for time in (0, 72):
        data = b"\x22" + mp3_frame()
        tag = b"\x08" + struct.pack(">I", len(data))[1:] + struct.pack(">I", time)[1:] + bytes(4) + data
        file += tag + struct.pack(">I", len(tag))
    return file


# ---- images ----

# Symbols of the one block, found by trying: decoded as white.
AVIF_TILE = b"\x00\x00\x80"


def av1(tile: bytes) -> tuple[bytes, bytes]:
    """Sequence header and picture of 1x1, grey scale (AV1 sections 5.5 and 5.9)."""

    def unit(kind: int, data: bytes) -> bytes:
        return bytes([kind << 3 | 2, len(data)]) + data

    sequence = Bits().put(0, 3).put(1, 1).put(1, 1).put(0, 5)  # main profile, a still picture, level 2.0
    sequence.put(0, 4).put(0, 4).put(0, 1).put(0, 1)  # sides in one bit: 1, 1
    sequence.put(0, 1).put(0, 2).put(0, 3)  # none of the tools
    sequence.put(0, 1).put(1, 1).put(0, 1).put(1, 1)  # 8 bits, monochrome, no description, full range
    sequence.put(0, 1)  # no grain
    picture = Bits().put(1, 1).put(0, 1).put(0, 1)  # fixed probabilities, no screen content, size as coded
    picture.put(1, 1).put(255, 8).put(0, 1).put(0, 1).put(0, 1)  # one tile, the quantiser, no differences
    picture.put(0, 1)  # the quantiser is the same everywhere
    picture.put(0, 6).put(0, 6).put(0, 3).put(0, 1)  # loop filter: off
    picture.put(0, 1).put(0, 1)  # the largest transforms, all of their types
    return unit(1, sequence.octets(stop=True)), unit(6, picture.octets() + tile)


def avif(tile: bytes = AVIF_TILE) -> bytes:
    sequence, picture = av1(tile)
    properties = box(
        b"ipco",
        full(b"ispe", struct.pack(">II", 1, 1)),
        full(b"pixi", b"\x01\x08"),
        box(b"av1C", b"\x81\x00\x1c\x00" + sequence),
    )
    uses = full(b"ipma", struct.pack(">IHBBBB", 1, 1, 3, 1, 2, 0x83))

    def meta(offset: int) -> bytes:
        return full(
            b"meta",
            full(b"hdlr", bytes(4), b"pict", bytes(13)),
            full(b"pitm", struct.pack(">H", 1)),
            full(b"iloc", struct.pack(">HHHHHII", 0x4400, 1, 1, 0, 1, offset, len(sequence + picture))),
            full(b"iinf", struct.pack(">H", 1), full(b"infe", struct.pack(">HH", 1, 0), b"av01", b"\x00", version=2)),
            box(b"iprp", properties, uses),
        )

    start = box(b"ftyp", b"avif\x00\x00\x00\x00avifmif1miaf")
    return start + meta(len(start) + len(meta(0)) + 8) + box(b"mdat", sequence + picture)


def tiff() -> bytes:
    """1x1, white, in one bit."""
    entries = [(256, 3, 1), (257, 3, 1), (259, 3, 1), (262, 3, 0), (273, 4, 8), (278, 3, 1), (279, 4, 1)]
    directory = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries)
    return b"II*\x00" + struct.pack("<I", 10) + bytes(2) + struct.pack("<H", len(entries)) + directory + bytes(4)


def amr() -> bytes:
    """One narrow-band frame at 4.75 kbit/s (RFC 4867 section 5.3), whose parameters are all 0."""
    return b"#!AMR\n" + bytes([0 << 3 | 1 << 2]) + bytes(12)


def psd() -> bytes:
    """1x1, grey, white."""
    return b"8BPS" + struct.pack(">H6xHIIHH", 1, 1, 1, 1, 8, 1) + bytes(12) + b"\x00\x00\xff"


BODIES = {
    "pixel.avif": avif,
    "pixel.tif": tiff,
    "pixel.psd": psd,
    "silence.mp3": mp3,
    "silence.m4a": m4a,
    "silence.aac": aac,
    "silence.amr": amr,
    "silence.ogg": ogg,
    "silence.flac": flac,
    "silence.mid": midi,
    "silence.aiff": aiff,
    "silence.webm": webm,
    "silence.mkv": mkv,
    "silence.ts": ts,
    "silence.mpg": mpg,
    "silence.flv": flv,
    "black.mp4": mp4,
    "black.mov": mov,
    "black.3gp": three_gp,
    "black.avi": avi,
}

if __name__ == "__main__":
    for name, make in BODIES.items():
        (ASSETS / name).write_bytes(make())
