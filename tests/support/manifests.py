"""The manifests of Kubernetes, as kubectl renders them from combinations of components."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml

from tools import ROOT
from tools.doubles.kubernetes.objects import Manifest

FOLDER = ROOT / "deploy" / "kubernetes"
# In the order that the example lists them.
COMPONENTS = (
    "finishing",
    "keda",
    "gpu",
    "diffusers",
    "image-servers",
    "traces",
    "s3-postgres",
    "load-balancer",
    "small",
)


@cache
def render_components(*components: str) -> list[Manifest]:
    """Returns the manifests of the base with components, in the order of their names."""
    with tempfile.TemporaryDirectory() as folder:
        # kubectl accepts no absolute paths.
        base = Path(os.path.relpath(FOLDER.resolve(), Path(folder).resolve()))
        overlay = {
            "namespace": "cyclorama",
            "resources": [f"{base}/base"],
            "components": [f"{base}/components/{name}" for name in components],
        }
        Path(folder, "kustomization.yaml").write_text(yaml.safe_dump(overlay))
        return render_folder(Path(folder))


def render_folder(folder: Path) -> list[Manifest]:
    """Returns the manifests of a folder; skips the test without kubectl."""
    if not shutil.which("kubectl"):
        pytest.skip("kubectl is not installed")
    built = subprocess.run(["kubectl", "kustomize", folder], capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    return list(yaml.safe_load_all(built.stdout))


def iterate_pods(manifests: list[Manifest]) -> Iterator[tuple[Manifest, Manifest]]:
    """Yields each Deployment or StatefulSet with its pod's specification."""
    for each in manifests:
        if each["kind"] in ("Deployment", "StatefulSet"):
            yield each, each["spec"]["template"]["spec"]


def find_manifest(kind: str, name: str, manifests: list[Manifest]) -> Manifest:
    """Returns the manifest of a kind and name, such as Service and cyclorama-page."""
    (found,) = (m for m in manifests if (m["kind"], m["metadata"]["name"]) == (kind, name))
    return found


def find_container(service: str, manifests: list[Manifest]) -> Manifest:
    """Returns the container of a service, such as gateway."""
    (pod,) = (
        pod
        for each, pod in iterate_pods(manifests)
        if each["metadata"]["name"] == f"cyclorama-{service}"
    )
    return pod["containers"][0]


def read_variables(container: Manifest) -> dict[str, str | None]:
    """Returns the variables that a container sets; None for values from elsewhere."""
    return {each["name"]: each.get("value") for each in container["env"]}
