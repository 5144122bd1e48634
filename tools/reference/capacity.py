"""The page about capacity, from the model in benchmarks/capacity.py."""

from collections.abc import Callable, Sequence

from benchmarks import capacity
from benchmarks.capacity import Measured, Plan
from tools.reference.tables import table

HEAD = """# Capacity

How many replicas, GPUs and cores a rate of ads takes, and what that costs. The figures come from a
model, `benchmarks/capacity.py`, which reckons with what `benchmarks/scaling.py` saw calls take and
is held against what `benchmarks/waiting.py` saw them wait;
`make bench-report` writes this page anew.
"""
CALLS = """## What an ad takes

Of one core, at {side} x {side} pixels with the embedded engines, pictures by value as raw pixels.
Finishing has replicas of its own here, in place of a share of compositing's process. Cut-outs, and
other results that a campaign shares, are made once for all its ads; the model counts them for every
ad.
"""
MODEL = """## The model

A replica works at one call at a time, on one core or one GPU. Ads are asked for at random, each on
its own; the gateway sends the calls of a stage to its replicas in turn. Of each stage as many
replicas are taken as keep it at most {busy:.0%} busy and have {percent} % of its calls wait no
longer than a call takes. `CYCLORAMA_GATEWAY_MAX_CALLS_PER_STAGE` has to be at least their number.

What it leaves out: the network, whose bandwidth is told and whose delay is not; replicas that share
a core, where calls slow each other instead of waiting; gusts beyond the fifth that is kept free.
"""
CPU = """## Embedded engines

A core costs {core:.2f} an hour here, in whatever money: put your own in `CORE_HOUR`.
"""
GPU = """## Models on GPUs

Segment Anything takes {segmentation:g} s of a GPU for an answer, as [measured on an
H200](segment-anything.md#on-a-gpu). **Assumed, not measured:** {background:g} s for a background
and {inpainting:g} s for inpainting by a Stable Diffusion server, as none was at hand. A GPU costs
{hour:.2f} an hour; beside each works a core. Put your own figures in `GPU_SECONDS` and `GPU_HOUR`,
and the rest follows.
"""
AGREEMENT = """## How near the model is

Stages of a set time were sent calls at random, and the same calls were simulated: seconds from when
a call was due until its answer. The model is at most {waiting:.0f} % away there. Calls were timed
one by one; replicas that are kept busy do more, as their caches stay warm, so that the plans above
err on the safe side.
"""


def page() -> str:
    """The whole page."""
    known = capacity.measured()
    plans = {
        gpu: [capacity.plan(rate, known, gpu) for rate in capacity.RATES] for gpu in (False, True)
    }
    model = MODEL.format(busy=capacity.MOST_BUSY, percent=capacity.PERCENT)
    parts = [
        HEAD,
        _table_of(plans[False]),
        CALLS.format(side=known.side),
        _calls(known),
        model,
        CPU.format(core=capacity.CORE_HOUR),
        _pools(plans[False]),
        GPU.format(**capacity.GPU_SECONDS, hour=capacity.GPU_HOUR),
        _table_of(plans[True]),
        _pools(plans[True]),
        AGREEMENT.format(waiting=_furthest(known)),
        _agreements(known),
    ]
    return "\n".join(parts)


COLUMNS: dict[str, Callable[[Plan], str]] = {
    "ads a minute": lambda plan: _count(plan.ads_per_minute),
    "cores": lambda plan: _count(plan.cores),
    "GPUs": lambda plan: _count(plan.gpus),
    "an ad, median": lambda plan: f"{plan.seconds[0]:.1f} s",
    "an ad, p95": lambda plan: f"{plan.seconds[1]:.1f} s",
    "gateway to stages": lambda plan: f"{plan.mbit:,.0f} Mbit/s".replace(",", " "),
    "cost an hour": lambda plan: f"{plan.cost:,.2f}".replace(",", " "),
    "cost of 1 000 ads": lambda plan: f"{plan.cost_of_thousand:.2f}",
}


def _table_of(plans: Sequence[Plan]) -> str:
    return table(list(COLUMNS), [[show(plan) for show in COLUMNS.values()] for plan in plans])


def _pools(plans: Sequence[Plan]) -> str:
    heads = ["replicas of", *(f"{_count(plan.ads_per_minute)} a minute" for plan in plans)]
    rows = [[stage, *(_pool(plan, stage) for plan in plans)] for stage in plans[0].pools]
    return table(heads, rows)


def _pool(plan: Plan, stage: str) -> str:
    pool = plan.pools[stage]
    return f"{_count(pool.replicas)}, {pool.busy:.0%} busy, wait {pool.wait:.2f} s"


def _calls(known: Measured) -> str:
    rows = [
        (kind, f"{1000 * sum(seconds) / len(seconds):.0f}", f"{known.traffic[kind] / 2**20:.1f}")
        for kind, seconds in known.seconds.items()
    ]
    rows.append(("gateway, job and store included", f"{1000 * known.gateway_seconds:.0f}", ""))
    return table(["call", "core ms", "MiB to and fro"], rows)


def _agreements(known: Measured) -> str:
    rows = [
        (
            each.case,
            each.figure,
            f"{each.measured:.3f}",
            f"{each.modelled:.3f}",
            f"{each.apart:+.0f} %",
        )
        for each in capacity.agreements(known)
    ]
    return table(["case", "figure", "measured", "model", "apart"], rows)


def _furthest(known: Measured) -> float:
    """By how many percent the simulation of waiting is away at most."""
    found = capacity.agreements(known)
    return max(abs(each.apart) for each in found if each.figure.endswith(", s"))


def _count(number: float) -> str:
    return f"{number:,.0f}".replace(",", " ")
