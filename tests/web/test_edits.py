"""What the page edits over HTTP: cut-outs, spots, backdrops and masks, with a real system."""

import io
import json
from base64 import b64decode

import numpy as np
import pytest
import requests
from PIL import Image

from services.imaging.images import encode_image
from services.runtime.formats import PNG
from services.segmentation.engines.classic import ClassicSegmentation
from tests.support.glass import photograph_filled_glass
from tests.support.pictures import draw_product
from tests.support.system import job_store_settings, serve_system_in_thread
from tests.web.conftest import serve_page

PIXELS = draw_product(320, 256)[0]
PHOTO = encode_image(PIXELS, PNG).data
HEIGHT, WIDTH = PIXELS.shape[:2]
SMALL = {"prompt": "a table", "size": [256, 256], "seed": 3}


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """The page in front of a system that cuts out by colors and outlines."""
    jobs = job_store_settings(tmp_path_factory.mktemp("kept"))
    with (
        serve_system_in_thread(segmentation=ClassicSegmentation(), **jobs) as system,
        serve_page(system.address) as address,
    ):
        yield address


def post(address: str, path: str, options: dict, photo: bytes = PHOTO, **pictures: bytes) -> dict:
    """Posts a form; returns the last object of the response."""
    files = {"photo": ("photo", photo)} | {name: (name, data) for name, data in pictures.items()}
    data = {"options": json.dumps(options)}
    answer = requests.post(f"{address}{path}", files=files, data=data, timeout=60)
    return json.loads(answer.text.splitlines()[-1])


def draw_mask(left: int, top: int, width: int, height: int) -> bytes:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[top : top + height, left : left + width] = 255
    return encode_image(mask, PNG).data


def read_box(cutout: dict) -> tuple[float, ...]:
    """Returns left, top, width and height of a cut-out in pixels of the photo."""
    width, height = cutout["photo_width"], cutout["photo_height"]
    sides = [("left", width), ("top", height), ("width", width), ("height", height)]
    return tuple(cutout[side] * length for side, length in sides)


def test_a_product_that_looks_like_glass_is_seen_through_once_it_is_said(address):
    jar = encode_image(photograph_filled_glass(), PNG).data
    opaque = post(address, "/api/cutouts", {}, jar)
    assert "See-through" in opaque["glass"]
    clear = post(address, "/api/cutouts", {"clear": True}, jar)
    assert clear["glass"] == ""
    assert mean_opacity(clear) < mean_opacity(opaque) - 0.05


def mean_opacity(cutout: dict) -> float:
    """Returns the mean opacity of a product's pixels, 0 to 1."""
    picture = Image.open(io.BytesIO(b64decode(cutout["picture"].partition(",")[2])))
    alpha = np.asarray(picture.convert("RGBA"))[..., 3] / 255
    return float(alpha[alpha > 0].mean())


def test_a_cut_out_comes_with_its_place_and_its_confidence(address):
    cutout = post(address, "/api/cutouts", {})
    assert cutout["kind"] == "cutout" and cutout["picture"].startswith(
        "data:image/webp;base64,UklG"
    )
    assert (cutout["photo_width"], cutout["photo_height"]) == (WIDTH, HEIGHT)
    assert 0 <= cutout["confidence"] <= 1 and (cutout["confidence"] > 0.8 or cutout["doubt"])
    assert cutout["width"] < 1 and cutout["height"] < 1


def test_box_points_and_mask_change_the_cut_out(address):
    found = read_box(post(address, "/api/cutouts", {}))
    masked = read_box(post(address, "/api/cutouts", {}, mask=draw_mask(80, 110, 50, 60)))
    assert masked == pytest.approx((80, 110, 50, 60), abs=9)
    boxed = {"box": {"x": 0, "y": 0, "width": WIDTH // 2, "height": HEIGHT}}
    assert read_box(post(address, "/api/cutouts", boxed)) != found
    removed = {"points": [{"x": WIDTH / 2, "y": HEIGHT / 2, "outside": True}]}
    assert post(address, "/api/cutouts", removed) != post(address, "/api/cutouts", {})


def test_points_are_in_pixels_of_the_upright_photo(address):
    turned, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6
    # As a camera on its side writes it: turned, with a tag that says so.
    Image.fromarray(np.rot90(PIXELS).copy()).save(turned, "png", exif=exif)
    corrections = {"points": [{"x": WIDTH / 2, "y": HEIGHT - 6, "outside": True}]}
    one, other = (
        post(address, "/api/cutouts", corrections, each) for each in (PHOTO, turned.getvalue())
    )
    assert read_box(one) == read_box(other)
    assert (other["photo_width"], other["photo_height"]) == (WIDTH, HEIGHT)


def test_a_correction_that_cannot_be_used_is_explained(address):
    wrong = post(address, "/api/cutouts", {"box": {"x": 9999, "y": 0, "width": 5, "height": 5}})
    assert wrong["kind"] == "error" and "lies outside" in wrong["text"]
    unreadable = post(address, "/api/cutouts", {}, mask=b"no picture")
    assert unreadable["text"].startswith("The corrected cut-out is no picture")


def test_an_ad_says_where_its_product_is_and_a_spot_moves_it(address):
    free = post(address, "/api/ads", SMALL)["placement"]
    assert free["stands"] and 0 < free["width"] < 1
    spot = {"center_x": 0.3, "center_y": 0.55, "width": 0.25}
    moved = post(address, "/api/ads", SMALL | {"spot": spot, "anchor": "top_left", "stance": ""})
    placed = moved["placement"]
    assert {name: placed[name] for name in spot} == pytest.approx(spot, abs=0.006)
    assert placed["height"] / placed["width"] == pytest.approx(
        free["height"] / free["width"], rel=0.05
    )
    assert not post(address, "/api/ads", SMALL | {"spot": spot, "stance": "floating"})["placement"][
        "stands"
    ]


def test_a_backdrop_is_a_picture_or_a_color_and_needs_no_words(address):
    picture = encode_image(np.full((300, 500, 3), (10, 200, 90), np.uint8), PNG).data
    with_picture = post(
        address, "/api/ads", SMALL | {"prompt": "", "backdrop": {"file": "a"}}, backdrop=picture
    )
    with_color = post(address, "/api/ads", SMALL | {"prompt": "", "backdrop": "#0ac85a"})
    for ad in (with_picture, with_color):
        pixels = read_pixels(address, ad)
        assert np.abs(pixels[0, 0].astype(int) - (10, 200, 90)).max() <= 2


def test_an_ad_is_made_with_the_mask(address):
    ad = post(address, "/api/ads", SMALL, mask=draw_mask(80, 110, 50, 60))
    manifest = requests.get(f"{address}/{ad['manifest']}", timeout=60).json()
    bounds = manifest["stages"][0]["bounds"]
    assert (bounds["width"], bounds["height"]) == pytest.approx((50, 60), abs=18)
    assert ad["cutout_doubt"] in ("", "A part of the product may be missing.")


def read_pixels(address: str, ad: dict) -> np.ndarray:
    """Returns the pixels of an ad's file, (height, width, 3) in RGB."""
    data = requests.get(f"{address}/{ad['picture']}", timeout=60).content
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
