"""Speed and memory of the studio, compared with the renderer without denoiser.

python -m benchmarks.studio [--quick] [--peak ours|theirs]

Ours is the studio engine, from a brief to its image, on all cores, with cached textures. Theirs is
the same set rendered by Mitsuba alone, with 64 samples per pixel, which gives about the noise of
the denoised image; at 1024 x 1024 for the first prompt only. --peak renders one image of every
prompt and prints the peak memory of the process in GiB; --growth renders 100 varied small ones and
prints how much more memory the process holds after the last than after the tenth.
"""

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence

import numpy as np
import psutil

from benchmarks.report import BenchmarkRow, parse_arguments, write_report
from services.studio import film, world
from services.studio.briefs.reader import read_brief
from services.studio.composing import compose_set
from services.studio.panoramas.library import PlaceSettings, open_library
from services.studio.places import PLACES
from services.studio.planning import RenderRequest, plan_set
from services.studio.rendering import RenderedSet, Renderer
from services.studio.tracing import RenderProgress, load_set_sensor

LARGE, SMALL, PLAIN_SAMPLES = 1024, 256, 64
GOALS = {"scalar_rgb": 6.0, "llvm_ad_rgb": 3.0}
QUICK = ("studio", "beach")
# Prompts and seeds of the test of growth; more than the caches have entries.
GROWTH_RENDERS, GROWTH_START = 100, 10
COLORS = ("sage green", "terracotta", "navy", "pale pink", "charcoal", "mustard", "lilac")
GIB = 1024 * 1024
PACKAGES = ("mitsuba", "pyoidn", "numpy", "opencv-python-headless")


def main() -> None:
    """Measures the places one after another."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"only {' and '.join(QUICK)}")
    parser.add_argument("--peak", choices=("ours", "theirs"), help="print peak memory and exit")
    parser.add_argument("--growth", action="store_true", help="print growth of memory and exit")
    arguments = parse_arguments(parser)
    renderer = Renderer(panoramas=open_library(PlaceSettings()))
    names = QUICK if arguments.quick else list(PLACES)
    if arguments.growth:
        print(measure_growth(renderer))
    elif arguments.peak:
        render_all_places(renderer, arguments.peak)
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / GIB)
    else:
        found = list(build_rows(renderer, list(list_prompts(names))))
        write_report("studio", found, arguments.quick, PACKAGES)


def measure_growth(renderer: Renderer) -> float:
    """Returns the memory held after many varied renders, as a multiple of that after a few."""
    held, places = [], list(PLACES)
    for number in range(GROWTH_RENDERS):
        color, place = COLORS[number % len(COLORS)], places[number % len(places)]
        prompt = f"{place.replace('_', ' ')}, {color} surface"
        get_result(renderer.render(RenderRequest(prompt, SMALL, SMALL, seed=number)))
        held.append(psutil.Process().memory_info().rss)
    return held[-1] / held[GROWTH_START - 1]


def render_all_places(renderer: Renderer, whose: str) -> None:
    """Renders one image of every place; theirs with 4 samples, which needs the same memory."""
    for prompt in list_prompts(PLACES):
        brief = RenderRequest(prompt, LARGE, LARGE)
        _ = (
            get_result(renderer.render(brief))
            if whose == "ours"
            else time_plain_rendering(renderer, brief, 4)
        )


def build_rows(renderer: Renderer, prompts: Sequence[str]) -> Iterable[BenchmarkRow]:
    """Yields the claims, with medians over the prompts."""
    variant, less = renderer.version.rpartition("-")[2], {"lower_is_better": True}
    spans = [measure_prompt(renderer, prompt) for prompt in prompts]
    median = {name: float(np.median([each[name] for each in spans])) for name in spans[0]}
    large = time_plain_rendering(
        renderer, RenderRequest(prompts[0], LARGE, LARGE, 1), PLAIN_SAMPLES
    )
    yield BenchmarkRow(
        f"1024 x 1024, {variant}", "s", large, median["large"], GOALS[variant], **less
    )
    yield BenchmarkRow(f"256 x 256, {variant}", "s", median["plain"], median["small"], 0.5, **less)
    yield BenchmarkRow("first preview of 1024 x 1024", "s", large, median["preview"], 0.5, **less)
    yield BenchmarkRow("longest work between two steps", "s", large, median["step"], 0.4, **less)
    yield BenchmarkRow("equal orders give equal bytes", "share", 1.0, median["same"], 1.0)
    yield BenchmarkRow(
        "peak of memory",
        "GiB",
        measure_peak_memory("theirs"),
        measure_peak_memory("ours"),
        1.0,
        **less,
    )
    yield BenchmarkRow(
        "memory after 100 varied sets, of that after 10",
        "x",
        1.0,
        run_apart("--growth"),
        1.2,
        **less,
    )


def measure_prompt(renderer: Renderer, prompt: str) -> dict[str, float]:
    """Returns seconds by kind of work for one prompt.

    `same` is 1 if equal briefs give equal bytes.

    `step` is the longest time between two steps, after which cancelled work ends.
    """
    large, small = RenderRequest(prompt, LARGE, LARGE, 1), RenderRequest(prompt, SMALL, SMALL, 1)
    first = get_result(renderer.render(small)).pixels
    times, preview = time_steps(renderer.render(large))
    spans = {"preview": preview, "large": times[-1] - times[0], "step": max(np.diff(times))}
    begin = time.perf_counter()
    again = get_result(renderer.render(small)).pixels
    spans["small"] = time.perf_counter() - begin
    spans |= {"same": float(np.array_equal(first, again))}
    spans["plain"] = time_plain_rendering(renderer, small, PLAIN_SAMPLES)
    print(prompt, {name: round(float(seconds), 2) for name, seconds in spans.items()}, flush=True)
    return spans


def time_steps(steps: Iterable[RenderProgress | RenderedSet]) -> tuple[list[float], float]:
    """Returns the start time and that of each step, and the seconds until the preview."""
    times, preview = [time.perf_counter()], 0.0
    for step in steps:
        times.append(time.perf_counter())
        if isinstance(step, RenderProgress) and step.preview is not None:
            preview = times[-1] - times[0]
    return times, preview


def measure_peak_memory(whose: str) -> float:
    """Returns the peak memory of another process that renders all places, in GiB."""
    return run_apart("--peak", whose)


def run_apart(*arguments: str) -> float:
    """Returns the number that another process of this benchmark prints for these arguments."""
    # It records nothing.
    command = [sys.executable, "-m", "benchmarks.studio", "--quick", *arguments]
    return float(subprocess.run(command, check=True, capture_output=True).stdout)


def time_plain_rendering(renderer: Renderer, brief: RenderRequest, samples: int) -> float:
    """Returns the seconds of the renderer without preview and denoiser."""
    plan, _, place = plan_set(brief, read_brief(brief.prompt))
    studio_set = compose_set(plan, place).studio_set
    scene, size = world.load_scene(studio_set), (brief.height, brief.width)
    start = time.perf_counter()
    sensor = load_set_sensor(studio_set, plan.camera, size, (0, brief.height), samples)
    light = film.render_light(scene, sensor, brief.seed)
    film.develop_image(light, studio_set.exposure, brief.seed)
    return time.perf_counter() - start


def list_prompts(names: Iterable[str]) -> Iterable[str]:
    """Yields the name of each place in words, as a prompt."""
    return (name.replace("_", " ") for name in names)


def get_result(steps: Iterable[RenderProgress | RenderedSet]) -> RenderedSet:
    """Returns the last of the steps."""
    *_, result = steps
    return result


if __name__ == "__main__":
    main()
