"""What kubectl would apply is valid, complete and safe."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

FOLDER = Path(__file__).parents[2] / "deploy" / "kubernetes"
OVERLAYS = sorted(path.name for path in (FOLDER / "overlays").iterdir())
VERSION = "1.32"


@pytest.fixture(params=OVERLAYS)
def applied(request) -> list[dict]:
    """Everything that an overlay makes."""
    if not shutil.which("kubectl"):
        pytest.skip("there is no kubectl here to put the overlay together")
    folder = FOLDER / "overlays" / request.param
    built = subprocess.run(["kubectl", "kustomize", folder], capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    return list(yaml.safe_load_all(built.stdout))


def pods(applied: list[dict]) -> Iterator[tuple[dict, dict]]:
    """Each Deployment or StatefulSet, and the pod that it makes."""
    for each in applied:
        if each["kind"] in ("Deployment", "StatefulSet"):
            yield each, each["spec"]["template"]["spec"]


def test_every_file_named_is_there():
    for path in FOLDER.rglob("kustomization.yaml"):
        for resource in yaml.safe_load(path.read_text())["resources"]:
            assert (path.parent / resource).exists(), f"{path}: {resource}"


def test_all_of_it_is_valid(applied):
    kinds = [each["kind"] for each in applied]
    assert kinds.count("Deployment") == 4 and kinds.count("NetworkPolicy") == 3
    for each in applied:
        kubernetes_validate.validate(each, VERSION, strict=True)


def test_pods_run_without_rights_and_are_probed(applied):
    found = list(pods(applied))
    assert len(found) == 5
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
        if each["kind"] == "HorizontalPodAutoscaler"
    }
    assert scaled and scaled <= labels.keys()


def test_the_gateway_finds_every_stage(applied):
    names = {each["metadata"]["name"] for each in applied if each["kind"] == "Service"}
    (gateway,) = (pod for each, pod in pods(applied) if each["kind"] == "StatefulSet")
    told = {each["name"]: each.get("value") for each in gateway["containers"][0]["env"]}
    for stage in ("segmentation", "background", "compositing", "inpainting"):
        assert told[f"CYCLORAMA_GATEWAY_{stage.upper()}"] == f"dns:///cyclorama-{stage}:50051"
        assert f"cyclorama-{stage}" in names
