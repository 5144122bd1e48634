"""Why pictures go between services as they do, from what hops were seen to take."""

from collections.abc import Mapping
from typing import Any

from tools.reference.tables import table

SIDE, MIB = 1024, 2**20
# Bits a second of a wire between two hosts.
WIRES = {"1 Gbit/s": 1e9, "100 Mbit/s": 1e8}
WHEN = {
    "raw": "the default between services: one host, or a wire of {tie:.0f} Mbit/s and more",
    "PNG": "`CYCLORAMA_GATEWAY_TRANSPORT=png`: slower wires; the default of finished files",
    "WebP": "files that callers ask for; no smaller than PNG here, and slower",
    "by reference": "`CYCLORAMA_GATEWAY_TRANSPORT=reference`: services that share a store",
}
TEXT = """Why the defaults are what they are, at {side} pixels: core milliseconds of a hop, and with
those the time that its bytes take on a wire. Raw pixels win until a wire has less than about
{tie:.0f} Mbit/s, where the bytes that PNG saves are worth its work. By reference, nothing but keys
goes to and from the gateway; the store's own traffic is not in the table. QOI is not in the
contract and was left out.
"""


def defaults(result: Mapping[str, Any]) -> str:
    """The table that gives the reason, with its words."""
    work = {way: _figure(result, way, "core ms") for way in WHEN}
    bits = {way: _figure(result, way, "MiB") * MIB * 8 for way in WHEN}
    saved, spent = bits["raw"] - bits["PNG"], work["PNG"] - work["raw"]
    tie = saved / spent / 1000
    rows = [
        (
            *(way, f"{work[way]:.0f}", f"{bits[way] / 8 / MIB:.1f}"),
            *(f"{work[way] + 1000 * bits[way] / speed:.0f}" for speed in WIRES.values()),
            WHEN[way].format(tie=tie),
        )
        for way in WHEN
    ]
    heads = ["pictures", "core ms", "MiB", *(f"ms with {wire}" for wire in WIRES), "when"]
    return TEXT.format(side=SIDE, tie=tie) + "\n" + table(heads, rows)


def _figure(result: Mapping[str, Any], way: str, unit: str) -> float:
    claim = f"hop at {SIDE} px, {way}"
    return next(
        row["ours"] for row in result["rows"] if (row["claim"], row["unit"]) == (claim, unit)
    )
