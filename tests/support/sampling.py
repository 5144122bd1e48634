"""Requests to a diffusion model in this process, and ways to run them."""

import numpy as np

from services.diffusion.request import DiffusionRequest, InitImage
from services.diffusion.settings import SamplingOptions

RED = (255, 30, 30)


def request_image(
    prompt="a beach", negative_prompt="", side=64, seed=1, strength=None, init=None, **options
):
    """Returns a request for a square image of 2 steps; with a strength, to repaint draw_scene()."""
    if strength is not None and init is None:
        init = InitImage(*draw_scene(side), strength)
    sampling = SamplingOptions(**{"steps": 2} | options)
    return DiffusionRequest(prompt, negative_prompt, side, side, seed, sampling, init)


def draw_scene(side=64):
    """Returns a red square on a gradient, uint8 RGB, and bool where the square is."""
    y, x = np.mgrid[0:side, 0:side] * 255 // side
    pixels = np.dstack([x, y, 255 - x]).astype(np.uint8)
    product = np.zeros((side, side), bool)
    product[side // 4 : side // 2, side // 4 : side // 2] = True
    pixels[product] = RED
    return pixels, product


def sample_images(sampler, *requests, on_step=lambda *_: None, check_active=lambda: None):
    """Returns the results of requests that share a batch."""
    return sampler.sample(requests, check_active, on_step, preview_interval=0)


def sample_pixels(sampler, request):
    """Returns the image of one request, uint8 RGB of the padded size."""
    (result,) = sample_images(sampler, request)
    return result.pixels
