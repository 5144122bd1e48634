"""Explains the default image formats between services, from the transport benchmark."""

from collections.abc import Mapping
from typing import Any

from tools.reference.tables import table

SIDE, MIB = 1024, 2**20
# Bits per second between two hosts.
NETWORKS = {"1 Gbit/s": 1e9, "100 Mbit/s": 1e8}
USES = {
    "raw": "default between services: same host, or a network of at least {tie:.0f} Mbit/s",
    "PNG": "`CYCLORAMA_GATEWAY_TRANSPORT=png`: slower networks; default of finished files",
    "WebP": "files requested as WebP; not smaller than PNG here, and slower",
    "by reference": "`CYCLORAMA_GATEWAY_TRANSPORT=reference`: services sharing an artifact store",
}
TEXT = """The reason for the defaults, at {side} x {side} pixels: core milliseconds of one hop, and
its total time with the transfer over a network. Raw pixels are fastest down to about {tie:.0f}
Mbit/s; below that, the bytes that PNG saves are worth its encoding. By reference, only keys pass
through the gateway; the traffic of the artifact store is not included. QOI is not in the contract
and was not measured.
"""


def explain_defaults(result: Mapping[str, Any]) -> str:
    """Returns a paragraph and a table that compare the formats."""
    work = {way: _figure(result, way, "core ms") for way in USES}
    bits = {way: _figure(result, way, "MiB") * MIB * 8 for way in USES}
    saved, spent = bits["raw"] - bits["PNG"], work["PNG"] - work["raw"]
    tie = saved / spent / 1000
    rows = [
        (
            *(way, f"{work[way]:.0f}", f"{bits[way] / 8 / MIB:.1f}"),
            *(f"{work[way] + 1000 * bits[way] / speed:.0f}" for speed in NETWORKS.values()),
            USES[way].format(tie=tie),
        )
        for way in USES
    ]
    heads = ["images", "core ms", "MiB", *(f"ms at {network}" for network in NETWORKS), "use for"]
    return TEXT.format(side=SIDE, tie=tie) + "\n" + table(heads, rows)


def _figure(result: Mapping[str, Any], way: str, unit: str) -> float:
    case = f" at {SIDE} px, {way}"
    return next(
        row["ours"] for row in result["rows"] if row["claim"].endswith(case) and row["unit"] == unit
    )
