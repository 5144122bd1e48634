"""Files of panoramas: read, or refused with a sentence that names the file and the reason."""

import subprocess
import sys
from pathlib import Path

import cv2
import mitsuba as mi
import numpy as np
import OpenEXR
import pytest

from services.studio.panoramas import reading
from services.studio.panoramas.reading import UnusablePanorama, read_panorama


def create_picture(brightest: float = 500.0, height: int = 64, width: int = 128) -> np.ndarray:
    """Creates an even sky with one bright pixel: float32 linear RGB (height, width, 3)."""
    light = np.full((height, width, 3), 0.25, np.float32)
    light[: height // 2, :, 2] = 0.5
    light[10, 30] = brightest
    return light


def write_exr(path: Path, light: np.ndarray) -> Path:
    """Writes float32 linear RGB (h, w, 3) as EXR; returns the path."""
    mi.Bitmap(light).write(str(path))
    return path


@pytest.mark.parametrize("suffix", [".exr", ".hdr"])
def test_both_formats_are_read(tmp_path, suffix):
    path, light = tmp_path / f"sky{suffix}", create_picture()
    if suffix == ".exr":
        write_exr(path, light)
    else:
        cv2.imwrite(str(path), light[..., ::-1].copy())
    read = read_panorama(path)
    assert read.dtype == np.float32
    np.testing.assert_allclose(read, light, rtol=0.02)


def test_a_process_with_one_core_reads_a_panorama(tmp_path):
    path = write_exr(tmp_path / "sky.exr", create_picture())
    code = f"""import os
os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
from pathlib import Path
from services.studio.panoramas.reading import read_panorama
print(read_panorama(Path({str(path)!r})).shape)"""
    # The limit ends a reader that waits for another core forever.
    process = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert process.stdout.strip() == "(64, 128, 3)"


@pytest.mark.parametrize("names", ["R G B A", "main.R main.G main.B Z", "Y"])
def test_colors_are_read_from_any_layer(tmp_path, names):
    path, light = tmp_path / "sky.EXR", create_picture()[..., :1].repeat(3, axis=2)
    channels = {name: np.ascontiguousarray(light[..., 0]) for name in names.split()}
    OpenEXR.File({"compression": OpenEXR.ZIP_COMPRESSION}, channels).write(str(path))
    np.testing.assert_array_equal(read_panorama(path), light)


def test_negative_light_is_none(tmp_path):
    light = create_picture()
    light[40:50] = -0.1
    assert read_panorama(write_exr(tmp_path / "sky.exr", light)).min() == 0


def test_large_panoramas_are_reduced(tmp_path):
    path = write_exr(tmp_path / "sky.exr", create_picture(height=700, width=1400, brightest=9000))
    assert read_panorama(path).shape == (512, 1024, 3)


@pytest.mark.parametrize(
    ("light", "reason"),
    [
        (create_picture(brightest=0.9), "range of an ordinary photo"),
        (create_picture(height=64, width=64), "64 x 64; a panorama is twice as wide"),
        (create_picture(height=16, width=32), "32 pixels wide"),
        (create_picture(brightest=np.nan), "no numbers"),
    ],
)
def test_unusable_pictures_are_refused(tmp_path, light, reason):
    with pytest.raises(UnusablePanorama, match=rf"^shop\.exr .*{reason}"):
        read_panorama(write_exr(tmp_path / "shop.exr", light))


def test_dark_photos_with_cut_off_highlights_are_refused(tmp_path):
    light = np.full((64, 128, 3), 0.02, np.float32)
    light[:4] = 1.0
    with pytest.raises(UnusablePanorama, match="range of an ordinary photo"):
        read_panorama(write_exr(tmp_path / "dark.exr", light))


@pytest.mark.parametrize("data", [b"", b"\x89PNG not at all", b"#?RADIANCE\n\n-Y 64 +X 128\nx"])
def test_broken_files_are_refused(tmp_path, data):
    path = tmp_path / "broken.hdr"
    path.write_bytes(data)
    with pytest.raises(UnusablePanorama, match=r"^broken\.hdr is"):
        read_panorama(path)


def test_truncated_files_are_refused(tmp_path):
    path = write_exr(tmp_path / "cut.exr", create_picture())
    path.write_bytes(path.read_bytes()[:900])
    with pytest.raises(UnusablePanorama, match=r"^cut\.exr is"):
        read_panorama(path)


def test_huge_pictures_are_refused_before_they_are_decoded(tmp_path, monkeypatch):
    path = tmp_path / "huge.hdr"
    path.write_bytes(b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 30000 +X 60000\n")
    with pytest.raises(UnusablePanorama, match="60000 pixels wide; save it with 128 to 4096"):
        read_panorama(path)
    monkeypatch.setattr(reading, "MAX_FILE_MIB", 0)
    with pytest.raises(UnusablePanorama, match="at most 0 are read"):
        read_panorama(write_exr(tmp_path / "large.exr", create_picture()))
