"""Checks of the Kubernetes manifests that kubectl would apply."""

import shutil
import subprocess
from collections.abc import Iterator
from functools import cache

import kubernetes_validate
import pytest
import yaml

from tests.support.processes import STAGES
from tests.support.settings import SETTINGS, variable_names
from tools import ROOT

# Variables of libraries rather than of services.
LIBRARIES = {"TORCHINDUCTOR_CACHE_DIR"}
DEPLOY = ROOT / "deploy"
FOLDER = DEPLOY / "kubernetes"
OVERLAYS = sorted(path.name for path in (FOLDER / "overlays").iterdir())
VERSION = "1.32"


@cache
def render_overlay(overlay: str) -> list[dict]:
    """Returns the manifests that `kubectl kustomize` renders from an overlay."""
    if not shutil.which("kubectl"):
        pytest.skip("kubectl is not installed")
    folder = FOLDER / "overlays" / overlay
    built = subprocess.run(["kubectl", "kustomize", folder], capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    return list(yaml.safe_load_all(built.stdout))


@pytest.fixture(params=OVERLAYS)
def manifests(request) -> list[dict]:
    """The manifests of each overlay."""
    return render_overlay(request.param)


def iterate_pods(manifests: list[dict]) -> Iterator[tuple[dict, dict]]:
    """Yields each Deployment or StatefulSet with its pod spec."""
    for each in manifests:
        if each["kind"] in ("Deployment", "StatefulSet"):
            yield each, each["spec"]["template"]["spec"]


def find_container(service: str, manifests: list[dict]) -> dict:
    """Returns the container of a service."""
    (pod,) = (
        pod for each, pod in iterate_pods(manifests) if each["metadata"]["name"].endswith(service)
    )
    return pod["containers"][0]


def read_compose_service(overlay: str, service: str) -> dict:
    """Returns a service from the compose file of the same name."""
    return yaml.safe_load((DEPLOY / f"compose.{overlay}.yml").read_text())["services"][service]


def test_every_resource_file_exists():
    for path in FOLDER.rglob("kustomization.yaml"):
        for resource in yaml.safe_load(path.read_text())["resources"]:
            assert (path.parent / resource).exists(), f"{path}: {resource}"


def test_manifests_match_the_kubernetes_schema(manifests):
    kinds = [each["kind"] for each in manifests]
    assert kinds.count("Deployment") >= 3 and kinds.count("NetworkPolicy") == 3
    for each in manifests:
        # A custom resource of KEDA, without a schema here.
        if each["kind"] != "ScaledObject":
            kubernetes_validate.validate(each, VERSION, strict=True)


def test_pods_run_without_privileges_and_have_probes(manifests):
    found = list(iterate_pods(manifests))
    assert len(found) >= 4
    for _, pod in found:
        (container,) = pod["containers"]
        assert pod["securityContext"]["runAsNonRoot"]
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert container["securityContext"]["readOnlyRootFilesystem"]
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert container["readinessProbe"]["grpc"]["port"] == container["ports"][0]["containerPort"]
        assert container["resources"]["limits"]["memory"]
        assert container["image"].startswith("cyclorama/")


def test_the_termination_grace_period_outlasts_calls_in_flight(manifests):
    for _, pod in iterate_pods(manifests):
        variables = {each["name"]: each.get("value") for each in pod["containers"][0]["env"]}
        grace = float(variables.get("CYCLORAMA_GRACE_SECONDS", 30))
        assert pod["terminationGracePeriodSeconds"] > grace


def test_services_and_scalers_select_existing_pods(manifests):
    labels = {
        each["metadata"]["name"]: each["spec"]["template"]["metadata"]["labels"]
        for each, _ in iterate_pods(manifests)
    }
    services = [each for each in manifests if each["kind"] == "Service"]
    for service in services:
        wanted = service["spec"]["selector"].items()
        assert any(wanted <= own.items() for own in labels.values()), service["metadata"]["name"]
    scaled_by = {
        each["spec"]["scaleTargetRef"]["name"]
        for each in manifests
        if each["kind"] in ("HorizontalPodAutoscaler", "ScaledObject")
    }
    assert scaled_by and scaled_by <= labels.keys()


def test_the_gateway_has_the_address_of_every_stage(manifests):
    names = {each["metadata"]["name"] for each in manifests if each["kind"] == "Service"}
    (gateway,) = (pod for each, pod in iterate_pods(manifests) if each["kind"] == "StatefulSet")
    variables = {each["name"]: each.get("value") for each in gateway["containers"][0]["env"]}
    for stage in STAGES:
        assert (
            variables[f"CYCLORAMA_GATEWAY_{stage.upper()}_ADDRESS"]
            == f"dns:///cyclorama-{stage}:50051"
        )
        assert f"cyclorama-{stage}" in names


def test_pods_set_only_settings_of_their_service(manifests):
    for each, pod in iterate_pods(manifests):
        service = each["metadata"]["labels"]["app.kubernetes.io/component"]
        variables = {setting["name"] for setting in pod["containers"][0]["env"]}
        assert variables - LIBRARIES <= variable_names(SETTINGS[service]), service


def test_metrics_are_served_on_the_scraped_port(manifests):
    for each, pod in iterate_pods(manifests):
        (container,) = pod["containers"]
        variables = {setting["name"]: setting.get("value") for setting in container["env"]}
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        annotations = each["spec"]["template"]["metadata"]["annotations"]
        assert annotations["prometheus.io/scrape"] == "true"
        assert annotations["prometheus.io/port"] == str(ports["metrics"])
        assert variables["CYCLORAMA_METRICS_ADDRESS"] == f"0.0.0.0:{ports['metrics']}"


def test_the_finishing_overlay_runs_finishing_in_its_own_pods():
    def variables(service: str) -> dict[str, str]:
        container = find_container(service, render_overlay("finishing"))
        return {each["name"]: each.get("value") for each in container["env"]}

    assert variables("compositing")["CYCLORAMA_COMPOSITING_SERVE_FINISHING"] == "false"
    address = variables("gateway")["CYCLORAMA_GATEWAY_FINISHING_ADDRESS"]
    (service,) = (
        each
        for each in render_overlay("finishing")
        if each["kind"] == "Service" and each["metadata"]["name"] == "cyclorama-finishing"
    )
    port = service["spec"]["ports"][0]["port"]
    assert address == f"dns:///{service['metadata']['name']}:{port}"
    assert variables("finishing")["CYCLORAMA_LISTEN"].endswith(f":{port}")


def test_autoscaled_pods_request_the_resource_they_scale_by(manifests):
    for scaler in (each for each in manifests if each["kind"] == "HorizontalPodAutoscaler"):
        (metric,) = scaler["spec"]["metrics"]
        container = find_container(scaler["spec"]["scaleTargetRef"]["name"], manifests)
        # Utilization is a share of the request, so there must be one.
        assert metric["resource"]["name"] in container["resources"]["requests"]


def test_every_stage_is_autoscaled_by_queue_or_by_cpu():
    def scaled_by(overlay: str, kind: str) -> set[str]:
        found = (each for each in render_overlay(overlay) if each["kind"] == kind)
        return {each["spec"]["scaleTargetRef"]["name"] for each in found}

    stages = {f"cyclorama-{stage}" for stage in STAGES}
    assert (
        scaled_by("cpu", "HorizontalPodAutoscaler") == scaled_by("keda", "ScaledObject") == stages
    )
    assert not scaled_by("keda", "HorizontalPodAutoscaler")


def test_gateways_share_stores_with_the_settings_of_compose():
    compose = read_compose_service("s3-postgres", "gateway")["environment"]
    container = find_container("gateway", render_overlay("s3-postgres"))
    variables = {each["name"] for each in container["env"]}
    assert {name for name in compose if name.startswith("CYCLORAMA_")} <= variables
    assert container["envFrom"] == [{"secretRef": {"name": "cyclorama-store"}}]
    text = (FOLDER / "overlays" / "s3-postgres" / "kustomization.yaml").read_text()
    assert all(name in text for name in compose if name.startswith("AWS_"))


def test_the_gpu_overlay_has_the_image_and_weights_of_compose():
    compose = read_compose_service("gpu", "segmentation")
    container = find_container("segmentation", render_overlay("gpu"))
    assert container["image"] == f"{compose['image']}:latest"
    mounts = {each["name"]: each for each in container["volumeMounts"]}
    weights, kernels = mounts["models"], mounts["kernels"]["mountPath"]
    models = f"${{MODELS:-./models}}:{weights['mountPath']}:ro"
    assert compose["volumes"] == [models, f"kernels:{kernels}"]
    assert weights["readOnly"]
    cache = {"TORCHINDUCTOR_CACHE_DIR": kernels}
    assert compose["environment"] == cache
    assert cache.items() <= {each["name"]: each.get("value") for each in container["env"]}.items()
    assert container["resources"]["limits"]["memory"].lower() == f"{compose['mem_limit']}i"
    assert container["resources"]["limits"]["nvidia.com/gpu"] == "1"


def test_the_diffusers_overlay_serves_two_stages_from_one_pod_per_gpu():
    manifests = render_overlay("diffusers")
    names = {(each["kind"], each["metadata"]["name"]) for each in manifests}
    assert {kind for kind, name in names if name == "cyclorama-inpainting"} == {"Service"}
    assert ("HorizontalPodAutoscaler", "cyclorama-background") not in names
    (service,) = (
        each
        for each in manifests
        if each["kind"] == "Service" and each["metadata"]["name"] == "cyclorama-inpainting"
    )
    assert service["spec"]["selector"]["app.kubernetes.io/component"] == "background"
    (deployment,) = (
        each
        for each, _ in iterate_pods(manifests)
        if each["metadata"]["name"] == "cyclorama-background"
    )
    # A surge pod would wait for a GPU that the pods before it use.
    assert deployment["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 0, "maxUnavailable": 1}
    container = find_container("background", manifests)
    assert container["resources"]["limits"]["nvidia.com/gpu"] == "1"
    mounts = {each["name"]: each for each in container["volumeMounts"]}
    assert mounts["models"]["readOnly"]


def test_the_diffusers_overlay_has_the_image_and_settings_of_compose():
    compose = read_compose_service("diffusers", "background")
    container = find_container("background", render_overlay("diffusers"))
    assert container["image"] == f"{compose['image']}:latest"
    variables = {each["name"]: each.get("value") for each in container["env"]}
    served = "CYCLORAMA_BACKGROUND_SERVE_INPAINTING"
    assert variables[served] == compose["environment"][served] == "true"
    assert "CYCLORAMA_DIFFUSERS_MODEL" in variables.keys() & compose["environment"].keys()
    probe = container["startupProbe"]
    seconds = probe["failureThreshold"] * probe["periodSeconds"]
    assert compose["healthcheck"]["start_period"] == f"{seconds}s"
    memory = container["resources"]["limits"]["memory"].lower()
    assert compose["mem_limit"] == f"${{DIFFUSERS_MEMORY:-{memory.removesuffix('i')}}}"
