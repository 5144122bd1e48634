"""Files that are made to exhaust a decoder are refused, or decoded within their estimate."""

import os
import resource
import struct
import subprocess
import sys

import pytest
from PIL import Image

from benchmarks.bomb_files import (
    BOMBS,
    TINY,
    WIDE,
    add_scans,
    add_segments,
    build_canvas_webp,
    build_double_webp,
    build_exif,
    build_flat_webp,
    build_jpeg_tiff,
    build_png,
    build_short_lines_bmp,
    build_tiff,
    chunk,
    encode,
    encode_legal_files,
    raw_tiff,
    resize_box,
    segment,
)
from benchmarks.serving import ROOT
from cyclorama.v1 import image_pb2
from services.imaging.images import ImageCodec
from services.imaging.opening import open_image_file
from services.imaging.structure.avif import find_avif_excess
from services.runtime.errors import InvalidImage
from services.runtime.settings import ImageSettings

# Bombs that are small as they are, and take their time or memory only from decoders without limits.
SMALL = [
    *("webp, 1 million chunks", "png, iCCP bomb"),
    *("png, zTXt bomb", "png, iTXt bomb", "png, 1 million empty IDAT"),
    *("png, 1 million empty chunks", "jpeg, 1,000 scans", "jpeg, 1 million APP1"),
    *("jpeg, 1 million comments", "jpeg, 500 EXIF segments", "jpeg, endless EXIF"),
    *("jpeg, endless MPF", "jpeg, 500 Photoshop segments", "jpeg, 10 million restart markers"),
    *("tiff, 64 megapixels of floats", "tiff, 64 megapixels that are missing"),
    *("tiff, 60,000 tags", "tiff, tags of 40 MiB each", "tiff, 5 million strips"),
    *("tiff, tiles of 4,295 megapixels", "gif, frame beyond the canvas", "gif, 1 million frames"),
    *("gif, later frame beyond the canvas", "bmp, 20 million runs"),
    "tiff, JPEG of 100,000 scans",
    *("webp, canvas of 268 megapixels", "bmp, lines of one pixel"),
    *("avif, boxes in boxes", "heif, boxes in boxes", "avif, 65,535 x 65,535"),
]
# Decodes one file in a process of its own; prints its peak memory and its estimate in bytes.
MEASURE = """
import sys
from contextlib import contextmanager
from pathlib import Path
from services.imaging.decoding import decode_image_file
from services.imaging.decoding_cost import estimate_file_bytes, estimate_picture_bytes
from services.imaging.opening import open_image_file
from services.runtime.settings import ImageSettings

def read_status(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))

limits = ImageSettings()
decode_image_file(Path(sys.argv[1]).read_bytes(), limits, "photo")
data = Path(sys.argv[2]).read_bytes()
estimate = estimate_file_bytes(data, 64)
if not estimate:
    picture = open_image_file(data, "photo")
    estimate = estimate_picture_bytes(picture, data, picture.size)
    del picture
Path("/proc/self/clear_refs").write_text("5")
before = read_status("VmRSS:") - len(data)
decode_image_file(data, limits, "photo")
print(read_status("VmHWM:") - before, estimate)
"""


def read(data: bytes) -> tuple[int, ...]:
    """Decodes a file with the default limits; returns the shape of its pixels."""
    return ImageCodec(ImageSettings()).read(image_pb2.Image(data=data), "photo").shape


@pytest.mark.parametrize("name", SMALL)
def test_a_bomb_is_refused_at_little_cost(name):
    data = BOMBS[name]()
    start = resource.getrusage(resource.RUSAGE_THREAD)
    with pytest.raises(InvalidImage):
        read(data)
    end = resource.getrusage(resource.RUSAGE_THREAD)
    assert end.ru_utime + end.ru_stime - start.ru_utime - start.ru_stime < 2


def test_a_webp_of_one_color_takes_34_bytes():
    assert len(build_flat_webp(WIDE)) == 34
    assert read(build_flat_webp((300, 20))) == (20, 300, 3)


def test_a_webp_that_states_two_sizes_is_refused_before_it_is_decoded(monkeypatch):
    decoded = []
    monkeypatch.setattr("cv2.imdecode", lambda *arguments: decoded.append(arguments))
    bare = build_flat_webp((300, 20))[12:]
    for name, data in {
        "a second picture": build_double_webp((300, 20)),
        "another canvas": build_canvas_webp((300, 20), (301, 20)),
        # Decoders then take what follows for a picture, whatever the name of its chunk.
        "no chunk at first": b"RIFF" + struct.pack("<I", 40) + b"WEBP/bcd" + bytes(4) + bare,
    }.items():
        with pytest.raises(InvalidImage, match="damaged"):
            read(data)
        assert not decoded, name


def test_a_tiff_of_jpeg_strips_is_read_unless_they_have_many_scans():
    assert read(build_jpeg_tiff((300, 20), 4)) == (20, 300, 3)
    with pytest.raises(InvalidImage, match="scans"):
        read(build_jpeg_tiff((300, 20), 20))


def test_a_tiff_with_strips_that_share_bytes_is_refused():
    stream = add_scans(TINY, 1)
    offsets = struct.pack("<I", 1024) * 64 + struct.pack("<I", len(stream)) * 64
    tags = raw_tiff(TINY, 8) | {259: (3, 1, 7), 278: (3, 1, 1), 273: (4, 64, 512)}
    data = build_tiff(tags | {279: (4, 64, 768)}, 512) + offsets + stream
    with pytest.raises(InvalidImage, match="larger than the file"):
        read(data)


def test_a_tiff_that_states_its_size_twice_is_refused():
    data = build_tiff(raw_tiff(TINY, 8), 512 + 64 * 64)
    assert read(data)
    # The tag of the sample format, which comes last, becomes another one of the width.
    at = data.index(struct.pack("<HH", 339, 3))
    twice = data[:at] + struct.pack("<HHII", 256, 4, 1, 60_000) + data[at + 12 :]
    with pytest.raises(InvalidImage, match="twice"):
        read(twice)


@pytest.mark.parametrize("count", [1, 3])
def test_an_avif_that_is_larger_than_it_states_is_refused_before_it_is_decoded(count):
    frames = [Image.new("RGB", (300, 200), (0, 0, shade)) for shade in range(0, 90, 90 // count)]
    several = {"save_all": True, "append_images": frames[1:]} if count > 1 else {}
    data = encode(frames[0], "AVIF", speed=10, **several)
    assert find_avif_excess(data, (300, 200)) == find_avif_excess(data, (200, 200)) == ""
    assert "tables" in find_avif_excess(data + b"iloc" * 99, (300, 200))
    assert "is 300 x 200, but states 64 x 64" in find_avif_excess(data, (64, 64))


def test_an_avif_whose_header_is_changed_is_refused_as_it_is_opened():
    data = encode(Image.new("RGB", (300, 200)), "AVIF", speed=10)
    with pytest.raises(InvalidImage, match="but states 64 x 64"):
        open_image_file(resize_box(data, 64), "photo")


def test_a_run_length_encoded_bmp_of_usual_size_is_read():
    assert read(build_short_lines_bmp((300, 20))) == (20, 300, 3)


def test_sound_files_near_the_limits_are_read():
    assert read(add_scans(TINY, 80))[:2] == (64, 64)
    assert read(add_segments(segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0"), 4000))
    assert read(build_png(TINY, extra=chunk(b"teSt", b"x") * 4000))
    assert read(add_segments(b"\xff" * 1000, 1))


def test_an_exif_block_with_overlapping_values_is_refused_before_it_is_read():
    with pytest.raises(InvalidImage, match="tags that are larger than the file"):
        read(build_png(TINY, extra=chunk(b"eXIf", build_exif(100, 5000, b""))))


@pytest.mark.slow
@pytest.mark.parametrize("name", encode_legal_files((40, 40)))
@pytest.mark.parametrize("side", [1000, 4000])
def test_no_kind_of_file_takes_more_than_its_estimate(name, side, tmp_path):
    warm, file = tmp_path / "warm", tmp_path / "file"
    warm.write_bytes(encode_legal_files((400, 400))[name]())
    file.write_bytes(encode_legal_files((side, side))[name]())
    run = [sys.executable, "-c", MEASURE, str(warm), str(file)]
    done = subprocess.run(run, cwd=ROOT, env=os.environ, capture_output=True, text=True, check=True)
    peak, estimate = map(int, done.stdout.split())
    assert peak <= estimate, f"{peak / estimate:.2f}"
    # Small pictures are mostly the fixed part of the estimate.
    assert side < 4000 or estimate < 2.5 * peak, f"{estimate / peak:.2f}"
