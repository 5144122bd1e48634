"""Decoding ends with its caller, and keeps nothing of a file that it refuses."""

import gc
import io

import numpy as np
import pytest
from PIL import Image
from PIL.ImageFile import ImageFile

from cyclorama.v1 import image_pb2
from services.imaging import resources
from services.imaging.images import ImageCodec, encode_image
from services.imaging.resources import DecodingResources, UnlimitedMemory, WatchedFile
from services.runtime.errors import CallCancelled, InvalidImage
from services.runtime.formats import PNG
from services.runtime.settings import ImageSettings
from tests.support.heif import encode_heif

NOISE = np.random.default_rng(0).integers(0, 255, (200, 300, 3)).astype(np.uint8)


def encode_noise(fmt: str) -> bytes:
    """Encodes a picture that fills several blocks of a file."""
    out = io.BytesIO()
    Image.fromarray(NOISE).save(out, fmt)
    return out.getvalue()


def leave() -> None:
    """Raises what a check raises when the caller has left."""
    raise CallCancelled("the caller no longer waits for this")


@pytest.mark.parametrize("fmt", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "HEIF"])
def test_decoding_ends_with_its_caller(fmt, monkeypatch):
    monkeypatch.setattr(resources, "CHECK_SECONDS", 0)
    data = encode_heif(NOISE) if fmt == "HEIF" else encode_noise(fmt)
    codec = ImageCodec(ImageSettings(), resources=DecodingResources(UnlimitedMemory(), leave))
    with pytest.raises(CallCancelled):
        codec.read(image_pb2.Image(data=data), "photo")


def test_a_decoder_that_reads_on_is_stopped(monkeypatch):
    monkeypatch.setattr(resources, "CHECK_SECONDS", 0)
    with pytest.raises(CallCancelled), Image.open(WatchedFile(encode_noise("PNG"), leave)):
        pass


def test_an_image_beyond_the_whole_budget_is_refused_with_the_size_that_fits():
    memory = UnlimitedMemory()
    memory.capacity = 4 << 20
    codec = ImageCodec(ImageSettings(), resources=DecodingResources(memory))
    with pytest.raises(InvalidImage, match=r"of memory, of 4 here; send at most \d+% of its pix"):
        codec.read(image_pb2.Image(data=encode_noise("PNG")), "photo")


def test_memory_to_cut_a_product_out_is_reserved_for_a_photo_with_alpha():
    photo = np.full((1000, 1000, 4), 200, np.uint8)
    memory = UnlimitedMemory()
    memory.capacity = 36_000_000
    codec = ImageCodec(ImageSettings(), resources=DecodingResources(memory))
    with pytest.raises(InvalidImage, match="send at most 75% of its pixels"):
        codec.read_photo(encode_image(photo, PNG), "photo")
    assert codec.read_photo(encode_image(photo[..., :3], PNG), "photo").pixels.shape[2] == 3
    assert codec.read(encode_image(photo, PNG), "cutout").shape[2] == 4


@pytest.mark.parametrize("fmt", ["PNG", "JPEG", "GIF"])
def test_an_error_keeps_no_picture(fmt):
    data = encode_noise(fmt)
    gc.collect()
    gc.disable()
    try:
        with pytest.raises(InvalidImage) as refusal:
            ImageCodec(ImageSettings()).read(image_pb2.Image(data=data[: len(data) // 2]), "photo")
        # In the log line of the refused call.
        assert fmt != "PNG" or refusal.value.__cause__
        assert not [each for each in gc.get_objects() if isinstance(each, ImageFile) and each._im]
    finally:
        gc.enable()
