"""Images that the pipelines of a model in this process sample."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from services.diffusion.canvas import plan_canvas  # noqa: E402
from services.diffusion.checks import check_init_used  # noqa: E402
from services.diffusion.in_process.sampling.image_sampler import may_share_batch  # noqa: E402
from services.diffusion.in_process.sampling.init_images import select_repainted_cells  # noqa: E402
from services.diffusion.output import MAX_CHECKED_STRENGTH  # noqa: E402
from services.diffusion.request import InitImage  # noqa: E402
from tests.support.sampling import (  # noqa: E402
    draw_scene,
    request_image,
    sample_images,
    sample_pixels,
)

FAMILIES = ("sd15", "sd15-inpainting", "sdxl", "flux")
EVERY_FAMILY = pytest.mark.parametrize("family", FAMILIES)


class Stopped(Exception):
    """What a test raises to stop an image."""


def stop_at_end(numbers):
    """Takes the next number; raises Stopped if there is none."""
    if next(numbers, None) is None:
        raise Stopped


@pytest.mark.parametrize(
    ("family", "strength"),
    [
        ("sd15", None),
        ("sd15-inpainting", None),
        ("sd15-inpainting", 0.35),
        ("sdxl", 0.35),
        ("flux", None),
    ],
)
def test_a_seed_gives_the_same_pixels_whatever_ran_before(image_sampler, family, strength):
    sampler, request = image_sampler(family), request_image(strength=strength)
    first = sample_pixels(sampler, request)
    assert first.shape == (64, 64, 3)
    assert first.dtype == np.uint8
    assert first.flags.c_contiguous
    other = sample_pixels(sampler, request_image(seed=2**32 - 1, sampler="lcm", strength=strength))
    assert not np.array_equal(other, first)
    np.testing.assert_array_equal(sample_pixels(sampler, request), first)


def test_samplers_that_add_noise_follow_the_seed(image_sampler):
    for sampler in ("euler_a", "dpmpp_2m_sde"):
        torch.manual_seed(1)
        first = sample_pixels(image_sampler("sd15"), request_image(sampler=sampler))
        torch.manual_seed(2)
        second = sample_pixels(image_sampler("sd15"), request_image(sampler=sampler))
        np.testing.assert_array_equal(first, second)


@EVERY_FAMILY
def test_locked_pixels_stay_and_others_change(image_sampler, family):
    pixels, product = draw_scene()
    request = request_image(strength=0.35, steps=3)
    image = sample_pixels(image_sampler(family), request)
    change = np.abs(image.astype(int) - pixels).mean(axis=2)
    # The cells of 8 x 8 pixels get their mean color from the tiny VAE, and the product has one.
    assert change[product].max() <= 2
    assert change[~product].mean() > 4
    assert request.init.strength <= MAX_CHECKED_STRENGTH
    check_init_used(image, pixels, product)


def test_thin_parts_and_the_last_rows_are_locked_as_shown():
    canvas = plan_canvas(60, 60)
    locked = np.zeros((60, 60), bool)
    locked[21:23, 5:59] = True
    mask = select_repainted_cells(canvas, locked, 8)
    assert mask.shape == (64, 64)
    assert not mask[16:24, 0:64].any()
    # Of the last cells, half is padding and the rest is free.
    assert (mask[24:] == 255).all()
    wide = select_repainted_cells(plan_canvas(40, 60), locked[:, :40], 8)
    assert not wide[:, 40:].any()


@pytest.mark.parametrize(
    ("family", "strength", "steps"),
    [
        ("sd15", 0.0, 50),
        ("sd15-inpainting", 0.3, 4),
        ("sdxl", 0.02, 50),
        ("flux", 0.02, 50),
        ("flux", 1.0, 2),
    ],
)
def test_weak_repainting_has_more_steps_so_that_one_is_run(image_sampler, family, strength, steps):
    fractions = []
    (result,) = sample_images(
        image_sampler(family),
        request_image(strength=strength),
        on_step=lambda fraction, _: fractions.append(fraction),
    )
    assert result.parameters["steps"] == steps
    expected = [f"the model used {steps} steps instead of 2"] if steps != 2 else []
    assert [each.message.partition(",")[0] for each in result.warnings] == expected
    assert fractions[-1] == 1
    assert len(fractions) <= 1 + 5


@pytest.mark.parametrize(
    ("family", "strength"),
    [("sd15", None), ("sd15-inpainting", 0.7), ("sdxl", 0.7), ("flux", None), ("flux", 0.7)],
)
def test_an_image_can_be_stopped_at_any_time(image_sampler, family, strength):
    sampler, request = image_sampler(family), request_image(strength=strength, steps=3)
    checks, reports = [], []
    (expected,) = sample_images(sampler, request, check_active=lambda: checks.append(1))
    # Before the text encoder, each step and the VAE's decoder, and at the end.
    assert len(checks) >= 5

    def stop_after_first_step(fraction, _):
        reports.append(fraction)
        if fraction > 0:
            raise Stopped

    with pytest.raises(Stopped):
        sample_images(sampler, request, on_step=stop_after_first_step)
    assert len(reports) == 2
    for last in (0, len(checks) - 2, len(checks) - 1):
        left = iter(range(last))
        with pytest.raises(Stopped):
            sample_images(sampler, request, check_active=lambda left=left: stop_at_end(left))
    np.testing.assert_array_equal(sample_pixels(sampler, request), expected.pixels)


@pytest.mark.parametrize(
    ("family", "strength"), [("sd15", None), ("sd15-inpainting", 0.7), ("sdxl", 0.7), ("flux", 0.7)]
)
def test_an_image_is_in_a_batch_what_it_is_alone(image_sampler, family, strength):
    sampler = image_sampler(family)
    requests = [
        request_image(prompt, negative, seed=seed, strength=strength, sampler="euler_a")
        for prompt, negative, seed in (("a beach", "fog", 1), ("a forest at night", "people", 2))
    ]
    other_pixels, other_product = draw_scene()[0][::-1].copy(), draw_scene()[1][::-1].copy()
    if strength:
        requests[1] = request_image(
            "a forest",
            "people",
            seed=2,
            sampler="euler_a",
            init=InitImage(other_pixels, other_product, strength),
        )
    assert may_share_batch(*requests)
    together = [result.pixels for result in sample_images(sampler, *requests)]
    alone = [sample_pixels(sampler, request) for request in requests]
    for one, other in zip(together, alone, strict=True):
        assert np.abs(one.astype(int) - other).max() <= 1
    assert np.abs(alone[0].astype(int) - alone[1]).mean() > 5


@pytest.mark.parametrize(
    "change",
    [
        {"side": 128},
        {"steps": 4},
        {"cfg_scale": 3},
        {"sampler": "euler"},
        {"scheduler": "karras"},
        {"negative_prompt": ""},
        {"strength": 0.0},
        {"drawn_side": 64},
    ],
)
def test_requests_that_differ_in_what_a_batch_shares_run_apart(change):
    request = request_image(negative_prompt="fog")
    assert may_share_batch(request, request_image("a forest", "people", seed=7))
    assert not may_share_batch(request, request_image(**{"negative_prompt": "fog"} | change))
    assert not may_share_batch(request_image(**{"negative_prompt": "fog"} | change), request)


def test_images_to_repaint_share_a_batch_only_at_equal_strength():
    assert may_share_batch(request_image(strength=0.4), request_image("x", strength=0.4, seed=2))
    assert not may_share_batch(request_image(strength=0.4), request_image(strength=0.5))


def test_values_that_are_no_numbers_become_black(image_sampler):
    sampler = image_sampler("sdxl")
    bias = sampler._pipelines.txt2img.vae.decoder.conv_out.bias
    before = bias.detach().clone()
    try:
        with torch.no_grad():
            bias.fill_(float("nan"))
        assert not sample_pixels(sampler, request_image()).any()
    finally:
        with torch.no_grad():
            bias.copy_(before)


def test_the_result_names_what_ran(image_sampler):
    request = request_image(sampler="DPM++ 2M Karras", override_settings={"CLIP_stop": 2})
    (result,) = sample_images(image_sampler("sd15"), request)
    assert result.parameters == {"sampler": "dpmpp_2m", "scheduler": "karras", "steps": 2}
    assert [warning.reason for warning in result.warnings] == ["OVERRIDES_UNUSED"]
    (result,) = sample_images(image_sampler("flux"), request_image(sampler="heun"))
    assert result.parameters == {"sampler": "euler", "steps": 2}
    assert [warning.reason for warning in result.warnings] == ["SAMPLER_UNKNOWN"]
