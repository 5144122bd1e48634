"""The double of a cluster rejects what the API server rejects, and resolves pods as the kubelet."""

import copy
import subprocess

import pytest
import yaml

from tests.support.manifests import FOLDER, find_manifest, render_components
from tools.doubles.kubernetes.objects import AdmissionError, ClusterObjects
from tools.doubles.kubernetes.pods import PendingPodError, Pod, list_pods, parse_quantity

NAMESPACE = yaml.safe_load((FOLDER / "base" / "namespace.yaml").read_text())


@pytest.fixture
def objects(tmp_path):
    """A cluster that has the namespace of the services."""
    cluster = ClusterObjects(tmp_path)
    cluster.admit(NAMESPACE, replace=True)
    return cluster


def page_deployment() -> dict:
    """Returns a copy of the manifest of the page."""
    return copy.deepcopy(find_manifest("Deployment", "cyclorama-page", render_components("small")))


def create(objects, *words: str) -> None:
    """Admits what kubectl would create."""
    command = ["kubectl", "create", *words, "--namespace=cyclorama"]
    made = subprocess.run(
        [*command, "--dry-run=client", "-o", "yaml"], capture_output=True, text=True
    )
    objects.admit(yaml.safe_load(made.stdout), replace=False)


def resolve_page(objects) -> Pod:
    """Returns the pod of the page."""
    (pod,) = list_pods(objects)
    return pod


def test_an_object_without_its_namespace_is_rejected(tmp_path):
    with pytest.raises(AdmissionError, match='namespaces "cyclorama" not found'):
        ClusterObjects(tmp_path).admit(page_deployment(), replace=True)


def test_a_field_that_kubernetes_does_not_know_is_rejected(objects):
    deployment = page_deployment()
    deployment["spec"]["replica"] = 2
    with pytest.raises(AdmissionError, match="replica"):
        objects.admit(deployment, replace=True)


def test_a_custom_resource_without_its_definition_is_rejected(objects):
    scaler = next(each for each in render_components("keda") if each["kind"] == "ScaledObject")
    with pytest.raises(AdmissionError, match='no matches for kind "ScaledObject"'):
        objects.admit(scaler, replace=True)


def test_a_pod_with_more_rights_than_its_namespace_allows_is_rejected(objects):
    deployment = page_deployment()
    del deployment["spec"]["template"]["spec"]["containers"][0]["securityContext"]["capabilities"]
    with pytest.raises(AdmissionError, match="capabilities"):
        objects.admit(deployment, replace=True)


def test_create_does_not_replace_and_apply_does(objects):
    assert objects.admit(page_deployment(), replace=False) == "created"
    assert objects.admit(page_deployment(), replace=True) == "unchanged"
    with pytest.raises(AdmissionError, match="already exists"):
        objects.admit(page_deployment(), replace=False)


def test_a_pod_waits_for_the_objects_that_it_names(objects):
    objects.admit(page_deployment(), replace=True)
    with pytest.raises(PendingPodError, match='secret "cyclorama-page-token" not found'):
        resolve_page(objects)
    create(objects, "secret", "generic", "cyclorama-page-token", "--from-literal=token=abc")
    with pytest.raises(PendingPodError, match='configmap "cyclorama-ca" not found'):
        resolve_page(objects)


def test_a_pod_has_the_files_environment_and_limits_of_its_manifest(objects):
    objects.admit(page_deployment(), replace=True)
    objects.admit(
        find_manifest("Service", "cyclorama-page", render_components("small")), replace=True
    )
    create(objects, "secret", "generic", "cyclorama-page-token", "--from-literal=token=abc")
    create(objects, "configmap", "cyclorama-ca", "--from-literal=ca.crt=pem")
    pod = resolve_page(objects)
    volumes = {volume.path: volume for volume in pod.volumes}
    token = volumes["/etc/cyclorama/token"]
    assert (token.files, token.mode, token.read_only) == ({"token": b"abc"}, 0o440, True)
    assert volumes["/tmp"].size == 2**30 and not volumes["/tmp"].read_only
    assert pod.environment["CYCLORAMA_TOKEN_FILE"] == "/etc/cyclorama/token/token"
    assert (pod.user, pod.group, pod.fs_group, pod.memory) == (10001, 10001, 10001, 2**30)
    assert "cyclorama-page.cyclorama.svc" in pod.names


@pytest.mark.parametrize(("text", "amount"), [("4Gi", 2**32), ("2560Mi", 2560 * 2**20), ("3", 3)])
def test_quantities_have_units(text, amount):
    assert parse_quantity(text) == amount
