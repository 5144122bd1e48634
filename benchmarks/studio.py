"""How fast the studio renders and how much memory it takes, beside the renderer without denoiser.

python -m benchmarks.studio [--quick] [--peak ours|theirs]

Ours is the studio engine, from an brief to its picture, on all cores, its textures drawn before.
Theirs is the same set rendered by Mitsuba alone until its noise is about as low as that of the
denoised picture: 64 paths of light per pixel; at 1024 x 1024 of the first family alone. --peak
makes one picture of every family in a row and prints the process' peak of memory in GiB.
"""

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence

import numpy as np

from benchmarks.report import Row, report
from services.studio import film, world
from services.studio.families import FAMILIES
from services.studio.planning import RenderRequest, interpret_prompt, plan_set
from services.studio.rendering import RenderedSet, Renderer, RenderProgress, load_set_sensor

LARGE, SMALL, PLAIN_SAMPLES = 1024, 256, 64
GOALS = {"scalar_rgb": 6.0, "llvm_ad_rgb": 3.0}
QUICK = ("sweep", "beach")
GIB = 1024 * 1024
PACKAGES = ("mitsuba", "pyoidn", "numpy", "opencv-python-headless")


def main() -> None:
    """Times the families in turns."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--quick", action="store_true", help=f"only {' and '.join(QUICK)}")
    words.add_argument("--peak", choices=("ours", "theirs"), help="print the peak and end")
    asked = words.parse_args()
    renderer = Renderer()
    names = QUICK if asked.quick else list(FAMILIES)
    if asked.peak:
        make_all(renderer, asked.peak)
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / GIB)
    else:
        found = list(rows(renderer, list(prompts_of(names))))
        report("studio", found, asked.quick, PACKAGES)


def make_all(renderer: Renderer, whose: str) -> None:
    """One picture of every family; theirs with 4 samples, which does not change its memory."""
    for prompt in prompts_of(FAMILIES):
        brief = RenderRequest(prompt, LARGE, LARGE)
        _ = last(renderer.render(brief)) if whose == "ours" else plain(renderer, brief, 4)


def rows(renderer: Renderer, prompts: Sequence[str]) -> Iterable[Row]:
    """The claims, medians over the prompts."""
    variant, less = renderer.version.rpartition("-")[2], {"lower_is_better": True}
    told = [timed(renderer, prompt) for prompt in prompts]
    median = {name: float(np.median([each[name] for each in told])) for name in told[0]}
    large = plain(renderer, RenderRequest(prompts[0], LARGE, LARGE, 1), PLAIN_SAMPLES)
    yield Row(f"1024 x 1024, {variant}", "s", large, median["large"], GOALS[variant], **less)
    yield Row(f"256 x 256, {variant}", "s", median["plain"], median["small"], 0.5, **less)
    yield Row("first preview of 1024 x 1024", "s", large, median["preview"], 0.5, **less)
    yield Row("longest work between two steps", "s", large, median["step"], 0.5, **less)
    yield Row("equal orders give equal bytes", "share", 1.0, median["same"], 1.0)
    yield Row("peak of memory", "GiB", peak("theirs"), peak("ours"), 1.0, **less)


def timed(renderer: Renderer, prompt: str) -> dict[str, float]:
    """Seconds of every kind of work on one prompt; `same` is 1 when equal orders equal bytes.

    An brief that is cancelled ends after the work between two steps.
    """
    large, small = RenderRequest(prompt, LARGE, LARGE, 1), RenderRequest(prompt, SMALL, SMALL, 1)
    first, (start, *ends) = last(renderer.render(small)).pixels, clock(renderer.render(large))
    told = {"preview": ends[0] - start, "large": ends[-1] - start, "step": max(np.diff(ends))}
    begin = time.perf_counter()
    again = last(renderer.render(small)).pixels
    told["small"] = time.perf_counter() - begin
    told |= {"same": float(np.array_equal(first, again))}
    told["plain"] = plain(renderer, small, PLAIN_SAMPLES)
    print(prompt, {name: round(float(seconds), 2) for name, seconds in told.items()}, flush=True)
    return told


def clock(steps: Iterable[RenderProgress | RenderedSet]) -> list[float]:
    """When the work starts, and when each step comes."""
    return [time.perf_counter(), *(time.perf_counter() for _ in steps)]


def peak(whose: str) -> float:
    """The peak of memory, in GiB, of a process of its own."""
    command = [sys.executable, "-m", "benchmarks.studio", "--peak", whose]
    return float(subprocess.run(command, check=True, capture_output=True).stdout)


def plain(renderer: Renderer, brief: RenderRequest, samples: int) -> float:
    """Seconds of the renderer alone, without preview and denoiser."""
    direction, family = interpret_prompt(brief)
    shoot = plan_set(brief, direction, family)
    scenery = family.build_set(shoot)
    scene, size = world.load_scene(scenery), (brief.height, brief.width)
    start = time.perf_counter()
    sensor = load_set_sensor(scenery, shoot.camera, size, (0, brief.height), samples)
    film.develop_image(film.render_light(scene, sensor, brief.seed), scenery.exposure, brief.seed)
    return time.perf_counter() - start


def prompts_of(names: Iterable[str]) -> Iterable[str]:
    """The plainest word for each family."""
    return (next(iter(FAMILIES[name].words)) for name in names)


def last(steps: Iterable[RenderProgress | RenderedSet]) -> RenderedSet:
    """What an brief ends with."""
    *_, picture = steps
    return picture


if __name__ == "__main__":
    main()
