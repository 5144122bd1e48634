"""The page about performance: seconds per ad, ratios, goals and runs."""

import json
import re

import numpy as np
import pytest

from benchmarks.all import NAMES
from benchmarks.capacity import StageMeasurements
from benchmarks.sam import build_cpu_rows, build_gpu_rows
from tools.reference import ad_times, benchmarks, performance
from tools.reference.ad_times import model_seconds, render_ad_times, render_stage_times
from tools.reference.capacity import describe_accuracy
from tools.reference.performance import ALTERNATIVES, compute_speedup, list_compared_rows
from tools.reference.results import describe_benchmark, describe_machine, find_script, read_results

MACHINE = {"cpu": "AMD EPYC", "cores": 2, "flags": ["avx2", "avx512f"], "busy": 0.1}


def build_case(seconds: float) -> dict:
    stages = {"background": {"engine": "studio", "seconds": seconds / 2}}
    return {"seconds": seconds, "preview_seconds": seconds / 10, "stages": stages}


def build_embedded(**seconds: float) -> dict:
    """Returns a result of benchmarks.embedded; seconds: of an ad, such as cores_1=9."""
    return {
        "machine": MACHINE,
        "measured": {
            f"{name.removeprefix('cores_')} cores": {
                case: build_case(value) for case in ad_times.CASES
            }
            for name, value in seconds.items()
        },
    }


@pytest.mark.parametrize(
    ("one", "two", "cores", "expected"),
    [(8, 4, 8, 1), (8, 8, 4, 8), (8, 6, 4, 5), (8, 9, 4, 8), (8, 3, 4, 2)],
    ids=["parallel", "serial", "half", "slower", "faster than possible"],
)
def test_more_cores_shorten_the_parallel_share_alone(one, two, cores, expected):
    assert model_seconds(one, two, cores) == pytest.approx(expected)


def test_modeled_seconds_are_marked_and_measured_ones_are_not():
    text = render_ad_times(build_embedded(cores_1=8, cores_2=6))
    assert "| one ad of 1024 x 1024 pixels | 6.0 | 5.0 * | 4.5 * |" in text
    assert "AMD EPYC, 2 cores, avx2 avx512f" in text
    assert "| one ad of 1024 x 1024 pixels | 6.0 | 4.0 | 4.5 * |" in render_ad_times(
        build_embedded(cores_1=8, cores_2=6, cores_4=4)
    )


def test_without_measurements_the_page_says_how_to_get_them():
    text = render_ad_times(None)
    assert "make bench ONLY=embedded" in text and "| " not in text
    assert render_stage_times(None) == ""


def test_stages_are_listed_for_the_most_cores():
    text = render_stage_times(build_embedded(cores_1=8, cores_2=6))
    assert "on 2 cores" in text and "| background | studio | 3.00 | 50% |" in text


@pytest.mark.parametrize(
    ("unit", "theirs", "ours", "expected"),
    [("s", 6.0, 2.0, 3.0), ("core ms", 2.0, 4.0, 0.5), ("jobs/s", 2.0, 6.0, 3.0)],
)
def test_a_higher_rate_and_a_shorter_time_are_faster(unit, theirs, ours, expected):
    row = {"unit": unit, "theirs": theirs, "ours": ours}
    assert compute_speedup(row) == pytest.approx(expected)


@pytest.mark.parametrize(
    "result",
    [each for each in read_results() if find_script(each["name"]) in ALTERNATIVES],
    ids=lambda each: each["name"],
)
def test_every_alternative_is_compared_in_some_row(result):
    assert list(list_compared_rows(result))


def test_each_case_is_compared_in_one_unit_of_time():
    results = [each for each in read_results() if find_script(each["name"]) in ALTERNATIVES]
    claims = [row["claim"] for each in results for row in list_compared_rows(each)]
    assert len(claims) == len(set(claims))


def test_claims_about_segment_anything_name_it_and_the_limit_is_no_alternative():
    names = ("again", "peak_bytes", "load", "limit", "batch_seconds", "encoder", "seconds")
    kinds = ("stock", "autocast", "float32", "bfloat16")
    figures = {kind: [dict.fromkeys(names, 1.0)] for kind in kinds}
    agreement = dict.fromkeys(kinds, 1.0)
    for build in (build_cpu_rows, build_gpu_rows):
        claims = [row.claim for row in build(figures, agreement)]
        assert all(claim.startswith("Segment Anything") for claim in claims)
        others = [each for each in claims if not re.search(ALTERNATIVES["sam"].claims, each)]
        assert others == [each for each in claims if "limit" in each]


@pytest.fixture
def recorded(tmp_path, monkeypatch):
    """Results of one benchmark on a CPU and on a GPU."""
    (tmp_path / "results").mkdir()
    (tmp_path / "sam.py").write_text('"""Speed of a model."""')
    row = {"claim": "one photo", "unit": "s", "theirs": 4.0, "ours": 1.0, "ratio": 0.25}
    goals = {"sam": (0.1, False), "sam_gpu": (0.5, True)}
    for name, (goal, met) in goals.items():
        gpu = {"gpu": "NVIDIA H200"} if name == "sam_gpu" else {}
        result = {
            "name": name,
            "rows": [row | {"goal": goal, "bound": f"ratio <= {goal}", "met": met}],
            "machine": MACHINE | gpu | {"python": "3.11.7"},
            "seconds": 90,
            "versions": {"torch": "2.13.0"},
            "commit": "abc1234",
        }
        (tmp_path / "results" / f"{name}.json").write_text(json.dumps(result))
    monkeypatch.setattr("tools.reference.results.BENCHMARKS", tmp_path)
    return read_results()


def test_a_run_on_a_gpu_is_listed_next_to_that_on_a_cpu(recorded):
    assert describe_machine(recorded[1]) == "AMD EPYC, 2 cores, avx2 avx512f, NVIDIA H200"
    sam, gpu = (f"[{name}](benchmarks/{name}.md)" for name in ("sam", "sam_gpu"))
    lines = performance.render_page().splitlines()
    assert f"| {sam} | Speed of a model | 0 | 1 |" in lines
    assert f"| {gpu} | Speed of a model | 1 | 0 |" in lines
    assert sum("| 4 x |" in line for line in lines) == 2
    lines = benchmarks.render_index().splitlines()
    assert f"| {sam} | one photo | ratio 0.25 | ratio <= 0.1 |" in lines
    assert f"| {gpu} | {describe_machine(recorded[1])} | 0.1 | 1.5 | `abc1234` |" in lines


def test_the_description_of_a_result_says_what_theirs_is():
    text = describe_benchmark("bombs")
    assert text.startswith("Files that are made") and "Theirs is the goal or the estimate" in text
    assert "python -m" not in text


@pytest.mark.parametrize("name", NAMES)
def test_every_description_says_what_theirs_is(name):
    assert re.search(r"\btheirs\b", describe_benchmark(name), re.IGNORECASE)


def test_the_largest_deviation_of_all_waits_is_named(monkeypatch):
    case = {"places": 1, "load": 0.5, "mean": 2.0, "p95": 2.0}
    queues = [case | {"replicas": 1}, case | {"replicas": 2}]
    known = StageMeasurements(1024, {}, {}, 0.02, queues, {})
    modeled = {1: np.array([2.0]), 2: np.array([3.0])}
    monkeypatch.setattr("benchmarks.capacity.simulate_case", lambda case: modeled[case["replicas"]])
    assert "at most 50 % of these waits" in " ".join(describe_accuracy(known).split())


@pytest.mark.parametrize(
    ("name", "claim", "unit"),
    [
        ("compositing", "compositing of an ad at 1024 px", "core ms"),
        ("diffusers", "image of a diffusion model, 256 px and 20 steps", "ms"),
        ("embedded", "ad at 1024 px", "s"),
        ("jobs", "ads of one durable job on SQLite", "ads/s"),
        ("sam", "Segment Anything, one photo, float32", "core s"),
        ("studio", "studio, new set of 1024 x 1024, with LLVM", "s"),
        ("transport", "images to a stage and back at 1024 px, raw", "core ms"),
    ],
)
def test_claims_of_the_current_benchmarks_are_compared(name, claim, unit):
    row = {"claim": claim, "unit": unit}
    assert list(list_compared_rows({"name": name, "rows": [row]})) == [row]
