"""What kubectl would apply is valid, complete and safe."""

import shutil
import subprocess
from collections.abc import Iterator
from functools import cache

import kubernetes_validate
import pytest
import yaml

from tests.support.processes import STAGES
from tests.support.settings import SETTINGS, names_of
from tools import ROOT

# Settings of what services stand on.
LIBRARIES = {"TORCHINDUCTOR_CACHE_DIR"}
DEPLOY = ROOT / "deploy"
FOLDER = DEPLOY / "kubernetes"
OVERLAYS = sorted(path.name for path in (FOLDER / "overlays").iterdir())
VERSION = "1.32"


@cache
def made_by(overlay: str) -> list[dict]:
    """Everything that an overlay makes."""
    if not shutil.which("kubectl"):
        pytest.skip("there is no kubectl here to put the overlay together")
    folder = FOLDER / "overlays" / overlay
    built = subprocess.run(["kubectl", "kustomize", folder], capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    return list(yaml.safe_load_all(built.stdout))


@pytest.fixture(params=OVERLAYS)
def applied(request) -> list[dict]:
    """What each overlay makes."""
    return made_by(request.param)


def pods(applied: list[dict]) -> Iterator[tuple[dict, dict]]:
    """Each Deployment or StatefulSet, and the pod that it makes."""
    for each in applied:
        if each["kind"] in ("Deployment", "StatefulSet"):
            yield each, each["spec"]["template"]["spec"]


def container_of(service: str, applied: list[dict]) -> dict:
    """The container of a service in its pod."""
    (pod,) = (pod for each, pod in pods(applied) if each["metadata"]["name"].endswith(service))
    return pod["containers"][0]


def beside_containers(overlay: str, service: str) -> dict:
    """What a compose file of the same name says of a service."""
    return yaml.safe_load((DEPLOY / f"compose.{overlay}.yml").read_text())["services"][service]


def test_every_file_named_is_there():
    for path in FOLDER.rglob("kustomization.yaml"):
        for resource in yaml.safe_load(path.read_text())["resources"]:
            assert (path.parent / resource).exists(), f"{path}: {resource}"


def test_all_of_it_is_valid(applied):
    kinds = [each["kind"] for each in applied]
    assert kinds.count("Deployment") >= 4 and kinds.count("NetworkPolicy") == 3
    for each in applied:
        # KEDA's own kind, which Kubernetes does not know.
        if each["kind"] != "ScaledObject":
            kubernetes_validate.validate(each, VERSION, strict=True)


def test_pods_run_without_rights_and_are_probed(applied):
    found = list(pods(applied))
    assert len(found) >= 5
    for _, pod in found:
        (container,) = pod["containers"]
        assert pod["securityContext"]["runAsNonRoot"]
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert container["securityContext"]["readOnlyRootFilesystem"]
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert container["readinessProbe"]["grpc"]["port"] == container["ports"][0]["containerPort"]
        assert container["resources"]["limits"]["memory"]
        assert container["image"].startswith("cyclorama/")


def test_there_is_time_to_let_running_calls_end(applied):
    for _, pod in pods(applied):
        told = {each["name"]: each.get("value") for each in pod["containers"][0]["env"]}
        grace = float(told.get("CYCLORAMA_GRACE_SECONDS", 30))
        assert pod["terminationGracePeriodSeconds"] > grace


def test_services_and_scalers_find_their_pods(applied):
    labels = {
        each["metadata"]["name"]: each["spec"]["template"]["metadata"]["labels"]
        for each, _ in pods(applied)
    }
    services = [each for each in applied if each["kind"] == "Service"]
    for service in services:
        wanted = service["spec"]["selector"].items()
        assert any(wanted <= own.items() for own in labels.values()), service["metadata"]["name"]
    scaled = {
        each["spec"]["scaleTargetRef"]["name"]
        for each in applied
        if each["kind"] in ("HorizontalPodAutoscaler", "ScaledObject")
    }
    assert scaled and scaled <= labels.keys()


def test_the_gateway_finds_every_stage(applied):
    names = {each["metadata"]["name"] for each in applied if each["kind"] == "Service"}
    (gateway,) = (pod for each, pod in pods(applied) if each["kind"] == "StatefulSet")
    told = {each["name"]: each.get("value") for each in gateway["containers"][0]["env"]}
    for stage in STAGES:
        assert (
            told[f"CYCLORAMA_GATEWAY_{stage.upper()}_ADDRESS"] == f"dns:///cyclorama-{stage}:50051"
        )
        assert f"cyclorama-{stage}" in names


def test_every_setting_is_one_of_its_service(applied):
    for service in (*STAGES, "gateway"):
        given = {each["name"] for each in container_of(service, applied)["env"]}
        assert given - LIBRARIES <= names_of(SETTINGS[service]), service


def test_metrics_are_shown_where_they_are_looked_for(applied):
    for each, pod in pods(applied):
        (container,) = pod["containers"]
        told = {setting["name"]: setting.get("value") for setting in container["env"]}
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        annotations = each["spec"]["template"]["metadata"]["annotations"]
        assert annotations["prometheus.io/scrape"] == "true"
        assert annotations["prometheus.io/port"] == str(ports["metrics"])
        assert told["CYCLORAMA_METRICS_ADDRESS"] == f"0.0.0.0:{ports['metrics']}"


def test_finishing_has_pods_of_its_own_where_asked_for():
    def told(service: str) -> dict[str, str]:
        container = container_of(service, made_by("finishing"))
        return {each["name"]: each.get("value") for each in container["env"]}

    assert told("compositing")["CYCLORAMA_COMPOSITING_SERVE_FINISHING"] == "false"
    address = told("gateway")["CYCLORAMA_GATEWAY_FINISHING_ADDRESS"]
    (service,) = (
        each
        for each in made_by("finishing")
        if each["kind"] == "Service" and each["metadata"]["name"] == "cyclorama-finishing"
    )
    port = service["spec"]["ports"][0]["port"]
    assert address == f"dns:///{service['metadata']['name']}:{port}"
    assert told("finishing")["CYCLORAMA_LISTEN"].endswith(f":{port}")


def test_what_scales_a_stage_is_known_of_its_pods(applied):
    for scaler in (each for each in applied if each["kind"] == "HorizontalPodAutoscaler"):
        (metric,) = scaler["spec"]["metrics"]
        container = container_of(scaler["spec"]["scaleTargetRef"]["name"], applied)
        # A share of what is asked for says nothing where nothing is.
        assert metric["resource"]["name"] in container["resources"]["requests"]


def test_every_stage_is_scaled_by_its_queue_or_by_its_load():
    def scaled(overlay: str, kind: str) -> set[str]:
        found = (each for each in made_by(overlay) if each["kind"] == kind)
        return {each["spec"]["scaleTargetRef"]["name"] for each in found}

    stages = {f"cyclorama-{stage}" for stage in STAGES}
    assert scaled("cpu", "HorizontalPodAutoscaler") == scaled("keda", "ScaledObject") == stages
    assert not scaled("keda", "HorizontalPodAutoscaler")


def test_gateways_share_stores_by_the_settings_of_the_containers():
    beside = beside_containers("s3-postgres", "gateway")["environment"]
    container = container_of("gateway", made_by("s3-postgres"))
    given = {each["name"] for each in container["env"]}
    assert {name for name in beside if name.startswith("CYCLORAMA_")} <= given
    assert container["envFrom"] == [{"secretRef": {"name": "cyclorama-store"}}]
    said = (FOLDER / "overlays" / "s3-postgres" / "kustomization.yaml").read_text()
    assert all(name in said for name in beside if name.startswith("AWS_"))


def test_a_gpu_gets_the_image_and_the_weights_of_the_containers():
    beside = beside_containers("gpu", "segmentation")
    container = container_of("segmentation", made_by("gpu"))
    assert container["image"] == f"{beside['image']}:latest"
    mounts = {each["name"]: each for each in container["volumeMounts"]}
    weights, kernels = mounts["models"], mounts["kernels"]["mountPath"]
    models = f"${{MODELS:-./models}}:{weights['mountPath']}:ro"
    assert beside["volumes"] == [models, f"kernels:{kernels}"]
    assert weights["readOnly"]
    cache = {"TORCHINDUCTOR_CACHE_DIR": kernels}
    assert beside["environment"] == cache
    assert cache.items() <= {each["name"]: each.get("value") for each in container["env"]}.items()
    assert container["resources"]["limits"]["memory"].lower() == f"{beside['mem_limit']}i"
    assert container["resources"]["limits"]["nvidia.com/gpu"] == "1"
