"""Writes the Grafana dashboard from a list of panels: python -m tools.dashboard."""

import json
from dataclasses import dataclass

from tools import ROOT

PATH = ROOT / "deploy" / "observe" / "grafana" / "dashboards" / "cyclorama.json"
EXPIRY = "min by (service) (cyclorama_certificate_expiry_timestamp_seconds) - time()"
PROMETHEUS = {"type": "prometheus", "uid": "prometheus"}
# Panels per row, and their size in Grafana's grid, which has 24 columns.
PANELS_PER_ROW, PANEL_WIDTH, PANEL_HEIGHT = 3, 8, 7


@dataclass(frozen=True)
class Panel:
    """One chart.

    unit: Grafana's name of the unit. queries: PromQL by the legend of its lines.
    description: what the chart shows, as a tooltip.
    """

    title: str
    unit: str
    queries: dict[str, str]
    description: str = ""


def rate_by(metric: str, *by: str, where: str = "") -> str:
    """Returns a query for the increase of a counter per second, summed by labels."""
    return f"sum by ({', '.join(by)}) (rate({metric}{where}[$__rate_interval]))"


def quantiles_by(metric: str, *by: str) -> dict[str, str]:
    """Returns queries for the median and the 95th percentile of a histogram, by labels."""
    buckets = rate_by(f"{metric}_bucket", "le", *by)
    name = " ".join(f"{{{{{label}}}}}" for label in by)
    return {f"{name} p{q}": f"histogram_quantile(0.{q}, {buckets})" for q in (50, 95)}


ROWS = {
    "Calls": [
        Panel(
            "Processes",
            "short",
            {"{{service}}": 'sum by (service) (up{job="cyclorama"})'},
            "Processes that Prometheus can scrape.",
        ),
        Panel(
            "Calls per second",
            "reqps",
            {"{{method}}": rate_by("cyclorama_calls_total", "method", where='{service="gateway"}')},
            "At the gateway, failed ones included.",
        ),
        Panel(
            "Failed calls per second",
            "reqps",
            {
                "{{service}} {{outcome}}": rate_by(
                    "cyclorama_calls_total", "service", "outcome", where='{outcome!="OK"}'
                )
            },
            "By reason. An error of a stage counts twice: at the stage and at the gateway.",
        ),
        Panel(
            "Calls refused by a limit, per second",
            "reqps",
            {
                "{{service}} {{method}}": rate_by(
                    "cyclorama_calls_total",
                    "service",
                    "method",
                    where='{outcome=~"OVERLOADED|UPLOAD_REFUSED|QUOTA_EXCEEDED|JOB_QUEUE_FULL|DIFFUSION_QUEUE_FULL"}',
                )
            },
        ),
        Panel(
            "Calls in flight, share of the concurrency limit",
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
            "Stage duration",
            "s",
            quantiles_by("cyclorama_stage_duration_seconds", "stage"),
            "At the gateway, without the wait for the stage's concurrency limit.",
        ),
        Panel(
            "Wait for a stage's concurrency limit",
            "s",
            quantiles_by("cyclorama_stage_wait_seconds", "stage"),
            "At the gateway. To shorten it, add replicas or raise"
            " CYCLORAMA_GATEWAY_MAX_CALLS_PER_STAGE.",
        ),
        Panel("Queue time of calls", "s", quantiles_by("cyclorama_call_queue_seconds", "service")),
        Panel("Engine duration", "s", quantiles_by("cyclorama_engine_duration_seconds", "engine")),
        Panel(
            "Image decoding and encoding",
            "s",
            quantiles_by("cyclorama_codec_duration_seconds", "service", "step"),
        ),
        Panel(
            "Engine runs per second",
            "ops",
            {"{{engine}} {{outcome}}": rate_by("cyclorama_engine_runs_total", "engine", "outcome")},
        ),
        Panel(
            "Message traffic",
            "Bps",
            {
                "{{service}} {{direction}}": rate_by(
                    "cyclorama_message_bytes_total", "service", "direction"
                )
            },
        ),
        Panel(
            "Retries per second",
            "reqps",
            {"{{stage}}": rate_by("cyclorama_stage_retries_total", "stage")},
            "Of calls whose response stream was interrupted.",
        ),
        Panel(
            "Open circuit breakers",
            "short",
            {
                "{{service}} {{dialect}} {{server}}": "max by (service, dialect, server) "
                "(cyclorama_diffusion_circuit_open)"
            },
            "Failing image servers that are not called, by their position in the setting of their"
            " dialect, such as CYCLORAMA_A1111_URL.",
        ),
    ],
    "Jobs": [
        Panel("Jobs", "short", {"{{state}}": "max by (state) (cyclorama_jobs)"}),
        Panel(
            "Queue depth, ads",
            "short",
            {"queued": "max(cyclorama_ads_queued)", "limit": "max(cyclorama_ads_queued_limit)"},
        ),
        Panel(
            "Job database failed",
            "short",
            {"{{reason}}": "max by (reason) (cyclorama_job_database_failed) > 0"},
            "Empty while every gateway can use the database.",
        ),
        Panel(
            "Cached results, share",
            "percentunit",
            {
                "{{stage}}": rate_by(
                    "cyclorama_stage_results_total", "stage", where='{origin="cached"}'
                )
                + " / "
                + rate_by("cyclorama_stage_results_total", "stage")
            },
        ),
        Panel(
            "Artifact store",
            "bytes",
            {
                "used": "max(cyclorama_artifact_store_bytes)",
                "limit": "max(cyclorama_artifact_store_limit_bytes)",
                "free on disk": "min(cyclorama_artifact_store_free_bytes)",
            },
        ),
    ],
    "Processes": [
        Panel(
            "CPU cores", "short", {"{{service}}": rate_by("process_cpu_seconds_total", "service")}
        ),
        Panel(
            "Memory",
            "bytes",
            {"{{service}}": "sum by (service) (process_resident_memory_bytes)"},
        ),
        Panel(
            "Certificate expires in",
            "dtdurations",
            {"{{service}}": EXPIRY},
        ),
    ],
}


def build_dashboard() -> dict:
    """Returns the dashboard as Grafana's JSON model."""
    panels, top = [], 0
    for row, members in ROWS.items():
        panels.append(row_panel(row, top))
        panels += [chart_panel(panel, place, top + 1) for place, panel in enumerate(members)]
        top += 1 + PANEL_HEIGHT * -(-len(members) // PANELS_PER_ROW)
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


def row_panel(title: str, top: int) -> dict:
    """Returns a row heading at grid row `top`."""
    place = {"x": 0, "y": top, "w": PANELS_PER_ROW * PANEL_WIDTH, "h": 1}
    return {"type": "row", "title": title, "collapsed": False, "gridPos": place, "panels": []}


def chart_panel(panel: Panel, place: int, top: int) -> dict:
    """Returns a chart of a row that begins at grid row `top`. place: its index in the row."""
    row, column = divmod(place, PANELS_PER_ROW)
    targets = [
        {"refId": letter, "datasource": PROMETHEUS, "expr": query, "legendFormat": name}
        for letter, (name, query) in zip("ABC", panel.queries.items(), strict=False)
    ]
    where = {
        "x": column * PANEL_WIDTH,
        "y": top + row * PANEL_HEIGHT,
        "w": PANEL_WIDTH,
        "h": PANEL_HEIGHT,
    }
    return {
        "type": "timeseries",
        "title": panel.title,
        "description": panel.description,
        "datasource": PROMETHEUS,
        "gridPos": where,
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "options": {"tooltip": {"mode": "multi", "sort": "desc"}},
        "targets": targets,
    }


if __name__ == "__main__":
    PATH.write_text(json.dumps(build_dashboard(), indent=1) + "\n")
