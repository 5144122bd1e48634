"""Alerts and dashboard ask for what the services really tell, and every alert is explained."""

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
from services.diffusion import errors as diffusion
from services.diffusion.dialects import DialectSettings
from services.diffusion.servers import ImageServers
from services.imaging.images import encode_image
from services.runtime import errors
from services.runtime.formats import PNG
from tests.support.pictures import draw_product
from tests.support.system import kept_in, system_beside
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
SCALING = ROOT / "deploy" / "kubernetes" / "overlays" / "keda" / "scaling.yaml"
QUERIES = {rule["alert"]: rule["expr"] for rule in ALERTS} | {
    f"{chart['title']}/{target['refId']}": target["expr"]
    for chart in CHARTS
    for target in chart["targets"]
}
QUERIES |= {
    f"replicas of {scaled['metadata']['name']}": trigger["metadata"]["query"]
    for scaled in yaml.safe_load_all(SCALING.read_text())
    for trigger in scaled["spec"]["triggers"]
}
# What Prometheus adds: to every series by prometheus.yml, and series of its own.
ADDED = {"job", "service", "instance"}
ITS_OWN = {"up": ADDED, "ALERTS": {"alertname", "alertstate", "severity"}}


@pytest.fixture(scope="module")
def exported(tmp_path_factory) -> dict[str, set[str]]:
    """The labels of every sample that the services show after an ad and a job, by its name."""
    folder = tmp_path_factory.mktemp("kept")
    kept = kept_in(folder)
    photo, size = encode_image(draw_product(64, 64)[0], PNG).data, (256, 256)
    servers = ImageServers("a1111", DialectSettings(a1111_url="http://127.0.0.1:9"))
    files = CertificateFiles(folder / "tls")
    secured = system_beside(**kept, **files.tls_settings())
    with secured as running, Client(running.address, ca=files.ca) as client:
        client.create_ad(photo=photo, prompt="x", size=size)
        assert [*client.jobs.watch(client.jobs.submit(photo, ["x"], sizes=[size]).name)]
        shown = generate_latest().decode()
    del servers
    labels = defaultdict(set)
    for family in text_string_to_metric_families(shown):
        for name in samples_of(family):
            labels[name]
        for sample in family.samples:
            labels[sample.name] |= set(sample.labels)
    return labels | ITS_OWN


def samples_of(family) -> list[str]:
    """The names of a family's samples, which it has before there are any."""
    match family.type:
        case "counter":
            return [f"{family.name}_total"]
        case "histogram":
            return [f"{family.name}{part}" for part in ("_bucket", "_sum", "_count")]
    return [family.name]


def parts(query) -> Iterator:
    """A query's tree, from above."""
    yield query
    below = [getattr(query, name, None) for name in ("lhs", "rhs", "expr", "vector_selector")]
    for part in (*below, *getattr(query, "args", ())):
        if part is not None:
            yield from parts(part)


def grouped_by(query) -> set[str]:
    """The labels that a query sums up by."""
    sums = [part for part in parts(query) if isinstance(part, promql_parser.AggregateExpr)]
    return {label for each in sums if each.modifier for label in each.modifier.labels}


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_asks_for_what_the_services_show(exported, name):
    query = promql_parser.parse(QUERIES[name].replace("$__rate_interval", "5m"))
    selectors = [part for part in parts(query) if isinstance(part, promql_parser.VectorSelector)]
    assert selectors
    there = set(ADDED)
    for selector in selectors:
        assert selector.name in exported
        there |= exported[selector.name]
        matched = {matcher.name for matcher in selector.matchers.matchers}
        assert matched <= exported[selector.name] | ADDED, selector
    # Of a counter that has not counted yet no labels are known.
    if all(exported[selector.name] for selector in selectors):
        assert grouped_by(query) <= there


def test_what_is_asked_for_by_its_value_can_have_it():
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
        asked = re.findall(rf'\b{label}[=:]~? ?"?([\w|]+)', tests + " ".join(QUERIES.values()))
        assert asked and {value for each in asked for value in each.split("|")} <= values, label


def test_the_page_names_every_metric(exported):
    page = (ROOT / "docs" / "operations.md").read_text()
    table = re.findall(r"^\| (`cyclorama_.*?) \|", page, re.MULTILINE)
    ours = {name for name in exported if name.startswith("cyclorama_")}
    shown = {re.sub("_(bucket|sum|count|created)$", "", name) for name in ours}
    counted = {name.removesuffix("_total") for name in shown}
    named = re.findall(r"`(cyclorama_\w+)`", " ".join(table))
    assert {name.removesuffix("_total") for name in named} == counted


def test_failures_leave_out_what_callers_bring_about_and_nothing_else():
    classes = [
        each
        for module in (errors, diffusion, authentication, quotas)
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, errors.ServiceError)
    ]
    status = {each.reason: each.code.name for each in classes} | {"OK": "", "CANCELLED": ""}
    (failures,) = (rule["expr"] for rule in ALERTS if rule["alert"] == "CycloramaFailures")
    left_out = set(re.search(r'outcome!~"([^"]+)"', failures)[1].split("|"))
    assert left_out <= status.keys()
    ours = {"INTERNAL", "UNAVAILABLE", "DATA_LOSS", "DEADLINE_EXCEEDED", "UNKNOWN"}
    assert not [reason for reason in left_out if status[reason] in ours]
    theirs = {"INVALID_ARGUMENT", "NOT_FOUND", "UNAUTHENTICATED", "PERMISSION_DENIED"}
    assert {reason for reason in status if status[reason] in theirs} <= left_out


def test_every_alert_is_tried_and_explained():
    page = (ROOT / "docs" / "operations.md").read_text()
    alerts = [rule["alert"] for rule in ALERTS]
    assert re.findall(r"^\| `(Cyclorama\w+)`", page, re.MULTILINE) == alerts
    tests = yaml.safe_load((OBSERVE / "rules.test.yml").read_text())["tests"]
    tried = [each for test in tests for each in test["alert_rule_test"]]
    assert {each["alertname"] for each in tried if each.get("exp_alerts")} == set(alerts)
    assert all(rule["annotations"]["summary"] and rule["labels"]["severity"] for rule in ALERTS)


def test_alerts_go_off_when_they_should():
    if not shutil.which("promtool"):
        pytest.skip("there is no promtool here; it comes with Prometheus")
    for command in (["check", "config", "prometheus.yml"], ["test", "rules", "rules.test.yml"]):
        done = subprocess.run(["promtool", *command], cwd=OBSERVE, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_dashboard_is_what_its_script_writes():
    assert build_dashboard() == DASHBOARD, "run python -m tools.dashboard"


def test_the_dashboard_has_a_place_for_every_panel():
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels) > 20
    places = [panel["gridPos"] for panel in panels]
    assert all(place["x"] + place["w"] <= 24 for place in places)
    for one, two in combinations(places, 2):
        beside = one["x"] >= two["x"] + two["w"] or two["x"] >= one["x"] + one["w"]
        assert beside or one["y"] >= two["y"] + two["h"] or two["y"] >= one["y"] + one["h"]


def test_everybody_finds_whom_they_ask():
    services = yaml.safe_load((ROOT / "deploy" / "compose.observe.yml").read_text())["services"]
    (sources,) = (GRAFANA / "datasources").iterdir()
    known = yaml.safe_load(sources.read_text())["datasources"]
    assert {re.match(r"http://(\w+):", each["url"])[1] for each in known} <= services.keys()
    asked = [target["datasource"]["uid"] for chart in CHARTS for target in chart["targets"]]
    assert set(asked) <= {each["uid"] for each in known}
    (watched,) = yaml.safe_load((OBSERVE / "prometheus.yml").read_text())["scrape_configs"]
    (found,) = watched["dns_sd_configs"]
    ours = {name for name, each in services.items() if "build" in each}
    assert set(found["names"]) == ours | {"gateway-2"}
    for name in ours:
        environment = services[name]["environment"]
        assert environment["CYCLORAMA_METRICS_ADDRESS"] == f"0.0.0.0:{found['port']}"
        assert environment["CYCLORAMA_OTLP_ENDPOINT"] == "http://jaeger:4317"
        # Without it a process that is to send traces ends.
        assert services[name]["build"]["args"] == {"ALSO": "otel"}
