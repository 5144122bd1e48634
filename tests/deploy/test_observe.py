"""Alerts and dashboard use exported metrics, and every alert is tested and documented."""

import json
import re
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from importlib import import_module
from itertools import combinations

import promql_parser
import pytest
import yaml
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from cyclorama import Client
from cyclorama.stages import STAGES
from cyclorama.v1 import ads_pb2
from gateway.callers import authentication, quotas
from gateway.jobs import queue_limit
from services.diffusion import errors as diffusion
from services.diffusion.dialects import DialectSettings
from services.diffusion.servers import ImageServers
from services.imaging.images import encode_image
from services.runtime import errors
from services.runtime.formats import PNG
from tests.support.pictures import draw_product
from tests.support.receivers import run_receiver
from tests.support.system import job_store_settings, serve_system_in_thread
from tests.support.waiting import wait_until
from tests.support.webhooks import write_endpoints
from tools import ROOT
from tools.certs import CertificateFiles
from tools.dashboard import build_dashboard

OBSERVE = ROOT / "deploy" / "observe"
GRAFANA = OBSERVE / "grafana"
ALERTS = [
    rule
    for group in yaml.safe_load((OBSERVE / "rules.yml").read_text())["groups"]
    for rule in group["rules"]
]
DASHBOARD = json.loads((GRAFANA / "dashboards" / "cyclorama.json").read_text())
CHARTS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
SCALING = ROOT / "deploy" / "kubernetes" / "components" / "keda" / "kustomization.yaml"
QUERIES = {rule["alert"]: rule["expr"] for rule in ALERTS} | {
    f"{chart['title']}/{target['refId']}": target["expr"]
    for chart in CHARTS
    for target in chart["targets"]
}
QUERIES |= {
    f"replicas of {patch['target']['name']}/{number}": operation["value"]
    for number, patch in enumerate(yaml.safe_load(SCALING.read_text())["patches"])
    for operation in yaml.safe_load(patch.get("patch", "[]"))
}
# Labels that prometheus.yml adds to every series, and series of Prometheus itself.
SCRAPE_LABELS = {"job", "service", "instance"}
PROMETHEUS_SERIES = {"up": SCRAPE_LABELS, "ALERTS": {"alertname", "alertstate", "severity"}}


@pytest.fixture(scope="module")
def exported_labels(tmp_path_factory) -> dict[str, set[str]]:
    """The labels of every exported sample by its name, after an ad, a job and its webhook."""
    folder = tmp_path_factory.mktemp("kept")
    kept = job_store_settings(folder)
    photo, size = encode_image(draw_product(64, 64)[0], PNG).data, (256, 256)
    servers = ImageServers("a1111", DialectSettings(a1111_url="http://127.0.0.1:9"))
    files = CertificateFiles(folder / "tls")
    with (
        run_receiver() as receiver,
        serve_system_in_thread(
            **kept,
            **files.tls_settings(),
            webhooks=str(write_endpoints(folder / "webhooks.toml", shop={"url": receiver.url})),
        ) as running,
        Client(running.address, ca=files.ca) as client,
    ):
        client.create_ad(photo=photo, prompt="x", size=size)
        assert [*client.jobs.watch(client.jobs.submit(photo, ["x"], sizes=[size]).name)]
        delivered = 'cyclorama_webhook_deliveries_total{endpoint="shop",outcome="delivered"}'
        wait_until(lambda: delivered in generate_latest().decode(), "the webhook is delivered")
        shown = generate_latest().decode()
    del servers
    labels = defaultdict(set)
    for family in text_string_to_metric_families(shown):
        for name in sample_names(family):
            labels[name]
        for sample in family.samples:
            labels[sample.name] |= set(sample.labels)
    return labels | PROMETHEUS_SERIES


def sample_names(family) -> list[str]:
    """Returns the names of a metric's samples, which are known before the first one."""
    match family.type:
        case "counter":
            return [f"{family.name}_total"]
        case "histogram":
            return [f"{family.name}{part}" for part in ("_bucket", "_sum", "_count")]
    return [family.name]


def iterate_nodes(query) -> Iterator:
    """Yields the nodes of a query's syntax tree, root first."""
    yield query
    below = [getattr(query, name, None) for name in ("lhs", "rhs", "expr", "vector_selector")]
    for part in (*below, *getattr(query, "args", ())):
        if part is not None:
            yield from iterate_nodes(part)


def grouping_labels(query) -> set[str]:
    """Returns the labels that a query aggregates by."""
    sums = [part for part in iterate_nodes(query) if isinstance(part, promql_parser.AggregateExpr)]
    return {label for each in sums if each.modifier for label in each.modifier.labels}


@pytest.mark.parametrize("name", QUERIES)
def test_queries_use_exported_metrics_and_labels(exported_labels, name):
    query = promql_parser.parse(QUERIES[name].replace("$__rate_interval", "5m"))
    selectors = [
        part for part in iterate_nodes(query) if isinstance(part, promql_parser.VectorSelector)
    ]
    assert selectors
    there = set(SCRAPE_LABELS)
    for selector in selectors:
        assert selector.name in exported_labels
        there |= exported_labels[selector.name]
        matched = {matcher.name for matcher in selector.matchers.matchers}
        assert matched <= exported_labels[selector.name] | SCRAPE_LABELS, selector
    # A counter without samples has no labels yet.
    if all(exported_labels[selector.name] for selector in selectors):
        assert grouping_labels(query) <= there


def test_label_values_in_queries_exist():
    services = [
        ads_pb2.DESCRIPTOR,
        *(import_module(f"cyclorama.v1.{s}_pb2").DESCRIPTOR for s in STAGES),
    ]
    rpcs = {
        method.name
        for file in services
        for service in file.services_by_name.values()
        for method in service.methods
    }
    known = {
        "method": rpcs,
        "stage": set(STAGES),
        "origin": {"computed", "cached"},
        "service": {*STAGES, "gateway"},
    }
    tests = (OBSERVE / "rules.test.yml").read_text()
    for label, values in known.items():
        requested = re.findall(rf'\b{label}[=:]~? ?"?([\w|]+)', tests + " ".join(QUERIES.values()))
        assert requested and {value for each in requested for value in each.split("|")} <= values, (
            label
        )


def test_monitoring_page_lists_every_metric(exported_labels):
    page = (ROOT / "docs" / "monitoring.md").read_text()
    section = page.partition("\n## Metrics\n")[2].partition("\n## ")[0]
    table = re.findall(r"^\| (`cyclorama_.*?) \|", section, re.MULTILINE)
    ours = {name for name in exported_labels if name.startswith("cyclorama_")}
    shown = {re.sub("_(bucket|sum|count|created)$", "", name) for name in ours}
    counted = {name.removesuffix("_total") for name in shown}
    named = re.findall(r"`(cyclorama_\w+)`", " ".join(table))
    assert {name.removesuffix("_total") for name in named} == counted


def test_the_failure_alert_excludes_exactly_the_errors_of_callers():
    classes = [
        each
        for module in (errors, diffusion, authentication, quotas, queue_limit)
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, errors.ServiceError)
    ]
    status = {each.reason: each.code.name for each in classes} | {"OK": "", "CANCELLED": ""}
    (failures,) = (rule["expr"] for rule in ALERTS if rule["alert"] == "CycloramaCallsFailing")
    left_out = set(re.search(r'outcome!~"([^"]+)"', failures)[1].split("|"))
    assert left_out <= status.keys()
    ours = {"INTERNAL", "UNAVAILABLE", "DATA_LOSS", "DEADLINE_EXCEEDED", "UNKNOWN"}
    # Of callers that send or read too slowly.
    slow_callers = {"REQUEST_TIMEOUT", "RESPONSE_TIMEOUT"}
    assert not [reason for reason in left_out - slow_callers if status[reason] in ours]
    theirs = {"INVALID_ARGUMENT", "NOT_FOUND", "UNAUTHENTICATED", "PERMISSION_DENIED"}
    assert {reason for reason in status if status[reason] in theirs} <= left_out


def test_every_alert_is_tested_and_documented():
    page = (ROOT / "docs" / "monitoring.md").read_text()
    alerts = [rule["alert"] for rule in ALERTS]
    assert re.findall(r"^\| `(Cyclorama\w+)`", page, re.MULTILINE) == alerts
    tests = yaml.safe_load((OBSERVE / "rules.test.yml").read_text())["tests"]
    tested = [each for test in tests for each in test["alert_rule_test"]]
    assert {each["alertname"] for each in tested if each.get("exp_alerts")} == set(alerts)
    assert all(rule["annotations"]["summary"] and rule["labels"]["severity"] for rule in ALERTS)


def test_alerts_pass_promtool():
    if not shutil.which("promtool"):
        pytest.skip("promtool is not installed; it comes with Prometheus")
    for command in (["check", "config", "prometheus.yml"], ["test", "rules", "rules.test.yml"]):
        done = subprocess.run(["promtool", *command], cwd=OBSERVE, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_dashboard_is_generated_by_its_script():
    assert build_dashboard() == DASHBOARD, "run python -m tools.dashboard"


def test_panels_of_the_dashboard_do_not_overlap():
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels) > 20
    places = [panel["gridPos"] for panel in panels]
    assert all(place["x"] + place["w"] <= 24 for place in places)
    for one, two in combinations(places, 2):
        apart = one["x"] >= two["x"] + two["w"] or two["x"] >= one["x"] + one["w"]
        assert apart or one["y"] >= two["y"] + two["h"] or two["y"] >= one["y"] + one["h"]


def test_prometheus_and_grafana_use_existing_services():
    services = yaml.safe_load((ROOT / "deploy" / "compose.observe.yml").read_text())["services"]
    (sources,) = (GRAFANA / "datasources").iterdir()
    known = yaml.safe_load(sources.read_text())["datasources"]
    assert {re.match(r"http://(\w+):", each["url"])[1] for each in known} <= services.keys()
    requested = [target["datasource"]["uid"] for chart in CHARTS for target in chart["targets"]]
    assert set(requested) <= {each["uid"] for each in known}
    (watched,) = yaml.safe_load((OBSERVE / "prometheus.yml").read_text())["scrape_configs"]
    (found,) = watched["dns_sd_configs"]
    ours = services.keys() & {*STAGES, "gateway"}
    assert set(found["names"]) == ours | {"gateway-2"}
    for name in ours:
        environment = services[name]["environment"]
        assert environment["CYCLORAMA_METRICS_ADDRESS"] == f"0.0.0.0:{found['port']}"
        assert environment["CYCLORAMA_OTLP_ENDPOINT"] == "http://jaeger:4317"
        # A process configured to send traces needs the extra.
        assert "opentelemetry-sdk==" in (ROOT / "deploy" / "locks" / f"{name}.txt").read_text()
