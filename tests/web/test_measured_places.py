"""Where measurements are worst on an ad and on its photo."""

from dataclasses import replace

import pytest

from cyclorama.results import Measurement
from cyclorama.web.measured_places import locate_measurements, read_product_place
from cyclorama.web.measurements import describe_quality

HALF = {"x": 100, "y": 200, "width": 200, "height": 400}


def create_manifest(warnings=(), **placement) -> dict:
    """Returns a manifest of a product in the middle of its photo and of the ad, half as large."""
    segmentation = {
        "stage": "segmentation",
        "bounds": {"x": 25, "y": 50, "width": 50, "height": 100},
        "photo_size": {"width": 100, "height": 200},
        "output": {"width": 50, "height": 100},
        "warnings": list(warnings),
    }
    place = {"box": HALF, "scale": 4.0, **placement}
    compositing = {"stage": "compositing", "placement": place}
    return {"stages": [segmentation, compositing], "ad": {"width": 400, "height": 800}}


def find_leftovers(box):
    return Measurement("leftovers", "9", "", "warn", "", box=box)


def test_a_measurement_has_its_place_on_the_ad_and_on_the_photo():
    (sent,) = describe_quality(
        [find_leftovers((100, 200, 50, 80))],
        places=locate_measurements([find_leftovers((100, 200, 50, 80))], create_manifest()),
    )
    assert sent["place"] == {"left": 0.25, "top": 0.25, "width": 0.125, "height": 0.1}
    # The whole photo lies over the ad.
    assert sent["photo_place"] == sent["place"]


def test_the_photo_of_a_flipped_product_is_searched_on_its_other_side():
    places = locate_measurements(
        [find_leftovers((100, 200, 50, 80))], create_manifest(flipped=True)
    )
    assert places["leftovers"]["photo_place"]["left"] == pytest.approx(0.75 - 0.125)


@pytest.mark.parametrize("turned", [{}, {"flipped": True}, {"rotation": 30.0}, {"rotation": -75.0}])
def test_a_point_of_the_photo_comes_back_from_the_ad(turned):
    place = read_product_place(create_manifest(**turned))
    assert place.to_photo(*place.to_ad(0.3, 0.6)) == pytest.approx((0.3, 0.6))


def test_a_product_that_is_turned_clockwise_has_its_top_at_the_right():
    place = read_product_place(create_manifest(rotation=90.0))
    x, y = place.to_ad(0.5, 0.25)
    assert x > 0.9 and y == pytest.approx(0.5)


def test_a_doubted_part_of_the_cut_out_is_shown_on_the_ad():
    box = {"width": 30, "height": 60}
    doubt = {"reason": "LOW_CONFIDENCE", "message": "a part may be missing", "box": box}
    places = locate_measurements([], create_manifest([doubt]))
    place = places["cutout_confidence"]
    assert place["place"] == place["photo_place"]
    assert place["place"] == {"left": 0.0, "top": 0.0, "width": 0.3, "height": 0.3}


def test_measurements_of_the_whole_ad_have_no_place():
    assert locate_measurements([find_leftovers(None)], create_manifest()) == {}


def test_a_mild_doubt_about_the_cut_out_that_has_no_place_is_not_said():
    doubt = Measurement("cutout_confidence", "0.8", "", "warn", "", 0.8, cost=0.1)
    place = {"cutout_confidence": {"place": {}, "photo_place": {}}}
    assert describe_quality([doubt]) == []
    assert [each["name"] for each in describe_quality([doubt], places=place)] == [doubt.name]
    # What keeps an ad from being ready is said.
    assert describe_quality([replace(doubt, verdict="fail")])
    assert describe_quality([replace(doubt, cost=0.6)])
