"""Fixtures: doubles of Stable Diffusion servers, and engines that use them."""

from collections import defaultdict
from contextlib import ExitStack
from functools import cache

import cv2
import numpy as np
import pytest

from services.background import engine as background
from services.background.engines import BackgroundSettings
from services.background.engines import open_engine as open_background
from services.inpainting import engine as inpainting
from services.inpainting.engines import InpaintingSettings
from services.inpainting.engines import open_engine as open_inpainting
from tools.doubles.a1111 import process as a1111
from tools.doubles.comfyui import process as comfyui


def run_double(kind, *how, **options):
    """Returns a context with a double of one kind of server: comfyui, or one that a1111 has."""
    if kind == "comfyui":
        return comfyui.run_double(**options)
    return a1111.run_double(kind, *how, **options)


@pytest.fixture(scope="session")
def doubles():
    """Idle doubles by their arguments, for the next test, and a function that starts one."""
    with ExitStack() as running:
        idle = defaultdict(list)
        yield idle, lambda *how, **options: running.enter_context(run_double(*how, **options))


@pytest.fixture
def start_double(doubles):
    """Returns a function that starts a double, or resets and reuses an idle one."""
    idle, launch = doubles
    lent = []

    def lend(kind, *how, **options):
        key = kind, *how, *sorted(options.items())
        double = idle[key].pop() if idle[key] else launch(kind, *how, **options)
        lent.append((key, double))
        return double

    yield lend
    for key, each in lent:
        if each.is_alive:
            each.reset()
            idle[key].append(each)


@pytest.fixture
def server(start_double):
    """A double of AUTOMATIC1111."""
    return start_double("a1111")


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory):
    """Returns a function that returns the folder of a tiny model of a family, built once.

    Tests must not change the folder; they may copy it.
    """

    @cache
    def build(family):
        # Imported here, as it takes seconds and most tests need no model.
        from tools.doubles.diffusion_model import build_model

        return build_model(tmp_path_factory.mktemp("models") / family, family)

    return lambda family="sd15": build(family)


@pytest.fixture(scope="session")
def image_sampler(tiny_model):
    """Returns a function that returns the sampler of a tiny model of a family, loaded once."""

    @cache
    def load(family):
        import torch
        from diffusers import AutoPipelineForInpainting, AutoPipelineForText2Image

        from services.diffusion.in_process.loading import Pipelines
        from services.diffusion.in_process.sampling.image_sampler import ImageSampler

        # So that results do not depend on how many cores are free.
        torch.set_num_threads(1)
        txt2img = AutoPipelineForText2Image.from_pretrained(tiny_model(family))
        inpaint = AutoPipelineForInpainting.from_pipe(txt2img)
        for pipeline in (txt2img, inpaint):
            pipeline.set_progress_bar_config(disable=True)
        return ImageSampler(Pipelines(txt2img, inpaint), family)

    return load


@pytest.fixture
def product():
    """A two-colored disc with a soft edge on a gradient: composite and alpha, uint8."""
    mask = np.zeros((130, 200), np.uint8)
    cv2.circle(mask, (90, 60), 40, 255, -1)
    mask = cv2.GaussianBlur(mask, (5, 5), 0)
    y, x = np.mgrid[0:130, 0:200]
    ground = np.dstack([x, y, 255 - x]).astype(float)
    disc = np.where((x < 90)[..., None], (30, 60, 160), (230, 200, 60))
    weight = mask[..., None] / 255
    return np.rint(disc * weight + ground * (1 - weight)).astype(np.uint8), mask


@pytest.fixture
def repaint(product):
    """Returns a function that runs the inpainting engine on the servers at some URLs."""
    composite, mask = product

    def run(
        *urls,
        dialect="a1111",
        strength=0.35,
        diffusion=None,
        picture=composite,
        alpha=mask,
        **settings,
    ):
        settings = InpaintingSettings(**{f"{dialect}_url": ",".join(urls)}, **settings)
        engine = open_inpainting(dialect, settings)
        request = inpainting.InpaintingRequest(
            picture,
            alpha,
            prompt="a beach",
            seed=3,
            strength=inpainting.InpaintingStrength(denoising_strength=strength),
            diffusion=diffusion or {},
        )
        *_, result = engine.inpaint(request)
        return result

    return run


@pytest.fixture
def generate():
    """Returns a function that runs the background engine on the servers at some URLs."""

    def run(*urls, dialect="a1111", width=200, height=130, settings=None, **request):
        settings = BackgroundSettings(**{f"{dialect}_url": ",".join(urls)}, **settings or {})
        engine = open_background(dialect, settings)
        request = background.BackgroundRequest("a beach", width, height, **{"seed": 1} | request)
        *_, result = engine.generate(request)
        return result

    return run
