"""Arguments of a wrong type are explained in the words of the caller, before anything is sent."""

import math

import numpy as np
import pytest

from cyclorama import Client
from cyclorama.job_operations import prepare_submission
from cyclorama.operations import (
    prepare_ad,
    prepare_assessment,
    prepare_background,
    prepare_composite,
    prepare_finishing,
    prepare_inpainting,
    prepare_profile_check,
)
from cyclorama.values import SIDES

LONE = "a\ud800"
PHOTO = b"photo"


@pytest.fixture(scope="module")
def client():
    """A client that cannot send anything."""
    with Client("127.0.0.1:1", max_retries=0) as client:
        yield client


def expect_error(call, sentence: str) -> None:
    with pytest.raises((ValueError, TypeError)) as caught:
        call()
    # Its own classes have no words of the caller.
    assert not isinstance(caught.value, UnicodeError) and str(caught.value).startswith(sentence)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"shadow": True}, "shadow: is True; give one of drop, cast"),
        ({"format": True}, "format: is True; give one of png"),
        ({"headline": LONE}, "headline: character 2 is half of a surrogate pair; give Unicode"),
        ({"headline": b"New"}, "headline: is b'New'; give a text"),
        ({"headline": ["x" * 90]}, "headline: is of type list; give a text"),
        ({"seed": math.nan}, "seed: is nan; give a number"),
        ({"seed": np.zeros(3)}, "seed: is array([0., 0., 0.]); give a number"),
        ({"quality": math.inf}, "quality: is inf; give a number"),
        ({"quality": 10**12}, "quality: 1000000000000 is out of range"),
        ({"rotation": 10**400}, "rotation: is of type int; give a number"),
        ({"rotation": "9"}, "rotation: is '9'; give a number"),
        ({"size": (None, 3)}, "size: (None, 3) is no size"),
        ({"draft": "no"}, "draft: is 'no'; give True or False"),
        ({"reuse": 1}, "reuse: is 1; give True or False"),
        ({"options": {"prompt": "y"}}, "options.prompt: is an argument of its own; leave it"),
        ({"options": {"photo": b"z"}}, "options.photo: is an argument of its own"),
        ({"options": {3: 3}}, "3: there is no such option"),
        ({"options": {"lettering": {3: 3}}}, "lettering.3: there is no such option"),
        ({"options": {"lettering": {"logo": {"data": 3}}}}, "lettering.logo.data: is 3; give byt"),
        ({"engines": {3: "x"}}, "engines.3: there is no such stage"),
    ],
)
def test_an_argument_of_an_ad(arguments, sentence):
    expect_error(lambda: prepare_ad(PHOTO, "x", **arguments), sentence)


def test_options_of_a_model_that_no_json_has():
    settings = {"background": {"diffusion": {"override_settings": {"a": object}}}}
    sentence = "background.diffusion.override_settings: is {'a': <class 'object'>}; give a mapping"
    expect_error(lambda: prepare_ad(PHOTO, "x", options=settings), sentence)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"prompts": b"x"}, "prompts: is b'x'; give a text, or a list of texts"),
        ({"prompts": ["a", 3]}, "prompts[1]: is 3; give a text"),
        ({"prompts": None}, "prompts: is None; give a text, or a list of texts"),
        ({"prompts": []}, "prompts: there are none; give at least one"),
        ({"photos": 3}, "photos: is 3; pass a picture, or a list of them"),
        ({"photos": {"a": 1}}, "photos: is {'a': 1}; pass a picture, or a list"),
        ({"request_id": 3}, "request_id: is 3; give a text"),
        ({"options": {"prompts": ["y"]}}, "options.prompts: is an argument of its own"),
        ({"priority": "high"}, "priority: is 'high'; give a number"),
        ({"priority": 10**30}, f"priority: {10**30} is out of range"),
        ({"overrides": 3}, "overrides: is 3; give a list of mappings"),
        ({"overrides": [3]}, "overrides[0]: is 3; give a mapping, such as {"),
        ({"overrides": [{3: 3}]}, "overrides[0].3: there is no such argument"),
        ({"overrides": [{"photo": 3}]}, "overrides[0].photo: is int; pass a path"),
        ({"overrides": [{"draft": "no"}]}, "overrides[0].draft: is 'no'; give True or False"),
        ({"sizes": 3}, "sizes: is 3; give a list"),
        ({"sizes": ["1x1", 3]}, "sizes[1]: 3 is no size; write"),
        ({"labels": {"shop": LONE}}, "labels.shop: character 2 is half of"),
        ({"ad_timeout": 1e20}, "ad_timeout: 1e+20 s is out of range"),
    ],
)
def test_an_argument_of_a_campaign(arguments, sentence):
    campaign = {"photos": PHOTO, "prompts": "x"} | arguments
    expect_error(lambda: prepare_submission(**campaign), sentence)


@pytest.mark.parametrize(
    ("prepare", "sentence"),
    [
        (lambda: prepare_ad(PHOTO, LONE), "prompt: character 2 is half of"),
        (lambda: prepare_background("x", view=3), "view: is 3; give a mapping with some of"),
        (lambda: prepare_composite(PHOTO, PHOTO, scene=3), "scene: is 3; give a mapping with"),
        (lambda: prepare_inpainting(PHOTO, PHOTO, prompt=3), "prompt: is 3; give a text"),
        (lambda: prepare_finishing(PHOTO, PHOTO, record=3), "record: is 3; give a text"),
        (lambda: prepare_profile_check(PHOTO, 3), "profile: is 3; give a text, such as 'amazon"),
        (lambda: prepare_assessment(PHOTO, 3), "manifest: is 3; give a path"),
    ],
)
def test_an_argument_of_another_call(prepare, sentence):
    expect_error(prepare, sentence)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda c: c.jobs.get(3), "job: is 3; give a text, such as 'jobs/5f0c'"),
        (lambda c: next(c.jobs.watch("jobs/1", after="x")), "after: is 'x'; give a whole number"),
        (lambda c: c.jobs.wait("jobs/1", timeout="3"), "timeout: is '3'; give seconds above 0"),
        (lambda c: c.jobs.fetch(3), "artifact: is 3; give a text"),
        (lambda c: c.jobs.fetch("a", -1), "offset: is -1; give a whole number, 0 or more"),
        (lambda c: c.jobs.fetch_ad(3), "ad: is 3; pass one of job.ads"),
        (lambda c: c.jobs.download("jobs/1", 3), "folder: is 3; give a path"),
        (lambda c: next(c.jobs.list(3)), "state: is 3; give one of queued"),
        (lambda c: c.replay(3, PHOTO), "manifest: is 3; give a path"),
        (lambda c: c.version(timeout=math.nan), "timeout: is nan; give seconds above 0"),
        (lambda c: c.map(3, "x"), "photos: is 3; pass a picture, or a list of them"),
        (lambda c: c.map(PHOTO, "x", concurrency="2"), "concurrency: is '2'; give a whole number"),
        (lambda c: Client(timeout=None), "timeout: is None; give seconds above 0, math.inf for"),
        (lambda c: Client(max_retries="3"), "max_retries: is '3'; give a whole number, 0 or more"),
        (lambda c: Client(3), "address: is 3; give a text, such as '127.0.0.1:50050'"),
        (lambda c: Client(""), "address: is empty; give one such as 127.0.0.1:50050"),
        (lambda c: Client(ca=3), "ca: is 3; give a path"),
        (lambda c: Client(token=b"secret"), "token: is bytes; give a text"),
        (lambda c: Client(token="se\ncret"), "token: has a line break or another character that"),
    ],
)
def test_an_argument_of_the_client_or_its_jobs(client, call, sentence):
    expect_error(lambda: call(client), sentence)


def test_one_element_stands_for_a_list_of_one():
    for sizes in ("512x256", (512, 256), [512, 256], {"width": 512, "height": 256}):
        (size,) = prepare_submission(PHOTO, "x", sizes=sizes).request.campaign.sizes
        assert (size.width, size.height) == (512, 256)
    override = {"size": "1x1", "headline": "New"}
    (only,) = prepare_submission(PHOTO, "x", overrides=override).request.campaign.overrides
    assert only.lettering.headline == "New"
    (point,) = prepare_ad(PHOTO, "x", points=(3, 4)).request.segmentation.points
    assert (point.x, point.y) == (3, 4)
    assert len(prepare_composite(PHOTO, PHOTO, cut_sides=SIDES[0]).request.cut_sides) == 1


def test_a_token_from_a_file_may_end_in_a_line_break():
    assert Client(token="secret\n")._connection.credentials.metadata == (
        ("authorization", "Bearer secret"),
    )
