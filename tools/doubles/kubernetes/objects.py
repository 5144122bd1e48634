"""The objects of the cluster, admitted as the API server does and kept in a folder."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import yaml

Manifest = dict[str, Any]
"""An object of Kubernetes as its YAML says it."""

VERSION = "1.32"
# Kinds that belong to no namespace.
CLUSTER_WIDE = ("Namespace",)
RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}


class AdmissionError(Exception):
    """The API server would reject an object; the text says why."""


class ClusterObjects:
    """The objects of a cluster, one file each, shared by the commands that read and write them."""

    def __init__(self, folder: Path) -> None:
        """Uses a folder, which is created if it is missing."""
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def admit(self, manifest: Manifest, *, replace: bool) -> str:
        """Stores an object, and returns whether it was created, configured or is unchanged.

        replace: whether there may be one of this name. Raises AdmissionError.
        """
        self._check(manifest)
        path = self._find_path(manifest)
        text = yaml.safe_dump(manifest)
        if not path.exists():
            path.write_text(text)
            return "created"
        if not replace:
            raise AdmissionError(f"{name_object(manifest)} already exists")
        if path.read_text() == text:
            return "unchanged"
        path.write_text(text)
        return "configured"

    def find(self, kind: str, name: str) -> Manifest | None:
        """Returns the object of a kind and name; None if there is none."""
        return next((each for each in self.iterate(kind) if each["metadata"]["name"] == name), None)

    def iterate(self, *kinds: str) -> Iterator[Manifest]:
        """Yields the objects of some kinds."""
        for path in sorted(self._folder.iterdir()):
            manifest = yaml.safe_load(path.read_text())
            if manifest["kind"] in kinds:
                yield manifest

    def _find_path(self, manifest: Manifest) -> Path:
        metadata = manifest["metadata"]
        parts = (manifest["kind"], metadata.get("namespace", ""), metadata["name"])
        return self._folder / f"{'_'.join(parts)}.yaml"

    def _check(self, manifest: Manifest) -> None:
        name = name_object(manifest)
        try:
            kubernetes_validate.validate(manifest, VERSION, strict=True)
        except kubernetes_validate.SchemaNotFoundError:
            kind, api = manifest["kind"], manifest["apiVersion"]
            raise AdmissionError(f'no matches for kind "{kind}" in version "{api}"') from None
        except kubernetes_validate.ValidationError as error:
            raise AdmissionError(f"{name} is invalid: {error.message}") from error
        if not re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", manifest["metadata"]["name"]):
            raise AdmissionError(f"{name} has an invalid name")
        if manifest["kind"] not in CLUSTER_WIDE:
            self._check_namespace(manifest)

    def _check_namespace(self, manifest: Manifest) -> None:
        namespace = manifest["metadata"].get("namespace", "default")
        found = self.find("Namespace", namespace)
        if found is None and namespace != "default":
            raise AdmissionError(f'namespaces "{namespace}" not found')
        labels = found["metadata"].get("labels", {}) if found else {}
        if RESTRICTED.items() <= labels.items():
            for pod in pod_specs(manifest):
                check_restricted(pod)


def name_object(manifest: Manifest) -> str:
    """Returns how kubectl names an object, such as service/cyclorama-page."""
    return f"{manifest['kind'].lower()}/{manifest['metadata']['name']}"


def pod_specs(manifest: Manifest) -> list[Manifest]:
    """Returns the specification of the pods that an object describes; empty for other kinds."""
    match manifest["kind"]:
        case "Pod":
            return [manifest["spec"]]
        case "Deployment" | "StatefulSet":
            return [manifest["spec"]["template"]["spec"]]
    return []


def check_restricted(pod: Manifest) -> None:
    """Raises AdmissionError unless a pod complies with the Pod Security Standard "restricted".

    pod: its specification.
    """
    security = pod.get("securityContext", {})
    required = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    if not required.items() <= security.items() or security.get("runAsUser") == 0:
        raise AdmissionError("violates PodSecurity restricted: runAsNonRoot and seccompProfile")
    for container in pod["containers"]:
        own = container.get("securityContext", {})
        if own.get("allowPrivilegeEscalation") is not False:
            raise AdmissionError("violates PodSecurity restricted: allowPrivilegeEscalation")
        if own.get("capabilities", {}).get("drop") != ["ALL"]:
            raise AdmissionError("violates PodSecurity restricted: capabilities")
    allowed = {"name", "configMap", "emptyDir", "persistentVolumeClaim", "projected", "secret"}
    for volume in pod.get("volumes", ()):
        if not volume.keys() <= allowed:
            raise AdmissionError(f"violates PodSecurity restricted: volume {volume['name']}")
