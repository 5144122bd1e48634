"""Previews of images that a model in this process is sampling."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from services.diffusion.canvas import plan_canvas  # noqa: E402
from tests.support.sampling import RED, draw_scene, request_image, sample_images  # noqa: E402

FAMILIES = ("sd15", "sdxl", "flux")


def encode(pipeline, pixels):
    """Returns the latents of uint8 RGB (H, W, 3) in the layout of a pipeline."""
    height, width = pixels.shape[:2]
    images = torch.from_numpy(pixels).permute(2, 0, 1)[None] / 127.5 - 1
    latents = pipeline.vae.encode(images).latent_dist.mode() * pipeline.vae.config.scaling_factor
    if hasattr(pipeline, "_pack_latents"):
        return pipeline._pack_latents(latents, 1, latents.shape[1], height // 8, width // 8)
    return latents


def collect_previews(sampler, request, interval=0.0):
    """Returns the previews of a request's image, in their order."""
    previews = []
    sampler.sample(
        [request], lambda: None, lambda fraction, images: previews.extend(images), interval
    )
    return previews


@pytest.mark.parametrize("family", FAMILIES)
@torch.inference_mode()
def test_a_preview_has_the_colors_of_the_image(image_sampler, family):
    pixels, _ = draw_scene(64)
    sampler = image_sampler(family)
    latents = encode(sampler._pipelines.txt2img, pixels)
    (image,) = sampler._preview.render(latents, plan_canvas(64, 64))
    assert image.shape == (8, 8, 3)
    assert image.dtype == np.uint8
    cells = pixels.reshape(8, 8, 8, 8, 3).mean(axis=(1, 3))
    assert np.abs(image - cells).mean() < 3


@pytest.mark.parametrize("family", FAMILIES)
def test_a_locked_product_is_recognizable_in_every_preview(image_sampler, family):
    previews = collect_previews(image_sampler(family), request_image(strength=0.35, steps=6))
    assert len(previews) >= 2
    for preview in previews:
        # The product covers a quarter to a half of each side.
        assert np.abs(preview[2:4, 2:4].mean(axis=(0, 1)) - RED).max() < 90
        assert preview[2:4, 2:4, 0].mean() > preview[..., 0].mean() + 40


def test_early_noise_does_not_clip(image_sampler):
    latents = 14 * torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    (image,) = image_sampler("sd15")._preview.render(latents, plan_canvas(64, 64))
    assert ((image == 0) | (image == 255)).mean() < 0.3


def test_a_preview_has_at_most_256_pixels_a_side_and_no_padding(image_sampler):
    canvas = plan_canvas(2000, 100)
    width, height = canvas.padded_size
    latents = torch.zeros(2, 4, height // 8, width // 8)
    images = image_sampler("sd15")._preview.render(latents, canvas)
    assert [image.shape for image in images] == [(13, 250, 3)] * 2
    large = plan_canvas(2048, 4096)
    (image,) = image_sampler("sd15")._preview.render(torch.zeros(1, 4, 512, 256), large)
    assert image.shape == (256, 128, 3)


def test_a_layout_that_is_unknown_has_no_preview(image_sampler):
    preview = image_sampler("sd15")._preview
    assert preview.render(torch.zeros(1, 16, 8, 8), plan_canvas(64, 64)) == []
    assert preview.render(torch.zeros(1, 64, 16), plan_canvas(64, 64)) == []


def test_previews_come_at_intervals(image_sampler):
    sampler, request = image_sampler("sdxl"), request_image(steps=3)
    assert len(collect_previews(sampler, request, interval=1000)) == 1
    assert len(collect_previews(sampler, request)) == 3


def test_each_image_of_a_batch_has_its_own_preview(image_sampler):
    requests = [request_image(seed=1), request_image(seed=2)]
    batches = []
    sample_images(
        image_sampler("sdxl"), *requests, on_step=lambda _, previews: batches.append(previews)
    )
    first, second = batches[-1]
    assert first.shape == second.shape
    assert not np.array_equal(first, second)


def test_previews_do_not_change_the_image(image_sampler):
    sampler, request = image_sampler("sd15"), request_image()
    with_previews = sampler.sample([request], lambda: None, lambda *_: None, 0.0)
    without = sampler.sample([request], lambda: None, lambda *_: None, 1000.0)
    np.testing.assert_array_equal(with_previews[0].pixels, without[0].pixels)
