"""Writes the dashboard of Grafana from a list of its panels: python -m tools.dashboard."""

import json
from dataclasses import dataclass

from tools import ROOT

PATH = ROOT / "deploy" / "observe" / "grafana" / "dashboards" / "cyclorama.json"
EXPIRY = "min by (service) (cyclorama_certificate_expiry_timestamp_seconds) - time()"
PROMETHEUS = {"type": "prometheus", "uid": "prometheus"}
COLUMNS, WIDTH, HEIGHT = 3, 8, 7


@dataclass(frozen=True)
class Panel:
    """One chart: its title, Grafana's name of its unit, and queries by what their lines are called.

    says: what a reader should know who sees it for the first time.
    """

    title: str
    unit: str
    queries: dict[str, str]
    says: str = ""


def rate(metric: str, *by: str, where: str = "") -> str:
    """The growth of a counter per second, summed up by labels."""
    return f"sum by ({', '.join(by)}) (rate({metric}{where}[$__rate_interval]))"


def quantiles(metric: str, *by: str) -> dict[str, str]:
    """The median and the 95th percentile of a histogram, by labels."""
    buckets = rate(f"{metric}_bucket", "le", *by)
    name = " ".join(f"{{{{{label}}}}}" for label in by)
    return {f"{name} p{q}": f"histogram_quantile(0.{q}, {buckets})" for q in (50, 95)}


ROWS = {
    "Calls": [
        Panel(
            "Processes",
            "short",
            {"{{service}}": 'sum by (service) (up{job="cyclorama"})'},
            "Those that answer.",
        ),
        Panel(
            "Calls per second",
            "reqps",
            {"{{method}}": rate("cyclorama_calls_total", "method", where='{service="gateway"}')},
            "At the gateway, whatever became of them.",
        ),
        Panel(
            "Calls that failed, per second",
            "reqps",
            {
                "{{service}} {{outcome}}": rate(
                    "cyclorama_calls_total", "service", "outcome", where='{outcome!="OK"}'
                )
            },
            "By reason; those of a stage are told once by the stage and once by the gateway.",
        ),
        Panel(
            "Refused for want of room, per second",
            "reqps",
            {
                "{{service}} {{method}}": rate(
                    "cyclorama_calls_total",
                    "service",
                    "method",
                    where='{outcome=~"OVERLOADED|QUOTA_EXCEEDED|SD_QUEUE_FULL"}',
                )
            },
        ),
        Panel(
            "At work, of what is admitted",
            "percentunit",
            {
                "{{service}} {{method}}": "sum by (service, method) (cyclorama_calls_in_flight)"
                " / on (service) group_left () sum by (service) (cyclorama_calls_in_flight_limit)"
            },
        ),
        Panel(
            "Alerts", "short", {"{{alertname}}": 'sum by (alertname) (ALERTS{alertstate="firing"})'}
        ),
    ],
    "Stages": [
        Panel(
            "Time until a stage has answered",
            "s",
            quantiles("cyclorama_stage_duration_seconds", "stage"),
            "As the gateway sees it, without the wait for a turn.",
        ),
        Panel(
            "Wait for a turn at a stage",
            "s",
            quantiles("cyclorama_stage_wait_seconds", "stage"),
            "In the gateway: CYCLORAMA_GATEWAY_MAX_CALLS_PER_STAGE, or replicas, shorten it.",
        ),
        Panel("Wait for a thread", "s", quantiles("cyclorama_call_queue_seconds", "service")),
        Panel("Engines at work", "s", quantiles("cyclorama_engine_duration_seconds", "engine")),
        Panel(
            "Decoding and encoding",
            "s",
            quantiles("cyclorama_codec_duration_seconds", "service", "step"),
        ),
        Panel(
            "Runs of engines, per second",
            "ops",
            {"{{engine}} {{outcome}}": rate("cyclorama_engine_runs_total", "engine", "outcome")},
        ),
        Panel(
            "Messages",
            "Bps",
            {
                "{{service}} {{direction}}": rate(
                    "cyclorama_message_bytes_total", "service", "direction"
                )
            },
        ),
        Panel(
            "Calls sent again, per second",
            "reqps",
            {"{{stage}}": rate("cyclorama_stage_retries_total", "stage")},
            "Because the answer broke off.",
        ),
        Panel(
            "Open circuits",
            "short",
            {
                "{{service}} {{dialect}} {{server}}": "max by (service, dialect, server) "
                "(cyclorama_diffusion_circuit_open)"
            },
            "Servers that are not called because they fail, by their place in the setting of their"
            " dialect, such as CYCLORAMA_A1111_URL.",
        ),
    ],
    "Jobs": [
        Panel("Jobs", "short", {"{{state}}": "max by (state) (cyclorama_jobs)"}),
        Panel(
            "Ads that have not ended",
            "short",
            {"waiting": "max(cyclorama_ads_queued)", "at most": "max(cyclorama_ads_queued_limit)"},
        ),
        Panel(
            "Results taken from the cache",
            "percentunit",
            {
                "{{stage}}": rate(
                    "cyclorama_stage_results_total", "stage", where='{origin="cached"}'
                )
                + " / "
                + rate("cyclorama_stage_results_total", "stage")
            },
        ),
        Panel(
            "Store",
            "bytes",
            {
                "kept": "max(cyclorama_artifact_store_bytes)",
                "at most": "max(cyclorama_artifact_store_limit_bytes)",
                "free on its disk": "min(cyclorama_artifact_store_free_bytes)",
            },
        ),
    ],
    "Processes": [
        Panel("Processors", "short", {"{{service}}": rate("process_cpu_seconds_total", "service")}),
        Panel(
            "Memory",
            "bytes",
            {"{{service}}": "sum by (service) (process_resident_memory_bytes)"},
        ),
        Panel(
            "Certificates end in",
            "dtdurations",
            {"{{service}}": EXPIRY},
        ),
    ],
}


def dashboard() -> dict:
    """The dashboard as Grafana reads it."""
    panels, top = [], 0
    for row, members in ROWS.items():
        panels.append(row_of(row, top))
        panels += [chart(panel, place, top + 1) for place, panel in enumerate(members)]
        top += 1 + HEIGHT * -(-len(members) // COLUMNS)
    return {
        "uid": "cyclorama",
        "title": "Cyclorama",
        "schemaVersion": 39,
        "editable": False,
        "refresh": "15s",
        "time": {"from": "now-1h", "to": "now"},
        "graphTooltip": 1,
        "panels": [{"id": number, **panel} for number, panel in enumerate(panels, start=1)],
    }


def row_of(title: str, top: int) -> dict:
    """A heading, `top` rows of the grid from above."""
    place = {"x": 0, "y": top, "w": COLUMNS * WIDTH, "h": 1}
    return {"type": "row", "title": title, "collapsed": False, "gridPos": place, "panels": []}


def chart(panel: Panel, place: int, top: int) -> dict:
    """A chart at a place below its heading, counted from the left and from above."""
    row, column = divmod(place, COLUMNS)
    targets = [
        {"refId": letter, "datasource": PROMETHEUS, "expr": query, "legendFormat": name}
        for letter, (name, query) in zip("ABC", panel.queries.items(), strict=False)
    ]
    where = {"x": column * WIDTH, "y": top + row * HEIGHT, "w": WIDTH, "h": HEIGHT}
    return {
        "type": "timeseries",
        "title": panel.title,
        "description": panel.says,
        "datasource": PROMETHEUS,
        "gridPos": where,
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "options": {"tooltip": {"mode": "multi", "sort": "desc"}},
        "targets": targets,
    }


if __name__ == "__main__":
    PATH.write_text(json.dumps(dashboard(), indent=1) + "\n")
