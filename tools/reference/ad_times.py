"""Seconds per ad by cores and with a GPU: measured where a run has them, else modeled."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from benchmarks import capacity
from tools.reference.results import describe_machine
from tools.reference.tables import table

# Cores that users have.
CORES = (2, 4, 8)
# Cases of benchmarks.embedded, as users would say them.
CASES = {
    "ad": "one ad of 1024 x 1024 pixels",
    "small ad": "one ad of 512 x 512 pixels",
    "draft": "a draft of 1024 x 1024 pixels, at half the size",
}
PREVIEW = "its first preview of the scene"
TEXT = """Embedded engines, without any model or GPU: a new photo, a new set, the camera of the
photo, and ray-traced grounding. Times with an asterisk are **modeled, not measured**: the seconds
on one and two cores determine the share that more cores shorten (Amdahl's law). Measured on
{machine}, with a load of {busy} by other programs at the start.
"""
MISSING = """Not measured yet: `make bench ONLY=embedded` records whole ads on one and two cores.
"""
GPU_TEXT = """With a diffusion model on a GPU an ad takes about {seconds:.1f} s. This is
**modeled, not measured**: {background:g} s for a background and {inpainting:g} s for inpainting are
assumed, Segment Anything takes the {segmentation:g} s of [an earlier version on an
H200](segment-anything.md#on-a-gpu), as the current one has not run on a GPU, and compositing and
finishing take what they take on one core.
[Capacity](capacity.md) has replicas and costs for a rate of ads.
"""
STAGE_TEXT = """One ad of 1024 x 1024 pixels with the embedded engines on {cores}, by stage:
"""


def render_ad_times(embedded: Mapping[str, Any] | None) -> str:
    """Returns a table of seconds per ad by the number of cores, and a sentence about GPUs.

    embedded: the result of benchmarks.embedded, if there is one.
    """
    parts = [MISSING]
    if embedded:
        heads = ["seconds", *(f"{cores} cores" for cores in CORES)]
        text = TEXT.format(
            machine=describe_machine(embedded), busy=embedded["machine"].get("busy", "unknown")
        )
        parts = [text, table(heads, _list_rows(embedded["measured"]))]
    return "\n".join([*parts, _describe_gpu()])


def render_stage_times(embedded: Mapping[str, Any] | None) -> str:
    """Returns a table of the seconds of each stage of one ad; empty if they were not recorded."""
    if not embedded:
        return ""
    cores = max(embedded["measured"], key=_count_cores)
    ad = embedded["measured"][cores]["ad"]
    rows = [
        (
            name,
            stage["engine"],
            f"{stage['seconds']:.2f}",
            f"{stage['seconds'] / ad['seconds']:.0%}",
        )
        for name, stage in ad["stages"].items()
    ]
    rows.append(("whole ad", "", f"{ad['seconds']:.2f}", ""))
    heads = ["stage", "engine", "seconds", "share"]
    return "\n".join([STAGE_TEXT.format(cores=cores), table(heads, rows)])


def model_seconds(one: float, two: float, cores: int) -> float:
    """Returns the seconds on a number of cores by Amdahl's law.

    one, two: measured seconds on one and on two cores. Time that a second core did not shorten
    counts as serial.
    """
    parallel = min(max(2 * (one - two), 0.0), one)
    return one - parallel + parallel / cores


def model_gpu_seconds() -> float:
    """Returns the seconds of an ad whose generating stages run on a GPU, without waits."""
    services = capacity.list_service_times(capacity.read_measurements(), gpu=True)
    mean = {stage: float(np.mean(seconds)) for stage, seconds in services.items()}
    first = max(mean.pop("segmentation"), mean.pop("background"))
    return first + sum(mean.values())


def _list_rows(measured: Mapping[str, Any]) -> Iterator[list[str]]:
    """Yields a row for each case; measured: by cores, such as "2 cores", and case."""
    for case, title in CASES.items():
        yield [title, *_list_cells(measured, case, "seconds")]
        if case == "ad":
            yield [PREVIEW, *_list_cells(measured, case, "preview_seconds")]


def _list_cells(measured: Mapping[str, Any], case: str, figure: str) -> Iterator[str]:
    """Yields the seconds on each number of CORES; an asterisk marks those of the model."""
    known = {_count_cores(name): cases[case][figure] for name, cases in measured.items()}
    for cores in CORES:
        if cores in known:
            yield f"{known[cores]:.1f}"
        elif {1, 2} <= known.keys():
            yield f"{model_seconds(known[1], known[2], cores):.1f} *"
        else:
            yield "not measured"


def _count_cores(name: str) -> int:
    """Returns 2 for "2 cores"."""
    return int(name.split()[0])


def _describe_gpu() -> str:
    return GPU_TEXT.format(seconds=model_gpu_seconds(), **capacity.GPU_SECONDS)
