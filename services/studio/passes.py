"""Renders with compiled programs: one for every size, strip and pass of a set's images.

Mitsuba's own loop (mi.render) makes the place of a strip a part of the program, and the first of
several passes another program than the rest. To compile one takes longer than to run it.
"""

from collections.abc import Generator

import drjit as dr
import mitsuba as mi
import numpy as np

# Pixels of which one light path each is followed at once. Larger: fewer and longer steps, and more
# memory; smaller: starting the program takes a larger share of the time.
PIXELS_AT_ONCE = 600_000


def render_in_passes(
    scene: "mi.Scene", sensor: "mi.Sensor", seed: int
) -> Generator[float, None, np.ndarray]:
    """Renders what a sensor sees, one sample of each pixel at a time; yields the share done.

    Returns linear light, float32 RGB (height, width, 3). Equal seeds return equal bits, as each
    pixel adds up its own samples in order.

    scene, sensor: as world.load_scene and world.load_sensor return them.
    seed: of the noise, any integer.
    """
    width, height = (int(side) for side in sensor.film().crop_size())
    rows = max(1, min(height, PIXELS_AT_ONCE // width))
    light = np.zeros((height, width, 3), np.float32)
    samples = sensor.sampler().sample_count()
    for first in range(0, height, rows):
        band = light[first : first + rows]
        sampler = sensor.sampler().fork()
        # Mitsuba's stubs name the types of one variant.
        first_seed = (seed + first) % 2**32
        sampler.seed(first_seed, len(band) * width)  # type: ignore[arg-type]
        corners = _find_corners(first, len(band), width)
        for number in range(samples):
            band += _follow_paths(scene, sensor, sampler, corners, (height, width)) / samples
            yield (first + len(band) * (number + 1) / samples) / height
    return light


def _find_corners(first_row: int, height: int, width: int) -> "mi.Point2f":
    """Returns column and row of each pixel of some rows, as values from outside a program."""
    across = dr.opaque(mi.UInt32, width)
    index = dr.arange(mi.UInt32, height * width)
    row = index // across
    corners = mi.Point2f(index - row * across, row + dr.opaque(mi.UInt32, first_row))
    dr.eval(corners)
    return corners


def _follow_paths(
    scene: "mi.Scene",
    sensor: "mi.Sensor",
    sampler: "mi.Sampler",
    corners: "mi.Point2f",
    size: tuple[int, int],
) -> np.ndarray:
    """Follows a light path from each pixel; returns its light, float32 RGB (rows, width, 3).

    sampler: moves on to its next sample. corners: of the pixels of whole rows.
    size: (height, width) of the image in pixels.
    """
    # What is evaluated here enters the program as a value, so that all passes run the same one.
    sampler.schedule_state()
    dr.eval()
    scale = mi.Point2f(dr.opaque(mi.Float, 1 / size[1]), dr.opaque(mi.Float, 1 / size[0]))
    place = (corners + sampler.next_2d()) * scale
    lens = sampler.next_2d() if sensor.needs_aperture_sample() else mi.Point2f(0.5)
    # Neither time nor wavelength matter to sets.
    ray, weight = sensor.sample_ray_differential(0.0, 0.5, place, lens)  # type: ignore[arg-type]
    integrator = scene.integrator()
    assert isinstance(integrator, mi.SamplingIntegrator)
    light, _, _ = integrator.sample(scene, sampler, ray)
    light = light * weight
    sampler.schedule_state()
    dr.eval(light)
    sampler.advance()
    return np.array(light, dtype=np.float32).T.reshape(-1, size[1], 3)
