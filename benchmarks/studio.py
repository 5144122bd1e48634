"""Speed and memory of the studio, compared with the renderer without denoiser.

python -m benchmarks.studio [--quick] [--peak ours|theirs] [--growth]

Ours is the studio engine, from a brief to its image, on all cores, once with each of Mitsuba's
variants that work here: without LLVM (scalar_rgb, which pip installs) and with it (llvm_ad_rgb). A
new set is one of which no texture is cached and no program compiled. Theirs is the same set
rendered by Mitsuba alone, with 64 samples per pixel, which leaves about the noise of the denoised
image; at 1024 x 1024 for the first prompt only, and for 512 x 512 estimated by 256 x 256. --peak
renders one image of every prompt and prints the peak memory of the process in GiB; --growth renders
100 varied small ones and prints how much more memory the process has after the last than after the
tenth.
"""

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence

import mitsuba as mi
import numpy as np
import psutil

from benchmarks.report import BenchmarkRow, measure_seconds, parse_arguments, write_report
from services.studio import film, world
from services.studio.briefs.reader import read_brief
from services.studio.composing import compose_set
from services.studio.drawings import DRAWINGS
from services.studio.panoramas.library import PlaceSettings, open_library
from services.studio.places import PLACES
from services.studio.planning import RenderRequest, plan_set
from services.studio.rendering import RenderedSet, Renderer
from services.studio.rooms.painting import forget_rooms
from services.studio.things.copies import PIECES
from services.studio.tracing import RenderProgress, load_set_sensor
from services.studio.variant import (
    COMPILED_VARIANT,
    SCALAR_VARIANT,
    is_compiled_variant_usable,
)

# How claims name the variants.
WORDS = {SCALAR_VARIANT: "without LLVM", COMPILED_VARIANT: "with LLVM"}
LARGE, MEDIUM, SMALL, PLAIN_SAMPLES = 1024, 512, 256, 64
# Samples that Mitsuba alone takes at once. More: gigabytes of memory with the compiled variant.
PLAIN_AT_ONCE = 4
# Seconds for a new set of 1024 x 1024: of 9 with pip alone and 5 with LLVM for a whole ad with
# ray-traced grounding, what the other stages leave; and of the 3 for one of 512 x 512.
LARGE_GOALS, MEDIUM_GOAL = {SCALAR_VARIANT: 6.0, COMPILED_VARIANT: 3.0}, 2.0
QUICK = ("studio", "beach")
# Prompts and seeds of the test of growth; more than the caches have entries.
GROWTH_RENDERS, GROWTH_START = 100, 10
COLORS = ("sage green", "terracotta", "navy", "pale pink", "charcoal", "mustard", "lilac")
GIB = 1024 * 1024
PACKAGES = ("mitsuba", "drjit", "pyoidn", "numpy", "opencv-python-headless")


def main() -> None:
    """Measures the places one after another, with each variant."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"only {' and '.join(QUICK)}")
    parser.add_argument("--peak", choices=("ours", "theirs"), help="print peak memory and exit")
    parser.add_argument("--growth", action="store_true", help="print growth of memory and exit")
    arguments = parse_arguments(parser)
    if arguments.growth:
        print(measure_growth(open_renderer("auto")))
    elif arguments.peak:
        render_all_places(open_renderer("auto"), arguments.peak)
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / GIB)
    else:
        prompts = list(list_prompts(QUICK if arguments.quick else PLACES))
        rows = [row for variant in list_variants() for row in build_rows(variant, prompts)]
        write_report("studio", [*rows, *build_memory_rows()], arguments.quick, PACKAGES)


def list_variants() -> Iterable[str]:
    """Yields the variants of Mitsuba that work here; prints a line if the compiled one does not."""
    yield SCALAR_VARIANT
    if is_compiled_variant_usable():
        yield COMPILED_VARIANT
    else:
        print("no libLLVM that Mitsuba can use: renders with LLVM are skipped")


def open_renderer(variant: str) -> Renderer:
    """Opens the studio's renderer with the photographed places of this machine."""
    return Renderer(variant, open_library(PlaceSettings()))


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


def build_rows(variant: str, prompts: Sequence[str]) -> Iterable[BenchmarkRow]:
    """Yields the claims about a variant, with medians over the prompts."""
    renderer, less = open_renderer(variant), {"lower_is_better": True}
    spans = [measure_prompt(renderer, prompt) for prompt in prompts]
    median = {name: float(np.median([each[name] for each in spans])) for name in spans[0]}
    request = RenderRequest(prompts[0], LARGE, LARGE, 1)
    start = time.process_time()
    large = time_plain_rendering(renderer, request, PLAIN_SAMPLES)
    # With those of building the set, which are few.
    large_cores = time.process_time() - start
    plain = median["plain"]
    for claim, theirs, name, goal in (
        ("new set of 1024 x 1024", large, "large", LARGE_GOALS[variant]),
        ("another image of the set", large, "again", None),
        ("new set of 512 x 512", plain * (MEDIUM / SMALL) ** 2, "medium", MEDIUM_GOAL),
        ("another image at 256 x 256", plain, "small", 0.5),
        ("first preview of 1024 x 1024", large, "preview", 1.0),
        ("longest work between two steps", large, "step", 0.5),
    ):
        yield BenchmarkRow(
            f"studio, {claim}, {WORDS[variant]}", "s", theirs, median[name], goal, **less
        )
    claim = f"studio, new set of 1024 x 1024, {WORDS[variant]}"
    yield BenchmarkRow(claim, "core s", large_cores, median["cores"], **less)
    yield BenchmarkRow(
        f"studio, equal requests return equal bytes, {WORDS[variant]}",
        *("share", 1, median["same"], 1),
    )


def build_memory_rows() -> Iterable[BenchmarkRow]:
    """Yields the claims about the memory of other processes, with the variant of this machine."""
    peaks = measure_peak_memory("theirs"), measure_peak_memory("ours")
    yield BenchmarkRow("studio, peak of memory", "GiB", *peaks, 1.0, lower_is_better=True)
    claim, growth = "studio, memory after 100 varied sets, of that after 10", run_apart("--growth")
    yield BenchmarkRow(claim, "x", 1.0, growth, 1.2, lower_is_better=True)


def measure_prompt(renderer: Renderer, prompt: str) -> dict[str, float]:
    """Returns seconds by kind of work for one prompt.

    `same` is 1 if equal briefs give equal bytes. `step` is the longest time between two steps of a
    new set, after which cancelled work ends.
    """
    large, medium, small = (
        RenderRequest(prompt, side, side, seed=1) for side in (LARGE, MEDIUM, SMALL)
    )
    forget_sets()
    cores = time.process_time()
    times, preview = time_steps(renderer.render(large))
    spans = {"large": times[-1] - times[0], "cores": time.process_time() - cores}
    spans |= {"preview": preview, "step": max(np.diff(times))}
    spans["again"] = measure_seconds(lambda: get_result(renderer.render(large)))
    forget_sets()
    spans["medium"] = measure_seconds(lambda: get_result(renderer.render(medium)))
    first = get_result(renderer.render(small)).pixels
    begin = time.perf_counter()
    again = get_result(renderer.render(small)).pixels
    spans["small"] = time.perf_counter() - begin
    spans["same"] = float(np.array_equal(first, again))
    spans["plain"] = time_plain_rendering(renderer, small, PLAIN_SAMPLES)
    print(prompt, {name: round(float(seconds), 2) for name, seconds in spans.items()}, flush=True)
    return spans


def forget_sets() -> None:
    """Deletes the textures, things and rooms that this process keeps."""
    DRAWINGS.clear()
    PIECES.clear()
    forget_rooms()


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


def time_plain_rendering(renderer: Renderer, request: RenderRequest, samples: int) -> float:
    """Returns the seconds of Mitsuba itself, without preview and denoiser."""
    mi.set_variant(renderer.variant)
    plan, _, place = plan_set(request, read_brief(request.prompt))
    studio_set = compose_set(plan, place).studio_set
    scene, size = world.load_scene(studio_set), (request.height, request.width)
    start, light = time.perf_counter(), np.zeros((*size, 3), np.float32)
    at_once = min(samples, PLAIN_AT_ONCE)
    sensor = load_set_sensor(studio_set, plan.camera, size, (0, request.height), at_once)
    for number in range(samples // at_once):
        seed = mi.UInt32(request.seed + number)
        light += np.array(mi.render(scene, sensor=sensor, seed=seed)) * at_once / samples
    film.develop_image(light, studio_set.exposure, request.seed)
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
