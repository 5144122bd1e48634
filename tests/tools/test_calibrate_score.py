"""The fit of the expected mark, on made-up ads, and the record of ads without a manifest."""

import numpy as np
import pytest

from services.finishing.quality.measurement import PASS, AdMeasurement
from services.finishing.quality.score import predict_mark
from tools.calibrate_score import LEAST_COST, PRIOR_COST, PRIOR_COSTS, fit_model, predict_unseen
from tools.marked_ads import MarkedAd, compare_briefs


def create_ads(count=200, seed=5):
    """Returns ads whose mark is 8 less 3 for a halo and 1 for a gap; wobble costs nothing."""
    rng = np.random.default_rng(seed)
    ads = []
    for index in range(count):
        halo, gap, wobble = rng.uniform(0, 1, 3)
        severities = {"pixel_lock": 0.0, "halo": halo, "gap": gap, "wobble": wobble}
        measurements = [
            AdMeasurement(name, "", PASS, severity=severity)
            for name, severity in severities.items()
        ]
        ads.append(
            MarkedAd(f"{index}.png", f"photo {index % 20}", 8 - 3 * halo - gap, measurements)
        )
    return ads


def test_the_costs_of_faults_are_found():
    model = fit_model(create_ads(2000), spread=1.0)
    assert model.mark == pytest.approx(8, abs=0.5)
    assert model.costs["halo"] == pytest.approx(3, abs=0.4)
    assert model.costs["gap"] == pytest.approx(1, abs=0.3)
    assert model.costs["wobble"] == pytest.approx(LEAST_COST, abs=0.1)


def test_what_no_ad_shows_costs_what_is_usual():
    ads = create_ads()
    for ad in ads:
        ad.measurements.append(AdMeasurement("new", "", PASS, severity=0.0))
        ad.measurements.append(AdMeasurement("hidden", "", PASS, severity=None))
    model = fit_model(ads, spread=1.0)
    assert model.costs["new"] == model.costs["hidden"] == pytest.approx(PRIOR_COST)
    assert model.costs["pixel_lock"] == pytest.approx(PRIOR_COSTS["pixel_lock"])
    assert model.average["hidden"] == model.deviation["hidden"] == 0


def test_a_fault_that_goes_with_better_marks_costs_little_but_something():
    ads = [MarkedAd(ad.name, ad.photo, 10 - ad.mark, ad.measurements) for ad in create_ads()]
    assert fit_model(ads, spread=1.0).costs["halo"] == pytest.approx(LEAST_COST)


def test_ads_of_a_photo_are_predicted_without_it():
    ads = create_ads()
    # A photo whose marks contradict all others must not help to predict itself.
    ads = [
        MarkedAd(ad.name, ad.photo, 1.0 if ad.photo == "photo 3" else ad.mark, ad.measurements)
        for ad in ads
    ]
    predicted = predict_unseen(ads)
    own = [value for ad, value in zip(ads, predicted, strict=True) if ad.photo == "photo 3"]
    assert min(own) > 3


def test_an_unknown_measurement_costs_more_than_on_average():
    ads = create_ads()
    model = fit_model(ads, spread=1.0)
    known = [AdMeasurement(each.name, "", PASS, severity=0.0) for each in ads[0].measurements]
    unknown = [
        AdMeasurement("halo", "", PASS, severity=None) if m.name == "halo" else m for m in known
    ]
    difference = predict_mark(known, model) - predict_mark(unknown, model)
    assert difference == pytest.approx(
        model.costs["halo"] * (model.average["halo"] + model.deviation["halo"]), abs=0.01
    )
    assert difference > 1


@pytest.mark.parametrize(
    ("words", "names_place", "left_out"),
    [
        ({"prompt": "beach at sunset", "set": "beach"}, True, []),
        ({"prompt": "gym floor next to dumbbells", "set": "beach"}, False, ["gym", "dumbbell"]),
        ({"prompt": "city street at night", "set": "city"}, True, ["street"]),
    ],
)
def test_words_for_a_set_are_compared_with_the_prompt(words, names_place, left_out):
    shown = compare_briefs(words)
    assert shown.names_place == names_place
    assert [each.words for each in shown.left_out] == left_out
